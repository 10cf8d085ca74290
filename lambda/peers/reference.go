package main

import (
	"image"
	"math"

	"prew"
)

// lobes is the a of Lanczos's window: libvips and most others shrink with 3.
const lobes = 3

// span is the part of a line that a preview shows, in pixels of the photo.
type span struct{ from, to float64 }

// part is the part of a photo that a preview shows.
type part struct{ across, down span }

// middle is the part of a photo that a preview of a size should show: all of it or,
// with cover, its middle; shrunk alike across and down.
func middle(full image.Point, fit prew.Fit, width, height int) part {
	x, y := float64(full.X), float64(full.Y)
	w, h := float64(width), float64(height)
	scale := max(x/w, y/h)
	if fit == prew.Cover {
		scale = min(x/w, y/h)
	}
	return part{
		span{(x - w*scale) / 2, (x + w*scale) / 2},
		span{(y - h*scale) / 2, (y + h*scale) / 2},
	}
}

// reference is what the preview of a photo should be: every pixel of the part
// that it shows, shrunk by Lanczos in 64 bit floats, with no rounding.
func reference(photo *image.NRGBA, p part, width, height int) picture {
	return clamp(shrinkDown(shrinkAcross(photo, p.across, width), p.down, height))
}

// tap is the weight of one sample of a line.
type tap struct {
	at     int
	weight float64
}

// taps are the weights that make each of n pixels from a line of the photo;
// those of a pixel add up to 1. Beyond its ends the line goes on as it ends.
func taps(n, length int, part span) [][]tap {
	scale := (part.to - part.from) / float64(n)
	wide := max(scale, 1) // a photo is never enlarged, except by rounding
	all := make([][]tap, n)
	for i := range all {
		centre := part.from + (float64(i)+0.5)*scale
		sum := 0.0
		for at := int(math.Floor(centre - lobes*wide)); at <= int(math.Ceil(centre+lobes*wide)); at++ {
			if weight := lanczos((float64(at) + 0.5 - centre) / wide); weight != 0 {
				all[i] = append(all[i], tap{min(max(at, 0), length-1), weight})
				sum += weight
			}
		}
		for t := range all[i] {
			all[i][t].weight /= sum
		}
	}
	return all
}

// lanczos is the window sinc(x) sinc(x/a) for |x| < a.
func lanczos(x float64) float64 {
	switch {
	case x == 0:
		return 1
	case math.Abs(x) >= lobes:
		return 0
	}
	x *= math.Pi
	return lobes * math.Sin(x) * math.Sin(x/lobes) / (x * x)
}

// shrinkAcross lays a photo on white and shrinks its lines. Shrinking is linear, so
// pixels that lie on white already need no weighing by alpha.
func shrinkAcross(photo *image.NRGBA, part span, width int) picture {
	full := photo.Rect.Size()
	small := picture{width, full.Y, make([]float64, 3*width*full.Y)}
	all := taps(width, full.X, part)
	line := make([]float64, 3*full.X)
	for y := range full.Y {
		layOnWhite(line, photo.Pix[y*photo.Stride:])
		for x, taps := range all {
			var r, g, b float64
			for _, t := range taps {
				r += t.weight * line[3*t.at]
				g += t.weight * line[3*t.at+1]
				b += t.weight * line[3*t.at+2]
			}
			copy(small.rgb[3*(width*y+x):], []float64{r, g, b})
		}
	}
	return small
}

func shrinkDown(p picture, part span, height int) picture {
	small := picture{p.width, height, make([]float64, 3*p.width*height)}
	for y, taps := range taps(height, p.height, part) {
		line := small.rgb[3*p.width*y:][:3*p.width]
		for _, t := range taps {
			for x, v := range p.rgb[3*p.width*t.at:][:3*p.width] {
				line[x] += t.weight * v
			}
		}
	}
	return small
}

// clamp limits values that Lanczos overshot to the range of a sample.
func clamp(p picture) picture {
	for i, v := range p.rgb {
		p.rgb[i] = min(max(v, 0), 255)
	}
	return p
}
