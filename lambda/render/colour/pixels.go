package colour

// Pixels converts a row of pixels in place: red, green, blue and alpha, a byte each,
// not premultiplied. Alpha stays. Of a grey transform each pixel's red is the grey.
func (t *Transform) Pixels(row []uint8) {
	switch {
	case t == nil:
	case t.channels == 1:
		for ; len(row) >= 4; row = row[4:] {
			v := t.greys[row[0]]
			row[0], row[1], row[2] = v, v, v
		}
	default:
		var few [256]pixel
		for len(row) >= 4 {
			n := min(len(row)/4, len(few))
			for i := range n {
				p := row[4*i:][:4:4]
				few[i] = pixelOf(p[0], p[1], p[2])
			}
			t.row(few[:n])
			for i, result := range few[:n] {
				p := row[4*i:][:4:4]
				p[0], p[1], p[2] = result.r(), result.g(), result.b()
			}
			row = row[4*n:]
		}
	}
}

// PixelsOfInks makes a row of pixels, red, green, blue and an alpha of 255, of as many
// samples of cyan, magenta, yellow and black each. 0 is no ink and 255 all of it,
// which is the other way round in many JPEGs (Adobe's).
func (t *Transform) PixelsOfInks(row []uint8, c, m, y, k []uint8) {
	n := len(c)
	m, y, k, row = m[:n], y[:n], k[:n], row[:4*n]
	for i := range c {
		p, result := row[4*i:][:4:4], t.inks.of(c[i], m[i], y[i], k[i])
		p[0], p[1], p[2], p[3] = result.r(), result.g(), result.b(), 255
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
