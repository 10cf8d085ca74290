package jpeg

import "encoding/binary"

// The inverse transform of a block to m x m samples takes the m x m coefficients
// of the lowest frequencies as those of an m x m transform. Of a row or column of
// coefficients S(0) to S(m-1), sample x is
//
//	S(0) + sum over u from 1 to m-1 of S(u) * sqrt(2) * cos((2x+1)*u*pi/(2m))
//
// and a block is that of its columns and then of its rows, divided by 8, plus
// 128. For m = 8 it is the inverse DCT (T.81, A.3.3). For others it gives the
// picture at m/8 of its size, without the frequencies that have no room there.
//
// As libjpeg-turbo does it, coefficients, the samples of columns and factors have
// sixteen bits, and sums of their products 32, which no sum exceeds: the factors
// of a sample have 61,212 together at most, times 1<<15, plus rowBias.

const (
	// cosinePlaces is how many binary places the factors have: as many as keep
	// sqrt(2) in sixteen bits.
	cosinePlaces = 13

	// columnPlaces is how many of them are rounded off between columns and rows.
	// The two that stay are what sixteen bits have room for.
	columnPlaces = cosinePlaces - 2

	// rowPlaces is how many places the samples have, and the factor 8.
	rowPlaces = 2 + cosinePlaces + 3

	columnBias = 1 << (columnPlaces - 1)
	rowBias    = 128<<rowPlaces + 1<<(rowPlaces-1)
)

// transforms has for m from 3 to 8 the factors of coefficient u for sample x, as
// transforms[m][x][u], rounded, up to the sample in the middle. Sample m-1-x has
// the same, those of odd u less than zero.
//
// Those for 8 are what the constants of libjpeg's faster way amount to, so that
// the samples are libjpeg's bit by bit.
var transforms = [9][4][8]int16{
	3: {
		{8192, 10033, 5793},
		{8192, 0, -11585},
	},
	4: {
		{8192, 10703, 8192, 4433},
		{8192, 4433, -8192, -10703},
	},
	5: {
		{8192, 11018, 9373, 6810, 3580},
		{8192, 6810, -3580, -11018, -9373},
		{8192, 0, -11585, 0, 11585},
	},
	6: {
		{8192, 11190, 10033, 8192, 5793, 2998},
		{8192, 8192, 0, -8192, -11585, -8192},
		{8192, 2998, -10033, -8192, 5793, 11190},
	},
	7: {
		{8192, 11295, 10438, 9058, 7223, 5027, 2578},
		{8192, 9058, 2578, -5027, -10438, -11295, -7223},
		{8192, 5027, -7223, -11295, -2578, 9058, 10438},
		{8192, 0, -11585, 0, 11585, 0, -11585},
	},
	8: {
		{8192, 11363, 10703, 9633, 8192, 6437, 4433, 2260},
		{8192, 9633, 4433, -2259, -8192, -11362, -10704, -6436},
		{8192, 6437, -4433, -11362, -8192, 2261, 10704, 9633},
		{8192, 2260, -10703, -6436, 8192, 9633, -4433, -11363},
	},
}

// The coefficients of three or four samples stand in a square of four, those of
// five to eight in a square of eight, in the order in which instructions take them
// that sum up the products of two: the rows 0 and 2 in turn, then the rows 4 and 6,
// 1 and 3, 5 and 7, and in them the even columns before the odd ones.

// square is the side of the square for m samples. For 1 and 2, whose transforms
// need no factors, the coefficients stand row by row.
func square(m int) int {
	switch {
	case m > 4:
		return 8
	case m > 2:
		return 4
	}
	return m
}

// position is where a coefficient stands in a square of side n.
func position(n, row, column int) int {
	if n <= 2 {
		return n*row + column
	}
	pair := row&1*(n/4) + row/4
	return pair*2*n + column&1*n + column/2*2 + row/2&1
}

// nowhere is where coefficients go that are not transformed.
const nowhere = 64

