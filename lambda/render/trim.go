package render

import (
	"image"
	"image/color"

	"prew"
	"prew/lambda/render/plane"
)

// trim decodes a photo whose border the preset wants away and cuts the frames to what is left,
// part, in pixels of the photo as it is stored. How much is left is known when all is decoded:
// as large as it is, as nobody knows what of it the preview will need.
func (e *engine) trim(p photo, preset prew.Preset) (m picture, part image.Rectangle, err error) {
	whole := planOf(p.size, p.turn, preset)
	whole.scaled, whole.crop, whole.kept = p.size, image.Rectangle{Max: p.size}, image.Point{}
	fine := preset
	fine.Oversample = prew.MaxOversample
	if m, err = p.decode(whole, fine); err != nil {
		return m, part, err
	}
	for i, f := range m.frames {
		if f.rows != nil {
			if m.frames[i], err = e.hold(f); err != nil {
				return m, part, err
			}
		}
	}
	part = m.frames[0].withinBorder(p.size, p.turn, preset.Trim)
	for i, f := range m.frames {
		m.frames[i] = f.trimmed(p.size, part)
	}
	return m, part, nil
}

// hold decodes the rows of a frame, all of them, and gives it planes, or rows that are in
// memory, of eight bits.
func (e *engine) hold(f frame) (frame, error) {
	in := f.rows
	if f.form == cmyk {
		planes, err := e.separate(in)
		if err != nil {
			return f, err
		}
		f.planes = planes
	} else {
		samples := 1
		if f.form == rgb {
			samples = 4
		}
		held := e.held.prepare([]image.Point{{X: samples * in.size.X, Y: in.size.Y}})
		for y := range in.size.Y {
			row, err := in.Row(y)
			if err != nil {
				return f, err
			}
			copy(held[0].Row(y), row.Bytes)
			for x, v := range row.Words {
				held[0].Row(y)[x] = uint8((uint32(v) + 128) / 257)
			}
		}
		if f.form == rgb {
			f.rows = &rows{size: in.size, decoder: heldRows{held[0]}}
			return f, in.finish()
		}
		f.planes = held
	}
	f.rows = nil
	for i := range f.planes {
		f.lattices[i] = wholeLattice(in.size)
	}
	return f, in.finish()
}

// heldRows are rows of pixels that are in memory.
type heldRows struct{ plane.Plane }

// Row implements plane.Rows.
func (h heldRows) Row(y int) (plane.Row, error) { return plane.Row{Bytes: h.Plane.Row(y)}, nil }

// Finish implements rowDecoder.
func (h heldRows) Finish() error { return nil }

// withinBorder is the part of a frame of a photo of the given size without the rows and
// columns at its edges in which no pixel differs by more than a tolerance, of 255, from the
// one that is seen at the top left. It is the whole where all are such. It begins where a
// sample of each plane does.
func (f frame) withinBorder(size image.Point, t turn, tolerance int) image.Rectangle {
	at := f.pixelsOfPhoto(size)
	var corner image.Point
	if t.mirrorsX() {
		corner.X = size.X - 1
	}
	if t.mirrorsY() {
		corner.Y = size.Y - 1
	}
	stored := at(corner.X, corner.Y)
	seen := f.seen(stored)
	differs := func(x, y int) bool {
		pixel := at(x, y)
		if pixel == stored {
			return false
		}
		for i, v := range f.seen(pixel) {
			if int(max(v, seen[i]))-int(min(v, seen[i])) > tolerance {
				return true
			}
		}
		return false
	}
	// The nearest that differs, from one end of a row to before the other.
	from := func(y, x, end int) int {
		for x < end && !differs(x, y) {
			x++
		}
		return x
	}
	r := image.Rectangle{Max: size}
	for r.Min.Y < size.Y && from(r.Min.Y, 0, size.X) == size.X {
		r.Min.Y++
	}
	if r.Min.Y == size.Y {
		return image.Rectangle{Max: size}
	}
	for from(r.Max.Y-1, 0, size.X) == size.X {
		r.Max.Y--
	}
	r.Min.X, r.Max.X = size.X, 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		r.Min.X = from(y, 0, r.Min.X)
		for x := size.X - 1; x >= r.Max.X; x-- {
			if differs(x, y) {
				r.Max.X = x + 1
			}
		}
	}
	step := image.Pt(1, 1)
	for i := range f.planes {
		x, y := f.lattices[i].steps(size)
		step.X, step.Y = max(step.X, x.den), max(step.Y, y.den)
	}
	begin := func(from, to, step int) int {
		if up := (from + step - 1) / step * step; up < to {
			return up
		}
		return from / step * step
	}
	r.Min.X, r.Min.Y = begin(r.Min.X, r.Max.X, step.X), begin(r.Min.Y, r.Max.Y, step.Y)
	return r
}

