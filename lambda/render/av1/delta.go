package av1

import "math/bits"

// deltaUnit is the unit in which the quantisers of superblocks differ from the picture's, as its
// logarithm (delta_q_res in section 5.9.17), and mostFiner how many of them a superblock may be finer
// by.
const deltaUnit, mostFiner = 3, 8

// A superblock is finer where most of it is less busy than busyLimit, in 16ths of a doubling of the sums
// of slopes, and that by finerPart 128ths of the picture's quantiser for each doubling.
const (
	busyLimit = 272
	finerPart = 6
)

// chromaCoarserOf is by how much the quantiser of chroma is more than that of luma: by less than
// nothing where chroma has half the size, as each of its samples is seen on four pixels, and by more
// where it has not. Both were searched as matrixLevels were, and are less at the finest quantisers.
func chromaCoarserOf(quantiser int, halved bool) int {
	if halved {
		return -min(8, quantiser/8)
	}
	return min(16, quantiser/4)
}

// quantised are the steps of a quantiser, kept for the superblocks and pictures that follow.
type quantised struct {
	made bool
	with [4]int   // the quantisers of luma and chroma and the levels of the matrices
	of   [2]steps // for luma and for chroma
}

// setSteps makes those of all planes what the picture's quantiser says.
func (e *Encoder) setSteps() { e.setFiner(0) }

// setFiner makes those of all planes finer than the picture's quantiser says, by so many deltaUnits.
func (e *Encoder) setFiner(by int) {
	e.finer = by
	s := &e.quantised[by]
	luma := e.quantiser - by<<deltaUnit
	chroma := min(max(luma+e.chromaCoarser, 0), 255)
	if with := [4]int{luma, chroma, e.matrices[0].level, e.matrices[1].level}; !s.made || s.with != with {
		s.made, s.with = true, with
		for i, quantiser := range with[:2] {
			s.of[i].set(int32(stepsDC[quantiser]), int32(stepsAC[quantiser]), e.matrices[i].of())
		}
	}
	e.steps = [3]*steps{&s.of[0], &s.of[1], &s.of[1]}
}

// finerOf is by how many deltaUnits the next superblock is to be finer than the picture: the more,
// the less there is in most of it that would hide errors. What is even has no part: in a drawing,
// it would have what is drawn on it cost more than it is seen.
func (e *Encoder) finerOf() int {
	// Squares of 8x8 in the picture that are not even, by how much finer what is as busy is to be.
	var counts [mostFiner + 1]int
	n := 0
	for r := range e.estimates.slopes {
		for c := range e.estimates.slopes[r] {
			s := &e.estimates.slopes[r][c]
			if e.sx+8*c >= e.columns*4 || e.sy+8*r >= e.rows*4 {
				continue
			}
			if busy := s.xx + s.yy; busy > 0 {
				counts[min(finerBy(e.quantiser, busy), mostFiner)]++
				n++
			}
		}
	}
	by, behind := mostFiner, max(n*5/8-1, 0) // of five eighths, the busiest
	for by > 0 && behind >= counts[by] {
		behind -= counts[by]
		by--
	}
	return min(by, (e.quantiser-1)>>deltaUnit)
}

// finerBy is that of a picture's quantiser and of what there is in the superblock: in proportion to
// the quantiser, and to how many doublings that is below a limit.
func finerBy(quantiser int, busy int32) int {
	v := max(uint32(busy), 1)
	log := bits.Len32(v) - 1
	below := busyLimit - (16*log + int(uint64(v)<<4>>log&15))
	return (quantiser*max(below, 0)*finerPart>>11 + 1<<deltaUnit>>1) >> deltaUnit
}

// writeFiner writes by how much the superblock is finer (read_delta_qindex in section 5.11.35), as a
// difference from the one that was written before.
func (e *Encoder) writeFiner(c *code) {
	by := e.noted - e.finer // in the quantiser's direction
	e.noted = e.finer
	size := max(by, -by)
	c.symbol(e.cdfs.deltaQ[:], min(size, 3))
	if size > 2 {
		n := bits.Len(uint(size-1)) - 1
		e.coder.bits(uint32(n-1), 3)
		e.coder.bits(uint32(size-1-1<<n), n)
	}
	if size > 0 {
		e.coder.bits(uint32(by)>>31, 1)
	}
}
