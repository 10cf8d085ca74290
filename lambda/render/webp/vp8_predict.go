package webp

// Prediction (RFC 6386, section 12). Macroblocks are predicted, and what their
// coefficients add is added, where they lie in the frame. What is above and left of it
// is not filtered yet: filtering follows a row of macroblocks later.

// surface is a plane of a frame with a border: a row above it and a margin left of it,
// which predictions read.
type surface struct {
	pix    []uint8
	stride int
	start  int // of the first sample
}

// margin is how many samples lie left of a row: as many as a vector has, so that one may
// begin there.
const margin = 16

// What is beyond the edges of a frame (section 12.2 and 12.3).
const (
	aboveFrame  = 127 // the corner too
	leftOfFrame = 129
)

// surfaceSize is how many bytes a surface takes.
func surfaceSize(width, height int) int { return (margin + width) * (1 + height) }

// open makes room for whole macroblocks, and the border above them.
func (s *surface) open(width, height int) {
	if size := surfaceSize(width, height); cap(s.pix) < size {
		s.pix = make([]uint8, size)
	} else {
		s.pix = s.pix[:size]
	}
	s.stride = margin + width
	s.start = s.stride + margin
	// Squares at the right edge read on, into the margin of the first row.
	for i := range s.pix[:s.start] {
		s.pix[i] = aboveFrame
	}
}

// begin sets the border left of some rows. What a frame only claims to have is not
// touched, and takes no memory.
func (s *surface) begin(y, rows int) {
	for at := s.start + y*s.stride - 1; rows > 0; rows-- {
		s.pix[at] = leftOfFrame
		at += s.stride
	}
}

// edges is a set of the edges of a macroblock.
type edges uint

const (
	leftEdge   edges = 1 << iota // where it is not the frame's
	upperEdge                    // likewise
	innerEdges                   // those between its squares
)

// The ways in which a macroblock is reconstructed, which are those below in plain Go, or
// do bit by bit what those do. They leave the coefficients zero, which are by then what
// is added to the predictions.
var (
	reconstructWhole   = reconstructWholeGo
	reconstructSquares = reconstructSquaresGo
	reconstructChroma  = reconstructChromaGo
)

// reconstructWholeGo reconstructs luma that is predicted as a whole. at is its first
// sample.
func reconstructWholeGo(s *surface, at int, mode uint8, e edges, c *coefficients) {
	predict(s, at, 16, mode, e)
	addTo(s, at, 16, c[:chromaAt])
}

// reconstructChromaGo reconstructs chroma. Both surfaces are alike.
func reconstructChromaGo(cb, cr *surface, at int, mode uint8, e edges, c *coefficients) {
	predict(cb, at, 8, mode, e)
	predict(cr, at, 8, mode, e)
	addTo(cb, at, 8, c[chromaAt:secondAt])
	addTo(cr, at, 8, c[chromaAt+8:secondAt])
}

// predict predicts a square of side samples, 16 or 8.
func predict(s *surface, at, side int, mode uint8, e edges) {
	above := s.pix[at-s.stride-1:][: side+1 : side+1] // with the corner
	corner := int(above[0])
	above = above[1:]
	dc := uint8(0)
	if mode == modeDC {
		dc = mean(s, at, side, e)
	}
	for y := range side {
		from := at + y*s.stride
		left := s.pix[from-1]
		row := s.pix[from:][:side:side]
		switch mode {
		case modeDC:
			for x := range row {
				row[x] = dc
			}
		case modeTrueMotion:
			for x := range row {
				row[x] = clamp(int(left) + int(above[x]) - corner)
			}
		case modeVertical:
			copy(row, above)
		default:
			for x := range row {
				row[x] = left
			}
		}
	}
}

// mean is that of the samples above and left of a square, as far as they are in the
// frame.
func mean(s *surface, at, side int, e edges) uint8 {
	sum, count := 0, 0
	if e&upperEdge != 0 {
		for _, v := range s.pix[at-s.stride:][:side] {
			sum += int(v)
		}
		count += side
	}
	if e&leftEdge != 0 {
		for y := range side {
			sum += int(s.pix[at+y*s.stride-1])
		}
		count += side
	}
	if count == 0 {
		return 128
	}
	return uint8((sum + count/2) / count)
}

// addTo adds rows of sixteen, of which the first side count, and leaves these zero.
func addTo(s *surface, at, side int, c []int16) {
	for y := range side {
		row, added := s.pix[at+y*s.stride:][:side], c[16*y:][:side]
		for x, v := range added {
			row[x] = clamp(int(row[x]) + int(v))
			added[x] = 0
		}
	}
}

func clamp(v int) uint8 { return uint8(min(max(v, 0), 255)) }

