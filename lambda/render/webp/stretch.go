package webp

import "prew/lambda/render/plane"

// stretch stretches luma from 16-235 and chroma from 16-240 to 0-255, in place: from the
// limited range of BT.601 (RFC 9649, section 2.5) to the full range of JPEG.
func stretch(planes []plane.Plane) {
	for i, p := range planes {
		for y := range p.Height {
			if i == 0 {
				stretchLuma(p.Row(y))
			} else {
				stretchChroma(p.Row(y))
			}
		}
	}
}

// stretchLuma and stretchChroma stretch a row. They are those in plain Go, or do bit by
// bit what those do.
var (
	stretchLuma   = stretchLumaGo
	stretchChroma = stretchChromaGo
)

func stretchLumaGo(row []uint8)   { stretchBy(&stretchedLuma, row) }
func stretchChromaGo(row []uint8) { stretchBy(&stretchedChroma, row) }

func stretchBy(table *[256]uint8, row []uint8) {
	for x, v := range row {
		row[x] = table[v]
	}
}

// stretchedLuma and stretchedChroma have what becomes of each sample.
var stretchedLuma, stretchedChroma = func() (luma, chroma [256]uint8) {
	for i := range 256 {
		luma[i] = stretched(i-16, 219, 0)
		chroma[i] = stretched(i-128, 224, 128)
	}
	return luma, chroma
}()

// stretched is v*255/span, rounded, plus zero, as a sample.
func stretched(v, span, zero int) uint8 {
	half := span / 2
	if v < 0 {
		half = -half
	}
	return uint8(min(max((v*255+half)/span+zero, 0), 255))
}
