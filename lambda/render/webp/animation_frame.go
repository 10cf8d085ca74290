package webp

import (
	"bytes"
	"image"
	"image/color"

	"prew/lambda/render/plane"
)

// change is what of a canvas is not shown yet.
type change struct {
	rect image.Rectangle // with even corners at the left and top; empty where nothing is

	// blend says that all that changes is opaque, so that pixels that do not change may
	// be transparent in the frame. Else all of the rectangle takes the place of what is
	// there.
	blend bool
}

// compare returns what of a canvas differs from what is shown, of which a rectangle is
// taken away before.
func (a *Animation) compare(canvas *image.NRGBA, gone image.Rectangle) change {
	c := change{blend: true}
	left, right := a.size.X, 0
	for y := range a.size.Y {
		now, before := rowOfPixels(canvas, y), a.before(y, gone)
		if bytes.Equal(now, before) {
			continue
		}
		first, last := -1, 0
		for x := 0; x < len(now); x += 4 {
			if a.same([4]uint8(now[x:]), [4]uint8(before[x:])) {
				continue
			}
			if first < 0 {
				first = x / 4
			}
			last = x / 4
			c.blend = c.blend && now[x+3] == 0xff
		}
		if first < 0 {
			continue
		}
		if c.rect.Max.Y == 0 {
			c.rect.Min.Y = y &^ 1
		}
		c.rect.Max.Y = y + 1
		left, right = min(left, first&^1), max(right, last+1)
	}
	if c.rect.Max.Y > 0 {
		c.rect.Min.X, c.rect.Max.X = left, right
	}
	return c
}

// before is row y of what is shown, of which a rectangle is taken away.
func (a *Animation) before(y int, gone image.Rectangle) []uint8 {
	row := rowOfPixels(a.shown, y)
	if y < gone.Min.Y || y >= gone.Max.Y {
		return row
	}
	copy(a.row, row)
	clear(a.row[4*gone.Min.X : 4*gone.Max.X])
	return a.row
}

// take takes a rectangle away of what is shown.
func (a *Animation) take(gone image.Rectangle) {
	for y := gone.Min.Y; y < gone.Max.Y; y++ {
		clear(rowOfPixels(a.shown, y)[4*gone.Min.X : 4*gone.Max.X])
	}
}

// same says that a pixel can stay what is shown of it.
func (a *Animation) same(now, shown [4]uint8) bool {
	if now == shown || now[3] == 0 && shown[3] == 0 {
		return true
	}
	if now[3] != shown[3] {
		return false
	}
	r, g, b := int(now[0])-int(shown[0]), int(now[1])-int(shown[1]), int(now[2])-int(shown[2])
	luma := (19595*r + 38470*g + 7471*b) >> 16
	return max(luma, -luma) <= a.near && max(r, -r, g, -g, b, -b) <= 2*a.near
}

// cost is about what a change of a canvas takes: pixels that are seen, and the others of
// its rectangle, which take a small part of that.
func (c change) cost(canvas *image.NRGBA) int {
	n := c.rect.Dx() * c.rect.Dy()
	for y := c.rect.Min.Y; y < c.rect.Max.Y; y++ {
		row := rowOfPixels(canvas, y)[4*c.rect.Min.X : 4*c.rect.Max.X]
		for x := 3; x < len(row); x += 4 {
			if row[x] > 0 {
				n += seenCost
			}
		}
	}
	return n
}

// seenCost is what a pixel that is seen takes, of one that is not, and a little less than
// in most pictures.
const seenCost = 16

// rowOfPixels is row y of a picture, from 0.
func rowOfPixels(m *image.NRGBA, y int) []uint8 {
	return m.Pix[y*m.Stride:][: 4*m.Rect.Dx() : 4*m.Rect.Dx()]
}

// encode encodes a change of a canvas, and brings what is shown up to date.
func (a *Animation) encode(canvas *image.NRGBA, c change) []namedChunk {
	picture, clear := a.encodeShorter(canvas, c)
	a.clear = a.clear || clear
	a.show(canvas, c)
	return picture
}

