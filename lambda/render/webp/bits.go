package webp

import "encoding/binary"

// bits reads a VP8L stream, the lowest bit of a byte first. Behind its end there
// are zeros, of which over tells.
type bits struct {
	data   []byte // not yet in value
	value  uint64
	count  uint // bits in value
	padded uint // how many of those are from behind the end
}

// fill brings at least 56 bits into value.
func (b *bits) fill() {
	if len(b.data) >= 8 {
		b.value |= binary.LittleEndian.Uint64(b.data) << b.count
		n := (63 - b.count) / 8
		b.data = b.data[n:]
		b.count += 8 * n
		return
	}
	for b.count <= 56 {
		if len(b.data) > 0 {
			b.value |= uint64(b.data[0]) << b.count
			b.data = b.data[1:]
		} else {
			b.padded += 8
		}
		b.count += 8
	}
}

// read returns the next n bits, at most 32.
func (b *bits) read(n uint) uint32 {
	if b.count < n {
		b.fill()
	}
	v := uint32(b.value & (1<<n - 1))
	b.value >>= n
	b.count -= n
	return v
}

// over reports whether bits behind the end have been read.
func (b *bits) over() bool { return b.padded > b.count }
