// Package render makes a preview of a photo: bytes in, bytes out. It knows the
// formats, the limits and the geometry, and nothing of where bytes come from.
package render

import (
	"fmt"
	"image"

	"prew"
)

// Preview is a rendered picture: the bytes of the file, the media type they
// have, and their size in pixels.
type Preview struct {
	Data          []byte
	ContentType   string
	Width, Height int
}

// Render makes the preview of a photo that a resolved preset (prew.Preset.Resolve)
// describes. The photo is a JPEG, PNG, GIF (its first frame), BMP, TIFF or WebP,
// told by its first bytes. The preview is turned as the photo's EXIF says and
// carries no metadata. The same bytes and preset give the same preview.
//
// Every error is a *prew.RenderError whose code is SourceUnsupported,
// SourceDamaged or SourceTooLarge, whatever the bytes are: Render never panics,
// and what a header claims is held against the limits before it is believed.
func Render(src []byte, p prew.Preset) (preview Preview, err error) {
	// The decoders parse hostile bytes. A panic in one of them says that the
	// photo is damaged, and concerns this photo alone.
	defer func() {
		if v := recover(); v != nil {
			preview, err = Preview{}, fail(prew.SourceDamaged, "image can't be read: %v", v)
		}
	}()
	k, err := examine(src)
	if err != nil {
		return Preview{}, err
	}
	img, err := k.read(src)
	if err != nil {
		return Preview{}, err
	}
	turn := orientation(k, src)
	plan := fit(turn.size(img.Bounds().Size()), p)
	// Turning comes after shrinking, when there is less to turn.
	scaled := turn.apply(resize(img, turn.size(plan.scaled)))
	return encode(scaled.SubImage(plan.crop).(*image.NRGBA), p)
}

func fail(code prew.Code, format string, args ...any) error {
	return &prew.RenderError{Code: code, Message: fmt.Sprintf(format, args...)}
}
