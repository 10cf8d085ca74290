//go:build amd64 || arm64

package resample

// vertical is verticalPlain, in vectors where there are such.
func vertical(dst, src []uint8, stride int, w []int16) {
	if len(w) == 1 {
		copy(dst, src)
		return
	}
	if !vectors || len(dst) < columns {
		verticalPlain(dst, src, stride, w)
		return
	}
	_, _ = src[(len(w)-1)*stride+len(dst)-1], w[:(len(w)+1)&^1]
	whole := len(dst) / columns * columns
	verticalVector(&dst[0], &src[0], stride, len(w), whole, &w[0])
	// The last columns are made again with those before them rather than read
	// beyond the end of the row.
	if rest := len(dst) - columns; whole < len(dst) {
		verticalVector(&dst[rest], &src[rest], stride, len(w), columns, &w[0])
	}
}

// columns is how many verticalVector makes at a time.
const columns = 32

// horizontal is horizontalPlain, in vectors where there are such. It reads less
// than linePadding samples beyond the last of the line.
func horizontal(dst, line []uint8, t *weights) {
	dst = dst[:len(t.first)]
	if !vectors {
		horizontalPlain(dst, line, t)
		return
	}
	l := &t.lanes
	if l.steps == 0 {
		l.set(t)
	}
	_ = line[t.hi-t.lo+linePadding-1]
	whole := len(dst) / groupSize
	if whole > 0 {
		l.run(dst, line, 0, whole)
	}
	rest := len(dst) % groupSize
	switch {
	case rest == 0:
	case whole > 0:
		// Some of the results before are made again.
		l.run(dst[len(dst)-groupSize:], line, whole, 1)
	default:
		var few [groupSize]uint8
		l.run(few[:], line, 0, 1)
		copy(dst, few[:])
	}
}

// groupSize is how many results are made side by side across.
const groupSize = 8

// lanes are the weights of an axis as the vector code reads them across: results
// in groups of eight, the last of which ends with the last result, and every
// result with equally many weights.
//
// Where the results lie close to one another, which is where little is shrunk,
// sixteen samples hold a pair of neighbours for each of four results: the
// samples are shuffled into pairs, multiplied and added pair by pair, and the
// next pairs are found by the same shuffle two samples on. Else every result
// multiplies sixteen samples at a time, and adds them up at the end.
type lanes struct {
	close bool
	steps int // pairs of weights, or sixteens

	// at is where in the line the samples begin: two windows for every group, or
	// the eight results.
	at      []int32
	shuffle []uint8 // of close results, 32 for every group
	w       []int16 // for every group step by step
}

// forget says that the weights are others now.
func (l *lanes) forget() { l.steps = 0 }

// set lays out the weights for the vectors.
func (l *lanes) set(t *weights) {
	most := 0
	for _, count := range t.count {
		most = max(most, int(count))
	}
	l.close = most <= closeTaps
	for at := 0; at < len(t.first) && l.close; at += groupSize {
		g := group(at, len(t.first))
		l.close = reaches(t, g[:4]) && reaches(t, g[4:])
	}
	if l.close {
		l.setClose(t, most)
	} else {
		l.setFar(t, most)
	}
}

// group is the results of the group that begins at a multiple of its size: it
// ends with the last of count, which stands in for those that are missing if
// there are less than a group has.
func group(at, count int) (g [groupSize]int) {
	at = max(min(at, count-groupSize), 0)
	for i := range g {
		g[i] = min(at+i, count-1)
	}
	return g
}

// low is the lowest sample at which one of some results begins.
func low(t *weights, results []int) int {
	first := t.first[results[0]]
	for _, j := range results {
		first = min(first, t.first[j])
	}
	return int(first)
}

// reaches says whether a window that begins with the first pair of some results
// holds that of all.
func reaches(t *weights, results []int) bool {
	from := low(t, results)
	for _, j := range results {
		if int(t.first[j])+2-from > windowSize {
			return false
		}
	}
	return true
}

const (
	// windowSize is how many samples a shuffle chooses from.
	windowSize = 16

	// closeTaps is the most weights of close results. It bounds how far their
	// windows go beyond the line. Lanczos has fewer where results are that close
	// for being little shrunk.
	closeTaps = linePadding - windowSize

	// zero makes a shuffle give a zero.
	zero = 0x80
)

