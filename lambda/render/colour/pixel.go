package colour

// pixel is red, green and blue of eight bits each, the first in the lowest.
type pixel uint32

func pixelOf(r, g, b uint8) pixel { return pixel(r) | pixel(g)<<8 | pixel(b)<<16 }

func (p pixel) r() uint8 { return uint8(p) }
func (p pixel) g() uint8 { return uint8(p >> 8) }
func (p pixel) b() uint8 { return uint8(p >> 16) }

// byChroma are the tables of red, green and blue for numbers of eight bits, by luma and
// chroma: for a chroma it has where the table begins that is by luma alone. Luma and
// chroma together make numbers from -227 to 481, and what the tables have for 0 and 255
// goes on beyond both ends.
type byChroma[E any] struct {
	all       [3][4 * 256]E
	red, blue [256]*[256]E // by Cr, and by Cb

	// What Cb and Cr add to green, together with 256, has fifteen bits behind the point.
	greenCb, greenCr [256]int32
	green            [512]*[256]E // by what both add, and 256
}

const numberZero = 256 // where the number 0 is

// What chroma adds, in fifteen bits: 1.402 and 1.772 less 1, -0.344136 and -0.714136.
const (
	redOfCr, blueOfCb    = 13173, 25297
	greenOfCb, greenOfCr = -11277, -23401
)

func newByChroma[E any](values *[3][256]E) *byChroma[E] {
	t := new(byChroma[E])
	for channel := range t.all {
		for i := range t.all[channel] {
			t.all[channel][i] = values[channel][min(max(i-numberZero, 0), 255)]
		}
	}
	from := func(channel int, shift int32) *[256]E {
		return (*[256]E)(t.all[channel][numberZero+shift:])
	}
	for i := range int32(256) {
		// JFIF 1.02, rounded as vector code does it.
		c := int16(i - 128)
		t.red[i] = from(0, int32(c+scaled(c, redOfCr)))
		t.blue[i] = from(2, int32(c+scaled(c, blueOfCb)))
		t.greenCb[i], t.greenCr[i] = numberZero<<15+1<<14+greenOfCb*(i-128), greenOfCr*(i-128)
	}
	for i := range t.green {
		t.green[i] = from(1, int32(i)-256)
	}
	return t
}

// at are the tables for a chroma, by luma.
func (t *byChroma[E]) at(cb, cr uint8) (red, green, blue *[256]E) {
	return t.red[cr], t.green[(t.greenCb[cb]+t.greenCr[cr])>>15&511], t.blue[cb]
}

// mixed is a pixel for what becomes luma and chroma, of which four can be added up:
// its luma with two bits behind the point, rounded to none, and blue and red. Each
// has two bits more than it needs.
type mixed uint32

const mixedRed, mixedBlue, mixedLuma, mixedFraction = 0, 10, 20, 2

func (m mixed) luma() uint8 { return uint8(m >> (mixedLuma + mixedFraction)) }

// mix are what red, green and blue contribute to a mixed pixel.
type mix struct{ red, green, blue mixed }

// mixOf is for numbers of 0 to 1.
func mixOf(x float64) mix {
	n := mixed(eightBits(x))
	luma := func(weight float64) mixed {
		return mixed(float64(float64(n)*(weight*(1<<mixedFraction)))+0.5) << mixedLuma
	}
	const half = 1 << (mixedLuma + mixedFraction - 1)
	return mix{luma(0.299) + n<<mixedRed, luma(0.587) + half, luma(0.114) + n<<mixedBlue}
}

// chromaOf4 is the chroma, Cb and Cr, of the mean of four mixed pixels, of which it
// takes the sum: 0.5/(1-0.114) of what blue is more than luma, and 0.5/(1-0.299) of
// what red is.
func chromaOf4(sum mixed) (cb, cr uint8) {
	const (
		mask = 1<<10 - 1
		// What is a little less than a half keeps full blue, whose luma is rounded down, from
		// becoming 256.
		grey = 128<<20 + 1<<19 - 1<<16
	)
	// What rounds luma is taken away again.
	luma := int32(sum>>mixedLuma) - 4<<(mixedFraction-1)
	blue, red := int32(sum>>mixedBlue&mask)<<mixedFraction, int32(sum>>mixedRed&mask)<<mixedFraction
	return uint8((36984*(blue-luma) + grey) >> 20), uint8((46745*(red-luma) + grey) >> 20)
}
