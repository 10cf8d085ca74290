package av1

import "math/bits"

// outside stands for samples outside the picture: so far from all others that they have no part.
const outside = 1 << 14

// cdef smooths what is shown along the direction that it has in each block of 8x8, after deblocking
// (AV1 specification, section 7.15). Blocks without coefficients are left alone.
func (e *Encoder) cdef() {
	if !e.filters.directed() {
		return
	}
	for i := range e.channels {
		c := &e.channels[i]
		c.deblocked = append(c.deblocked[:0], c.shown...)
	}
	for y := 0; y < e.rows; y += 2 {
		for x := 0; x < e.columns; x += 2 {
			above, below := e.cells[y*e.columns+x:][:2], e.cells[(y+1)*e.columns+x:][:2]
			if above[0].skip && above[1].skip && below[0].skip && below[1].skip {
				continue
			}
			e.direct(x*4, y*4)
		}
	}
}

// direct filters the block of 8x8 of luma at x, y and its chroma (section 7.15.1).
func (e *Encoder) direct(x, y int) {
	f := &e.filters
	direction, variance := directionOf(e.channels[0].deblocked[y*e.channels[0].stride+x:], e.channels[0].stride)
	primary := 0
	if variance > 0 {
		strong := 0
		if variance>>6 > 0 {
			strong = min(bits.Len32(variance>>6)-1, 12)
		}
		primary = (f.luma.primary*(4+strong) + 8) >> 4
	}
	of := direction
	if f.luma.primary == 0 {
		of = 0
	}
	e.channels[0].direct(x, y, 8, directed{primary, f.luma.secondary}, f.damping, of)
	if f.chroma.primary == 0 {
		direction = 0
	}
	for i := 1; i < len(e.channels); i++ {
		shift := e.shift(i)
		e.channels[i].direct(x>>shift, y>>shift, 8>>shift, f.chroma, f.damping-1, direction)
	}
}

// directionOf finds the direction along which the samples of a block of 8x8 are the most alike, in
// eighths of a half turn from 45 degrees, and how much more they are so than at a right angle to it
// (section 7.15.2).
func directionOf(p []uint8, stride int) (direction int, variance uint32) {
	var lines [8][15]int32 // the sums of the lines of each direction
	for y := range 8 {
		for x, v := range p[y*stride:][:8] {
			v := int32(v) - 128
			lines[0][y+x] += v
			lines[1][y+x/2] += v
			lines[2][y] += v
			lines[3][3+y-x/2] += v
			lines[4][7+y-x] += v
			lines[5][3-y/2+x] += v
			lines[6][x] += v
			lines[7][y/2+x] += v
		}
	}
	// The squares of sums are divided by how many samples are in them, times 840.
	var cost [8]int32
	for i := range 8 {
		cost[2] += lines[2][i] * lines[2][i] * 105
		cost[6] += lines[6][i] * lines[6][i] * 105
	}
	for d := 0; d < 8; d += 4 {
		for i := range 7 {
			cost[d] += (lines[d][i]*lines[d][i] + lines[d][14-i]*lines[d][14-i]) * (840 / int32(i+1))
		}
		cost[d] += lines[d][7] * lines[d][7] * 105
	}
	for d := 1; d < 8; d += 2 {
		for i := 3; i < 8; i++ {
			cost[d] += lines[d][i] * lines[d][i] * 105
		}
		for i := range 3 {
			cost[d] += (lines[d][i]*lines[d][i] + lines[d][10-i]*lines[d][10-i]) * (840 / int32(2*i+2))
		}
	}
	for d, c := range cost {
		if c > cost[direction] {
			direction = d
		}
	}
	return direction, uint32(cost[direction]-cost[direction^4]) >> 10
}

// directions are the steps of rows and columns to the samples along a direction, of which those the
// other way have a part too (Cdef_Directions in section 7.15.3).
var directions = [8][2][2]int{
	{{-1, 1}, {-2, 2}}, {{0, 1}, {-1, 2}}, {{0, 1}, {0, 2}}, {{0, 1}, {1, 2}},
	{{1, 1}, {2, 2}}, {{1, 0}, {2, 1}}, {{1, 0}, {2, 0}}, {{1, 0}, {2, -1}},
}

// direct filters a block of n samples at x, y (section 7.15.3).
func (c *channel) direct(x, y, n int, s directed, damping, direction int) {
	if s == (directed{}) {
		return
	}
	var window [12 * 12]int32 // two samples more to each side
	for r := range n + 4 {
		for i := range n + 4 {
			v, px, py := int32(outside), x+i-2, y+r-2
			if px >= 0 && px < c.width && py >= 0 && py < c.height {
				v = int32(c.deblocked[py*c.stride+px])
			}
			window[r*12+i] = v
		}
	}
	var at [3][2]int // along the direction, and an eighth of a turn to each side
	for i, d := range [3]int{direction, direction + 6, direction + 2} {
		for k, step := range directions[d&7] {
			at[i][k] = step[0]*12 + step[1]
		}
	}
	taps := [2]int32{4, 2}
	if s.primary&1 > 0 {
		taps = [2]int32{3, 3}
	}
	primary, secondary := boundOf(s.primary, damping), boundOf(s.secondary, damping)
	for r := range n {
		for i := range n {
			middle := (r+2)*12 + i + 2
			v := window[middle]
			sum, low, high := int32(0), v, v
			for k, tap := range taps {
				for line, at := range at {
					b, tap := &primary, tap
					if line > 0 {
						b, tap = &secondary, int32(2-k)
					}
					for _, other := range [2]int32{window[middle+at[k]], window[middle-at[k]]} {
						if other == outside {
							continue
						}
						sum += tap * b.of(other-v)
						low, high = min(low, other), max(high, other)
					}
				}
			}
			if sum < 0 {
				sum--
			}
			c.shown[(y+r)*c.stride+x+i] = uint8(min(max(v+(8+sum)>>4, low), high))
		}
	}
}

// bound is how much of a difference has a part: all of a small one, nothing of a large one.
type bound struct {
	strength int32
	shift    int
}

func boundOf(strength, damping int) bound {
	if strength == 0 {
		return bound{}
	}
	return bound{int32(strength), max(0, damping-bits.Len(uint(strength))+1)}
}

func (b *bound) of(difference int32) int32 {
	size := max(difference, -difference)
	part := min(size, max(0, b.strength-size>>b.shift))
	if difference < 0 {
		return -part
	}
	return part
}