func (l *lanes) setClose(t *weights, most int) {
	count := len(t.first)
	groups := (count + groupSize - 1) / groupSize
	l.steps = (most + 1) / 2
	l.at = resized(l.at, 2*groups)
	l.shuffle = resized(l.shuffle, 4*groupSize*groups)
	l.w = resized(l.w, 2*groupSize*groups*l.steps)
	at, shuffle, w := l.at[:0], l.shuffle[:0], l.w[:0]
	for n := range groups {
		g := group(n*groupSize, count)
		windows := [2]int{low(t, g[:4]), low(t, g[4:])}
		at = append(at, int32(windows[0]-t.lo), int32(windows[1]-t.lo))
		for i, j := range g {
			offset := uint8(int(t.first[j]) - windows[i/4])
			shuffle = append(shuffle, offset, zero, offset+1, zero)
		}
		for s := range l.steps {
			for _, j := range g {
				pair := t.w[j*t.stride+2*s:][:2]
				w = append(w, pair[0], pair[1])
			}
		}
	}
}

func (l *lanes) setFar(t *weights, most int) {
	const sixteen = 16
	count := len(t.first)
	groups := (count + groupSize - 1) / groupSize
	l.steps = (most + sixteen - 1) / sixteen
	l.at = resized(l.at, groupSize*groups)
	l.w = resized(l.w, groupSize*groups*l.steps*sixteen)
	clear(l.w)
	for n := range groups {
		for i, j := range group(n*groupSize, count) {
			slot := n*groupSize + i
			// What is read ends with the line, if it is long enough for that.
			first := int(t.first[j])
			from := max(min(first, t.hi-l.steps*sixteen), t.lo)
			l.at[slot] = int32(from - t.lo)
			// Four results take turns.
			turns := l.w[(slot/4*l.steps*4+slot%4)*sixteen:]
			for tap, w := range t.of(j) {
				tap += first - from
				turns[tap/sixteen*4*sixteen+tap%sixteen] = w
			}
		}
	}
}

// run makes the results of groups from group first on.
func (l *lanes) run(dst, line []uint8, first, groups int) {
	_ = dst[groupSize*groups-1]
	if l.close {
		closeVector(&dst[0], &line[0], groups, l.steps, &l.at[2*first], &l.shuffle[32*first], &l.w[first*l.steps*16])
	} else {
		farVector(&dst[0], &line[0], 2*groups, l.steps, &l.at[groupSize*first], &l.w[first*groupSize*l.steps*16])
	}
}

// split is splitPlain, in vectors where there are such.
func split(c0, c1, c2, c3, pixels []uint8) {
	n := len(c0)
	c1, c2, c3, pixels = c1[:n], c2[:n], c3[:n], pixels[:4*n]
	whole := n / splitSize * splitSize
	if !vectors {
		whole = 0
	}
	if whole > 0 {
		splitVector(&c0[0], &c1[0], &c2[0], &c3[0], &pixels[0], whole)
	}
	splitPlain(c0[whole:], c1[whole:], c2[whole:], c3[whole:], pixels[4*whole:])
}

// splitSize is how many pixels splitVector takes apart at a time.
const splitSize = 32

// premultiply is premultiplyPlain, in vectors where there are such.
func premultiply(pix []uint8) {
	const sixteen = 4 * 16
	whole := len(pix) / sixteen * sixteen
	if !vectors {
		whole = 0
	}
	if whole > 0 {
		premultiplyVector(&pix[0], whole)
	}
	premultiplyPlain(pix[whole:])
}

// The vector code checks no bounds: its callers do.

// verticalVector makes n results from n columns on, a multiple of columns, from
// rows of samples stride apart. A zero follows an odd number of weights.
//
//go:noescape
func verticalVector(dst, src *uint8, stride, rows, n int, w *int16)

// closeVector makes groups of eight results; see lanes.
//
//go:noescape
func closeVector(dst, line *uint8, groups, pairs int, at *int32, shuffle *uint8, w *int16)

// farVector makes quads of four results; see lanes.
//
//go:noescape
func farVector(dst, line *uint8, quads, sixteens int, at *int32, w *int16)

// splitVector takes pixels apart, a multiple of splitSize.
//
//go:noescape
func splitVector(c0, c1, c2, c3, src *uint8, pixels int)

// premultiplyVector premultiplies n bytes, a multiple of 64.
//
//go:noescape
func premultiplyVector(pix *uint8, n int)
