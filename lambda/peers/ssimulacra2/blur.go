package ssimulacra2

import "math"

// deviation is that of the Gaussian, in pixels.
const deviation = 1.5

// radius is how far the sums of the filter reach: N of Charalampidis, (57), rounded.
const radius = 5

// blur is a Gaussian made of three cosines, each of which is computed recursively
// (Charalampidis, Recursive Implementation of the Gaussian Filter Using Truncated Cosine
// Functions, 2016). Beyond the edges there are zeros. It keeps its rows.
type blur struct {
	padded    []float32
	last, two [3][]float32 // of each cosine, the row before and the one before that
}

// The three cosines: what a sample is multiplied by, and what the result before it.
var gains, feedbacks = func() (gain, feedback [3]float32) {
	var omega, p, r, rho [3]float64
	for i := range 3 {
		omega[i] = float64(2*i+1) * math.Pi / (2 * radius)
		p[i] = 1 / math.Tan(omega[i]/2)         // (37)
		r[i] = p[i] * p[i] / math.Sin(omega[i]) // (44)
		if i == 1 {
			p[i], r[i] = -p[i], -r[i]
		}
		rho[i] = math.Exp(-deviation*deviation*omega[i]*omega[i]/2) / radius // (50)
	}
	d := func(i, j int) float64 { return p[i]*r[j] - r[i]*p[j] } // (52)
	zeta1, zeta3 := d(1, 2)/d(0, 1), d(2, 0)/d(0, 1)
	// (53), whose three equations are solved by Cramer's rule.
	a := [3][3]float64{p, r, {zeta1, zeta3, 1}}
	gamma := [3]float64{1, radius*radius - deviation*deviation, zeta1*rho[0] + zeta3*rho[1] + rho[2]} // (55)
	for i := range 3 {
		replaced := a
		for row := range 3 {
			replaced[row][i] = gamma[row]
		}
		beta := determinant(replaced) / determinant(a)
		gain[i] = float32(-beta * math.Cos(omega[i]*(radius+1))) // (33)
		feedback[i] = float32(2 * math.Cos(omega[i]))
	}
	return gain, feedback
}()

func determinant(a [3][3]float64) float64 {
	return a[0][0]*(a[1][1]*a[2][2]-a[1][2]*a[2][1]) -
		a[0][1]*(a[1][0]*a[2][2]-a[1][2]*a[2][0]) +
		a[0][2]*(a[1][0]*a[2][1]-a[1][1]*a[2][0])
}

// of blurs a plane.
func (b *blur) of(p []float32, width, height int) []float32 {
	across := make([]float32, len(p))
	for y := range height {
		b.row(across[y*width:][:width], p[y*width:][:width])
	}
	return b.columns(across, width, height)
}

// row blurs a row.
func (b *blur) row(dst, src []float32) {
	const before, behind = 2 * radius, radius
	if cap(b.padded) < before+len(src)+behind {
		b.padded = make([]float32, before+len(src)+behind)
	}
	in := b.padded[:before+len(src)+behind]
	clear(in[:before])
	copy(in[before:], src)
	clear(in[before+len(src):])
	var a1, a3, a5, b1, b3, b5 float32
	for n := 1 - radius; n < len(src); n++ {
		sum := in[before+n-radius-1] + in[before+n+radius-1]
		c1 := sum*gains[0] + feedbacks[0]*a1 - b1
		c3 := sum*gains[1] + feedbacks[1]*a3 - b3
		c5 := sum*gains[2] + feedbacks[2]*a5 - b5
		b1, b3, b5 = a1, a3, a5
		a1, a3, a5 = c1, c3, c5
		if n >= 0 {
			dst[n] = c1 + c3 + c5
		}
	}
}

// columns blurs all columns, row by row.
func (b *blur) columns(src []float32, width, height int) []float32 {
	dst := make([]float32, len(src))
	for i := range 3 {
		if cap(b.last[i]) < width {
			b.last[i], b.two[i] = make([]float32, width), make([]float32, width)
		}
		b.last[i], b.two[i] = b.last[i][:width], b.two[i][:width]
		clear(b.last[i])
		clear(b.two[i])
	}
	nothing := make([]float32, width)
	at := func(y int) []float32 {
		if y < 0 || y >= height {
			return nothing
		}
		return src[y*width:][:width]
	}
	for n := 1 - radius; n < height; n++ {
		above, below := at(n-radius-1), at(n+radius-1)
		out := nothing
		if n >= 0 {
			out = dst[n*width:][:width]
		}
		for i := range 3 {
			gain, feedback := gains[i], feedbacks[i]
			last, two := b.last[i][:len(above)], b.two[i][:len(above)]
			below, out := below[:len(above)], out[:len(above)]
			for x, v := range above {
				c := (v+below[x])*gain + feedback*last[x] - two[x]
				two[x] = c // which is last after the two have changed places
				if n >= 0 {
					out[x] += c
				}
			}
			b.last[i], b.two[i] = b.two[i], b.last[i]
		}
	}
	return dst
}
