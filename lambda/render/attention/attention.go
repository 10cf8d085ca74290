// Package attention finds the part of a picture that people look at: skin, strong colours
// and detail, as github.com/jwagner/smartcrop.js weighs them, but in whole numbers, so that
// every architecture finds the same part.
package attention

import "prew/lambda/render/plane"

// Side is how many samples the longer side of a picture should have here. A face is a few
// of them, and what is smaller is texture, which interests nobody.
const Side = 128

// Picture is a small picture in luma and chroma (JFIF 1.02), whose planes have one size.
// Cb and Cr without samples mean grey.
type Picture struct {
	Luma, Cb, Cr plane.Plane
}

// Across returns the first of the wanted columns that are looked at most, 1 <= wanted <=
// the width. A picture that is everywhere alike is kept in its middle.
func Across(p Picture, wanted int) int {
	columns := make([]int, p.Luma.Width)
	p.interest(func(x, _, v int) { columns[x] += v })
	return best(columns, wanted)
}

// Down is Across for rows.
func Down(p Picture, wanted int) int {
	rows := make([]int, p.Luma.Height)
	p.interest(func(_, y, v int) { rows[y] += v })
	return best(rows, wanted)
}

// Skin weighs the most, because faces are what people look at; colour is often the
// background's.
const (
	skinWeight   = 8
	detailWeight = 4
	colourWeight = 1
)

// Wood, sand and walls have the colours of skin, too. Where nothing stands out near it, it is no
// face, which has eyes and an edge: near is how far away, in samples, that is looked for, and
// full the mean detail of a face.
const (
	near = 2
	full = 24
)

// interest tells how interesting each sample is.
func (p Picture) interest(tell func(x, y, v int)) {
	width, height := p.Luma.Width, p.Luma.Height
	details, skins := make([]int, width*height), make([]int, width*height)
	for y := range height {
		row := p.Luma.Row(y)
		above, below := p.Luma.Row(max(y-1, 0)), p.Luma.Row(min(y+1, height-1))
		for x, luma := range row {
			details[y*width+x] = detail(light[luma], light[row[max(x-1, 0)]], light[row[min(x+1, width-1)]], light[above[x]], light[below[x]])
			if p.Cb.Pix != nil {
				skins[y*width+x] = skin(int(luma), int(p.Cb.Row(y)[x])-128, int(p.Cr.Row(y)[x])-128)
			}
		}
	}
	near := around(details, width)
	for y := range height {
		for x := range width {
			i := y*width + x
			v := detailWeight * details[i]
			if p.Cb.Pix != nil {
				v += colourWeight * colour(int(p.Luma.Row(y)[x]), int(p.Cb.Row(y)[x])-128, int(p.Cr.Row(y)[x])-128)
			}
			tell(x, y, v+skinWeight*skins[i]*near[i]/full)
		}
	}
}

// around is the mean near each sample, up to full.
func around(details []int, width int) []int {
	across, means := make([]int, len(details)), make([]int, len(details))
	for i := range details {
		x := i % width
		for j := i - min(x, near); j <= i+min(width-1-x, near); j++ {
			across[i] += details[j]
		}
	}
	height := len(details) / width
	for i := range details {
		x, y := i%width, i/width
		up, down := min(y, near), min(height-1-y, near)
		for j := i - up*width; j <= i+down*width; j += width {
			means[i] += across[j]
		}
		means[i] = min(means[i]/((up+1+down)*(min(x, near)+1+min(width-1-x, near))), full)
	}
	return means
}

// light is how bright the samples of each luma are, 0 to 255. Luma is coded about as the square
// root of light, so that grass, bark and gravel in the shade have as much detail in it as what
// the sun is on, and are not looked at as much. In light alone a photo of the night would have
// no detail: two fifths of it stay as they are coded.
var light = func() (light [256]int) {
	for luma := range light {
		light[luma] = luma * (2*255 + 3*luma) / (5 * 255)
	}
	return light
}()

// detail is how much the light of a sample differs from that of its four neighbours, 0 to 255.
// Noise is none.
func detail(light, left, right, above, below int) int {
	const noise = 8
	d := 4*light - left - right - above - below
	return min(max(max(d, -d)-noise, 0), 255)
}

// skin is how near a colour is to that of skin, 0 to 255. Skin of every shade has about
// one hue (Chai and Ngan, "Face Segmentation Using Skin-Color Map", 1999: Cb from 77 to
// 127 and Cr from 133 to 173); what is nearly black or white has none.
func skin(luma, cb, cr int) int {
	const (
		midCb, reachCb = -26, 25
		midCr, reachCr = 25, 20
	)
	if luma < 40 || luma > 240 {
		return 0
	}
	b, r := cb-midCb, cr-midCr
	d := 256*b*b/(reachCb*reachCb) + 256*r*r/(reachCr*reachCr)
	return min(max(256-d, 0), 255)
}

// colour is how strong a colour is above what is usual, 0 to 255: grass has about 30, and a
// leaf that the sun is on 50.
func colour(luma, cb, cr int) int {
	const usual = 20
	if luma < 13 || luma > 230 {
		return 0
	}
	return min(max(4*(max(cb, -cb, cr, -cr)-usual), 0), 255)
}

// best is where the window of the given width holds the most. What lies in its middle
// counts the most and what lies at its edges nothing, so that what is looked at is not cut.
// Of windows that are as good the one nearest to the middle is taken.
func best(line []int, width int) int {
	last := len(line) - width
	middle := last / 2
	at, most := middle, -1
	for away := 0; away <= last-middle; away++ {
		for _, from := range []int{middle - away, middle + away} {
			if from < 0 || from > last {
				continue
			}
			sum := 0
			for i, v := range line[from : from+width] {
				place := 2*i + 1
				sum += v * place * (2*width - place)
			}
			if sum > most {
				at, most = from, sum
			}
		}
	}
	return at
}
