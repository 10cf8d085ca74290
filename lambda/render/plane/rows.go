package plane

// Row is one row of a picture, from the left: its samples, or its pixels of several
// samples each. One of its slices is nil.
type Row struct {
	Bytes []uint8  // samples of eight bits
	Words []uint16 // samples of sixteen bits
}

// A picture above these limits is refused from its header, whatever its kind. MaxSide is
// what a JPEG can have, and a little less: panoramas come near to it. The largest sensors
// have 151 megapixels, and phones make 200 of theirs; a JPEG of MaxPixels takes a second.
//
// MaxFrames is the most frames of an animation: 40 seconds of a film, at 25 in a second.
const (
	MaxSide   = 65_500
	MaxPixels = 300_000_000
	MaxFrames = 1000
)

// Form is what the samples of a row are.
type Form int

const (
	Grey Form = iota // one sample a pixel
	RGBA             // four: red, green, blue and alpha, which is not multiplied into them
	CMYK             // four: cyan, magenta, yellow and black, where 0 is no ink
)

// Rows is a picture that is decoded row by row, so that it is never in memory as a
// whole.
//
// Row returns row y. It is asked for rows in rising order, each at most once, and not
// for all of them: what is not asked for is passed over. A row is valid until the one
// after the next has been asked for, so that two are valid at a time. An error ends the
// picture.
type Rows interface {
	Row(y int) (Row, error)
}
