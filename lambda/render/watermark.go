package render

import (
	"bytes"
	"image"
	"image/color"
	"slices"
	"strconv"
	"sync"

	"prew"
	"prew/lambda/render/mark"
	"prew/lambda/render/plane"
)

// watermark puts the preset's mark on a frame: once, in the corner that it names, or side by
// side all over it.
func (e *engine) watermark(f frame, _ plan, preset prew.Preset) (frame, error) {
	if preset.Watermark == "" {
		return f, nil
	}
	size := f.size()
	step := 0
	if f.pixels == nil {
		step = f.form.stepOf(1, preset)
	}
	m, margin, err := markFor(preset, size, step)
	if err != nil {
		return f, fail(prew.WatermarkFailed, "watermark %s: %v", preset.Watermark, err)
	}
	if f.pixels == nil && len(f.planes) == 1 && m.coloured {
		f.planes = append(f.planes, e.noChroma(size, step)...)
	}
	for _, at := range placesOf(m.size, size, margin, preset) {
		if f.pixels != nil {
			m.putOnPixels(f.pixels, at)
			continue
		}
		m.layers[0].putOn(f.planes[0], at)
		for i, p := range f.planes[1:] {
			m.layers[i+1].putOn(p, at.Div(step))
		}
	}
	return f, nil
}

// placesOf says where a mark goes on a picture: in the corner of gravity, a margin away from
// the edges; if it is tiled, also as far as the picture goes from there, with a margin between
// two. All are at even pixels, so that samples of chroma lie on those of the picture.
func placesOf(mark, picture image.Point, margin int, preset prew.Preset) []image.Point {
	around := image.Pt(margin, margin)
	at := anchor(mark, picture.Sub(around.Mul(2)), preset.WatermarkGravity).Min.Add(around)
	at.X, at.Y = max(at.X, 0)&^1, max(at.Y, 0)&^1
	if !preset.WatermarkTile {
		return []image.Point{at}
	}
	var places []image.Point
	step := image.Pt(evened(mark.X+margin), evened(mark.Y+margin))
	for y := at.Y%step.Y - step.Y; y < picture.Y; y += step.Y {
		for x := at.X%step.X - step.X; x < picture.X; x += step.X {
			places = append(places, image.Pt(x, y))
		}
	}
	return places
}

// evened is n, or the next even number.
func evened(n int) int { return (n + 1) &^ 1 }

// sizeOf is the size of a mark on a picture, in pixels: as wide as the preset says, but no
// larger than leaves its margin at all sides. Both sides are even.
func sizeOf(mark, picture image.Point, margin int, preset prew.Preset) image.Point {
	room := picture
	if !preset.WatermarkTile {
		room = image.Pt(max(room.X-2*margin, 1), max(room.Y-2*margin, 1))
	}
	width := share(picture.X, preset.WatermarkWidth, 100)
	fits := inside(image.Pt(width, share(mark.Y, width, mark.X)), room)
	return image.Pt(evened(fits.X), evened(fits.Y))
}

// markMemory is about how many bytes it takes to draw the preset's mark for a picture: to
// decode it, and as pixels and layers.
func markMemory(preset prew.Preset, picture image.Point) int {
	if preset.Watermark == "" {
		return 0
	}
	width, height, err := mark.Open(preset.Mark)
	if err != nil {
		return 0 // it will not be drawn
	}
	size := sizeOf(image.Pt(width, height), picture, 0, preset)
	return 8*width*height + 13*size.X*size.Y
}

// markFor is the preset's mark for a picture of a size, which has chroma for squares of step by
// step pixels, or is pixels where that is 0; and its margin.
func markFor(preset prew.Preset, picture image.Point, step int) (m *drawnMark, margin int, err error) {
	width, height, err := mark.Open(preset.Mark)
	if err != nil {
		return nil, 0, err
	}
	perCent, _ := strconv.Atoi(preset.WatermarkMargin) // Resolve has made sure that it is a number
	margin = (picture.X*perCent + 50) / 100
	key := markKey{preset.Mark, sizeOf(image.Pt(width, height), picture, margin, preset), preset.WatermarkOpacity, step}
	m, err = drawnMarks.get(key)
	return m, margin, err
}

// markKey is what makes a drawn mark what it is.
type markKey struct {
	file    prew.Mark
	size    image.Point
	opacity int
	step    int
}

// drawnMarks are those that were drawn last.
var drawnMarks markCache

// markCache keeps drawn marks, up to maxMarkMemory bytes of them, the last used one last.
type markCache struct {
	mutex sync.Mutex
	keys  []markKey
	marks []*drawnMark
}

// maxMarkMemory is enough for the marks of some twenty presets, each a fifth of 1,440 pixels
// wide.
const maxMarkMemory = 8 << 20

// get returns a drawn mark, and draws one that is not kept. Nobody else may wait for that: two
// draw the same.
func (c *markCache) get(key markKey) (*drawnMark, error) {
	if m := c.find(key); m != nil {
		return m, nil
	}
	m, err := drawMark(key)
	if err == nil {
		c.keep(key, m)
	}
	return m, err
}

func (c *markCache) find(key markKey) *drawnMark {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	i := slices.Index(c.keys, key)
	if i < 0 {
		return nil
	}
	m := c.marks[i]
	c.keys = append(slices.Delete(c.keys, i, i+1), key)
	c.marks = append(slices.Delete(c.marks, i, i+1), m)
	return m
}

func (c *markCache) keep(key markKey, m *drawnMark) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if slices.Contains(c.keys, key) {
		return
	}
	c.keys, c.marks = append(c.keys, key), append(c.marks, m)
	total := 0
	for i := len(c.keys) - 1; i >= 0; i-- {
		if total += c.marks[i].memory() + len(c.keys[i].file); total > maxMarkMemory {
			c.keys, c.marks = slices.Delete(c.keys, 0, i+1), slices.Delete(c.marks, 0, i+1)
			return
		}
	}
}

