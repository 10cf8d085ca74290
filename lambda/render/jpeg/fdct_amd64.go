package jpeg

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX2 {
		fdct = fdctAVX2
	}
}

// fdctAVX2 is fdctGo for processors with AVX2, as those made since 2015 have it.
func fdctAVX2(blocks []block, masks []uint64, src []uint8, stride int, q *quantiser) {
	if len(blocks) == 0 {
		return
	}
	_ = masks[len(blocks)-1]
	_ = src[7*stride+8*len(blocks)-1]
	fdctPairs(&blocks[0], &masks[0], len(blocks)/2, &src[0], stride, q, &fdctOperands)
}

// fdctPairs transforms blocks two by two.
//
//go:noescape
func fdctPairs(blocks *block, masks *uint64, pairs int, src *uint8, stride int, q *quantiser, o *fdctTables)

// fdctTables are what the instructions of fdctPairs read from memory.
type fdctTables struct {
	// Factors of pairs of values, whose products are summed.
	factors [10][16]int16

	// For the vectors of coefficients in zigzag order, one after another: where
	// their coefficients stand in each vector of a column that has some.
	shuffles [zigzagShuffles][32]uint8
}

// zigzagShuffles is how many pairs of a vector in zigzag order and a column
// there are that have a coefficient in common.
const zigzagShuffles = 40

var fdctOperands = func() (o fdctTables) {
	for i, pair := range [10][2]int16{
		{cos2, cos6}, {cos6, -cos2},
		{cos1, cos3}, {cos5, cos7},
		{cos3, -cos7}, {-cos1, -cos5},
		{cos5, -cos1}, {cos7, cos3},
		{cos7, -cos5}, {cos3, -cos1},
	} {
		for j := range o.factors[i] {
			o.factors[i][j] = pair[j%2]
		}
	}
	const none = 0x80 // leaves a zero
	n := 0
	for vector := range 8 {
		for column := range 8 {
			var shuffle [32]uint8
			found := false
			for i := range 8 {
				at := int(zigzag[8*vector+i])
				for half := 0; half < 32; half += 16 {
					shuffle[half+2*i], shuffle[half+2*i+1] = none, none
					if at%8 == column {
						row := uint8(at / 8)
						shuffle[half+2*i], shuffle[half+2*i+1] = 2*row, 2*row+1
						found = true
					}
				}
			}
			if found {
				o.shuffles[n] = shuffle
				n++
			}
		}
	}
	return o
}()
