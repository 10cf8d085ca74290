//go:build amd64 || arm64

package resample

import "prew/lambda/render/plane"

// interleave is interleavePlain, in vectors where there are such.
func interleave(pair []int16, top, bottom []uint8) {
	n := len(top)
	bottom, pair = bottom[:n], pair[:2*n]
	whole := 0
	if vectors {
		whole = n / interleaved * interleaved
	}
	if whole > 0 {
		interleaveVector(&pair[0], &top[0], &bottom[0], whole)
	}
	interleavePlain(pair[2*whole:], top[whole:], bottom[whole:])
}

// interleaved is how many samples of a row interleaveVector takes at a time.
const interleaved = 16

// premultiply is premultiplyPlain, in vectors where there are such.
func premultiply(pair []int16, top, bottom []uint8) {
	n := len(top)
	bottom, pair = bottom[:n], pair[:2*n]
	whole := 0
	if vectors {
		whole = n / premultiplied * premultiplied
	}
	if whole > 0 {
		premultiplyVector(&pair[0], &top[0], &bottom[0], whole)
	}
	premultiplyPlain(pair[2*whole:], top[whole:], bottom[whole:])
}

// premultiplied is how many samples of a row premultiplyVector takes at a time:
// eight pixels.
const premultiplied = 8 * channels

// lumas is lumasPlain, in vectors where there are such.
func lumas(luma, pixels []uint8) {
	whole := 0
	if vectors {
		whole = len(luma) / pixelsAtOnce * pixelsAtOnce
	}
	if whole > 0 {
		lumasVector(&luma[0], &pixels[0], whole)
	}
	lumasPlain(luma[whole:], pixels[channels*whole:])
}

// unsharp is unsharpPlain, in vectors where there are such.
func unsharp(pixels, luma, soft []uint8, amount int) {
	whole := 0
	if vectors {
		whole = len(luma) / pixelsAtOnce * pixelsAtOnce
	}
	if whole > 0 {
		unsharpVector(&pixels[0], &luma[0], &soft[0], whole, amount)
	}
	unsharpPlain(pixels[channels*whole:], luma[whole:], soft[whole:], amount)
}

// pixelsAtOnce is how many pixels of a row lumasVector and unsharpVector take at a time.
const pixelsAtOnce = 16

// vertical is verticalPlain, in vectors where there are such. The line has a
// multiple of verticalColumns samples.
func vertical(line, pairs, w []int16) {
	if !vectors {
		verticalPlain(line, pairs, w)
		return
	}
	_ = pairs[len(w)*len(line)-1]
	verticalVector(&line[0], &pairs[0], len(w)/2, len(line), &w[0])
}

// verticalColumns is how many columns verticalVector makes at a time.
const verticalColumns = 64

// horizontal is horizontalPlain, in vectors where there are such. It reads less
// than linePadding samples beyond the last of the line.
func horizontal(dst []uint8, line []int16, t *weights) {
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
// eight samples hold a pair of neighbours for each of four results: the
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
	windowSize = 8

	// closeTaps is the most weights of close results. It bounds how far their
	// windows go beyond the line. Lanczos has fewer where results are that close
	// for being little shrunk.
	closeTaps = linePadding - windowSize
)

func (l *lanes) setClose(t *weights, most int) {
	count := len(t.first)
	groups := (count + groupSize - 1) / groupSize
	l.steps = (most + 1) / 2
	l.at = plane.Resized(l.at, 2*groups)
	l.shuffle = plane.Resized(l.shuffle, 4*groupSize*groups)
	l.w = plane.Resized(l.w, 2*groupSize*groups*l.steps)
	at, shuffle, w := l.at[:0], l.shuffle[:0], l.w[:0]
	for n := range groups {
		g := group(n*groupSize, count)
		windows := [2]int{low(t, g[:4]), low(t, g[4:])}
		at = append(at, int32(windows[0]-t.lo), int32(windows[1]-t.lo))
		for i, j := range g {
			offset := 2 * uint8(int(t.first[j])-windows[i/4])
			shuffle = append(shuffle, offset, offset+1, offset+2, offset+3)
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
	l.at = plane.Resized(l.at, groupSize*groups)
	l.w = plane.Resized(l.w, groupSize*groups*l.steps*sixteen)
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
func (l *lanes) run(dst []uint8, line []int16, first, groups int) {
	_ = dst[groupSize*groups-1]
	if l.close {
		closeVector(&dst[0], &line[0], groups, l.steps, &l.at[2*first], &l.shuffle[32*first], &l.w[first*l.steps*16])
	} else {
		farVector(&dst[0], &line[0], 2*groups, l.steps, &l.at[groupSize*first], &l.w[first*groupSize*l.steps*16])
	}
}

// straight is straightPlain, in vectors where there are such.
func straight(dst []uint8, line []int16, t *weights) {
	count := len(t.first)
	dst = dst[:channels*count]
	if !vectors || count < straightSize {
		straightPlain(dst, line, t)
		return
	}
	_ = line[channels*(t.hi-t.lo+t.stride)-1]
	whole := count / straightSize
	straightVector(&dst[0], &line[0], whole, t.lo, &t.first[0], &t.w[0], t.stride)
	// Some of the results before are made again.
	if rest := count - straightSize; count%straightSize > 0 {
		straightVector(&dst[channels*rest], &line[0], 1, t.lo, &t.first[rest], &t.w[rest*t.stride], t.stride)
	}
}

// straightSize is how many pixels straightVector makes at a time.
const straightSize = 4

// The vector code checks no bounds: its callers do.

// interleaveVector makes a pair of n samples of each row, a multiple of
// interleaved.
//
//go:noescape
func interleaveVector(pair *int16, top, bottom *uint8, n int)

// premultiplyVector makes a pair of n samples of each row of pixels, a multiple
// of premultiplied.
//
//go:noescape
func premultiplyVector(pair *int16, top, bottom *uint8, n int)

// lumasVector makes the luma of n pixels, a multiple of pixelsAtOnce.
//
//go:noescape
func lumasVector(luma, pixels *uint8, n int)

// unsharpVector is unsharpPlain for n pixels, a multiple of pixelsAtOnce.
//
//go:noescape
func unsharpVector(pixels, luma, soft *uint8, n, amount int)

// verticalVector makes n columns, a multiple of verticalColumns, from pairs of
// rows.
//
//go:noescape
func verticalVector(line, pairs *int16, count, n int, w *int16)

// closeVector makes groups of eight results; see lanes.
//
//go:noescape
func closeVector(dst *uint8, line *int16, groups, pairs int, at *int32, shuffle *uint8, w *int16)

// farVector makes quads of four results; see lanes.
//
//go:noescape
func farVector(dst *uint8, line *int16, quads, sixteens int, at *int32, w *int16)

// straightVector makes quads of four pixels from a line that begins with pixel
// lo. Every result has stride weights, a multiple of four.
//
//go:noescape
func straightVector(dst *uint8, line *int16, quads, lo int, first *int32, w *int16, stride int)
