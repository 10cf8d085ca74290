package colour

import "sync"

// matrixTables make sRGB's red, green and blue by curves, a matrix and a curve. What
// a number of one channel adds to the light of all three is one word of three
// fields, so that three words are added for a pixel, and the fields of the sum are
// where the curve from light is looked up.
//
// A field has 21 bits, of which the first three are units of light and the last
// five are less than the curve knows: light from -3 to 5 in steps of 2 to the -13th,
// which are less than half of 1/255 where the curve is steepest.
type matrixTables struct {
	add [3][256]uint64
}

const (
	fieldBits = 21
	finer     = 5                    // bits of a field that the curve from light does not know
	unit      = 1 << (fieldBits - 3) // of light, in a field
	bias      = 3 * unit             // what a field holds for no light
	lightUnit = unit >> finer        // of light, where the curve is looked up
	lightBias = bias >> finer
)

// newMatrixTables is nil for a device whose light does not fit into a field: no
// real one.
func newMatrixTables(curves [3]curve, m matrix, shift vector) *matrixTables {
	t := new(matrixTables)
	var low, high vector
	for channel, c := range curves {
		var least, most vector
		for i := range t.add[channel] {
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
				word += uint64(floor(v+0.5)) << (j * fieldBits)
			}
			t.add[channel][i] = word
		}
		for j := range 3 {
			low[j] += least[j]
			high[j] += most[j]
		}
	}
	for j := range 3 {
		if low[j]+shift[j] < -2.9 || high[j]+shift[j] > 4.9 {
			return nil
		}
	}
	return t
}

// numbers are those of a picture, of eight bits, for the upper bits of a field.
var numbers = sync.OnceValue(func() *[1 << (fieldBits - finer)]uint8 {
	all := new([1 << (fieldBits - finer)]uint8)
	for i := range all {
		all[i] = eightBits(encode((float64(i-lightBias) + 0.5) / lightUnit))
	}
	return all
})

func floor(x float64) int64 {
	n := int64(x)
	if float64(n) > x {
		n--
	}
	return n
}

// row converts pixels in place.
func (t *matrixTables) row(pixels []pixel) {
	numbers := numbers()
	for i, p := range pixels {
		sum := t.add[0][p.r()] + t.add[1][p.g()] + t.add[2][p.b()]
		pixels[i] = pixelOf(
			numbers[uint16(sum>>finer)],
			numbers[uint16(sum>>(fieldBits+finer))],
			numbers[uint16(sum>>(2*fieldBits+finer))],
		)
	}
}

// pixel is red, green and blue of eight bits each, the first in the lowest.
type pixel uint32

func pixelOf(r, g, b uint8) pixel { return pixel(r) | pixel(g)<<8 | pixel(b)<<16 }

func (p pixel) r() uint8 { return uint8(p) }
func (p pixel) g() uint8 { return uint8(p >> 8) }
func (p pixel) b() uint8 { return uint8(p >> 16) }
