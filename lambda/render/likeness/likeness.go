// Package likeness says how like its original an encoded picture is, of a sample of it, in less
// time than encoding takes: by a measure that foretells SSIMULACRA 2, which takes a hundred times
// as long.
//
// Whole numbers and correctly rounded square roots are all that it computes with, so that it finds
// the same on every architecture.
package likeness

import (
	"math"

	"prew/lambda/render/plane"
)

// Of a picture and what is shown of it, windows of four by four samples are compared, on luma as
// it is, halved, and halved three times; and on Cr halved to a quarter of luma's size. What is lost
// in a window is the variance of the error, of the variances of both, as in SSIM; detail that is
// lost is how much smaller the deviation has become, of the range and its own.
//
// A loss is the sum of four means with these factors, in millionths. They are fitted, none below
// zero, to the errors that SSIMULACRA 2 adds up, over JPEGs, WebPs and AVIFs of 42 photographs at
// qualities from 25 to 97, which it gave 45 to 95 points: 10,000 is 90 points, 30,000 is 80, 58,000
// is 70 and 91,000 is 60. Where the loss is 30,000 the deviation from 80 points is 0.9. It is 2.9
// where the quality is the same, 2.1 with the best of the means alone, which is that of detail on
// luma, and 5 with SSIM on luma.
//
// Fourth powers are what SSIMULACRA 2 has, too: a few bad places are seen more than a little
// everywhere.
const (
	fine   = 247_000    // what is lost on luma as it is, the mean
	coarse = 10_300_000 // what is lost on luma halved three times, the mean
	detail = 6_440_000  // detail that is lost on halved luma, the mean of fourth powers
	colour = 3_070_000  // detail that is lost on Cr, the mean of fourth powers
)

// floor is what SSIM adds to variances (Wang et al., "Image Quality Assessment: From Error
// Visibility to Structural Similarity"): 0.03 of the range, squared, here times 256, as the
// variances of 16 samples are.
const floor = 14982

// Meter compares pictures. The zero value is ready. It keeps its buffers from one picture to the
// next and is not for concurrent use.
type Meter struct {
	squares []square
	memory  [3][]uint8
	planes  []plane.Plane
}

// Loss says how much of the sample that was taken last is lost in what is shown of it, in
// millionths: a likeness of 0.97 is a loss of 30,000. The planes that are shown have the sizes of
// the sample's.
func (m *Meter) Loss(shown []plane.Plane) int {
	var sum sums
	luma := m.planes[0]
	for y := 0; y < luma.Height; y += side {
		for x := 0; x < luma.Width; x += side {
			sum.luma(luma, shown[0], x, y)
		}
	}
	if len(m.planes) == 3 {
		was, is := m.planes[2], shown[2]
		n := side * was.Width / luma.Width
		for y := 0; y < was.Height; y += n {
			for x := 0; x < was.Width; x += n {
				sum.chroma(was, is, x, y, n)
			}
		}
	}
	return sum.loss()
}

// sums are those of the windows that were compared, and how many there were.
type sums struct {
	fine, coarse, detail, colour     int64
	fines, coarses, details, colours int64
}

// one is 1 in the parts in which windows are compared.
const one = 1 << 20

func (s *sums) loss() int {
	loss := fine*s.fine/max(s.fines, 1) + coarse*s.coarse/max(s.coarses, 1) +
		detail*fourthRoot(s.detail, s.details) + colour*fourthRoot(s.colour, s.colours)
	return int(loss >> 20)
}

// fourthRoot is that of the mean of fourth powers, in parts of one. They are of parts of 1<<16.
func fourthRoot(sum, n int64) int64 {
	if n == 0 {
		return 0
	}
	return int64(math.Sqrt(math.Sqrt(float64(sum/n))) * (one >> 16))
}

// reduced are the samples of a square at a size, each the sum of those that it is made of.
type reduced [side / 2 * side / 2]int32

