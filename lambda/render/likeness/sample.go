package likeness

import (
	"slices"

	"prew/lambda/render/plane"
)

const (
	// side is how many samples of luma a square has each way: as many as have one window when
	// they are halved three times, and as have no more than one edge that the picture has not for
	// each 32 samples, by which predictions are worse.
	side = 32

	// least and share say how many squares are taken of a picture: all up to the least, which
	// are 65,536 pixels, and one in share from there on, but most at most.
	least = 64
	share = 8
	most  = 1024
)

// square is one of a picture: where it begins, in samples of luma, and how busy it is.
type square struct{ x, y, busy int }

// Sample takes some squares of a picture and puts them side by side, as a picture that has the
// same losses when it is encoded and is faster to encode. They are taken by how busy they are: of
// those that follow one another by that, one in so many. The planes are one (grey) or three, of
// which Cb and Cr have the size of luma or half of it each way, rounded up. What is returned is
// valid until the next call. Beyond the edges of a picture that is smaller than a square its
// last samples are repeated.
func (m *Meter) Sample(planes []plane.Plane) []plane.Plane {
	luma := planes[0]
	wide, high := (luma.Width+side-1)/side, (luma.Height+side-1)/side
	m.squares = m.squares[:0]
	for y := range high {
		for x := range wide {
			m.squares = append(m.squares, square{x: within(x, luma.Width), y: within(y, luma.Height)})
		}
	}
	if n := min(max(len(m.squares)/share, least), most); n < len(m.squares) {
		wide, high = shape(n)
		m.choose(luma, wide*high)
	}
	m.planes = m.planes[:0]
	for i, p := range planes {
		n := side
		if i > 0 && (p.Width < luma.Width || p.Height < luma.Height || luma.Width+luma.Height == 2) {
			n = side / 2 // of a single pixel, too, of which nobody knows
		}
		to := plane.Plane{Stride: wide * n, Width: wide * n, Height: high * n}
		to.Pix = plane.Resized(m.memory[i], to.Stride*to.Height)
		m.memory[i] = to.Pix
		for at, s := range m.squares {
			for row := range n {
				copySamples(to.Pix[(at/wide*n+row)*to.Stride+at%wide*n:][:n], p.Row(min(s.y*n/side+row, p.Height-1)), s.x*n/side)
			}
		}
		m.planes = append(m.planes, to)
	}
	return m.planes
}

// within is where the square with a number begins, along a side of so many samples: the last one
// ends where they do, or a sample before that, so that it begins at an even one.
func within(number, samples int) int { return max(min(number*side, (samples-side)&^1), 0) }

// shape is that of at most n squares side by side, about as many each way.
func shape(n int) (wide, high int) {
	for wide = 1; (wide+1)*(wide+1) <= n; wide++ {
	}
	return wide, n / wide
}

// copySamples copies those of a row from a place on. Beyond the row its last one is repeated.
func copySamples(to, row []uint8, from int) {
	n := 0
	if from < len(row) {
		n = copy(to, row[from:])
	}
	for i := n; i < len(to); i++ {
		to[i] = row[len(row)-1]
	}
}

// choose leaves n squares.
func (m *Meter) choose(luma plane.Plane, n int) {
	for i := range m.squares {
		s := &m.squares[i]
		s.busy = busy(luma, s.x, s.y)
	}
	slices.SortStableFunc(m.squares, func(a, b square) int { return a.busy - b.busy })
	all := len(m.squares)
	for i := range n {
		m.squares[i] = m.squares[(2*i+1)*all/(2*n)]
	}
	m.squares = m.squares[:n]
	// Those that lie side by side in the picture do so here.
	slices.SortFunc(m.squares, func(a, b square) int {
		if a.y != b.y {
			return a.y - b.y
		}
		return a.x - b.x
	})
}

// busy is by how much samples of a square differ from those to their right and below, of every
// fourth row and column.
func busy(luma plane.Plane, x, y int) (sum int) {
	for v := 0; v < side; v += 4 {
		row, below := luma.Row(y + v)[x:][:side], luma.Row(y + v + 1)[x:][:side]
		for u := 0; u < side; u += 4 {
			right, down := int(row[u])-int(row[u+1]), int(row[u])-int(below[u])
			sum += max(right, -right) + max(down, -down)
		}
	}
	return sum
}
