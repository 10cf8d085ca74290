package colour

// few is how many pixels of a row are converted at a time.
const few = 256

// Pixels converts a row of pixels in place: red, green, blue and alpha, a byte each,
// not premultiplied. Alpha stays. Of a grey transform each pixel's red is the grey. It
// is not for inks.
func (t *Transform) Pixels(row []uint8) {
	switch {
	case t == nil:
	case t.channels == 1:
		for ; len(row) >= 4; row = row[4:] {
			v := t.greys[row[0]]
			row[0], row[1], row[2] = v, v, v
		}
	default:
		if t.matrix != nil {
			row = row[4*t.matrix.vectors.pixels(row):]
		}
		var pixels [few]pixel
		for len(row) >= 4 {
			n := min(len(row)/4, few)
			for i := range n {
				p := row[4*i:][:4:4]
				pixels[i] = pixelOf(p[0], p[1], p[2])
			}
			t.row(pixels[:n])
			for i, result := range pixels[:n] {
				p := row[4*i:][:4:4]
				p[0], p[1], p[2] = result.r(), result.g(), result.b()
			}
			row = row[4*n:]
		}
	}
}

// PixelsOfInks makes a row of pixels, red, green, blue and an alpha of 255, of as many
// samples of cyan, magenta, yellow and black each. 0 is no ink and 255 all of it,
// which is the other way round in many JPEGs (Adobe's). It is for inks alone.
func (t *Transform) PixelsOfInks(row []uint8, cyan, magenta, yellow, black []uint8) {
	var pixels [few]pixel
	for len(cyan) > 0 {
		n := min(len(cyan), few)
		t.inks.row(pixels[:n], cyan, magenta, yellow, black)
		for i, result := range pixels[:n] {
			p := row[4*i:][:4:4]
			p[0], p[1], p[2], p[3] = result.r(), result.g(), result.b(), 255
		}
		row, cyan, magenta, yellow, black = row[4*n:], cyan[n:], magenta[n:], yellow[n:], black[n:]
	}
}

// row converts pixels of red, green and blue in place.
func (t *Transform) row(pixels []pixel) {
	if t.matrix != nil {
		t.matrix.row(pixels)
	} else {
		t.cube.row(pixels)
	}
}
