package heif

// coding is what the configuration of a codec says of a coded picture.
type coding struct {
	depth        int // bits of a sample
	grey         bool
	stepX, stepY int  // pixels that share a sample of chroma, each way
	nclx         nclx // what the stream says of colours, if it does
}

// maxFrames is how many frames an item of AV1 may have: a picture has one, a layered one
// up to four (AV1 Image File Format, section 2.3), each perhaps with one that is not shown.
const maxFrames = 8

// parseAV1 reads the configuration of an AV1 item (AV1 in ISO BMFF, section 2.3).
func parseAV1(config []byte) (coding, error) {
	if len(config) < 4 || config[0] != 0x81 {
		return coding{}, damagedf("its AV1 configuration is none")
	}
	bits := config[2]
	c := coding{depth: 8, grey: bits>>4&1 != 0, stepX: 1 + int(bits>>3&1), stepY: 1 + int(bits>>2&1)}
	if bits>>6&1 != 0 {
		c.depth = 10 + 2*int(bits>>5&1)
	}
	return c, nil
}

// checkAV1 bounds what decoding takes: a stream of many small frames, each of which is
// decoded, would take hours (AV1 specification, section 5.3).
func checkAV1(stream []byte) error {
	frames := 0
	for len(stream) > 0 {
		header := stream[0]
		stream = stream[1:]
		if header>>2&1 != 0 { // an extension
			if len(stream) == 0 {
				return damagedf("its AV1 stream is cut off")
			}
			stream = stream[1:]
		}
		if kind := header >> 3 & 15; kind == 3 || kind == 6 { // a frame's header, a frame
			frames++
		}
		if frames > maxFrames {
			return limitf("a picture of more than %d frames", maxFrames)
		}
		if header>>1&1 == 0 { // without a size: the rest
			break
		}
		size, n := leb128(stream)
		if n == 0 || size > uint64(len(stream)-n) {
			return damagedf("its AV1 stream is cut off")
		}
		stream = stream[n+int(size):]
	}
	if frames == 0 {
		return damagedf("its AV1 stream has no frame")
	}
	return nil
}

// leb128 is the number that data begins with, and how many bytes it has: none, if it is
// cut off or too large.
func leb128(data []byte) (v uint64, n int) {
	for i := range min(len(data), 8) {
		v |= uint64(data[i]&0x7f) << (7 * i)
		if data[i]&0x80 == 0 {
			return v, i + 1
		}
	}
	return 0, 0
}
