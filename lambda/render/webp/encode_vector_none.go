//go:build !amd64 && !arm64

package webp

func predictAll(to *[modes]fourByFour, satds *[modes]int32, b *border, source *fourByFour) {
	predictAllGo(to, satds, b, source)
}

func predictAllWhole(to *[wholeModes][16]fourByFour, from, across int, s *sides) {
	predictAllWholeGo(to, from, across, s)
}

func satdOf(source, prediction []fourByFour) int { return satdOfGo(source, prediction) }

func fdctAll(to [][16]int16, source, prediction []fourByFour) { fdctAllGo(to, source, prediction) }

func fdctEach(to [][16]int16, source *fourByFour, predictions []fourByFour) {
	fdctEachGo(to, source, predictions)
}

func idct(to *fourByFour, coefs *[16]int16, prediction *fourByFour) { idctGo(to, coefs, prediction) }

func quantise(levels, rebuilt, coefs *[16]int16, q *quantiser) (last, distortion int) {
	return quantiseGo(levels, rebuilt, coefs, q)
}

func moments(src []uint8, stride int) (total, squares int) { return momentsGo(src, stride) }

func limit(to, from []uint8, factor, zero int) { limitGo(to, from, factor, zero) }