// placing is where the coefficients go that a transform to m x m samples takes,
// by their index. kept has the indices of those that are not zero, bit by bit,
// without the first, and last is the largest.
func placing(m int) (place [128]uint8, kept uint64, last uint) {
	for k := range place {
		place[k] = nowhere
		if k >= len(zigzag) {
			continue
		}
		if row, column := int(zigzag[k])/8, int(zigzag[k])%8; row < m && column < m {
			place[k] = uint8(position(square(m), row, column))
			last = uint(k)
			if k > 0 {
				kept |= 1 << k
			}
		}
	}
	return place, kept, last
}

// inverse writes the m x m samples of a block to dst, whose rows are stride
// samples apart. It leaves the coefficients zero.
func inverse(coef *coefficients, quant *[64]int16, m int, dst []uint8, stride int) {
	switch m {
	case 1:
		dst[0] = sample(int32(coef[0] * quant[0]))
		coef[0] = 0
	case 2:
		inverse2(coef, quant, dst, stride)
	case 3, 4:
		inverse4(coef, quant, m, dst, stride)
	default:
		inverse8(coef, quant, m, dst, stride)
	}
}

// inverse4 is for m = 3 and 4, inverse8 for m from 5 to 8. They are inverseGo, or
// do bit by bit what that does.
var (
	inverse4 = inverseGo
	inverse8 = inverseGo
)

func inverseGo(coef *coefficients, quant *[64]int16, m int, dst []uint8, stride int) {
	var rows [8][8]int32 // of the samples of columns
	for column := range m {
		var s [8]int32
		for row := range m {
			at := position(square(m), row, column)
			s[row] = int32(coef[at] * quant[at])
			coef[at] = 0
		}
		for row, v := range samplesOf(m, &s) {
			v = (v + columnBias) >> columnPlaces
			rows[row][column] = min(max(v, -1<<15), 1<<15-1)
		}
	}
	for y := range m {
		s := samplesOf(m, &rows[y])
		for x, v := range s[:m] {
			dst[y*stride+x] = uint8(min(max((v+rowBias)>>rowPlaces, 0), 255))
		}
	}
}

// samplesOf are the m samples of m coefficients.
func samplesOf(m int, s *[8]int32) (t [8]int32) {
	for x := range (m + 1) / 2 {
		var even, odd int32
		for u := 0; u < 8; u += 2 {
			even += s[u] * int32(transforms[m][x][u])
			odd += s[u+1] * int32(transforms[m][x][u+1])
		}
		t[x], t[m-1-x] = even+odd, even-odd
	}
	return t
}

// inverse2 needs no factors: sqrt(2) times the cosine of pi/4 is 1.
func inverse2(coef *coefficients, quant *[64]int16, dst []uint8, stride int) {
	a, b := int32(coef[0]*quant[0]), int32(coef[1]*quant[1])
	c, d := int32(coef[2]*quant[2]), int32(coef[3]*quant[3])
	coef[0], coef[1], coef[2], coef[3] = 0, 0, 0, 0
	top, bottom := dst[:2], dst[stride:][:2]
	top[0], top[1] = sample(a+b+c+d), sample(a-b+c-d)
	bottom[0], bottom[1] = sample(a+b-c-d), sample(a-b-c+d)
}

// sample is that of the sum of its frequencies.
func sample(sum int32) uint8 {
	v := (sum + 128<<3 + 1<<2) >> 3
	if uint32(v) > 255 {
		v = ^v >> 31
	}
	return uint8(v)
}

// level writes m x m samples of a block that has a DC coefficient alone.
func level(dc int16, m int, dst []uint8, stride int) {
	v := sample(int32(dc))
	switch m {
	case 1:
		dst[0] = v
	case 8:
		wide := uint64(v) * 0x0101010101010101
		for y := range 8 {
			binary.LittleEndian.PutUint64(dst[y*stride:], wide)
		}
	default:
		for y := range m {
			row := dst[y*stride:][:m]
			for x := range row {
				row[x] = v
			}
		}
	}
}
