//go:build amd64 || arm64

package webp

// What follows does what the functions ending in Go do, bit by bit.

// predictAll makes all predictions of a square, and the SATD of each.
func predictAll(to *[modes]fourByFour, satds *[modes]int32, b *border, source *fourByFour) {
	if !vectors {
		predictAllGo(to, satds, b, source)
		return
	}
	predictSquares(&to[0], &satds[0], b, source, &vectorOperands)
}

// predictAllWhole makes the predictions of all modes for luma, which has four squares
// across, or chroma, which has two, from a square on.
func predictAllWhole(to *[wholeModes][16]fourByFour, from, across int, s *sides) {
	if !vectors {
		predictAllWholeGo(to, from, across, s)
		return
	}
	predictWholes(&to[0][from], &s.above, &s.left, across, int(s.corner), int(s.mean(4*across)), &vectorOperands)
}

// satdOf is the sum of the SATDs of squares, of which there is an even number.
func satdOf(source, prediction []fourByFour) int {
	if !vectors {
		return satdOfGo(source, prediction)
	}
	_ = prediction[len(source)-1]
	return int(satdPairs(&source[0], &prediction[0], len(source)/2))
}

// fdctAll transforms the differences of squares, of which there is an even number.
func fdctAll(to [][16]int16, source, prediction []fourByFour) {
	if !vectors {
		fdctAllGo(to, source, prediction)
		return
	}
	_, _ = source[len(to)-1], prediction[len(to)-1]
	fdctPairs(&to[0], &source[0], 16, &prediction[0], len(to)/2, &vectorOperands)
}

// fdctEach transforms the differences of one square from several predictions, of which
// there is an even number.
func fdctEach(to [][16]int16, source *fourByFour, predictions []fourByFour) {
	if !vectors {
		fdctEachGo(to, source, predictions)
		return
	}
	_ = predictions[len(to)-1]
	fdctPairs(&to[0], source, 0, &predictions[0], len(to)/2, &vectorOperands)
}

func idct(to *fourByFour, coefs *[16]int16, prediction *fourByFour) {
	if !vectors {
		idctGo(to, coefs, prediction)
		return
	}
	idctSquare(to, coefs, prediction)
}

func quantise(levels, rebuilt, coefs *[16]int16, q *quantiser) (last, distortion int) {
	if !vectors {
		return quantiseGo(levels, rebuilt, coefs, q)
	}
	return quantiseBlock(levels, rebuilt, coefs, q, &vectorOperands)
}

func moments(src []uint8, stride int) (total, squares int) {
	if !vectors {
		return momentsGo(src, stride)
	}
	_ = src[7*stride+7]
	return momentsOf8x8(&src[0], stride)
}

func limit(to, from []uint8, factor, zero int) {
	n := 0
	if vectors && len(from) >= 16 {
		n = len(from) / 16
		_ = to[16*n-1]
		limitSixteens(&to[0], &from[0], n, factor, zero, baseOf(zero))
	}
	limitGo(to[16*n:], from[16*n:], factor, zero)
}

//go:noescape
func predictSquares(to *fourByFour, satds *int32, b *border, source *fourByFour, t *vectorTables)

//go:noescape
func predictWholes(to *fourByFour, above, left *[16]uint8, across, corner, mean int, t *vectorTables)

//go:noescape
func satdPairs(source, prediction *fourByFour, pairs int) int32

//go:noescape
func fdctPairs(to *[16]int16, source *fourByFour, step int, prediction *fourByFour, pairs int, t *vectorTables)

//go:noescape
func idctSquare(to *fourByFour, coefs *[16]int16, prediction *fourByFour)

//go:noescape
func quantiseBlock(levels, rebuilt, coefs *[16]int16, q *quantiser, t *vectorTables) (last, distortion int)

//go:noescape
func momentsOf8x8(src *uint8, stride int) (total, squares int)

//go:noescape
func limitSixteens(to, from *uint8, sixteens, factor, zero, base int)
