package colour

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// MaxProfile is how many bytes a profile may have. The largest of real photos are
// those of printing conditions with fine tables, of up to 2.7 MB.
const MaxProfile = 4 << 20

// maxTags is how many tags a profile may have. Real ones have up to 40.
const maxTags = 100

// profile is what ICC.1:2022, section 7, says a profile is: a header, and tags by
// their signature. ICC.1:2001-04 (version 2) has the same.
type profile struct {
	data    []byte
	version int    // 2 or 4
	class   string // of the device
	space   string // the device's colours: "RGB ", "GRAY" or "CMYK"
	pcs     string // the profile connection space's: "XYZ " or "Lab "
	tags    map[string][]byte
}

// spaces are how many numbers a colour has, by the name of its space.
var spaces = map[string]int{"GRAY": 1, "RGB ": 3, "CMYK": 4}

const headerSize, tagSize = 128, 12

// parse reads the header and finds the tags. A tag beyond the end of the bytes is
// left out.
func parse(data []byte) (*profile, error) {
	if len(data) < headerSize+4 || string(data[36:40]) != "acsp" {
		return nil, errors.New("profile has no header")
	}
	p := &profile{
		data:    data,
		version: int(data[8]),
		class:   string(data[12:16]),
		space:   string(data[16:20]),
		pcs:     string(data[20:24]),
		tags:    map[string][]byte{},
	}
	switch {
	case p.version < 1 || p.version > 4:
		return nil, fmt.Errorf("profile is of version %d, expected 2 or 4", p.version)
	case p.class == "link" || p.class == "abst" || p.class == "nmcl":
		return nil, fmt.Errorf("profile of class %q is no device's", p.class)
	case spaces[p.space] == 0:
		return nil, fmt.Errorf("profile of colour space %q, expected GRAY, RGB or CMYK", p.space)
	case p.pcs != "XYZ " && p.pcs != "Lab ":
		return nil, fmt.Errorf("profile connects by %q, expected XYZ or Lab", p.pcs)
	}
	count := binary.BigEndian.Uint32(data[headerSize:])
	if count > maxTags {
		return nil, fmt.Errorf("profile has %d tags, limit is %d", count, maxTags)
	}
	table := data[headerSize+4:]
	for ; count > 0 && len(table) >= tagSize; count-- {
		signature := string(table[:4])
		offset, size := uint64(binary.BigEndian.Uint32(table[4:])), uint64(binary.BigEndian.Uint32(table[8:]))
		table = table[tagSize:]
		if offset+size > uint64(len(data)) || size < 8 {
			continue
		}
		if _, has := p.tags[signature]; !has {
			p.tags[signature] = data[offset : offset+size]
		}
	}
	return p, nil
}

// fixed is the s15Fixed16Number at the beginning of b.
func fixed(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) / 65536 }

// xyz is the colour of a tag of XYZType.
func (p *profile) xyz(signature string) (v vector, err error) {
	tag := p.tags[signature]
	if len(tag) < 20 || string(tag[:4]) != "XYZ " {
		return v, fmt.Errorf("profile has no %s", signature)
	}
	for i := range v {
		v[i] = fixed(tag[8+4*i:])
		// Real ones are up to 2, imaginary colours included.
		if v[i] < -4 || v[i] > 4 {
			return v, fmt.Errorf("profile's %s is %g, limit is 4", signature, v[i])
		}
	}
	return v, nil
}

// curve is that of a tag.
func (p *profile) curve(signature string) (curve, error) {
	tag, has := p.tags[signature]
	if !has {
		return nil, fmt.Errorf("profile has no %s", signature)
	}
	c, _, err := parseCurve(tag)
	if err != nil {
		return nil, fmt.Errorf("profile's %s: %w", signature, err)
	}
	return c, nil
}