// luma adds the windows of a square of luma.
func (s *sums) luma(was, is plane.Plane, x, y int) {
	var halfWas, halfIs reduced
	for v := 0; v < side; v += 4 {
		a, b := was.Pix[(y+v)*was.Stride+x:], is.Pix[(y+v)*is.Stride+x:]
		for u := 0; u < side; u += 4 {
			s.fine += lost(windowOf(a[u:], was.Stride, b[u:], is.Stride), floor)
		}
	}
	s.fines += side / 4 * side / 4
	halve(&halfWas, was, x, y, side)
	halve(&halfIs, is, x, y, side)
	s.detail += details(&halfWas, &halfIs, side/2, 64*255)
	s.details += side / 8 * side / 8
	for n := side / 4; n >= side/8; n /= 2 {
		halfWas.halve(n)
		halfIs.halve(n)
	}
	s.coarse += lost(halfWas.window(&halfIs, 0, side/8), floor*64*64)
	s.coarses++
}

// chroma adds the windows of a square of n by n samples of chroma.
func (s *sums) chroma(was, is plane.Plane, x, y, n int) {
	var halfWas, halfIs reduced
	halve(&halfWas, was, x, y, n)
	halve(&halfIs, is, x, y, n)
	n, most := n/2, int64(64*255)
	if n > side/4 {
		n, most = n/2, most*4
		halfWas.halve(n)
		halfIs.halve(n)
	}
	s.colour += details(&halfWas, &halfIs, n, most)
	s.colours += int64(n / 4 * n / 4)
}

// halve makes one sample of every four of a square of n by n samples.
func halve(to *reduced, p plane.Plane, x, y, n int) {
	for v := 0; v < n; v += 2 {
		upper, lower := p.Pix[(y+v)*p.Stride+x:][:n], p.Pix[(y+v+1)*p.Stride+x:][:n]
		row := to[v/2*n/2:][:n/2]
		for u := range row {
			row[u] = int32(upper[2*u]) + int32(upper[2*u+1]) + int32(lower[2*u]) + int32(lower[2*u+1])
		}
	}
}

// halve leaves n by n samples of four times as many.
func (r *reduced) halve(n int) {
	for v := range n {
		for u := range n {
			at := 4*n*v + 2*u
			r[n*v+u] = r[at] + r[at+1] + r[at+2*n] + r[at+2*n+1]
		}
	}
}

// window is what is known of two windows of 16 samples: 256 times their variances and that of what
// they differ by.
type window struct{ was, is, error int64 }

// windowOf compares the samples at the beginning of two planes' rows.
func windowOf(was []uint8, wasStride int, is []uint8, isStride int) window {
	var a, b, aa, bb, ab int32
	for v := range 4 {
		p, q := was[v*wasStride:][:4:4], is[v*isStride:][:4:4]
		for u := range 4 {
			x, y := int32(p[u]), int32(q[u])
			a, b, aa, bb, ab = a+x, b+y, aa+x*x, bb+y*y, ab+x*y
		}
	}
	return window{int64(16*aa - a*a), int64(16*bb - b*b), int64(16*(aa+bb-2*ab) - (a-b)*(a-b))}
}

// window compares the samples at a place of two squares whose rows have stride samples.
func (r *reduced) window(is *reduced, at, stride int) window {
	var a, b, aa, bb, ab int64
	for v := range 4 {
		p, q := r[at+v*stride:][:4:4], is[at+v*stride:][:4:4]
		for u := range 4 {
			x, y := int64(p[u]), int64(q[u])
			a, b, aa, bb, ab = a+x, b+y, aa+x*x, bb+y*y, ab+x*y
		}
	}
	return window{16*aa - a*a, 16*bb - b*b, 16*(aa+bb-2*ab) - (a-b)*(a-b)}
}

// lost is what is lost in a window, in parts of one.
func lost(w window, floor int64) int64 {
	return w.error << 20 / (w.was + w.is + floor)
}

// details adds up the fourth powers of the detail that is lost in the windows of a square of n by n
// samples. most is what the root of 256 times a variance has of a whole range.
func details(was, is *reduced, n int, most int64) (sum int64) {
	for y := 0; y < n; y += 4 {
		for x := 0; x < n; x += 4 {
			w := was.window(is, y*n+x, n)
			before, after := int64(math.Sqrt(float64(w.was))), int64(math.Sqrt(float64(w.is)))
			if less := before - after; less > 0 {
				// A sixteenth is all that is seen. So the sums of the largest sample have room.
				part := min(less<<16/(most+before), 1<<12)
				sum += part * part * part * part
			}
		}
	}
	return sum
}
