package main

import (
	"bufio"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"slices"
)

// difference is how far two pictures of the same size are apart.
type difference struct {
	db   float64 // peak signal-to-noise ratio of red, green and blue; infinite if they are alike
	mean float64 // of CIEDE2000
	p95  float64 // its 95th percentile: a twentieth of the pixels differ by more
}

// differenceOf compares two pictures laid on white and, because white hides what is
// white, on black too. The worse figures count.
func differenceOf(a, b *image.NRGBA) difference {
	d := on(255, a, b)
	if a.Opaque() && b.Opaque() {
		return d
	}
	black := on(0, a, b)
	return difference{min(d.db, black.db), max(d.mean, black.mean), max(d.p95, black.p95)}
}

func on(ground float64, a, b *image.NRGBA) difference {
	n := len(a.Pix) / 4
	errors := make([]float64, n)
	squares, sum := 0.0, 0.0
	for i := range errors {
		one, two := lay(ground, a.Pix[4*i:]), lay(ground, b.Pix[4*i:])
		if one == two {
			continue
		}
		for c := range one {
			squares += (one[c] - two[c]) * (one[c] - two[c])
		}
		errors[i] = ciede2000(labOf(one[0], one[1], one[2]), labOf(two[0], two[1], two[2]))
		sum += errors[i]
	}
	slices.Sort(errors)
	return difference{
		db:   10 * math.Log10(255*255*float64(3*n)/squares),
		mean: sum / float64(n),
		p95:  errors[(n*95+99)/100-1],
	}
}

// lay lays a pixel of red, green, blue and alpha on a ground.
func lay(ground float64, pix []uint8) (rgb [3]float64) {
	alpha := float64(pix[3]) / 255
	for c := range rgb {
		rgb[c] = float64(pix[c])*alpha + ground*(1-alpha)
	}
	return rgb
}

// decode reads a PNG of eight bits.
func decode(name string) (*image.NRGBA, error) {
	opened, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	img, err := png.Decode(bufio.NewReader(opened))
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", name, err)
	}
	straight := image.NewNRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(straight, straight.Rect, img, img.Bounds().Min, draw.Src)
	return straight, nil
}
