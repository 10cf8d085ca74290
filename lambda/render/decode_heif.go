package render

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"slices"

	"prew"
	"prew/lambda/render/colour"
	"prew/lambda/render/heif"
	"prew/lambda/render/plane"
)

// HEIC says whether pictures coded by HEVC, which is covered by patents, are read.
var HEIC = true

// heifBrands are the brands of files with pictures (ISO/IEC 23008-12, chapter 10, and AV1
// Image File Format, section 6). Videos begin with the same box and have others.
var heifBrands = []string{"mif1", "mif2", "msf1", "miaf", "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "avif", "avis"}

// maxBrands is the most bytes of the first box that are looked at for brands.
const maxBrands = 1 << 10

// openHEIF reads a file of ISO/IEC 14496-12 as a whole and opens the picture in it, by HEVC
// or by AV1.
func openHEIF(e *engine, src io.Reader) (photo, error) {
	head, err := headOfHEIF(src)
	if err != nil {
		return photo{}, err
	}
	if !slices.ContainsFunc(heifBrands, func(brand string) bool { return hasBrand(head, brand) }) {
		return photo{}, errUnknown
	}
	file, err := e.read(io.MultiReader(bytes.NewReader(head), src))
	if err != nil {
		return photo{}, err
	}
	h, err := e.heifs.Open(file)
	if err != nil {
		kind := heif.HEVC
		if hasBrand(head, "avif") || hasBrand(head, "avis") {
			kind = heif.AV1
		}
		return photo{}, blamingHEIF(kind)(err)
	}
	if h.Codec == heif.HEVC && !HEIC {
		return photo{}, fail(prew.SourceUnsupported, "HEIC is switched off (PREW_HEIC)")
	}
	if err := e.openedHEIF(h.Picture).check(h.Codec.String()); err != nil {
		return photo{}, err
	}
	colours, note := coloursOfHEIF(h)
	animated := func() (animation, error) {
		blame := blamingHEIF(h.Codec)
		a, err := e.heifs.Animation()
		if err != nil {
			return animation{}, blame(err)
		}
		o := opened{size: image.Pt(h.Width, h.Height), form: plane.RGBA, colours: colours, moving: &e.heifs}
		return animation{a, h.Codec.String(), o, blame}, nil
	}
	return photo{size: image.Pt(h.Width, h.Height), turn: turn(h.Turn), note: note, animation: animated, decode: func(p plan, preset prew.Preset) (picture, error) {
		f, err := e.decodeHEIF(h, p, preset)
		f.colours = colours
		return still(f), err
	}}, nil
}

// headOfHEIF is the first box of a file, which lists its brands.
func headOfHEIF(src io.Reader) ([]byte, error) {
	head := make([]byte, 8, maxBrands)
	n, err := io.ReadFull(src, head)
	if err == nil {
		size := int(min(max(binary.BigEndian.Uint32(head), 8), maxBrands))
		n, err = io.ReadFull(src, head[8:size])
		n += 8
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:n], err
}

// hasBrand says whether the box ftyp has a brand, of four letters each, as its major one
// or among those that it is compatible with.
func hasBrand(head []byte, brand string) bool {
	for at := 8; at+4 <= len(head); at += 4 {
		if at != 12 && string(head[at:at+4]) == brand { // at 12 stands a version
			return true
		}
	}
	return false
}

func blamingHEIF(kind heif.Codec) func(error) error {
	return blaming(kind.String(), is[heif.DamagedError], is[heif.UnsupportedError], is[heif.LimitError])
}

// coloursOfHEIF makes the transform of a profile, or of code points where there is none.
func coloursOfHEIF(h heif.Header) (t *colour.Transform, note string) {
	if h.ICC != nil {
		return coloursOf(h.ICC, []int{3, 1})
	}
	if h.Primaries == 0 {
		return nil, ""
	}
	t, err := colour.FromCICP(h.Primaries, h.Transfer)
	if err != nil {
		return nil, "colour: " + err.Error()
	}
	return t, ""
}

func (e *engine) openedHEIF(p heif.Picture) opened {
	return opened{size: image.Pt(p.Width, p.Height), form: p.Form, deep: p.Deep, memory: p.Memory, decoder: &e.heifs}
}

// decodeHEIF decodes the picture, or the smallest of its thumbnails that holds as much as
// the preview needs.
func (e *engine) decodeHEIF(h heif.Header, p plan, preset prew.Preset) (frame, error) {
	chosen, which := h.Picture, -1
	for i, small := range h.Thumbnails {
		if p.enough(wholeLattice(image.Pt(small.Width, small.Height)), 1, preset.Oversample) {
			chosen, which = small, i
			break
		}
	}
	e.heifs.Use(which)
	kind := h.Codec.String()
	o := e.openedHEIF(chosen)
	if err := e.checkMemory(kind, image.Pt(h.Width, h.Height), e.memoryOfRows(o, p, preset)); err != nil {
		return frame{}, err
	}
	if !chosen.Planar {
		return frame{form: forms[o.form], rows: &rows{o.size, o.decoder, blamingHEIF(h.Codec)}}, nil
	}
	planes, err := e.heifs.Planes()
	if err != nil {
		return frame{}, blamingHEIF(h.Codec)(err)
	}
	part := lattice{fraction{chosen.Width, chosen.StepX}, fraction{chosen.Height, chosen.StepY}}
	return frame{planes: planes, lattices: [4]lattice{wholeLattice(o.size), part, part}}, nil
}
