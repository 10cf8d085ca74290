package resample

import "prew/lambda/render/plane"

const (
	// weightBits is the precision of a weight: 1 is 1<<weightBits. It is the most
	// that leaves sixteen bits room for a sample at the end of a line, which takes
	// the weights of all that lies beyond and comes to little more than 1.
	//
	// The weights of a result that are above zero come to 1.28 at most together,
	// and those below to -0.28, which is Lanczos's where nothing shrinks. Of
	// samples up to 255 the pass down makes -72 to 327, which 16 bits hold with
	// lineBits behind the point, and the pass across -183 to 438, which 32 bits
	// hold with lineBits and weightBits.
	weightBits = 14
	one        = 1 << weightBits
)

// weights is what the results of one axis are made of. Those of result j begin
// at sample first[j] of the source line and are w[j*stride:][:count[j]]; together
// they are exactly one. Behind them follow zeros to the stride, a multiple of
// four.
type weights struct {
	first, count []int32
	w            []int16
	stride       int

	copies bool // result j is sample first[0]+j as it is
	single bool // each result is one sample as it is
	lo, hi int  // the samples that are read
	most   int  // how many pairs of rows a result is made of at most, as window has them

	lanes lanes // the same for the vector code

	floats []float64 // room to work in
}

// set makes the weights of an axis over a line of the given length.
func (t *weights) set(a Axis, k Kernel, length int) {
	t.first = plane.Resized(t.first, a.Count)
	t.count = plane.Resized(t.count, a.Count)
	s, k := a.scale(), a.kernel(k, length)
	reach := k.reach(s.sample, s.width)
	// An interval of 2*reach between two samples at most has one of them more
	// than it has steps.
	most := int(2*reach/s.sample) + 1
	t.stride = (min(most, length) + 3) &^ 3
	t.w = plane.Resized(t.w, a.Count*t.stride)
	clear(t.w)
	t.floats = plane.Resized(t.floats, most)
	t.copies, t.single, t.lo, t.hi, t.most = true, true, length, 0, 0
	t.lanes.forget()
	for j := range a.Count {
		first, count := t.setResult(j, s.centre(j), s, k, length)
		t.first[j], t.count[j] = int32(first), int32(count)
		t.single = t.single && count == 1
		t.copies = t.single && t.copies && first == int(t.first[0])+j
		t.lo, t.hi = min(t.lo, first), max(t.hi, first+count)
		from, to := t.pairs(j)
		t.most = max(t.most, to-from)
	}
}

// setResult makes the weights of result j, whose middle is at centre, and says
// where they begin and how many there are.
func (t *weights) setResult(j int, centre int64, s scale, k Kernel, length int) (first, count int) {
	from, to := s.around(centre, k)
	first = min(max(from, 0), length-1)
	last := min(max(to, 0), length-1)
	values := t.floats[:to-from+1]
	k.fill(values, int64(from)*s.sample-centre, s.sample, s.width)
	// The line goes on beyond its ends with the sample at the end.
	for ; from < first && len(values) > 1; from++ {
		values[1] += values[0]
		values = values[1:]
	}
	for ; to > last && len(values) > 1; to-- {
		values[len(values)-2] += values[len(values)-1]
		values = values[:len(values)-1]
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	// Rounding the running total instead of each weight makes the sum exact and
	// leaves no stretch of the weights off by more than one unit, however many
	// and small they are.
	w := t.w[j*t.stride:][:len(values)]
	unit := one / sum
	total, before := 0.0, 0
	for i, v := range values {
		total += v
		upTo := rounded(float64(total * unit))
		w[i] = int16(upTo - before)
		before = upTo
	}
	// Zeros at either end are samples that need not be read.
	for w[len(w)-1] == 0 {
		w = w[:len(w)-1]
	}
	zeros := 0
	for w[zeros] == 0 {
		zeros++
	}
	if zeros > 0 {
		copy(w, w[zeros:])
		clear(w[len(w)-zeros:])
	}
	return first + zeros, len(w) - zeros
}

// rounded is x, above -one, rounded to a whole number.
func rounded(x float64) int { return int(x+(one+0.5)) - one }

// of is the weights of result j.
func (t *weights) of(j int) []int16 { return t.w[j*t.stride:][:t.count[j]] }

// pairs are those of rows, from <= pair < to, that row of results j is made of.
func (t *weights) pairs(j int) (from, to int) {
	first, count := int(t.first[j]), int(t.count[j])
	return first / 2, (first+count-1)/2 + 1
}

// rows are the two rows of a pair. One that no result is made of gives way to the
// other, and is not read.
func (t *weights) rows(pair int) (top, bottom int) {
	return max(2*pair, t.lo), min(2*pair+1, t.hi-1)
}
