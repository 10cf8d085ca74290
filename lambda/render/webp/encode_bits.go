package webp

import "encoding/binary"

// bitWriter writes a VP8L stream, the lowest bit of a byte first.
type bitWriter struct {
	out   []byte
	value uint64 // what is not in out yet
	count uint   // bits of it, less than 32
}

// write writes the lowest n bits of v, at most 32; the others are zero.
func (w *bitWriter) write(v uint32, n uint) {
	w.value |= uint64(v) << w.count
	if w.count += n; w.count >= 32 {
		w.out = binary.LittleEndian.AppendUint32(w.out, uint32(w.value))
		w.value >>= 32
		w.count -= 32
	}
}

// end writes what is left and returns all bytes.
func (w *bitWriter) end() []byte {
	for ; w.count > 0; w.count -= min(w.count, 8) {
		w.out = append(w.out, byte(w.value))
		w.value >>= 8
	}
	return w.out
}
