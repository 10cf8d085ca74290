package colour

import "math"

// matrixTables make sRGB's red, green and blue by curves, a matrix and a curve.
//
// The curves are made to be such that the rows of the matrix add up to 1: grey is what
// has the same light of all three, and to a channel's light is added what the others
// have more, times a weight of less than 1. So greys stay what they are, and sixteen
// bits are enough.
type matrixTables struct {
	light *byChroma[int16]
	// weights are, for red, green and blue, those of what two others have more: of green
	// and blue less red, of green less red and blue less green, of blue less red and less
	// green. A weight of what the others have less is turned around.
	weights [6]int16
	vectors *matrixVectors
}

// newMatrixTables is nil for a device whose light is brighter than white or whose
// weights are too large: no real one's but those of HDR.
func newMatrixTables(curves [3]curve, m matrix, shift vector) *matrixTables {
	inverse, ok := m.inverse()
	if !ok {
		return nil
	}
	white, black := inverse.of(vector{1, 1, 1}), inverse.of(shift)
	t := new(matrixTables)
	var tables [3][256]int16
	var quadratics [3]*segments
	for channel, c := range curves {
		light := func(number int) float64 { return (c(float64(number)/255) + black[channel]) / white[channel] }
		for number := range 256 {
			if v := light(number); !(v > -0.0005 && v < 1.005) {
				return nil
			}
		}
		tables[channel], quadratics[channel] = newLight(light)
	}
	scale := diagonal(white)
	m = m.times(&scale)
	for i, w := range [6]float64{m[0][1], m[0][2], -m[1][0], m[1][2], -m[2][0], -m[2][1]} {
		w = math.Floor(float64(w*(1<<15)) + 0.5)
		if !(w > -1<<15 && w < 1<<15) {
			return nil
		}
		t.weights[i] = int16(w)
	}
	t.light = newByChroma(&tables)
	t.vectors = newMatrixVectors(&quadratics, &t.weights)
	return t
}

// rgb is light, or the numbers of a picture, of some pixels.
type rgb struct{ red, green, blue [rgbCount]int16 }

const rgbCount = 4 * squareCount

// convert makes the numbers of sRGB of light.
func (t *matrixTables) convert(p *rgb) {
	if t.vectors.convert(p) {
		return
	}
	numbers, w := numberOfLight(), t.weights
	number := func(light int16, more int) int16 {
		return int16(numbers[min(max(int(light)+more, lightBlack), lightWhite)])
	}
	for i := range rgbCount {
		r, g, b := p.red[i], p.green[i], p.blue[i]
		gr, br, bg := g-r, b-r, b-g
		p.red[i] = number(r, int(scaled(gr, w[0]))+int(scaled(br, w[1])))
		p.green[i] = number(g, int(scaled(gr, w[2]))+int(scaled(bg, w[3])))
		p.blue[i] = number(b, int(scaled(br, w[4]))+int(scaled(bg, w[5])))
	}
}

// Luma of red, green and blue, and Cb and Cr of what blue and red are more than luma:
// 0.5/(1-0.114) and 0.5/(1-0.299), all in fifteen bits (JFIF 1.02).
const (
	lumaOfRed, lumaOfGreen, lumaOfBlue = 9798, 19235, 3735

	cbOfBlue, crOfRed = 18492, 23372
)

// luma is that of pixel i, with the bits of a number behind the point.
func (p *rgb) luma(i int) int32 {
	const half = 1 << 14
	return (int32(p.red[i])*lumaOfRed+half)>>15 + (int32(p.green[i])*lumaOfGreen+half)>>15 + (int32(p.blue[i])*lumaOfBlue+half)>>15
}

func wholeLuma(y int32) uint8 { return uint8((y + 1<<(numberBits-1)) >> numberBits) }

// What chroma is where there is none, rounded a little down so that full blue and red
// do not become 256: for the sum of four pixels, and for one.
const (
	greyOf4 = 128<<24 + 1<<23 - 1<<19
	greyOf1 = 128<<numberBits + 1<<(numberBits-1) - 2
)

// squares converts squares in place.
func (t *matrixTables) squares(s *squares) {
	if t.vectors.half(s.top[:], s.bottom[:], s.cb[:], s.cr[:]) > 0 {
		return
	}
	var p rgb
	const row = 2 * squareCount
	for i := range squareCount {
		red, green, blue := t.light.at(s.cb[i], s.cr[i])
		y0, y1, y2, y3 := s.top[2*i], s.top[2*i+1], s.bottom[2*i], s.bottom[2*i+1]
		p.red[2*i], p.red[2*i+1], p.red[row+2*i], p.red[row+2*i+1] = red[y0], red[y1], red[y2], red[y3]
		p.green[2*i], p.green[2*i+1], p.green[row+2*i], p.green[row+2*i+1] = green[y0], green[y1], green[y2], green[y3]
		p.blue[2*i], p.blue[2*i+1], p.blue[row+2*i], p.blue[row+2*i+1] = blue[y0], blue[y1], blue[y2], blue[y3]
	}
	t.convert(&p)
	for i := range squareCount {
		y0, y1, y2, y3 := p.luma(2*i), p.luma(2*i+1), p.luma(row+2*i), p.luma(row+2*i+1)
		s.top[2*i], s.top[2*i+1] = wholeLuma(y0), wholeLuma(y1)
		s.bottom[2*i], s.bottom[2*i+1] = wholeLuma(y2), wholeLuma(y3)
		luma := y0 + y1 + y2 + y3
		blue := int32(p.blue[2*i]) + int32(p.blue[2*i+1]) + int32(p.blue[row+2*i]) + int32(p.blue[row+2*i+1])
		red := int32(p.red[2*i]) + int32(p.red[2*i+1]) + int32(p.red[row+2*i]) + int32(p.red[row+2*i+1])
		s.cb[i] = uint8((uint32((blue-luma)*cbOfBlue) + greyOf4) >> 24)
		s.cr[i] = uint8((uint32((red-luma)*crOfRed) + greyOf4) >> 24)
	}
}

// full converts pixels that each have their own chroma, in place.
func (t *matrixTables) full(luma, cb, cr []uint8) {
	whole := t.vectors.full(luma, cb, cr)
	luma, cb, cr = luma[whole:], cb[whole:], cr[whole:]
	var p rgb
	for len(luma) > 0 {
		n := min(len(luma), rgbCount)
		for i, y := range luma[:n] {
			red, green, blue := t.light.at(cb[i], cr[i])
			p.red[i], p.green[i], p.blue[i] = red[y], green[y], blue[y]
		}
		t.convert(&p)
		for i := range n {
			y := p.luma(i)
			luma[i] = wholeLuma(y)
			cb[i] = uint8((scaled(p.blue[i]-int16(y), cbOfBlue) + greyOf1) >> numberBits)
			cr[i] = uint8((scaled(p.red[i]-int16(y), crOfRed) + greyOf1) >> numberBits)
		}
		luma, cb, cr = luma[n:], cb[n:], cr[n:]
	}
}

// row converts pixels in place.
func (t *matrixTables) row(pixels []pixel) {
	red, green, blue := t.light.at(128, 128)
	var p rgb
	for len(pixels) > 0 {
		n := min(len(pixels), rgbCount)
		for i, q := range pixels[:n] {
			p.red[i], p.green[i], p.blue[i] = red[q.r()], green[q.g()], blue[q.b()]
		}
		t.convert(&p)
		for i := range n {
			pixels[i] = pixelOf(uint8(p.red[i]>>numberBits), uint8(p.green[i]>>numberBits), uint8(p.blue[i]>>numberBits))
		}
		pixels = pixels[n:]
	}
}
