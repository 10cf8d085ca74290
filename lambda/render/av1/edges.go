package av1

import "encoding/binary"

// edge is the samples along one side of a block. edge[first] is next to the block's first row or
// column. Before it is the corner, three times, as filters read it, and what is read without being
// used. After the block's 2n samples the last is repeated n times.
type edge [first + 2*largest + 2*largest]uint8

const (
	first   = 80 // so that vectors before the corner of the largest block are in the array
	largest = 64 // side of a block
	beyond  = 2  // samples after those it writes that a filter reads
)

// edges are the samples around a block from which it is predicted.
type edges struct {
	above, left edge // both with the corner before the first

	hasAbove, hasLeft bool

	smooth bool // whether the block above or the one to the left is predicted smoothly

	filtered edge
	turned   [largest * largest]uint8 // a prediction with rows for columns
}

// gather fetches the edges of the block of size n at x, y of a plane as far as it is decoded, by the
// rules of section 7.11.2: samples that are not there are stood in for by the nearest ones.
// right and below are whether the n samples right of those above, and below those to the left, are
// decoded.
func (e *edges) gather(p *channel, x, y, n int, hasAbove, hasLeft, right, below bool) {
	e.hasAbove, e.hasLeft = hasAbove, hasLeft
	pix, stride := p.rebuilt, p.stride
	above, left := e.above[first:][:3*n], e.left[first:][:3*n]
	switch {
	case hasAbove:
		row := pix[(y-1)*stride:]
		there := n
		if right {
			there = 2 * n
		}
		there = min(there, p.width-x)
		copyFours(above[:there], row[x:])
		fill(above[there:], above[there-1])
	case hasLeft:
		fill(above, pix[y*stride+x-1])
	default:
		fill(above, 127)
	}
	switch {
	case hasLeft:
		there := n
		if below {
			there = 2 * n
		}
		there = min(there, p.height-y)
		copyColumn(left[:there], pix[y*stride+x-1:], stride)
		fill(left[there:], left[there-1])
	case hasAbove:
		fill(left, pix[(y-1)*stride+x])
	default:
		fill(left, 129)
	}
	corner := uint8(128)
	switch {
	case hasAbove && hasLeft:
		corner = pix[(y-1)*stride+x-1]
	case hasAbove:
		corner = pix[(y-1)*stride+x]
	case hasLeft:
		corner = pix[y*stride+x-1]
	}
	e.above.begin(corner)
	e.left.begin(corner)
}

// gatherNear fetches of the edges of a block only what is beside it, and the corner.
func (e *edges) gatherNear(p *channel, x, y, n int, hasAbove, hasLeft bool) {
	if !hasAbove || !hasLeft || x+n > p.width || y+n > p.height {
		e.gather(p, x, y, n, hasAbove, hasLeft, false, false)
		return
	}
	e.hasAbove, e.hasLeft = true, true
	stride := p.stride
	corner := p.rebuilt[(y-1)*stride+x-1:]
	above, left, column := corner[1:][:n], e.left[first:][:n], corner[stride:]
	copyFours(e.above[first:][:n], above)
	copyColumn(left, column, stride)
	e.above.begin(corner[0])
	e.left.begin(corner[0])
}

// copyFours copies as many samples as there is room for, a multiple of 4.
func copyFours(to, from []uint8) {
	for len(to) >= 8 {
		binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from))
		to, from = to[8:], from[8:]
	}
	if len(to) >= 4 {
		binary.LittleEndian.PutUint32(to, binary.LittleEndian.Uint32(from))
	}
}

// copyColumn copies as many samples of a column as there is room for, a multiple of 4: four at once, as
// what is read at once is had sooner if it was written so.
func copyColumn(to, from []uint8, stride int) {
	for at := 0; len(to) >= 4; to = to[4:] {
		rows := from[at:][:3*stride+1]
		binary.LittleEndian.PutUint32(to, uint32(rows[0])|uint32(rows[stride])<<8|uint32(rows[2*stride])<<16|uint32(rows[3*stride])<<24)
		at += 4 * stride
	}
}

func (e *edge) begin(corner uint8) { e[first-3], e[first-2], e[first-1] = corner, corner, corner }

func fill(s []uint8, v uint8) {
	eight := uint64(v) * 0x0101010101010101
	for len(s) >= 8 {
		binary.LittleEndian.PutUint64(s, eight)
		s = s[8:]
	}
	for i := range s {
		s[i] = v
	}
}

// smoothAround is whether the block above the one at x, y of luma, or the one to its left, is
// predicted smoothly in a plane, by which directional predictions filter their edges (section
// 7.11.2.8). Edges have to be told before such a prediction.
func (e *Encoder) smoothAround(plane, x, y int) bool {
	above, left := e.above.mode[x>>2], e.left.mode[(y-e.sy)>>2]
	if plane > 0 {
		above, left = e.above.chroma[x>>2], e.left.chroma[(y-e.sy)>>2]
	}
	return above.smooth() || left.smooth()
}

// edgeFilters are filters of edges, by strength: the weights, in 16ths, of a sample, of the two next to it, and of
// the two after those (Intra_Edge_Kernel in section 7.11.2.12).
var edgeFilters = [...][3]int{1: {8, 4, 0}, 2: {6, 5, 0}, 3: {4, 4, 2}}

// filterAngles are from how far an angle is from a right one that an edge is filtered with strengths
// 1, 2 and 3, by whether a neighbour is predicted smoothly, and by the logarithm of the side minus 2
// (section 7.11.2.9).
var filterAngles = [2][5][3]uint8{
	{{56, never, never}, {40, never, never}, {0, 4, 32}, {}, {}},
	{{40, 64, never}, {20, 48, never}, {}, {}, {}},
}

const never = 90

// filterStrength is how strongly the edge of a block of size n is filtered for an angle which is so
// far from a right one.
func filterStrength(n, far int, smooth bool) (strength int) {
	after := 0
	if smooth {
		after = 1
	}
	for _, from := range filterAngles[after][sizeOf(n)] {
		if far >= int(from) {
			strength++
		}
	}
	return strength
}

// halved reports whether a block of size n is predicted from samples and those halfway between
// them, by an angle which is so far from a right one (section 7.11.2.10).
func halved(n, far int, smooth bool) bool { return far < 40 && (n == 4 || n == 8 && !smooth) }

// What follows is in plain Go, or in vectors that do the same bit by bit.
var (
	filterEdge = filterEdgeGo
	halveEdge  = halveEdgeGo
)

// filterEdgeGo writes the first n samples of an edge as each is with its neighbours.
func filterEdgeGo(to, from *edge, n int, weights *[3]int) {
	for i := first; i < first+n; i++ {
		sum := weights[0]*int(from[i]) + weights[1]*(int(from[i-1])+int(from[i+1])) + weights[2]*(int(from[i-2])+int(from[i+2]))
		to[i] = uint8((sum + 8) >> 4)
	}
}

// halveEdgeGo writes what is halfway between the samples of an edge and the next ones, from the
// corner to sample 30 (section 7.11.2.11).
func halveEdgeGo(to, from *edge) {
	for i := first - 1; i < first+31; i++ {
		sum := 9*(int(from[i])+int(from[i+1])) - int(from[i-1]) - int(from[i+2])
		to[i] = uint8(min(max((sum+8)>>4, 0), 255))
	}
}
