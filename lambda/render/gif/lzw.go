package gif

const maxBits = 12 // of a code (GIF89a, appendix F)

// lzw decodes the variable-length-code LZW compression of GIF (GIF89a, appendix F),
// as many bytes as are asked for at a time.
type lzw struct {
	in    []byte // sub-blocks, each after its length
	block int    // bytes of the current one that are left

	bits  uint32 // read, and not yet used
	count int    // how many of them

	clear int // the code that starts anew; the one after it ends the data
	free  int // the next code to be defined
	width int // bits of a code
	last  int // the code before, -1 after a clear code
	done  bool

	// A code stands for the string of prefix and then suffix.
	prefix [1 << maxBits]uint16
	suffix [1 << maxBits]uint8
	first  [1 << maxBits]uint8  // of the string
	length [1 << maxBits]uint16 // of the string

	pending []uint8 // of a string, what there was no room for
	buffer  [1 << maxBits]uint8
}

// reset makes it ready for coded data of codes of size bits and more.
func (z *lzw) reset(in []byte, size int) {
	z.in, z.block, z.bits, z.count = in, 0, 0, 0
	z.clear = 1 << size
	z.done, z.pending = false, nil
	for i := range z.clear {
		z.suffix[i], z.first[i], z.length[i] = uint8(i), uint8(i), 1
	}
	z.restart()
}

func (z *lzw) restart() {
	z.free, z.last, z.width = z.clear+2, -1, 1
	for 1<<z.width <= z.clear {
		z.width++
	}
}

// read fills dst and returns how many bytes there were. They are fewer where the
// data ends or is broken, and none afterwards.
func (z *lzw) read(dst []uint8) int {
	n := copy(dst, z.pending)
	z.pending = z.pending[n:]
	for n < len(dst) && !z.done {
		code, ok := z.code()
		switch {
		case !ok || code == z.clear+1:
			z.done = true
			return n
		case code == z.clear:
			z.restart()
			continue
		case z.last < 0 && code > z.clear, code > z.free, code == z.free && z.last < 0:
			z.done = true
			return n
		}
		if z.last >= 0 && z.free < 1<<maxBits {
			suffix := z.first[z.last] // where the code is the one that is being defined
			if code < z.free {
				suffix = z.first[code]
			}
			z.prefix[z.free], z.suffix[z.free] = uint16(z.last), suffix
			z.first[z.free], z.length[z.free] = z.first[z.last], z.length[z.last]+1
			z.free++
			if z.free == 1<<z.width && z.width < maxBits {
				z.width++
			}
		}
		z.last = code
		length := int(z.length[code])
		if length <= len(dst)-n {
			z.write(dst[n:n+length], code)
			n += length
			continue
		}
		z.write(z.buffer[:length], code)
		wrote := copy(dst[n:], z.buffer[:length])
		z.pending = z.buffer[wrote:length]
		n += wrote
	}
	return n
}

// write writes the string of a code, whose length dst has.
func (z *lzw) write(dst []uint8, code int) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = z.suffix[code]
		code = int(z.prefix[code])
	}
}

// code reads a code. It fails at the end of the data.
func (z *lzw) code() (int, bool) {
	for z.count < z.width {
		if z.block == 0 {
			if len(z.in) == 0 || z.in[0] == 0 {
				return 0, false
			}
			z.block = int(z.in[0])
			z.in = z.in[1:]
		}
		if len(z.in) == 0 {
			return 0, false
		}
		z.bits |= uint32(z.in[0]) << z.count
		z.in = z.in[1:]
		z.block--
		z.count += 8
	}
	code := int(z.bits & (1<<z.width - 1))
	z.bits >>= z.width
	z.count -= z.width
	return code, true
}
