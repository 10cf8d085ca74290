package render

import (
	"bytes"
	"image"
	"io"
	"slices"

	"prew"
)

// photo is an opened source: its headers are read and within the limits, and
// nothing of its picture is decoded yet.
type photo struct {
	size image.Point // in pixels, as it is stored
	turn turn
	note string // what was wrong with it and did no harm
	own  own    // the photo's file where the preset changes nothing

	// animation looks at how many frames it has. It is nil for kinds that have one.
	animation func() (animation, error)

	// decode decodes what the plan needs of the photo. It can be called once.
	decode func(p plan, preset prew.Preset) (picture, error)
}

// noting adds to what was wrong with a photo and did no harm.
func (p *photo) noting(note string) {
	if p.note != "" {
		p.note += "; "
	}
	p.note += note
}

// kind is a format that is read.
type kind struct {
	magic string // what its files begin with, where "?" stands for any byte
	open  func(e *engine, src io.Reader) (photo, error)
}

// kinds are all formats that are read. The standard library's registry is left
// alone: any import can add to it.
var kinds = []kind{
	{"\xff\xd8\xff", (*engine).openJPEG},
	{"\x89PNG\r\n\x1a\n", openPNG},
	{"GIF87a", openGIF},
	{"GIF89a", openGIF},
	{"BM", openBMP},
	{"II*\x00", openTIFF},
	{"MM\x00*", openTIFF},
	{"II+\x00", openTIFF}, // BigTIFF
	{"MM\x00+", openTIFF},
	{"RIFF????WEBPVP8", openWebP},
	{"????ftyp", openHEIF},
}

// errUnknown is for what is none of kinds.
var errUnknown = fail(prew.SourceUnsupported, "not a JPEG, PNG, GIF, BMP, TIFF, WebP, HEIC or AVIF image")

// magicSize is the length of the longest magic.
const magicSize = 15

// open tells the kind of a source by its first bytes and opens it.
func (e *engine) open(src io.Reader) (photo, error) {
	n, err := io.ReadFull(src, e.head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return photo{}, err
	}
	head := e.head[:n]
	k, ok := kindOf(head)
	if !ok {
		return photo{}, errUnknown
	}
	return k.open(e, io.MultiReader(bytes.NewReader(head), src))
}

// kindOf tells the kind of a file by its first magicSize bytes, and returns false
// for a kind that is not read.
func kindOf(head []byte) (kind, bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.begins(head) })
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}

// begins says whether src starts as files of this kind do.
func (k kind) begins(src []byte) bool {
	if len(src) < len(k.magic) {
		return false
	}
	for i := range len(k.magic) {
		if k.magic[i] != '?' && k.magic[i] != src[i] {
			return false
		}
	}
	return true
}