// encodeShorter encodes a change without loss or lossy, whichever is shorter, says whether
// there is alpha, and leaves the part as it is in the frame.
func (a *Animation) encodeShorter(canvas *image.NRGBA, c change) (picture []namedChunk, clear bool) {
	sure, few := notSure, c.rect.Dx()*c.rect.Dy() <= fewPixels
	if !few && a.sureFor > 0 {
		a.sureFor--
		sure = a.sure
	}
	a.cutPixels(canvas, c)
	seen, same := a.alike()
	if drawn := 4*same >= 3*seen; !few && (!drawn || sure == sureLossy) {
		return a.encodeBlocks(canvas, c)
	}
	stream, clear := a.encoder.encodePixels(a.part.Pix, a.part.Stride, c.rect.Dx(), c.rect.Dy())
	lossless := []namedChunk{{"VP8L", stream}}
	if sure == sureLossless || 8*sizeOf(lossless) <= lossyBits+lossyPixelBits*(seen-same) {
		return lossless, clear
	}
	lossy, lossyClear := a.encodeBlocks(canvas, c)
	without, with := sizeOf(lossless), sizeOf(lossy)
	if !few {
		a.learn(without, with)
	}
	if without > with {
		return lossy, lossyClear
	}
	a.cutPixels(canvas, c)
	return lossless, clear
}

// encodeBlocks encodes a change as a lossy frame.
func (a *Animation) encodeBlocks(canvas *image.NRGBA, c change) (picture []namedChunk, clear bool) {
	a.cutBlocks(canvas, c)
	picture = a.encodePart()
	return picture, len(picture) > 1
}

// sureness is which way of encoding frames has been much better than the other.
type sureness int

const (
	notSure sureness = iota
	sureLossy
	sureLossless
)

// sureFrames is for how many frames nothing but the better way is tried: those that come
// one after another are alike.
const sureFrames = 7

// learn learns from a frame that was encoded without loss and with it.
func (a *Animation) learn(without, with int) {
	switch {
	case 4*without <= 3*with:
		a.sure, a.sureFor = sureLossless, sureFrames
	case 4*with <= 3*without:
		a.sure, a.sureFor = sureLossy, sureFrames
	}
}

// fewPixels are so few that a frame is tried without loss whatever it shows: a lossy one
// has headers and probabilities to write.
const fewPixels = 32 * 32

// What a lossy frame takes at least, in bits: its headers, and what there is of pixels that
// are not the same as the one before. Less than that does not have to be compared.
const (
	lossyBits      = 300
	lossyPixelBits = 2
)

func sizeOf(chunks []namedChunk) int {
	size := 0
	for _, c := range chunks {
		size += c.size()
	}
	return size
}

// cutPixels makes the part what a frame without loss has: where it blends, only pixels
// that change are there.
func (a *Animation) cutPixels(canvas *image.NRGBA, c change) {
	a.resize(c.rect)
	for y := c.rect.Min.Y; y < c.rect.Max.Y; y++ {
		now, to := rowOfPixels(canvas, y)[4*c.rect.Min.X:4*c.rect.Max.X], rowOfPixels(a.part, y-c.rect.Min.Y)
		if !c.blend {
			copy(to, now)
			continue
		}
		before := rowOfPixels(a.shown, y)[4*c.rect.Min.X:]
		for x := 0; x < len(now); x += 4 {
			p := [4]uint8(now[x:])
			if a.same(p, [4]uint8(before[x:])) {
				p = [4]uint8{}
			}
			*(*[4]uint8)(to[x:]) = p
		}
	}
}

// blockSide is that of the blocks in which a lossy frame leaves what is shown: half a
// macroblock.
const blockSide = 8

// cutBlocks makes the part what a lossy frame has: where it blends, only blocks in which
// something changes are there, if that pays.
func (a *Animation) cutBlocks(canvas *image.NRGBA, c change) {
	a.resize(c.rect)
	saved, edges := 0, 0
	for top := c.rect.Min.Y; top < c.rect.Max.Y; top += blockSide {
		for x := c.rect.Min.X; x < c.rect.Max.X; x += blockSide {
			block := image.Rect(x, top, x+blockSide, top+blockSide).Intersect(c.rect)
			stays := c.blend && !a.changes(canvas, block)
			if !stays {
				a.put(canvas, block, c)
				continue
			}
			a.put(nil, block, c)
			saved += busyness(canvas, block)
			for _, beside := range [2]image.Point{{x - 1, top}, {x, top - 1}} {
				if beside.In(c.rect) && a.part.NRGBAAt(beside.X-c.rect.Min.X, beside.Y-c.rect.Min.Y).A != 0 {
					edges++
				}
			}
		}
	}
	if saved*16/stepOf(a.options.Quality) < alphaBits+edges*edgeBits && opaqueIn(canvas, c.rect) {
		a.put(canvas, c.rect, c)
	}
}

