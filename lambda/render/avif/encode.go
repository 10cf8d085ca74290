// Package avif encodes pictures as AVIF: a frame of AV1, and one of its alpha where it has any, in
// the boxes of HEIF (AV1 Image File Format, version 1.1; ISO/IEC 23008-12).
package avif

import (
	"fmt"

	"prew/lambda/render/av1"
	"prew/lambda/render/plane"
)

// An Encoder writes AVIFs. The zero value is ready. It keeps its buffers from one picture to the
// next and is not for concurrent use.
type Encoder struct{ av1 av1.Encoder }

// Effort says how much is tried for a smaller file of the same looks.
type Effort = av1.Effort

// The efforts.
const (
	Balanced = av1.Balanced
	Fast     = av1.Fast
	Small    = av1.Small
)

// EncodeOptions say how a picture is encoded.
type EncodeOptions struct {
	// Quality is from 1 to 100. At each number a picture looks about as good as a JPEG of that
	// number by package jpeg: alike in quality.go has the figures.
	Quality int

	Effort Effort

	// Alpha has the size of the picture, and no samples where it is opaque. Colours are not
	// multiplied by it.
	Alpha plane.Plane

	// ICC is the profile of the picture's colours, nil for sRGB.
	ICC []byte
}

// MaxSide is the longest side of a picture. A square of it is as large as libavif decodes
// (AVIF_DEFAULT_IMAGE_SIZE_LIMIT), and so browsers.
const MaxSide = 1 << 14

// Encode returns the picture as an AVIF, without metadata but a profile. The bytes depend on the
// arguments alone and are the caller's.
//
// The planes are one (grey) or three (Y, Cb and Cr of JFIF: BT.601, full range). Cb and Cr have the
// size of Y, or half of it each way, rounded up. Other planes, sides of 0 or over MaxSide and a
// quality or an effort that is none are the caller's mistake: Encode panics.
func (e *Encoder) Encode(planes []plane.Plane, o EncodeOptions) []byte {
	check(planes, o)
	quantiser := quantiserOf(o.Quality)
	f := file{width: planes[0].Width, height: planes[0].Height, icc: o.ICC, items: []item{e.item(planes, quantiser, o.Effort)}}
	if o.Alpha.Pix != nil {
		f.items = append(f.items, e.item([]plane.Plane{o.Alpha}, alphaQuantiser(quantiser), o.Effort))
	}
	return f.bytes()
}

// Shown returns what decoders show of planes that Encode would write at a quality, but for their
// filters, of the effort that takes the least time: the quantisers are the same for all. They have
// the sizes of those given and are valid until the next call of the encoder. What Encode panics
// at, Shown does.
func (e *Encoder) Shown(planes []plane.Plane, quality int) []plane.Plane {
	check(planes, EncodeOptions{Quality: quality})
	e.item(planes, quantiserOf(quality), Fast)
	return e.av1.Rebuilt()
}

// item encodes planes as an item of the file.
func (e *Encoder) item(planes []plane.Plane, quantiser int, effort Effort) item {
	sequence, frame := e.av1.Encode(planes, av1.Options{Quantiser: quantiser, Effort: effort})
	return item{channels: len(planes), config: e.av1.Configuration(), sequence: sequence, frame: frame}
}

// check panics where planes or options are not what is encoded.
func check(planes []plane.Plane, o EncodeOptions) {
	switch {
	case o.Quality < 1 || o.Quality > 100:
		panic(fmt.Sprintf("avif: quality is %d, must be from 1 to 100", o.Quality))
	case o.Effort < Balanced || o.Effort > Small:
		panic(fmt.Sprintf("avif: effort is %d, must be Balanced, Fast or Small", o.Effort))
	case len(planes) != 1 && len(planes) != 3:
		panic(fmt.Sprintf("avif: there are %d planes, must be 1 or 3", len(planes)))
	}
	luma := planes[0]
	checkPlane("plane 0", luma)
	for i, p := range planes[1:] {
		name := fmt.Sprintf("plane %d", i+1)
		checkPlane(name, p)
		whole := p.Width == luma.Width && p.Height == luma.Height
		halved := p.Width == (luma.Width+1)/2 && p.Height == (luma.Height+1)/2
		if !whole && !halved || p.Width != planes[1].Width || p.Height != planes[1].Height {
			panic(fmt.Sprintf("avif: %s is %dx%d beside luma of %dx%d, must have its size or half of it each way, like the other", name, p.Width, p.Height, luma.Width, luma.Height))
		}
	}
	if o.Alpha.Pix != nil {
		checkPlane("alpha", o.Alpha)
		if o.Alpha.Width != luma.Width || o.Alpha.Height != luma.Height {
			panic(fmt.Sprintf("avif: alpha is %dx%d, must be %dx%d", o.Alpha.Width, o.Alpha.Height, luma.Width, luma.Height))
		}
	}
}

// checkPlane panics where a plane has no samples, too many, or fewer than it says.
func checkPlane(name string, p plane.Plane) {
	switch {
	case p.Width < 1 || p.Height < 1 || p.Width > MaxSide || p.Height > MaxSide:
		panic(fmt.Sprintf("avif: %s is %dx%d, must be from 1x1 to %dx%d", name, p.Width, p.Height, MaxSide, MaxSide))
	case p.Stride < p.Width || p.Height > 1 && p.Stride > len(p.Pix) || len(p.Pix) < (p.Height-1)*p.Stride+p.Width:
		panic(fmt.Sprintf("avif: %s is %dx%d, which %d samples of stride %d are not enough for", name, p.Width, p.Height, len(p.Pix), p.Stride))
	}
}
