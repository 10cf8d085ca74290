//go:build !amd64 && !arm64

package resample

// verticalColumns is one: there are no vectors to fill.
const verticalColumns = 1

// lanes are weights as vector code reads them, of which there is none for this
// processor.
type lanes struct{}

func (*lanes) forget() {}

func interleave(pair []int16, top, bottom []uint8) { interleavePlain(pair, top, bottom) }

func premultiply(pair []int16, top, bottom []uint8) { premultiplyPlain(pair, top, bottom) }

func lumas(luma, pixels []uint8) { lumasPlain(luma, pixels) }

func unsharp(pixels, luma, soft []uint8, amount int) { unsharpPlain(pixels, luma, soft, amount) }

func vertical(line, pairs, w []int16) { verticalPlain(line, pairs, w) }

func horizontal(dst []uint8, line []int16, t *weights) { horizontalPlain(dst, line, t) }

func straight(dst []uint8, line []int16, t *weights) { straightPlain(dst, line, t) }