// What alpha takes, in bits: a chunk, and where blocks that stay have others beside them.
// A block takes about as many bits as busyness has steps of the quantiser.
const (
	alphaBits = 250
	edgeBits  = 16
)

// busyness is the sum of the differences between the greens of a block.
func busyness(canvas *image.NRGBA, block image.Rectangle) int {
	sum := 0
	for y := block.Min.Y; y < block.Max.Y; y++ {
		row := rowOfPixels(canvas, y)[4*block.Min.X : 4*block.Max.X]
		above := row
		if y > block.Min.Y {
			above = rowOfPixels(canvas, y-1)[4*block.Min.X:]
		}
		for x := 5; x < len(row); x += 4 {
			dx, dy := int(row[x])-int(row[x-4]), int(row[x])-int(above[x])
			sum += max(dx, -dx) + max(dy, -dy)
		}
	}
	return sum
}

// changes says that something changes in a block.
func (a *Animation) changes(canvas *image.NRGBA, block image.Rectangle) bool {
	for y := block.Min.Y; y < block.Max.Y; y++ {
		now, before := rowOfPixels(canvas, y)[4*block.Min.X:4*block.Max.X], rowOfPixels(a.shown, y)[4*block.Min.X:4*block.Max.X]
		if bytes.Equal(now, before) {
			continue
		}
		for x := 0; x < len(now); x += 4 {
			if !a.same([4]uint8(now[x:]), [4]uint8(before[x:])) {
				return true
			}
		}
	}
	return false
}

// put puts a block of a canvas into the part, or nothing in its place. Where a frame
// blends, what is not opaque does not change.
func (a *Animation) put(canvas *image.NRGBA, block image.Rectangle, c change) {
	for y := block.Min.Y; y < block.Max.Y; y++ {
		to := rowOfPixels(a.part, y-c.rect.Min.Y)[4*(block.Min.X-c.rect.Min.X) : 4*(block.Max.X-c.rect.Min.X)]
		if canvas == nil {
			clear(to)
			continue
		}
		copy(to, rowOfPixels(canvas, y)[4*block.Min.X:])
		if !c.blend {
			continue
		}
		for x := 3; x < len(to); x += 4 {
			if to[x] != 0xff {
				to[x] = 0
			}
		}
	}
}

func opaqueIn(m *image.NRGBA, rect image.Rectangle) bool {
	for y := rect.Min.Y; y < rect.Max.Y; y++ {
		row := rowOfPixels(m, y)[4*rect.Min.X : 4*rect.Max.X]
		for x := 3; x < len(row); x += 4 {
			if row[x] != 0xff {
				return false
			}
		}
	}
	return true
}

// show brings what is shown up to date with the part of a canvas.
func (a *Animation) show(canvas *image.NRGBA, c change) {
	for y := c.rect.Min.Y; y < c.rect.Max.Y; y++ {
		now, shown := rowOfPixels(canvas, y)[4*c.rect.Min.X:4*c.rect.Max.X], rowOfPixels(a.shown, y)[4*c.rect.Min.X:]
		if !c.blend {
			copy(shown, now)
			continue
		}
		part := rowOfPixels(a.part, y-c.rect.Min.Y)
		for x := 0; x < len(now); x += 4 {
			if part[x+3] > 0 {
				copy(shown[x:x+4], now[x:])
			}
		}
	}
}

// resize gives the part the size of a rectangle.
func (a *Animation) resize(rect image.Rectangle) {
	size := rect.Size()
	a.part.Rect, a.part.Stride = image.Rectangle{Max: size}, 4*size.X
	a.part.Pix = plane.Resized(a.part.Pix, 4*size.X*size.Y)
}

// alike are how many pixels of the part are seen, and how many of these are the same as
// the one before. In what is drawn, or of a screen, those are three quarters and more; in
// films hardly any are.
func (a *Animation) alike() (seen, same int) {
	pix := a.part.Pix
	for x := 0; x < len(pix); x += 4 {
		if pix[x+3] == 0 {
			continue
		}
		seen++
		if x > 0 && [4]uint8(pix[x:]) == [4]uint8(pix[x-4:]) {
			same++
		}
	}
	return seen, same
}

