package webp

import "prew/lambda/render/plane"

// activityPlaces is how many binary places the logarithm of an activity has.
const activityPlaces = 4

// analyse finds out how busy the macroblocks are and divides them into segments, of
// which each gets a quantiser of its own.
//
// The measure is SSIM's: an error counts less the more variance there is around it, by
// twice the variance and a constant (Wang, Bovik, Sheikh and Simoncelli, Image Quality
// Assessment, 2004). The activity is the harmonic mean of that in the four quarters of a
// macroblock, so that a quiet one makes it quiet, and its logarithm is kept.
func (e *Encoder) analyse(luma plane.Plane) {
	var histogram [256]int
	var edge [64]uint8
	for y := range e.rows {
		for x := range e.columns {
			if e.isUnseen(x, y) {
				continue
			}
			sum := 0
			for i := range 4 {
				left, top := min(16*x+i%2*8, luma.Width-1), min(16*y+i/2*8, luma.Height-1)
				src, stride := luma.Pix[top*luma.Stride+left:], luma.Stride
				if left+8 > luma.Width || top+8 > luma.Height {
					for j := range edge {
						edge[j] = luma.Pix[min(top+j/8, luma.Height-1)*luma.Stride+min(left+j%8, luma.Width-1)]
					}
					src, stride = edge[:], 8
				}
				total, squares := moments(src, stride)
				variance := (64*squares - total*total) >> 12
				sum += 1 << 20 / (2*variance + ssimConstant)
			}
			a := uint8(min(log2(uint64(4<<20/max(sum, 1)), activityPlaces), 255))
			e.activities[y*e.columns+x] = a
			histogram[a]++
		}
	}
	e.divide(&histogram)
}

// ssimConstant is SSIM's C2, (0.03*255)^2.
const ssimConstant = 58

// momentsGo is the sum of 8x8 samples and that of their squares.
func momentsGo(src []uint8, stride int) (total, squares int) {
	for y := range 8 {
		for _, v := range src[y*stride:][:8] {
			total += int(v)
			squares += int(v) * int(v)
		}
	}
	return total, squares
}

// divide makes segments of the macroblocks whose activities lie nearest together
// (k-means in one dimension), and leaves in each stage the centre of its segment's.
func (e *Encoder) divide(histogram *[256]int) {
	all, total := 0, 0
	for a, n := range histogram {
		all += n
		total += a * n
	}
	// The centres begin at the eighths of the order of the macroblocks.
	var centres [segments]int
	seen, at := 0, 0
	for a, n := range histogram {
		seen += n
		for at < segments && seen*2*segments >= (2*at+1)*all {
			centres[at] = a
			at++
		}
	}
	var segmentOf [256]uint8
	for range 8 {
		var sums, counts [segments]int
		for a, n := range histogram {
			best := 0
			for i, c := range centres {
				if distance := a - c; distance*distance < (a-centres[best])*(a-centres[best]) {
					best = i
				}
			}
			segmentOf[a] = uint8(best)
			sums[best] += a * n
			counts[best] += n
		}
		for i := range centres {
			if counts[i] > 0 {
				centres[i] = (sums[i] + counts[i]/2) / counts[i]
			}
		}
	}
	for i, a := range e.activities {
		e.macroblocks[i].segment = segmentOf[a]
		if e.isUnseen(i%e.columns, i/e.columns) {
			e.macroblocks[i].segment = 0
		}
	}
	mean := (total + all/2) / max(all, 1)
	for i := range e.stages {
		e.stages[i].activity = centres[i] - mean
	}
	e.header.segmented = all >= leastSegmented
	if !e.header.segmented {
		for i := range e.macroblocks {
			e.macroblocks[i].segment = 0
		}
		e.stages[0].activity = 0
	}
}

// leastSegmented is from how many macroblocks on a picture has segments: to say of each
// which one it has takes more than it saves where there are few.
const leastSegmented = 16

// The quantisers of a stage: one that rounds so that little is left to choose, and the
// nearest one, for what is chosen.
const (
	careful = iota
	nearest
)

// stage is what a segment's macroblocks are encoded with.
type stage struct {
	activity            int // how much above the picture's
	luma, means, chroma [2]quantiser

	step       int // of the AC coefficients of luma
	lambda     int // a bit in distortion, as distortionShift says
	lambdaSATD int // a bit in SATD, times 256
}

// Of the squares of a step of luma, what a bit is worth, in 1/4096: a nineteenth, as
// SSIM has it best (libwebp's is a tenth); and of a step, what it is worth in SATD, in
// 1/256: 0.37, as x264 has it.
const (
	lambdaPart     = 220
	lambdaSATDPart = 95
)

