//go:build amd64 || arm64

package png

// The bytes of a pixel are worked on side by side, up to eight: a pixel's depend on
// those of the one before. The vector code loads and stores eight for every pixel, and
// thirty-two at a time where pixels do not matter, so that it reads and writes beyond
// the row, less than padding bytes. It checks no bounds: these functions do.

// padded says that there is memory behind a row.
func padded(row []uint8) bool { return cap(row)-len(row) >= padding }

func unfilterLeft(dst, src []uint8, n int) {
	if !vectors || !padded(dst) || !padded(src) {
		unfilterLeftPlain(dst, src, n)
		return
	}
	unfilterLeftVector(&dst[0], &src[0], n, len(dst)/n)
}

func unfilterAbove(dst, src, up []uint8) {
	if !vectors || !padded(dst) || !padded(src) || !padded(up) {
		unfilterAbovePlain(dst, src, up)
		return
	}
	unfilterAboveVector(&dst[0], &src[0], &up[0], (len(dst)+31)/32)
}

func unfilterAverage(dst, src, up []uint8, n int) {
	if !vectors || !padded(dst) || !padded(src) || !padded(up) {
		unfilterAveragePlain(dst, src, up, n)
		return
	}
	unfilterAverageVector(&dst[0], &src[0], &up[0], n, len(dst)/n)
}

func unfilterPaeth(dst, src, up []uint8, n int) {
	if !vectors || !padded(dst) || !padded(src) || !padded(up) {
		unfilterPaethPlain(dst, src, up, n)
		return
	}
	unfilterPaethVector(&dst[0], &src[0], &up[0], n, len(dst)/n)
}

//go:noescape
func unfilterLeftVector(dst, src *uint8, n, count int)

//go:noescape
func unfilterAboveVector(dst, src, up *uint8, count int)

//go:noescape
func unfilterAverageVector(dst, src, up *uint8, n, count int)

//go:noescape
func unfilterPaethVector(dst, src, up *uint8, n, count int)
