package plane

// Animation is what a file says of its frames, before any of them is composed.
type Animation struct {
	Frames int // how many there are; a file of one does not move
	Pixels int // of all frames: of each those of the canvas, or its own where it has more
	Loops  int // how often all of them are shown, 0 for ever
	Memory int // the bytes that composing takes beside the file and the canvas, at most
}

// A canvas is what a frame of an animation looks like: rows of pixels of four bytes, without
// gaps: red, green, blue and alpha, which is not multiplied into them.

// Rect is a part of a canvas. Right and Bottom are beyond it.
type Rect struct{ Left, Top, Right, Bottom int }

// Pixels is how many a part has.
func (r Rect) Pixels() int { return (r.Right - r.Left) * (r.Bottom - r.Top) }

// Copy copies a part of a canvas whose rows have width pixels to the same place of another.
func (r Rect) Copy(to, from []uint8, width int) {
	for y := r.Top; y < r.Bottom; y++ {
		copy(to[4*(y*width+r.Left):4*(y*width+r.Right)], from[4*(y*width+r.Left):])
	}
}

// Clear makes a part of a canvas whose rows have width pixels transparent.
func (r Rect) Clear(canvas []uint8, width int) {
	for y := r.Top; y < r.Bottom; y++ {
		clear(canvas[4*(y*width+r.Left) : 4*(y*width+r.Right)])
	}
}

// Over puts a row of pixels upon another of as many (PNG, third edition, 13.16; Porter and
// Duff, "Compositing Digital Images").
func Over(under, top []uint8) {
	const most = 0xff
	for i := 0; i+4 <= len(top); i += 4 {
		t, u := top[i:i+4:i+4], under[i:i+4:i+4]
		switch {
		case t[3] == 0:
			continue
		case t[3] == most || u[3] == 0:
			copy(u, t)
			continue
		case u[3] == most:
			// Most pictures are opaque. Divisions by what is known beforehand are multiplications.
			above, below := uint32(t[3]), uint32(most-t[3])
			u[0] = uint8((uint32(t[0])*above + uint32(u[0])*below + most/2) / most)
			u[1] = uint8((uint32(t[1])*above + uint32(u[1])*below + most/2) / most)
			u[2] = uint8((uint32(t[2])*above + uint32(u[2])*below + most/2) / most)
			continue
		}
		// How much of each is seen, in 65025ths, which are 255 by 255.
		above, below := uint32(t[3])*most, uint32(u[3])*(most-uint32(t[3]))
		alpha := above + below
		for c := range 3 {
			u[c] = uint8((uint32(t[c])*above + uint32(u[c])*below + alpha/2) / alpha)
		}
		u[3] = uint8((alpha + most/2) / most)
	}
}
