//go:build !amd64 && !arm64

package png

func unfilterLeft(dst, src []uint8, n int) { unfilterLeftPlain(dst, src, n) }

func unfilterAbove(dst, src, up []uint8) { unfilterAbovePlain(dst, src, up) }

func unfilterAverage(dst, src, up []uint8, n int) { unfilterAveragePlain(dst, src, up, n) }

func unfilterPaeth(dst, src, up []uint8, n int) { unfilterPaethPlain(dst, src, up, n) }
