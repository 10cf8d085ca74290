package av1

import "math/bits"

// bitWriter writes the fields of headers, which are bits in plain order (AV1 specification, section
// 4.10.2). The bits of the last byte that are not written are 0.
type bitWriter struct {
	bytes []byte
	free  int // bits of the last byte that are not written
}

// write writes the lowest n bits of v, the highest first: f(n).
func (w *bitWriter) write(v uint32, n int) {
	for n--; n >= 0; n-- {
		if w.free == 0 {
			w.bytes, w.free = append(w.bytes, 0), 8
		}
		w.free--
		w.bytes[len(w.bytes)-1] |= byte(v>>n&1) << w.free
	}
}

// flag writes one bit, 1 for true.
func (w *bitWriter) flag(v bool) {
	if v {
		w.write(1, 1)
	} else {
		w.write(0, 1)
	}
}

// The types of OBUs, the units of a stream (obu_type in section 6.2.2).
const (
	obuSequence = 1
	obuFrame    = 6
)

// obu returns an OBU: its header without extension but with a size, the size of what it holds in
// groups of 7 bits from the lowest on (leb128 in section 4.10.5), and that (sections 5.3.1 and 5.3.2).
func obu(kind byte, payload []byte) []byte {
	b := []byte{kind<<3 | 2}
	size := len(payload)
	for size >= 128 {
		b, size = append(b, byte(size)|128), size>>7
	}
	return append(append(b, byte(size)), payload...)
}

// sequence is the header of the sequence, which is one picture (sequence_header_obu in section
// 5.5.1): what the decoder has to be able to do, and the picture's size and kind.
func (e *Encoder) sequence() []byte {
	w := bitWriter{}
	w.write(e.profile(), 3)
	w.flag(true) // still_picture
	w.flag(true) // reduced_still_picture_header
	w.write(e.level(), 5)
	wide, high := bits.Len(uint(e.width-1)), bits.Len(uint(e.height-1))
	wide, high = max(wide, 1), max(high, 1)
	w.write(uint32(wide-1), 4)
	w.write(uint32(high-1), 4)
	w.write(uint32(e.width-1), wide)
	w.write(uint32(e.height-1), high)
	w.flag(false)                // use_128x128_superblock
	w.flag(false)                // enable_filter_intra
	w.flag(true)                 // enable_intra_edge_filter
	w.flag(false)                // enable_superres
	w.flag(e.filters.directed()) // enable_cdef
	w.flag(false)                // enable_restoration

	// color_config (section 5.5.2)
	w.flag(false) // high_bitdepth
	if e.profile() == 0 {
		w.flag(e.mono)
	}
	w.flag(false) // color_description_present_flag: the container says it
	w.flag(true)  // color_range: full
	if !e.mono {
		if e.profile() == 0 {
			w.write(0, 2) // chroma_sample_position: unknown
		}
		w.flag(false) // separate_uv_delta_q
	}
	w.flag(false) // film_grain_params_present
	w.flag(true)  // trailing bits
	return w.bytes
}

// Configuration is what a container says of the last picture that was encoded (AV1 Codec ISO Media
// File Format Binding, section 2.3), without its sequence header.
func (e *Encoder) Configuration() [4]byte {
	bits := byte(0)
	if e.mono {
		bits |= 1 << 4
	}
	if e.mono || e.halved {
		bits |= 1<<3 | 1<<2 // chroma has half the size, each way
	}
	const marker, version = 1 << 7, 1
	return [4]byte{marker | version, byte(e.profile()<<5 | e.level()), bits, 0}
}

// levels are the pictures that a decoder of a level can do, by its index (AV1 specification, annex
// A.3). Those between them differ in what moves.
var levels = [...]struct {
	index              uint32
	pixels, wide, high int
}{
	{0, 147_456, 2048, 1152}, {1, 278_784, 2816, 1584}, {4, 665_856, 4352, 2448}, {5, 1_065_024, 5504, 3096},
	{8, 2_359_296, 6144, 3456}, {12, 8_912_896, 8192, 4352}, {16, 35_651_584, 16_384, 8704},
}

// level is the index of the lowest level that the picture fits, or 31: none.
func (e *Encoder) level() uint32 {
	for _, l := range levels {
		if e.width*e.height <= l.pixels && e.width <= l.wide && e.height <= l.high {
			return l.index
		}
	}
	return 31
}

// profile is seq_profile (section 6.4.1): 0 (Main) has grey and 4:2:0, 1 (High) has 4:4:4.
func (e *Encoder) profile() uint32 {
	if !e.mono && !e.halved {
		return 1
	}
	return 0
}

// frameHeader is the header of the frame (uncompressed_header in section 5.9.2). Of a still picture
// most of it is known from the sequence's. The tile group follows at the next byte, and as it has
// one tile, it begins with that (section 5.11.1).
func (e *Encoder) frameHeader() []byte {
	w := bitWriter{}
	w.flag(false)   // disable_cdf_update
	w.flag(e.drawn) // allow_screen_content_tools: palettes
	if e.drawn {
		w.flag(false) // force_integer_mv
	}
	w.flag(false) // render_and_frame_size_different
	if e.drawn {
		w.flag(false) // allow_intrabc
	}
	e.tiles.write(&w)
	// quantization_params (section 5.9.12)
	w.write(uint32(e.quantiser), 8)
	w.flag(false) // DeltaQYDc
	if !e.mono {
		for range 2 { // DeltaQUDc and DeltaQUAc, those of Cr are the same
			w.flag(e.chromaCoarser != 0)
			if e.chromaCoarser != 0 {
				w.write(uint32(e.chromaCoarser)&127, 7)
			}
		}
	}
	w.flag(true) // using_qmatrix
	w.write(uint32(e.matrices[0].level), 4)
	w.write(uint32(e.matrices[1].level), 4)
	w.flag(false) // segmentation_enabled
	w.flag(true)  // delta_q_present
	w.write(deltaUnit, 2)
	w.flag(false) // delta_lf_present
	// loop_filter_params (section 5.9.11)
	f := &e.filters
	w.write(uint32(f.levels[0]), 6)
	w.write(uint32(f.levels[1]), 6)
	if !e.mono && f.levels[0]|f.levels[1] != 0 {
		w.write(uint32(f.levels[2]), 6)
		w.write(uint32(f.levels[3]), 6)
	}
	w.write(uint32(f.sharpness), 3)
	w.flag(false)     // loop_filter_delta_enabled
	if f.directed() { // cdef_params (section 5.9.19)
		w.write(uint32(f.damping-3), 2)
		w.write(0, 2) // cdef_bits
		strength := func(d directed) uint32 { return uint32(d.primary<<2 | min(d.secondary, 3)) }
		w.write(strength(f.luma), 6)
		if !e.mono {
			w.write(strength(f.chroma), 6)
		}
	}
	w.flag(true)   // tx_mode_select (section 5.9.21): each block says how large its transforms are
	w.flag(true)   // reduced_tx_set: five types of transform, for sides up to 16
	return w.bytes // the tile begins at the next byte
}