// The predictions of a square depend on its edge: the four samples on its left from
// below, the corner, and the eight samples above and above on the right. Its first and
// last stand there twice. A sample is predicted as one of the edge, or as the mean of
// two of them, or of three of which the second counts twice, rounded; and the mean of
// all four and four beside the square stands behind the edge.
//
// edgeSources has what samples may be: from wide on the means of three, from pairs on
// those of an edge's sample and the next one, and from plain on the edge itself.
type edgeSources [3 * 16]uint8

const (
	wide  = 0
	pairs = 16
	plain = 32

	edgeLeft   = 1 // where the lowest one on the left is
	edgeCorner = 5
	edgeAbove  = 6
	edgeMean   = 15
)

// squareSamples says for each mode which of the sources each sample is, row by row. That
// of modeTrueMotion is none of them.
var squareSamples = func() (t [modes][16]uint8) {
	const left, corner, above = edgeLeft, edgeCorner, edgeAbove
	for y := range 4 {
		for x := range 4 {
			at := 4*y + x
			t[modeDC][at] = plain + edgeMean
			t[modeVertical][at] = uint8(wide + above + x)
			t[modeHorizontal][at] = uint8(wide + left + 3 - y)
			t[modeLeftDown][at] = uint8(wide + above + 1 + x + y)
			t[modeRightDown][at] = uint8(wide + corner + x - y)
			// The others are steep or flat: every second of their rows or columns
			// is between samples.
			if back := x - y/2; back >= 0 {
				t[modeVerticalRight][at] = uint8([]int{pairs + corner, wide + corner}[y&1] + back)
			} else {
				t[modeVerticalRight][at] = uint8(wide + corner + 1 - y + x)
			}
			t[modeVerticalLeft][at] = uint8([]int{pairs + above, wide + above + 1}[y&1] + x + y/2)
			if back := y - x/2; back >= 0 {
				t[modeHorizontalDown][at] = uint8([]int{pairs + corner - 1, wide + corner}[x&1] - back)
			} else {
				t[modeHorizontalDown][at] = uint8(wide + corner - 1 + x - y)
			}
			t[modeHorizontalUp][at] = uint8([]int{pairs + left + 2, wide + left + 2}[x&1] - y - x/2)
			if 2*y+x > 5 {
				t[modeHorizontalUp][at] = plain + left
			}
		}
	}
	// Where the samples above end, this mode goes another way.
	t[modeVerticalLeft][4*2+3] = wide + above + 5
	t[modeVerticalLeft][4*3+3] = wide + above + 6
	return t
}()

// reconstructSquaresGo reconstructs luma that is predicted in squares, by their modes.
// right is what is above on the right of the macroblock: for the squares on its right
// edge, whatever their row.
func reconstructSquaresGo(s *surface, at int, modes *[16]uint8, right *[4]uint8, c *coefficients) {
	for i, mode := range modes {
		from := at + i/4*4*s.stride + i%4*4
		var edge [16]uint8
		above := s.pix[from-s.stride-1:]
		copy(edge[edgeCorner:], above[:5])
		if i%4 < 3 {
			copy(edge[edgeAbove+4:], above[5:9])
		} else {
			copy(edge[edgeAbove+4:], right[:])
		}
		for y := range 4 {
			edge[edgeLeft+3-y] = s.pix[from+y*s.stride-1]
		}
		square(s, from, mode, &edge)
		for y := range 4 {
			added := c[i/4*strip+16*y+i%4*4:][:4]
			row := s.pix[from+y*s.stride:][:4]
			for x, v := range added {
				row[x] = clamp(int(row[x]) + int(v))
				added[x] = 0
			}
		}
	}
}

// square predicts a square by its edge.
func square(s *surface, at int, mode uint8, edge *[16]uint8) {
	if mode == modeTrueMotion {
		for y := range 4 {
			row := s.pix[at+y*s.stride:][:4]
			for x := range row {
				row[x] = clamp(int(edge[edgeLeft+3-y]) + int(edge[edgeAbove+x]) - int(edge[edgeCorner]))
			}
		}
		return
	}
	edge[0], edge[edgeAbove+8] = edge[edgeLeft], edge[edgeAbove+7]
	var from edgeSources
	sum := 4
	for i := range 4 {
		sum += int(edge[edgeLeft+i]) + int(edge[edgeAbove+i])
	}
	edge[edgeMean] = uint8(sum >> 3)
	for i := 1; i < edgeMean-1; i++ {
		a, b, c := int(edge[i-1]), int(edge[i]), int(edge[i+1])
		from[wide+i] = uint8((a + 2*b + c + 2) >> 2)
		from[pairs+i] = uint8((b + c + 1) >> 1)
	}
	copy(from[plain:], edge[:])
	samples := &squareSamples[mode]
	for y := range 4 {
		row := s.pix[at+y*s.stride:][:4]
		for x := range row {
			row[x] = from[samples[4*y+x]]
		}
	}
}
