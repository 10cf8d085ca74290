package standin

import "math"

// ThumbHash returns the ThumbHash (evanw.github.io/thumbhash) of a picture, whose pixels are red,
// green, blue and alpha, by which they are not multiplied. It has at least a pixel, and neither
// side is longer than MaxSide.
func ThumbHash(pix []uint8, stride, width, height int) []byte {
	luma, yellow, red, alpha := channels(pix, stride, width, height)
	most := 7 // waves along the longer side
	if alpha != nil {
		most = 5
	}
	longer := max(width, height)
	lx := max(1, (2*most*width+longer)/(2*longer))
	ly := max(1, (2*most*height+longer)/(2*longer))
	l := termsOf(luma, 3, width, height, max(3, lx), max(3, ly), 31)
	p := termsOf(yellow, 2, width, height, 3, 3, 63)
	q := termsOf(red, 1, width, height, 3, 3, 63)

	shorter, landscape := lx, 0
	if width > height {
		shorter, landscape = ly, 1
	}
	head := round(63*l.mean) | round(31.5*(1+p.mean))<<6 | round(31.5*(1+q.mean))<<12 | l.scale<<18
	tail := shorter | p.scale<<3 | q.scale<<9 | landscape<<15
	terms := append(append(l.terms, p.terms...), q.terms...)
	var ofAlpha []byte
	if alpha != nil {
		a := termsOf(alpha, 1, width, height, 5, 5, 15)
		head |= 1 << 23
		ofAlpha = []byte{byte(round(15*a.mean) | a.scale<<4)}
		terms = append(terms, a.terms...)
	}
	hash := append([]byte{byte(head), byte(head >> 8), byte(head >> 16), byte(tail), byte(tail >> 8)}, ofAlpha...)
	for i, term := range terms {
		if i%2 == 0 {
			hash = append(hash, byte(term))
		} else {
			hash[len(hash)-1] |= byte(term << 4)
		}
	}
	return hash
}

// unit is 1 among the samples of a channel: pixels and alpha of eight bits each.
const unit = 255 * 255

// channels returns luma three times as large as it is, yellow less blue twice, red less green,
// and alpha, which is nil where nothing shines through. What shines through is the mean colour.
func channels(pix []uint8, stride, width, height int) (luma, yellow, red, alpha []int64) {
	each := func(do func(i int, pixel []uint8)) {
		for i := range width * height {
			do(i, pix[i/width*stride+4*(i%width):][:4])
		}
	}
	var mean [3]int64
	seen := int64(0)
	each(func(_ int, pixel []uint8) {
		a := int64(pixel[3])
		seen += a
		for c := range mean {
			mean[c] += a * int64(pixel[c])
		}
	})
	for c := range mean {
		mean[c] = (mean[c] + seen/2) / max(1, seen)
	}
	luma, yellow, red = make([]int64, width*height), make([]int64, width*height), make([]int64, width*height)
	if seen < int64(255*width*height) {
		alpha = make([]int64, width*height)
	}
	each(func(i int, pixel []uint8) {
		a := int64(pixel[3])
		over := func(c int) int64 { return mean[c]*(255-a) + a*int64(pixel[c]) }
		r, g, b := over(0), over(1), over(2)
		luma[i], yellow[i], red[i] = r+g+b, r+g-2*b, r-g
		if alpha != nil {
			alpha[i] = 255 * a
		}
	})
	return luma, yellow, red, alpha
}

// terms are a channel as the hash has it: its mean, from -1 to 1, how strong its waves are, and
// each of them by that, in four bits.
type terms struct {
	mean  float64
	scale int
	terms []int
}

// termsOf returns the terms of a channel whose samples are times as large as they are, with nx
// waves across and ny down, of which those are kept whose frequencies are low in sum. most is the
// largest scale.
func termsOf(samples []int64, times, width, height, nx, ny, most int) terms {
	sums := spectrum(samples, waves(ny, height, 0.5), waves(nx, width, 0.5))
	whole := float64(times*unit*width*height) * (one * one)
	var of terms
	var kept []float64
	strongest := 0.0
	for cy := range ny {
		for cx := 0; cx*ny < nx*(ny-cy); cx++ {
			f := float64(sums[cy][cx]) / whole
			if cx == 0 && cy == 0 {
				of.mean = f
				continue
			}
			kept = append(kept, f)
			strongest = max(strongest, math.Abs(f))
		}
	}
	of.scale = round(float64(most) * strongest)
	of.terms = make([]int, len(kept))
	if of.scale > 0 { // or else all are nothing, whatever they are
		for i, f := range kept {
			of.terms[i] = round(7.5 * (1 + f/strongest))
		}
	}
	return of
}

func round(v float64) int { return int(math.Round(v)) }
