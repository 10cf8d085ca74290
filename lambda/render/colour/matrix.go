package colour

import (
	"encoding/binary"
	"math"
)

// matrixTables make sRGB's red, green and blue by curves, a matrix and a curve. What
// a number of one channel adds to the light of all three is one word of three
// fields, so that three words are added for a pixel, and the fields of the sum are
// where the curve from light is looked up.
//
// A field has 21 bits, of which the first three are units of light and the last
// five are less than the curve knows: light from -3 to 5 in steps of 2 to the -13th,
// which are less than half of 1/255 where the curve is steepest.
type matrixTables struct {
	add *byChroma[uint64]
}

const (
	fieldBits = 21
	finer     = 5                    // bits of a field that the curve from light does not know
	unit      = 1 << (fieldBits - 3) // of light, in a field
	bias      = 3 * unit             // what a field holds for no light
	lightUnit = unit >> finer        // of light, where the curve is looked up
	lightBias = bias >> finer
)

// fieldAt is where the fields begin. The last ends with the word.
var fieldAt = [3]int{0, fieldBits, 64 - fieldBits}

// newMatrixTables is nil for a device whose light does not fit into a field: no
// real one.
func newMatrixTables(curves [3]curve, m matrix, shift vector) *matrixTables {
	var words [3][256]uint64
	low, high := shift, shift
	for channel, c := range curves {
		var least, most vector
		for i := range words[channel] {
			light := c(float64(i) / 255)
			var word uint64
			for j := range 3 {
				v := float64(light * m[j][channel])
				least[j], most[j] = min(least[j], v), max(most[j], v)
				v = float64(v * unit)
				if channel == 0 {
					v += float64(shift[j]*unit) + bias
				}
				// Fields may be below nothing, and borrow from one another until
				// they are added.
				word += uint64(int64(math.Floor(v+0.5))) << fieldAt[j]
			}
			words[channel][i] = word
		}
		for j := range 3 {
			low[j] += least[j]
			high[j] += most[j]
		}
	}
	for j := range 3 {
		if low[j] < -2.9 || high[j] > 4.9 {
			return nil
		}
	}
	return &matrixTables{newByChroma(&words)}
}

// row converts pixels in place.
func (t *matrixTables) row(pixels []pixel) {
	numbers := &lightTables().numbers
	red, green, blue := t.add.at(128, 128)
	for i, p := range pixels {
		sum := red[p.r()] + green[p.g()] + blue[p.b()]
		pixels[i] = pixelOf(
			numbers[uint16(sum>>finer)],
			numbers[uint16(sum>>(fieldBits+finer))],
			numbers[sum>>48],
		)
	}
}

// squares converts squares in place.
func (t *matrixTables) squares(s *squares) {
	light, add := lightTables(), t.add
	// The tables are looked up for all squares first: each waits for the one before
	// otherwise.
	var red, green, blue [squareCount]*[256]uint64
	for i := range squareCount {
		red[i], green[i], blue[i] = add.at(s.cb[i], s.cr[i])
	}
	for i := range squareCount {
		red, green, blue := red[i], green[i], blue[i]
		top, bottom := uint32(binary.LittleEndian.Uint16(s.top[2*i:])), uint32(binary.LittleEndian.Uint16(s.bottom[2*i:]))
		y0, y1, y2, y3 := uint8(top), uint8(top>>8), uint8(bottom), uint8(bottom>>8)
		w0 := light.mixed(red[y0] + green[y0] + blue[y0])
		w1 := light.mixed(red[y1] + green[y1] + blue[y1])
		w2 := light.mixed(red[y2] + green[y2] + blue[y2])
		w3 := light.mixed(red[y3] + green[y3] + blue[y3])
		binary.LittleEndian.PutUint16(s.top[2*i:], uint16(w0>>22|w1>>22<<8))
		binary.LittleEndian.PutUint16(s.bottom[2*i:], uint16(w2>>22|w3>>22<<8))
		s.cb[i], s.cr[i] = chromaOf4(w0 + w1 + w2 + w3)
	}
}

// full converts pixels that each have their own chroma, in place.
func (t *matrixTables) full(luma, cb, cr []uint8) {
	light := lightTables()
	n := len(luma)
	cb, cr = cb[:n], cr[:n]
	for x, y := range luma {
		b, r := cb[x], cr[x]
		red, green, blue := t.add.at(b, r)
		w := light.mixed(red[y] + green[y] + blue[y])
		luma[x] = w.luma()
		cb[x], cr[x] = chromaOf4(4 * w)
	}
}