// steps are how many samples a plane on the lattice has for a pixel of a photo of the given
// size.
func (l lattice) steps(size image.Point) (x, y fraction) {
	shortest := func(f fraction, side int) fraction {
		a, b := f.num, f.den*side
		for b != 0 {
			a, b = b, a%b
		}
		return fraction{f.num / a, f.den * side / a}
	}
	return shortest(l.x, size.X), shortest(l.y, size.Y)
}

// pixelsOfPhoto tells the samples of a pixel of a photo of the given size.
func (f frame) pixelsOfPhoto(size image.Point) func(x, y int) [4]uint8 {
	if f.rows != nil {
		held := f.rows.decoder.(heldRows)
		return func(x, y int) [4]uint8 { return [4]uint8(held.Pix[y*held.Stride+4*x:]) }
	}
	var across, down [4][]int // for each plane the sample of each column and row
	for i, p := range f.planes {
		x, y := f.lattices[i].steps(size)
		across[i], down[i] = make([]int, size.X), make([]int, size.Y)
		for n := range across[i] {
			across[i][n] = min(n*x.num/x.den, p.Width-1)
		}
		for n := range down[i] {
			down[i][n] = min(n*y.num/y.den, p.Height-1) * p.Stride
		}
	}
	return func(x, y int) (pixel [4]uint8) {
		for i, p := range f.planes {
			pixel[i] = p.Pix[down[i][y]+across[i][x]]
		}
		return pixel
	}
}

// seen is how a pixel of a frame looks: inks and grey as they are, luma and chroma as red,
// green and blue, and what shines through by as much as it does not.
func (f frame) seen(pixel [4]uint8) [4]uint8 {
	switch {
	case f.form == lumaChroma && len(f.planes) == 3:
		pixel[0], pixel[1], pixel[2] = color.YCbCrToRGB(pixel[0], pixel[1], pixel[2])
	case f.rows != nil:
		for i, v := range pixel[:3] {
			pixel[i] = over(v, 0, uint32(pixel[3]))
		}
	}
	return pixel
}

// trimmed is the part of a frame of a photo of the given size.
func (f frame) trimmed(size image.Point, part image.Rectangle) frame {
	if f.rows != nil {
		held := f.rows.decoder.(heldRows)
		held.Pix, held.Width, held.Height = held.Pix[part.Min.Y*held.Stride+4*part.Min.X:], 4*part.Dx(), part.Dy()
		f.rows = &rows{size: part.Size(), decoder: held}
		return f
	}
	planes := make([]plane.Plane, len(f.planes))
	for i, p := range f.planes {
		x, y := f.lattices[i].steps(size)
		from := image.Pt(part.Min.X*x.num/x.den, part.Min.Y*y.num/y.den)
		planes[i] = plane.Plane{Pix: p.Pix[from.Y*p.Stride+from.X:], Stride: p.Stride,
			Width:  min((part.Dx()*x.num+x.den-1)/x.den, p.Width-from.X),
			Height: min((part.Dy()*y.num+y.den-1)/y.den, p.Height-from.Y)}
		f.lattices[i] = lattice{fraction{part.Dx() * x.num, x.den}, fraction{part.Dy() * y.num, y.den}}
	}
	f.planes = planes
	return f
}
