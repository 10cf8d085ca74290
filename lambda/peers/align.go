package main

import (
	"image"
	"math"

	"prew"
)

// align makes the reference of a preview from exactly the part of the photo that the
// preview shows. Renderers round differently: half a pixel beside a crop goes to one
// side, and libvips shifts some photos by up to 0.4 pixels when it shrinks them while
// loading. Nobody sees that, but it would cost several dB. So the preview's shift is
// found by least squares, as Lucas and Kanade do (An Iterative Image Registration
// Technique, 1981), and does not count.
func align(photo *image.NRGBA, fit prew.Fit, made picture) picture {
	// Steps below a hundredth of a pixel change PSNR by less than 0.01 dB, and six
	// steps are enough for a shift of a pixel.
	const steps, enough = 6, 0.01
	// The slopes of a blurred picture are valid over a longer distance.
	w, h := made.width-window+1, made.height-window+1
	like := blurred(made.luma(), made.width, made.height)
	shown := middle(photo.Rect.Size(), fit, made.width, made.height)
	aligned := reference(photo, shown, made.width, made.height)
	for range steps {
		across, down := offset(like, blurred(aligned.luma(), made.width, made.height), w, h)
		if max(across.most(), down.most()) < enough {
			break
		}
		shown.across = across.apply(shown.across, w, made.width)
		shown.down = down.apply(shown.down, h, made.height)
		aligned = reference(photo, shown, made.width, made.height)
	}
	return aligned
}

// move is the shift of the pixels of a line, in pixels of the preview: that of the
// middle one, and how much more the ends are shifted.
type move struct{ middle, ends float64 }

// most is the farthest that a pixel moves.
func (m move) most() float64 { return math.Abs(m.middle) + math.Abs(m.ends) }

// apply moves the part of a line that makes n pixels. The move was measured between
// the ends of the given number of pixels in the middle.
func (m move) apply(s span, middle, n int) span {
	scale := (s.to - s.from) / float64(n)
	ends := m.ends * float64(n) / float64(middle)
	return span{s.from + (m.middle-ends)*scale, s.to + (m.middle+ends)*scale}
}

// offset estimates from a plane's slopes the move that makes it most like another
// plane.
func offset(plane, like []float64, width, height int) (across, down move) {
	// The four unknowns are the solution of the normal equations a*x = b.
	var a [4][4]float64
	var b [4]float64
	for y := 1; y < height-1; y++ {
		fromMiddleY := 2*(float64(y)+0.5)/float64(height) - 1
		for x := 1; x < width-1; x++ {
			fromMiddleX := 2*(float64(x)+0.5)/float64(width) - 1
			i := y*width + x
			slopeX, slopeY := (like[i+1]-like[i-1])/2, (like[i+width]-like[i-width])/2
			row := [4]float64{slopeX, slopeX * fromMiddleX, slopeY, slopeY * fromMiddleY}
			for r := range row {
				for c := range row {
					a[r][c] += row[r] * row[c]
				}
				b[r] += row[r] * (plane[i] - like[i])
			}
		}
	}
	x := solve(a, b)
	return move{x[0], x[1]}, move{x[2], x[3]}
}

// solve is Gauss's elimination. The matrix is a product of a matrix and its
// transpose, which needs no pivots; an unknown that nothing depends on is 0.
func solve(a [4][4]float64, b [4]float64) (x [4]float64) {
	const nothing = 1e-9
	for i := range a {
		for r := i + 1; r < len(a) && a[i][i] > nothing; r++ {
			factor := a[r][i] / a[i][i]
			for c := i; c < len(a); c++ {
				a[r][c] -= factor * a[i][c]
			}
			b[r] -= factor * b[i]
		}
	}
	for i := len(a) - 1; i >= 0; i-- {
		if a[i][i] <= nothing {
			continue
		}
		x[i] = b[i]
		for c := i + 1; c < len(a); c++ {
			x[i] -= a[i][c] * x[c]
		}
		x[i] /= a[i][i]
	}
	return x
}
