package colour

import "fmt"

// codePrimaries are those of ITU-T H.273, table 2.
var codePrimaries = map[int]Chromaticities{
	1:  bt709,
	2:  bt709, // unspecified
	4:  {[2]float64{0.310, 0.316}, [2]float64{0.67, 0.33}, [2]float64{0.21, 0.71}, [2]float64{0.14, 0.08}},
	5:  {d65, [2]float64{0.64, 0.33}, [2]float64{0.29, 0.60}, [2]float64{0.15, 0.06}},
	6:  {d65, [2]float64{0.630, 0.340}, [2]float64{0.310, 0.595}, [2]float64{0.155, 0.070}},
	7:  {d65, [2]float64{0.630, 0.340}, [2]float64{0.310, 0.595}, [2]float64{0.155, 0.070}},
	9:  bt2020,
	11: {[2]float64{0.314, 0.351}, displayP.Red, displayP.Green, displayP.Blue},
	12: displayP,
	22: {d65, [2]float64{0.630, 0.340}, [2]float64{0.295, 0.605}, [2]float64{0.155, 0.077}},
}

// FromCICP makes the transform of the code points of ITU-T H.273 for primaries and
// transfer characteristics, as the cICP of a PNG and the nclx of a HEIF have them.
// The other two, how luma and chroma are made and in what range, are a decoder's. It
// is nil where they mean sRGB. Code points that are not known are an error.
//
// The curve of a camera (BT.709 and its kin) is taken to be sRGB's, as browsers do
// it: the picture was made on a screen. Of PQ and HLG, white is what BT.2408 says
// that paper is, of 203 cd/m2, and what is brighter is cut to it.
func FromCICP(primaries, transfer int) (*Transform, error) {
	p, known := codePrimaries[primaries]
	if !known {
		return nil, fmt.Errorf("colour primaries %d are not known", primaries)
	}
	var c curve
	var tag []byte
	switch transfer {
	case 1, 2, 6, 7, 13, 14, 15:
		c, tag = srgbCurve, parametricTag(3, srgbParameters[:5]...)
	case 4:
		c, tag = gammaCurve(2.2), parametricTag(0, 2.2)
	case 5:
		c, tag = gammaCurve(2.8), parametricTag(0, 2.8)
	case 8:
		c, tag = identity, parametricTag(0, 1)
	case 16:
		c = pq
	case 18:
		c = hlg
	default:
		return nil, fmt.Errorf("transfer characteristics %d are not known", transfer)
	}
	return fromPrimaries(c, p, fmt.Sprintf("transfer %d", transfer), tag)
}

// paperWhite is the luminance of white paper on a screen, in cd/m2 (ITU-R BT.2408).
const paperWhite = 203

// pq is SMPTE ST 2084's, from numbers to light of which paper is 1.
func pq(x float64) float64 {
	const (
		m1 = 2610.0 / 16384
		m2 = 2523.0 / 4096 * 128
		c1 = 3424.0 / 4096
		c2 = 2413.0 / 4096 * 32
		c3 = 2392.0 / 4096 * 32
	)
	t := power(x, 1/m2)
	light := power(max(t-c1, 0)/(c2-float64(c3*t)), 1/m1)
	return min(float64(light*(10_000.0/paperWhite)), 1)
}

// hlg is that of ITU-R BT.2100 on a screen of 1,000 cd/m2, from numbers to light of
// which paper is 1. The screen's gamma of 1.2 is each colour's own here.
func hlg(x float64) float64 {
	const a, b, c = 0.17883277, 0.28466892, 0.55991073
	scene := float64(x*x) / 3
	if x > 0.5 {
		const log2e = 1.4426950408889634
		scene = (exp2(float64((x-c)/a*log2e)) + b) / 12
	}
	return min(float64(power(scene, 1.2)*(1000.0/paperWhite)), 1)
}
