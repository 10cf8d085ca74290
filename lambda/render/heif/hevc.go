package heif

import (
	"encoding/binary"
	"slices"

	"prew/lambda/render/plane"
)

// hevc is the configuration of an HEVC item (ISO/IEC 14496-15, section 8.3.3).
type hevc struct {
	coding
	width, height int    // of the picture, cut to its window
	lengthSize    int    // bytes of the length before each unit
	config        []byte // as libheif takes it: lengths of four bytes, and parameter sets alone
}

// The types of units that are parameter sets (ITU-T H.265, table 7-1).
const (
	unitVPS = 32
	unitSPS = 33
	unitPPS = 34
)

// maxUnits is how many units a configuration may have: three are usual.
const maxUnits = 64

// parseHEVC reads a configuration with its first set of sequence parameters.
func parseHEVC(config []byte) (h hevc, err error) {
	const head = 22
	if len(config) <= head || config[0] != 1 {
		return h, damagedf("its HEVC configuration is none")
	}
	h.lengthSize = int(config[21]&3) + 1
	h.config = slices.Clone(config[:head])
	h.config[21] |= 3
	h.config = append(h.config, 0)
	r := reader{data: config[head:]}
	known := false
	units := 0
	for range r.uint(1) {
		kind := r.uint(1)
		count := r.uint(2)
		if units += count; units > maxUnits {
			return h, limitf("an HEVC configuration of more than %d units", maxUnits)
		}
		begin := r.data
		for range count {
			unit := r.bytes(r.uint(2))
			if kind&63 == unitSPS && !known && !r.short {
				if err := h.parseSPS(unit); err != nil {
					return h, err
				}
				known = true
			}
		}
		if r.short {
			return h, damagedf("its HEVC configuration is cut off")
		}
		if kind&63 >= unitVPS && kind&63 <= unitPPS {
			h.config[head]++
			h.config = append(h.config, byte(kind), byte(count>>8), byte(count))
			h.config = append(h.config, begin[:len(begin)-len(r.data)]...)
		}
	}
	if !known {
		return h, unsupportedf("an HEVC configuration without parameters")
	}
	return h, nil
}

// appendStream appends the units of the first picture of an item to dst, each after its
// length in four bytes, and leaves out parameter sets, which the configuration has.
// (More pictures would be decoded, too, and cost time.)
func (h hevc) appendStream(dst, data []byte) ([]byte, error) {
	r := reader{data: data}
	begun := false
	for len(r.data) > 0 {
		unit := r.bytes(r.uint(h.lengthSize))
		if r.short || len(unit) < 3 {
			return nil, damagedf("it ends within a unit of HEVC")
		}
		kind := int(unit[0] >> 1 & 63)
		if kind < unitVPS {
			if first := unit[2]>>7 != 0; first && begun {
				break
			}
			begun = true
		}
		if kind >= unitVPS && kind <= unitPPS {
			continue
		}
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(unit)))
		dst = append(dst, unit...)
	}
	if !begun {
		return nil, damagedf("its HEVC stream has no picture")
	}
	return dst, nil
}

