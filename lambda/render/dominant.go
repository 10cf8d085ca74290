package render

import (
	"fmt"
	"image/color"
)

// mostLooked is how many pixels of a frame are looked at along each side, for its dominant
// colour: a colour that has 1 % of the picture has 160 of all of them.
const mostLooked = 128

// binBits are the bits of red, green and blue each by which colours are counted as one, as
// libvips does it for sharp's dominant: with fewer the mean of a bin is none of its colours, and
// with more the noise of a sky spreads over many bins.
const binBits = 4

// bin has the colours that are counted as one: how many there are, and their sums.
type bin struct{ count, r, g, b uint32 }

// dominant is the colour, as #rrggbb in sRGB, of which a frame has the most: the mean of the
// fullest bin, of several the darkest. What is more transparent than not has none, and a frame of
// nothing else has no dominant colour.
func (e *engine) dominant(f frame) string {
	clear(e.bins[:])
	size := f.size()
	stepX, stepY := (size.X+mostLooked-1)/mostLooked, (size.Y+mostLooked-1)/mostLooked
	for y := stepY / 2; y < size.Y; y += stepY {
		at := f.pixelsAt(y)
		for x := stepX / 2; x < size.X; x += stepX {
			c := at(x)
			if c.A < 128 {
				continue
			}
			const low = 8 - binBits
			b := &e.bins[int(c.R>>low)<<(2*binBits)|int(c.G>>low)<<binBits|int(c.B>>low)]
			b.count, b.r, b.g, b.b = b.count+1, b.r+uint32(c.R), b.g+uint32(c.G), b.b+uint32(c.B)
		}
	}
	most := &e.bins[0]
	for i := range e.bins {
		if e.bins[i].count > most.count {
			most = &e.bins[i]
		}
	}
	n := most.count
	if n == 0 {
		return ""
	}
	pixel := []uint8{uint8((most.r + n/2) / n), uint8((most.g + n/2) / n), uint8((most.b + n/2) / n), 0xff}
	f.meant.Pixels(pixel)
	return fmt.Sprintf("#%02x%02x%02x", pixel[0], pixel[1], pixel[2])
}

// pixelsAt are the pixels of a frame in row y, by their x.
func (f frame) pixelsAt(y int) func(x int) color.NRGBA {
	if f.pixels != nil {
		row := f.pixels.Pix[y*f.pixels.Stride:]
		return func(x int) color.NRGBA { return color.NRGBA{row[4*x], row[4*x+1], row[4*x+2], row[4*x+3]} }
	}
	luma := f.planes[0].Row(y)
	alpha := func(int) uint8 { return 0xff }
	if f.alpha.Pix != nil {
		row := f.alpha.Row(y)
		alpha = func(x int) uint8 { return row[x] }
	}
	if len(f.planes) == 1 {
		return func(x int) color.NRGBA { return color.NRGBA{luma[x], luma[x], luma[x], alpha(x)} }
	}
	stepX, stepY := (f.planes[0].Width+f.planes[1].Width-1)/f.planes[1].Width, (f.planes[0].Height+f.planes[1].Height-1)/f.planes[1].Height
	cb, cr := f.planes[1].Row(y/stepY), f.planes[2].Row(y/stepY)
	return func(x int) color.NRGBA {
		r, g, b := color.YCbCrToRGB(luma[x], cb[x/stepX], cr[x/stepX])
		return color.NRGBA{r, g, b, alpha(x)}
	}
}
