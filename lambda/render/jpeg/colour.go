package jpeg

// Colour is what the components of a picture are, in their order. Samples are
// those that are stored, from 0 to 255, whatever they stand for.
type Colour uint8

const (
	Grey  Colour = iota // one component
	YCbCr               // Y', Cb and Cr (JFIF 1.02), 128 being no chroma
	RGB                 // red, green and blue; or X, Y and B, where an ICC profile says that

	// CMYK is cyan, magenta, yellow and black, and 255 stands for no ink, 0 for
	// all of it. Photoshop began to write them so, and whatever writes CMYK has
	// followed it; libvips takes them so, with Adobe's segment or without.
	CMYK

	// YCCK is CMYK whose inks but black are stored as Y', Cb and Cr. What these
	// give as red, green and blue is cyan, magenta and yellow, and 255 stands for
	// all of the ink. (As RGB they are the complement of the stored CMY, and that is
	// the complement of the inks.) Of black 255 stands for no ink, as in CMYK.
	YCCK
)

func (c Colour) String() string {
	return [...]string{"grey", "YCbCr", "RGB", "CMYK", "YCCK"}[c]
}

// hints is what the segments of a picture say about what its components are.
type hints struct {
	jfif      bool
	adobe     bool
	transform byte // of the Adobe segment: 0 for none, 1 for YCbCr, 2 for YCCK
}

// colour decides what the components are, as libjpeg does. Three are YCbCr with
// JFIF's segment; with Adobe's they are RGB where it has no transform; with neither
// they are RGB where they are called R, G and B. Four are YCCK where Adobe's segment
// has a transform.
func (h hints) colour(parts []part) Colour {
	switch {
	case len(parts) == 1:
		return Grey
	case len(parts) == 4 && (!h.adobe || h.transform == 0):
		return CMYK
	case len(parts) == 4:
		return YCCK
	case h.jfif:
		return YCbCr
	case h.adobe && h.transform == 0:
		return RGB
	case !h.adobe && parts[0].id == 'R' && parts[1].id == 'G' && parts[2].id == 'B':
		return RGB
	}
	return YCbCr
}