// parseSPS reads a set of sequence parameters up to what it says of colours (ITU-T
// H.265, sections 7.3.2.2 and E.2.1).
func (h *hevc) parseSPS(unit []byte) error {
	b := newBits(unit)
	b.skip(16) // the unit's header
	b.skip(4)
	layers := b.read(3) // less one
	b.skip(1)
	b.skip(96) // profile and level
	var present [8]int
	for i := range layers {
		present[i] = b.read(2)
	}
	if layers > 0 {
		b.skip(2 * (8 - layers))
	}
	for i := range layers {
		b.skip(88 * (present[i] >> 1))
		b.skip(8 * (present[i] & 1))
	}
	b.exp() // its number
	chroma := b.exp()
	apart := false
	if chroma == 3 {
		apart = b.flag()
	}
	h.stepX, h.stepY, h.grey = 1, 1, chroma == 0 || apart
	switch chroma {
	case 1:
		h.stepX, h.stepY = 2, 2
	case 2:
		h.stepX = 2
	}
	h.width, h.height = b.exp(), b.exp()
	if b.flag() { // a window; its edges are in samples of chroma
		unitX, unitY := h.stepX, h.stepY
		left, right, top, bottom := b.exp(), b.exp(), b.exp(), b.exp()
		h.width -= unitX * (left + right)
		h.height -= unitY * (top + bottom)
	}
	h.depth = 8 + b.exp()
	b.exp() // depth of chroma
	if b.over() || chroma > 3 || h.width < 1 || h.height < 1 || h.width > plane.MaxSide || h.height > plane.MaxSide || h.depth > 16 {
		return damagedf("its HEVC parameters are none")
	}
	h.nclx = nclx{known: true, primaries: 2, transfer: 2, matrix: 2} // limited, unless it says more
	pocBits := b.exp() + 4
	first := layers
	if b.flag() {
		first = 0
	}
	for range layers - first + 1 {
		b.exp()
		b.exp()
		b.exp()
	}
	for range 6 { // sizes of blocks and depths of their trees
		b.exp()
	}
	if b.flag() { // scaling lists
		if b.flag() { // of its own
			b.skipScalingLists()
		}
	}
	b.skip(2)
	if b.flag() { // PCM
		b.skip(8)
		b.exp()
		b.exp()
		b.skip(1)
	}
	if !b.skipReferenceSets() {
		return damagedf("its HEVC parameters are none")
	}
	if b.flag() { // long-term pictures
		for range min(b.exp(), 32) {
			b.skip(pocBits + 1)
		}
	}
	b.skip(2)
	if !b.flag() || b.over() {
		return nil
	}
	if b.flag() && b.read(8) == 255 { // shape of a pixel
		b.skip(32)
	}
	if b.flag() { // overscan
		b.skip(1)
	}
	if b.flag() {
		b.skip(3)
		n := h.nclx
		n.full = b.flag()
		if b.flag() {
			n.primaries, n.transfer, n.matrix = b.read(8), b.read(8), b.read(8)
		}
		if !b.over() {
			h.nclx = n
		}
	}
	return nil
}

func (b *bits) skipScalingLists() {
	for size := range 4 {
		step := 1
		if size == 3 {
			step = 3
		}
		for i := 0; i < 6; i += step {
			if !b.flag() {
				b.exp()
				continue
			}
			if size > 1 {
				b.exp()
			}
			for range min(64, 1<<(4+2*size)) {
				b.exp()
			}
		}
	}
}

// skipReferenceSets passes over the sets of short-term reference pictures (7.3.7).
func (b *bits) skipReferenceSets() bool {
	count := b.exp()
	if count > 64 {
		return false
	}
	pictures := 0 // of the set before
	for i := range count {
		if i > 0 && b.flag() {
			b.skip(1)
			b.exp()
			kept := 0
			for range pictures + 1 {
				used := b.flag()
				if !used { // it may be kept for later
					used = b.flag()
				}
				if used {
					kept++
				}
			}
			pictures = kept
			continue
		}
		before, after := b.exp(), b.exp()
		if before > 16 || after > 16 {
			return false
		}
		for range before + after {
			b.exp()
			b.skip(1)
		}
		pictures = before + after
	}
	return !b.over()
}

// bits reads the bits of a unit, without the bytes that keep it free of start codes
// (7.3.1.1). Behind the end there are zeros.
type bits struct {
	data []byte
	at   int // in bits
}

func newBits(unit []byte) *bits {
	data := make([]byte, 0, len(unit))
	zeros := 0
	for _, v := range unit {
		if zeros >= 2 && v == 3 {
			zeros = 0
			continue
		}
		if v == 0 {
			zeros++
		} else {
			zeros = 0
		}
		data = append(data, v)
	}
	return &bits{data: data}
}

func (b *bits) over() bool { return b.at > 8*len(b.data) }

func (b *bits) skip(n int) { b.at += n }

func (b *bits) flag() bool { return b.read(1) != 0 }

// read reads n bits, at most 32.
func (b *bits) read(n int) (v int) {
	for range n {
		v <<= 1
		if i := b.at >> 3; i < len(b.data) {
			v |= int(b.data[i] >> (7 - b.at&7) & 1)
		}
		b.at++
	}
	return v
}

// exp reads a number in Exp-Golomb code (9.2).
func (b *bits) exp() int {
	zeros := 0
	for !b.flag() {
		if zeros++; zeros > 31 {
			b.at = 8*len(b.data) + 1
			return 0
		}
	}
	return 1<<zeros - 1 + b.read(zeros)
}