// encodePart encodes the part as a lossy frame.
func (a *Animation) encodePart() []namedChunk {
	var chunks []namedChunk
	size := a.part.Rect.Size()
	half := image.Pt((size.X+1)/2, (size.Y+1)/2)
	for i, s := range [3]image.Point{size, half, half} {
		a.planes[i] = plane.Plane{Pix: plane.Resized(a.planes[i].Pix, s.X*s.Y), Stride: s.X, Width: s.X, Height: s.Y}
	}
	a.encoder.unseen = nil
	if !a.part.Opaque() {
		a.alpha = plane.Plane{Pix: plane.Resized(a.alpha.Pix, size.X*size.Y), Stride: size.X, Width: size.X, Height: size.Y}
		for i := range a.alpha.Pix {
			a.alpha.Pix[i] = a.part.Pix[4*i+3]
		}
		chunks = append(chunks, namedChunk{"ALPH", a.encoder.encodeAlpha(a.alpha)})
		a.fillUnseen()
	}
	lumaChroma(&a.planes, a.part)
	return append(chunks, namedChunk{"VP8 ", a.encoder.encodeFrame(a.planes[:], a.options)})
}

// fillUnseen tells the encoder which macroblocks of the part nobody sees, and gives pixels
// of the others that nobody sees the colour of those beside them, so that they take few
// bytes.
func (a *Animation) fillUnseen() {
	size := a.part.Rect.Size()
	columns := (size.X + 15) / 16
	a.unseen = plane.Resized(a.unseen, columns*((size.Y+15)/16))
	a.encoder.unseen = a.unseen
	for i := range a.unseen {
		x, y := i%columns*16, i/columns*16
		a.unseen[i] = !fillMacroblock(a.part, image.Rect(x, y, x+16, y+16).Intersect(a.part.Rect))
	}
}

// fillMacroblock reports whether any pixel is seen.
func fillMacroblock(m *image.NRGBA, r image.Rectangle) bool {
	filled := -1 // the last row in which one is
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := rowOfPixels(m, y)[4*r.Min.X : 4*r.Max.X]
		if fillRow(row) {
			for above := filled + 1; filled < 0 && above < y; above++ {
				if above >= r.Min.Y {
					copyColours(rowOfPixels(m, above)[4*r.Min.X:4*r.Max.X], row)
				}
			}
			filled = y
		} else if filled >= 0 {
			copyColours(row, rowOfPixels(m, y-1)[4*r.Min.X:])
		}
	}
	return filled >= 0
}

// fillRow gives pixels that nobody sees the colour of the one before that is seen, or of
// the first one. It is false where none is.
func fillRow(row []uint8) bool {
	last := -1
	for x := 0; x < len(row); x += 4 {
		switch {
		case row[x+3] == 0:
			if last >= 0 {
				copy(row[x:x+3], row[last:])
			}
			continue
		case last < 0:
			for before := 0; before < x; before += 4 {
				copy(row[before:before+3], row[x:])
			}
		}
		last = x
	}
	return last >= 0
}

// copyColours copies colours, and no alpha.
func copyColours(to, from []uint8) {
	for x := 0; x < len(to); x += 4 {
		copy(to[x:x+3], from[x:])
	}
}

// lumaChroma converts the colours of pixels to the planes of JFIF 1.02: BT.601 in full
// range, and chroma of the mean of two by two pixels.
func lumaChroma(planes *[3]plane.Plane, m *image.NRGBA) {
	for y := range planes[1].Height {
		cb, cr := planes[1].Row(y), planes[2].Row(y)
		top := rowOfPixels(m, 2*y)
		low := rowOfPixels(m, min(2*y+1, m.Rect.Dy()-1))
		for i, row := range [2][]uint8{top, low} {
			luma := planes[0].Row(min(2*y+i, m.Rect.Dy()-1))
			for x := range luma {
				p := row[4*x:][:4:4]
				luma[x] = uint8((19595*int(p[0]) + 38470*int(p[1]) + 7471*int(p[2]) + 1<<15) >> 16)
			}
		}
		for x := range cb {
			// At an odd edge the last pixel counts twice.
			at, next := 8*x, min(8*x+4, len(top)-4)
			p, q, s, t := top[at:][:4:4], top[next:][:4:4], low[at:][:4:4], low[next:][:4:4]
			mean := func(i int) uint8 { return uint8((int(p[i]) + int(q[i]) + int(s[i]) + int(t[i]) + 2) / 4) }
			_, cb[x], cr[x] = color.RGBToYCbCr(mean(0), mean(1), mean(2))
		}
	}
}
