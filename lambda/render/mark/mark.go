// Package mark looks at the files of watermarks, for programs that render and for those that
// only want to know early that a file is none.
package mark

import (
	"fmt"
	"strings"

	"prew"
	"prew/lambda/render/plane"
	"prew/lambda/render/png"
	"prew/lambda/render/webp"
)

// MaxPixels is the largest watermark, in pixels: a square of 2,000. It is decoded as often as
// previews of another size come, and none is as large as a photo.
const MaxPixels = 4_000_000

// decoder is one that has opened a file.
type decoder interface {
	plane.Rows
	Finish() error
}

// Open reads the header of a watermark, and returns its size in pixels as it is stored. Its
// error is that of a file which is no PNG or WebP, or larger than MaxPixels or prew.MaxMark.
func Open(file prew.Mark) (width, height int, err error) {
	width, height, _, err = open(file)
	return width, height, err
}

// Check decodes a watermark, all of it. Its error is one of Open's, or says what is broken.
func Check(file prew.Mark) error {
	_, height, decoder, err := open(file)
	if err != nil {
		return err
	}
	for y := range height {
		if _, err := decoder.Row(y); err != nil {
			return err
		}
	}
	return decoder.Finish()
}

func open(file prew.Mark) (width, height int, d decoder, err error) {
	if len(file) > prew.MaxMark {
		return 0, 0, nil, fmt.Errorf("it has %d bytes, limit is %d", len(file), prew.MaxMark)
	}
	switch {
	case strings.HasPrefix(string(file), "\x89PNG\r\n\x1a\n"):
		pngs := new(png.Decoder)
		h, err := pngs.Open([]byte(file))
		return checked(h.Width, h.Height, pngs, err)
	case strings.HasPrefix(string(file), "RIFF") && len(file) > 12 && file[8:12] == "WEBP":
		webps := new(webp.Decoder)
		h, err := webps.Open([]byte(file))
		return checked(h.Width, h.Height, webps, err)
	}
	return 0, 0, nil, fmt.Errorf("it is no PNG or WebP")
}

// checked holds the size that a header claims against the limits.
func checked(width, height int, d decoder, err error) (int, int, decoder, error) {
	switch {
	case err != nil:
	case width < 1 || height < 1 || width > plane.MaxSide || height > plane.MaxSide:
		err = fmt.Errorf("it is %dx%d, expected 1 to %d pixels a side", width, height, plane.MaxSide)
	case width*height > MaxPixels:
		err = fmt.Errorf("it is %dx%d, limit is %d megapixels", width, height, MaxPixels/1_000_000)
	}
	return width, height, d, err
}