// activityStrength is how much the steps follow the activity, in 1/256 of its logarithm:
// at 256 they would follow its square, which SSIM would have for equal slopes but nobody
// wants to see. filterStrength is the part of a step that is the level of the loop filter,
// in 1/256. Both take the fewest bytes at an SSIM, over p12, p20 and p22 of the bench: 0,
// 30 and 60 take 7, 2 and 1 % more than 50, and without the filter it would be 18 %.
const (
	activityStrength = 50
	filterStrength   = 112
)

// setStages chooses the quantisers and the filter for a quality.
func (e *Encoder) setStages(quality int) {
	h := &e.header
	// SSIM of luma does not see chroma, which eyes do: it has finer steps, so that it comes as
	// near as in libwebp.
	*h = vp8Header{segmented: h.segmented, absolute: true, mapped: true, uvDC: -6, uvAC: -3}
	base := stepOf(quality)
	for i := range e.stages {
		s := &e.stages[i]
		h.quantiser[i] = indexOf(scaled(base, s.activity*activityStrength>>8))
	}
	h.index = h.quantiser[0]
	for i, q := range h.quantisers() {
		s := &e.stages[i]
		for j, of := range [2][2]int{careful: {roundMean, roundRest}, nearest: {128, 128}} {
			s.luma[j].set(int(q.luma[0]), int(q.luma[1]), of[0], of[1])
			s.means[j].set(int(q.y2[0]), int(q.y2[1]), of[0], of[1])
			s.chroma[j].set(int(q.chroma[0]), int(q.chroma[1]), of[0], of[1])
		}
		step := int(q.luma[1])
		s.step = step
		s.lambda = max(step*step*lambdaPart>>8, 1)
		s.lambdaSATD = step * lambdaSATDPart
		h.level[i] = min(step*filterStrength>>8, 63)
	}
	h.frameLevel = h.level[0]
}

// indexOf is the index of the quantiser whose step is the nearest, of steps in 1/16.
func indexOf(step int) int {
	for i := 1; i < len(stepsAC); i++ {
		if 8*(int(stepsAC[i-1])+int(stepsAC[i])) > step {
			return i - 1
		}
	}
	return len(stepsAC) - 1
}

// sixteenths are the powers of 2 to sixteenths from 0 to 1, times 1<<16.
var sixteenths = [16]int{
	65536, 68438, 71468, 74632, 77936, 81386, 84990, 88752,
	92682, 96785, 101070, 105545, 110218, 115098, 120194, 125515,
}

// scaled is a step times 2 to some sixteenths.
func scaled(step, by int) int {
	v := step * sixteenths[by&15]
	if whole := by >> 4; whole >= 0 {
		v <<= uint(whole)
	} else {
		v >>= uint(-whole)
	}
	return (v + 1<<15) >> 16
}

// alike are qualities with the steps of the AC coefficients of luma, in 1/16, with which
// a picture looks as good as package jpeg's 4:2:0 JPEG of that quality: halfway, as
// logarithms, between the step that gives it the JPEG's SSIM of luma and the one that gives
// it the JPEG's SSIMULACRA 2. Both are geometric means over 47 photos at 640 pixels and
// twelve of them at 1440, around which the steps of single photos lie by a fifth.
//
// Neither would do alone. SSIM weighs all frequencies alike, so that it holds against the
// JPEG what its flat tables take from the low ones: with its steps (497 at 70, 361 at 80,
// 197 at 90) a WebP is 6.0, 4.2 and 2.1 points of SSIMULACRA 2 worse than the JPEG. With
// those of SSIMULACRA 2 (365, 275, 145) it has 0.92, 0.95 and 1.10 of the JPEG's bytes
// (medians), and there is little reason to have it. In between it is 2.8, 1.9 and 0.8
// points worse, has an SSIM that is 0.007, 0.004 and 0.003 higher, and 0.80, 0.84 and
// 0.97 of the bytes; at 20 and 60 it has 0.68 and 0.78. At 95 the step is SSIM's, because
// VP8 comes nearer only with more bytes than the JPEG has. Both ends are those of VP8.
var alike = [...]struct{ quality, step int }{
	{1, 16 * 284}, {10, 2330}, {20, 1200}, {35, 790}, {50, 616}, {60, 531},
	{70, 426}, {80, 315}, {85, 248}, {90, 169}, {95, 111}, {100, 16 * 4},
}

// stepOf is the step of a quality, between those of alike.
func stepOf(quality int) int {
	i := 1
	for alike[i].quality < quality {
		i++
	}
	a, b := alike[i-1], alike[i]
	return a.step + (b.step-a.step)*(quality-a.quality)/(b.quality-a.quality)
}
