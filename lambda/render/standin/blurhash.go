package standin

import "math"

// BlurHash returns the BlurHash (github.com/woltapp/blurhash, "Algorithm") of an opaque picture
// with some waves across and down, 2 to 9 of each. The picture's pixels are red, green, blue and a
// byte that does not count. It has at least a pixel, and neither side is longer than MaxSide.
func BlurHash(pix []uint8, stride, width, height, across, down int) string {
	wavesAcross, wavesDown := waves(across, width, 0), waves(down, height, 0)
	whole := float64(width*height) * (one * one) * lightest
	factors := make([][3]float64, across*down)
	samples := make([]int64, width*height)
	strongest := 0.0
	for c := range 3 {
		for i := range samples {
			samples[i] = light[pix[i/width*stride+4*(i%width)+c]]
		}
		for cy, sums := range spectrum(samples, wavesDown, wavesAcross) {
			for cx, sum := range sums {
				f := float64(sum) / whole
				if cx != 0 || cy != 0 {
					f *= 2
					strongest = max(strongest, math.Abs(f))
				}
				factors[cy*across+cx][c] = f
			}
		}
	}
	scale := int(min(max(math.Floor(float64(strongest*166)-0.5), 0), 82))
	hash := base83(nil, across-1+9*(down-1), 1)
	hash = base83(hash, scale, 1)
	mean := factors[0]
	hash = base83(hash, bright(mean[0])<<16|bright(mean[1])<<8|bright(mean[2]), 4)
	for _, f := range factors[1:] {
		step := func(c int) int {
			v := f[c] * 166 / float64(scale+1)
			return int(min(max(math.Floor(float64(9*math.Copysign(math.Sqrt(math.Abs(v)), v))+9.5), 0), 18))
		}
		hash = base83(hash, 19*19*step(0)+19*step(1)+step(2), 2)
	}
	return string(hash)
}

// lightest is the light of white, in the 20 bits that spectrum has room for.
const lightest = 1 << 20

// light is how much light each number of sRGB stands for (IEC 61966-2-1).
var light = func() (table [256]int64) {
	for i := range table {
		v := float64(i) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		table[i] = int64(math.Round(v * lightest))
	}
	return table
}()

// bright is the number of sRGB for some light, from 0 to 1 but for what rounding adds.
func bright(v float64) int {
	if v <= 0.0031308 {
		v *= 12.92
	} else {
		v = float64(1.055*math.Pow(v, 1/2.4)) - 0.055
	}
	return min(round(v*255), 255)
}

const digits83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"

// base83 appends a number in some digits, the highest first.
func base83(to []byte, n, digits int) []byte {
	if digits > 1 {
		to = base83(to, n/83, digits-1)
	}
	return append(to, digits83[n%83])
}
