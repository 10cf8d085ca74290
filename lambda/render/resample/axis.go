package resample

// Axis says how a line of a source becomes a line of a preview, across or down.
// The picture that the line stands for is scaled to Scaled pixels, and the line
// covers it with Num/Den samples: a fraction, because a plane decoded at M/8 or
// with its chroma subsampled ends within a sample.
//
// Sample j of the result, 0 <= j < Count, covers From + j*Step to From +
// (j+1)*Step in pixels of the scaled picture. Step is 1 for a plane in full
// resolution and 2 for the chroma of 4:2:0; a negative Step reads the line
// backwards, which flips the picture. What lies beyond the ends of the line is
// taken to be like the sample at the end.
//
// Scaled, Num, Den and Count are at least 1 and Step is not 0. Sides up to 65,536
// samples, in thirty-seconds, stay far from overflowing.
type Axis struct {
	Scaled, Num, Den, From, Step, Count int
}

// rising is the n'th result in the order in which the source's lines rise.
func (a Axis) rising(n int) int {
	if a.Step < 0 {
		return a.Count - 1 - n
	}
	return n
}

// Reach is the interval lo <= i < hi of samples, of a line of the given length,
// outside of which the axis reads none with kernel k.
func (a Axis) Reach(k Kernel, length int) (lo, hi int) {
	s, k := a.scale(), a.kernel(k, length)
	begin, end := s.centre(0), s.centre(a.Count-1)
	lo, _ = s.around(min(begin, end), k)
	_, hi = s.around(max(begin, end), k)
	return min(max(lo, 0), length-1), min(max(hi, 0), length-1) + 1
}

// kernel is the kernel that the axis takes for k. A line that is enlarged by a quarter or
// more, as chroma is that a picture has less of than its preview, is enlarged by the
// triangle, as by libjpeg-turbo, so that colours are those that other programs show. Two
// samples, or one, are repeated, which libjpeg-turbo does too.
func (a Axis) kernel(k Kernel, length int) Kernel {
	s := a.scale()
	switch enlarges := 5*max(s.step, -s.step) <= 4*s.sample; {
	case enlarges && length <= 2:
		return repeated
	case enlarges && k != Box:
		return Bilinear
	}
	return k
}

// scale is an axis in whole numbers: its unit is the source sample's
// 2*Den*Scaled'th part, in which every middle of a result is whole. That of
// sample i is i*sample.
type scale struct {
	sample int64 // a sample of the source
	width  int64 // the kernel, sample or more
	first  int64 // the middle of result 0
	step   int64 // from there to the middle of result 1
}

func (a Axis) scale() scale {
	sample := 2 * int64(a.Den) * int64(a.Scaled)
	step := 2 * int64(a.Step) * int64(a.Num)
	return scale{
		sample: sample,
		width:  max(sample, step, -step),
		first:  (2*int64(a.From)+int64(a.Step))*int64(a.Num) - sample/2,
		step:   step,
	}
}

// centre is the middle of result j.
func (s scale) centre(j int) int64 { return s.first + int64(j)*s.step }

// around is the first and the last sample that the kernel weighs about a centre.
func (s scale) around(centre int64, k Kernel) (first, last int) {
	reach := k.reach(s.sample, s.width)
	return int(floorDiv(centre-reach, s.sample)) + 1, int(-floorDiv(-centre-reach, s.sample)) - 1
}

// floorDiv is a/b rounded down, for b above 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
