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

// Skin weighs the most, because faces are what people look at; detail is nearly
// everywhere, and colour is often the background's.
const (
	skinWeight   = 8
	detailWeight = 2
	colourWeight = 1
)

// interest tells how interesting each sample is.
func (p Picture) interest(tell func(x, y, v int)) {
	for y := range p.Luma.Height {
		row := p.Luma.Row(y)
		above, below := p.Luma.Row(max(y-1, 0)), p.Luma.Row(min(y+1, p.Luma.Height-1))
		var cb, cr []uint8
		if p.Cb.Pix != nil {
			cb, cr = p.Cb.Row(y), p.Cr.Row(y)
		}
		for x := range row {
			luma := int(row[x])
			v := detailWeight * detail(luma, int(row[max(x-1, 0)]), int(row[min(x+1, len(row)-1)]), int(above[x]), int(below[x]))
			if cb != nil {
				b, r := int(cb[x])-128, int(cr[x])-128
				v += skinWeight*skin(luma, b, r) + colourWeight*colour(luma, b, r)
			}
			tell(x, y, v)
		}
	}
}

// detail is how much a sample differs from its four neighbours, 0 to 255. Noise is none.
func detail(luma int, neighbours ...int) int {
	const noise = 12
	d := len(neighbours) * luma
	for _, n := range neighbours {
		d -= n
	}
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

// colour is how strong a colour is above what is usual, 0 to 255.
func colour(luma, cb, cr int) int {
	const usual = 40
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
