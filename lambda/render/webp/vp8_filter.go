package webp

// The loop filters (RFC 6386, section 15), which smooth the edges of blocks. They follow
// the reconstruction by a row of macroblocks, from the left to the right: first the
// edges that stand, then those that lie, as the next one needs them.

// strength is how much the edges of a macroblock are filtered: how large the steps of
// samples may be there.
type strength struct {
	outer    uint8 // limit of the step at the macroblock's edges, 0 for no filter
	inner    uint8 // limit at the edges inside of it
	interior uint8 // limit of the steps beside an edge
	variance uint8 // above which limit a step beside an edge is one of the picture
}

// strengths are those of each segment, of luma in squares and as a whole (section 9.6,
// 15.2 and 15.3).
func (h *vp8Header) strengths() (all [segments][2]strength) {
	if h.frameLevel == 0 {
		return all // whatever segments say; so does libwebp
	}
	for i := range all {
		base := h.frameLevel
		if h.segmented {
			if h.absolute {
				base = h.level[i]
			} else {
				base += h.level[i]
			}
		}
		for whole := range all[i] {
			level := base
			if h.deltas {
				level += h.refDelta[0]
				if whole == 0 {
					level += h.modeDelta[0]
				}
			}
			if level = min(max(level, 0), 63); level == 0 {
				continue
			}
			interior := level
			if h.sharpness > 0 {
				interior = min(level>>(1+h.sharpness/5), 9-h.sharpness)
			}
			interior = max(interior, 1)
			variance := 0
			if level >= 40 {
				variance = 2
			} else if level >= 15 {
				variance = 1
			}
			limit := 2*level + interior
			all[i][whole] = strength{uint8(limit + 4), uint8(limit), uint8(interior), uint8(variance)}
		}
	}
	return all
}

// The ways to filter a macroblock whose first sample is at, which are those below in
// plain Go, or do bit by bit what those do.
var (
	filterLuma   = filterLumaGo
	filterChroma = filterChromaGo
	filterSimple = filterSimpleGo // luma alone
)

func filterLumaGo(s *surface, at int, f *strength, e edges) { s.filter(at, 16, f, e) }

// filterChromaGo filters both planes of chroma, which are alike.
func filterChromaGo(cb, cr *surface, at int, f *strength, e edges) {
	cb.filter(at, 8, f, e)
	cr.filter(at, 8, f, e)
}

func filterSimpleGo(s *surface, at int, f *strength, e edges) {
	s.eachEdge(at, 16, e, func(at, across, along int, inner bool) {
		limit := f.outer
		if inner {
			limit = f.inner
		}
		for range 16 {
			if step(s.pix, at, across) <= int(limit) {
				common(s.pix, at, across, true)
			}
			at += along
		}
	})
}

// filter is the normal filter of a macroblock of side by side samples.
func (s *surface) filter(at, side int, f *strength, e edges) {
	s.eachEdge(at, side, e, func(at, across, along int, inner bool) {
		limit := f.outer
		if inner {
			limit = f.inner
		}
		for range side {
			if step(s.pix, at, across) <= int(limit) && calm(s.pix, at, across, int(f.interior)) {
				high := varies(s.pix, at, across, int(f.variance))
				switch {
				case inner:
					filterInner(s.pix, at, across, high)
				case high:
					common(s.pix, at, across, true)
				default:
					filterOuter(s.pix, at, across)
				}
			}
			at += along
		}
	})
}

// eachEdge calls filter for each edge of a macroblock, with the place of the first
// sample behind it, and how far away the next one across it is, and along it.
func (s *surface) eachEdge(at, side int, e edges, filter func(at, across, along int, inner bool)) {
	if e&leftEdge != 0 {
		filter(at, 1, s.stride, false)
	}
	if e&innerEdges != 0 {
		for x := 4; x < side; x += 4 {
			filter(at+x, 1, s.stride, true)
		}
	}
	if e&upperEdge != 0 {
		filter(at, s.stride, 1, false)
	}
	if e&innerEdges != 0 {
		for y := 4; y < side; y += 4 {
			filter(at+y*s.stride, s.stride, 1, true)
		}
	}
}

// step is the step at an edge.
func step(pix []uint8, at, across int) int {
	return 2*difference(pix[at-across], pix[at]) + difference(pix[at-2*across], pix[at+across])/2
}

// calm says that no step beside an edge is above the limit.
func calm(pix []uint8, at, across, limit int) bool {
	for i := 1; i < 4; i++ {
		if difference(pix[at-(i+1)*across], pix[at-i*across]) > limit || difference(pix[at+i*across], pix[at+(i-1)*across]) > limit {
			return false
		}
	}
	return true
}

// varies says that a step next to an edge is above the limit.
func varies(pix []uint8, at, across, limit int) bool {
	return difference(pix[at-2*across], pix[at-across]) > limit || difference(pix[at+across], pix[at]) > limit
}

func difference(a, b uint8) int {
	if a > b {
		return int(a - b)
	}
	return int(b - a)
}

// common moves the samples next to an edge towards each other (section 15.2), and
// returns by how much the one behind it. outer says whether those beside them count.
func common(pix []uint8, at, across int, outer bool) int {
	a := 3 * (signed(pix[at]) - signed(pix[at-across]))
	if outer {
		a += limited(signed(pix[at-2*across]) - signed(pix[at+across]))
	}
	a = limited(a)
	before, behind := limited(a+3)>>3, limited(a+4)>>3
	move(pix, at-across, before)
	move(pix, at, -behind)
	return behind
}

// filterInner filters across an edge inside of a macroblock (section 15.3).
func filterInner(pix []uint8, at, across int, high bool) {
	behind := common(pix, at, across, high)
	if !high {
		a := (behind + 1) >> 1
		move(pix, at-2*across, a)
		move(pix, at+across, -a)
	}
}

// filterOuter filters across an edge of a macroblock (section 15.3).
func filterOuter(pix []uint8, at, across int) {
	w := limited(limited(signed(pix[at-2*across])-signed(pix[at+across])) + 3*(signed(pix[at])-signed(pix[at-across])))
	for i, share := range [3]int{27, 18, 9} {
		a := (share*w + 63) >> 7 // at most 27, so that it need not be limited
		move(pix, at-(i+1)*across, a)
		move(pix, at+i*across, -a)
	}
}

// signed is a sample as a number around zero.
func signed(v uint8) int { return int(v) - 128 }

func limited(v int) int { return min(max(v, -128), 127) }

// move moves a sample.
func move(pix []uint8, at, by int) { pix[at] = uint8(limited(signed(pix[at])+by) + 128) }