// drawnMark is a mark in the size in which it is put on pictures: pixels for pixels, or layers
// of luma and chroma for planes.
type drawnMark struct {
	size     image.Point
	pixels   *image.NRGBA
	layers   [3]layer
	coloured bool // it has colours other than greys
}

// layer is a mark for one plane.
type layer struct {
	width, height int
	times         []uint16 // a sample times its alpha
	alpha         []uint8
}

// memory is about how many bytes it takes.
func (m *drawnMark) memory() int {
	n := 0
	if m.pixels != nil {
		n = len(m.pixels.Pix)
	}
	for _, l := range m.layers {
		n += 3 * len(l.alpha)
	}
	return n
}

// asMark is how a mark is decoded: with a sample of each colour and of alpha for each pixel.
var asMark = prew.Preset{Format: prew.PNG, Colour: prew.SRGB, Kernel: prew.Lanczos, Damaged: prew.Refuse}

// drawMark decodes a mark and scales it to its size, as a photo is, but that it may be
// enlarged.
func drawMark(key markKey) (*drawnMark, error) {
	// Not the engine whose frame the mark is put on: its buffers have that.
	e, _ := engines.Get().(*engine)
	if e == nil {
		e = new(engine)
	}
	e.size, e.needed = len(key.file), 0
	photo, err := e.open(bytes.NewReader([]byte(key.file)))
	if err != nil {
		return nil, err
	}
	p := plan{scaled: photo.turn.size(key.size), turn: photo.turn, canvas: key.size}
	p.crop = image.Rectangle{Max: p.scaled}
	picture, err := photo.decode(p, asMark)
	if err != nil {
		return nil, err
	}
	f := picture.frames[0]
	for _, operation := range []operation{(*engine).shrink, (*engine).turn, (*engine).convert} {
		if f, err = operation(e, f, p, asMark); err != nil {
			return nil, err
		}
	}
	m := &drawnMark{size: key.size, pixels: asPixels(f)}
	for i := 3; i < len(m.pixels.Pix); i += 4 {
		m.pixels.Pix[i] = uint8((int(m.pixels.Pix[i])*key.opacity + 50) / 100)
	}
	if key.step > 0 {
		m.separate(key.step)
	}
	if e.needed <= keptMemory {
		engines.Put(e)
	}
	return m, nil
}

// separate makes layers of pixels, which have even sides.
func (m *drawnMark) separate(step int) {
	half := m.size.Div(step)
	for i, size := range []image.Point{m.size, half, half} {
		n := size.X * size.Y
		m.layers[i] = layer{size.X, size.Y, make([]uint16, n), make([]uint8, n)}
	}
	// What chroma's samples are the mean of, sums at first.
	cbs, crs, alphas := make([]uint32, half.X), make([]uint32, half.X), make([]uint32, half.X)
	samples := uint32(step * step)
	for y := range m.size.Y {
		row := m.pixels.Pix[y*m.pixels.Stride:][:4*m.size.X]
		for x := range m.size.X {
			pixel := row[4*x:][:4:4]
			luma, cb, cr := color.RGBToYCbCr(pixel[0], pixel[1], pixel[2])
			alpha := uint32(pixel[3])
			at := y*m.size.X + x
			m.layers[0].times[at], m.layers[0].alpha[at] = uint16(uint32(luma)*alpha), pixel[3]
			cbs[x/step] += uint32(cb) * alpha
			crs[x/step] += uint32(cr) * alpha
			alphas[x/step] += alpha
			m.coloured = m.coloured || alpha > 0 && (cb != 128 || cr != 128)
		}
		if (y+1)%step > 0 {
			continue
		}
		for x := range half.X {
			at := y/step*half.X + x
			alpha := uint8((alphas[x] + samples/2) / samples)
			m.layers[1].times[at], m.layers[1].alpha[at] = uint16((cbs[x]+samples/2)/samples), alpha
			m.layers[2].times[at], m.layers[2].alpha[at] = uint16((crs[x]+samples/2)/samples), alpha
		}
		clear(cbs)
		clear(crs)
		clear(alphas)
	}
	m.pixels = nil
}

// putOn puts a layer on a plane at a place, as far as both go.
func (l layer) putOn(p plane.Plane, at image.Point) {
	from, to := max(-at.X, 0), min(l.width, p.Width-at.X)
	if from >= to {
		return
	}
	for y := max(-at.Y, 0); y < min(l.height, p.Height-at.Y); y++ {
		times := l.times[y*l.width:][from:to]
		alpha := l.alpha[y*l.width:][from:to]
		under := p.Row(at.Y + y)[at.X+from:][:len(times)]
		for x, a := range alpha[:len(times)] {
			if a > 0 {
				// The mean of four alphas may be a quarter too low, which stays below 256.
				under[x] = uint8((uint32(times[x]) + uint32(under[x])*(0xff-uint32(a)) + 127) / 0xff)
			}
		}
	}
}

// putOnPixels puts a mark on pixels at a place, as far as both go.
func (m *drawnMark) putOnPixels(img *image.NRGBA, at image.Point) {
	size := img.Rect.Size()
	from, to := max(-at.X, 0), min(m.size.X, size.X-at.X)
	if from >= to {
		return
	}
	for y := max(-at.Y, 0); y < min(m.size.Y, size.Y-at.Y); y++ {
		top := m.pixels.Pix[y*m.pixels.Stride:][4*from : 4*to]
		under := img.Pix[(at.Y+y)*img.Stride+4*(at.X+from):][:len(top)]
		plane.Over(under, top)
	}
}
