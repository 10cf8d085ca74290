package av1

// deblock smooths the edges between transforms in what is shown (AV1 specification, section 7.14):
// in each plane first all of those between columns, then all of those between rows.
func (e *Encoder) deblock() {
	f := &e.filters
	if f.levels[0] == 0 && f.levels[1] == 0 {
		return // the stream has no others then
	}
	for i := range e.channels {
		level := [2]int{f.levels[0], f.levels[1]}
		if i > 0 {
			level = [2]int{f.levels[i+1], f.levels[i+1]}
		}
		for rows, level := range level {
			if level > 0 {
				e.deblockEdges(i, rows == 1, limitsOf(level, f.sharpness))
			}
		}
	}
}

// deblockEdges smooths the edges of a plane between its columns, or between its rows (section
// 7.14.2). Those beyond the picture, in what it is filled up with to blocks of 8x8, are left alone.
func (e *Encoder) deblockEdges(plane int, rows bool, l limits) {
	c, shift := &e.channels[plane], e.shift(plane)
	along, across, before := c.stride, 1, 1<<shift
	if rows {
		along, across, before = 1, c.stride, e.columns<<shift
	}
	for y := 0; y*4 < e.height; y += 1 << shift {
		for x := 0; x*4 < e.width; x += 1 << shift {
			place := x
			if rows {
				place = y
			}
			at := (y|shift)*e.columns + x | shift // the chroma of small blocks is with the last one
			size := e.cells[at].size(plane)
			if place == 0 || place*4>>shift&(4<<size-1) != 0 {
				continue
			}
			size = min(size, e.cells[at-before].size(plane))
			first := (y*c.stride + x) * 4 >> shift
			for i := range 4 {
				if plane == 0 {
					l.luma(c.shown, first+i*along, across, size)
				} else {
					l.chroma(c.shown, first+i*along, across, size)
				}
			}
		}
	}
}

// limits are how much samples at an edge may differ by where it is smoothed.
type limits struct {
	inside int32 // neighbours of the same side
	across int32 // twice the difference across the edge, and half of that of the samples next to it
	steep  int32 // neighbours of the same side where more than the samples at the edge changes
}

// limitsOf are those of a level over 0 (section 7.14.4).
func limitsOf(level, sharpness int) limits {
	inside := level
	if sharpness > 0 {
		inside = min(level>>((sharpness+3)>>2), 9-sharpness)
	}
	inside = max(inside, 1)
	return limits{int32(inside), int32(2*(level+2) + inside), int32(level >> 4)}
}

// luma smooths what lies across an edge before the sample at: up to 6 samples of each side where
// they are flat and the smaller transform has 16 samples or more, 3 where it has 8, else 2 (sections
// 7.14.6.1 and 7.14.6.2).
func (l *limits) luma(p []uint8, at, across int, size uint8) {
	if !l.pass(p, at, across) {
		return
	}
	if size == 0 {
		l.narrow(p, at, across)
		return
	}
	of := func(i int) int32 { return int32(p[at+i*across]) }
	if apart(of(-3), of(-2)) > l.inside || apart(of(2), of(1)) > l.inside ||
		apart(of(-4), of(-3)) > l.inside || apart(of(3), of(2)) > l.inside {
		return
	}
	switch {
	case !flatFor(p, at, across, 4):
		l.narrow(p, at, across)
	case size == 1 || !flatFor(p, at, across, 7):
		smoothEdge(p, at, across, 3, 0, 3)
	default:
		smoothEdge(p, at, across, 6, 1, 4)
	}
}

// chroma does so for Cb and Cr, with 2 samples of each side at most.
func (l *limits) chroma(p []uint8, at, across int, size uint8) {
	if !l.pass(p, at, across) {
		return
	}
	if size == 0 {
		l.narrow(p, at, across)
		return
	}
	of := func(i int) int32 { return int32(p[at+i*across]) }
	if apart(of(-3), of(-2)) > l.inside || apart(of(2), of(1)) > l.inside {
		return
	}
	if !flatFor(p, at, across, 3) {
		l.narrow(p, at, across)
		return
	}
	smoothEdge(p, at, across, 2, 1, 3)
}

// flatFor reports whether the n samples of each side of an edge are at most 1 from the one next to it.
func flatFor(p []uint8, at, across, n int) bool {
	p0, q0 := int32(p[at-across]), int32(p[at])
	for i := 1; i < n; i++ {
		if apart(int32(p[at-(1+i)*across]), p0) > 1 || apart(int32(p[at+i*across]), q0) > 1 {
			return false
		}
	}
	return true
}

// pass reports whether the two samples of each side are alike enough for an edge to be one of blocks.
func (l *limits) pass(p []uint8, at, across int) bool {
	p1, p0, q0, q1 := int32(p[at-2*across]), int32(p[at-across]), int32(p[at]), int32(p[at+across])
	return apart(p1, p0) <= l.inside && apart(q1, q0) <= l.inside && apart(p0, q0)*2+apart(p1, q1)/2 <= l.across
}

// narrow smooths one or two samples of each side (section 7.14.6.3).
func (l *limits) narrow(p []uint8, at, across int) {
	p1, p0, q0, q1 := int32(p[at-2*across]), int32(p[at-across]), int32(p[at]), int32(p[at+across])
	steep := apart(p1, p0) > l.steep || apart(q1, q0) > l.steep
	by := 3 * (q0 - p0)
	if steep {
		by += signed8(p1 - q1)
	}
	by = signed8(by)
	right, left := signed8(by+4)>>3, signed8(by+3)>>3
	p[at-across], p[at] = sample(p0+left), sample(q0-right)
	if !steep {
		by = (right + 1) >> 1
		p[at-2*across], p[at+across] = sample(p1+by), sample(q1-by)
	}
}

// smoothEdge makes each of n samples of each side the mean of the 2n+1 around it, of which those
// nearer than twice or less count double, in all 1<<shift, and those farther than n+1 from the edge
// are like the last one (section 7.14.6.4).
func smoothEdge(p []uint8, at, across, n, twice, shift int) {
	var s [14]int32
	for i := range 2*n + 2 {
		s[i] = int32(p[at+(i-n-1)*across])
	}
	for i := range 2 * n {
		sum := int32(1) << shift >> 1
		for j := -n; j <= n; j++ {
			sum += s[min(max(1+i+j, 0), 2*n+1)]
		}
		for j := -twice; j <= twice; j++ {
			sum += s[1+i+j]
		}
		p[at+(i-n)*across] = uint8(sum >> shift)
	}
}

func apart(a, b int32) int32 { return max(a-b, b-a) }

// signed8 is the nearest number of 8 bits with a sign.
func signed8(v int32) int32 { return min(max(v, -128), 127) }

func sample(v int32) uint8 { return uint8(min(max(v, 0), 255)) }
