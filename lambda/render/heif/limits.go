package heif

// programMemory is about how many bytes a codec's program takes, most of them while it is
// compiled.
const programMemory = 40 << 20

// linearMemory is how many bytes the program of a codec may take for a tile. Measured were
// for a pixel of HEVC 14, or 5 where it is grey, and of AV1 21 to 24 in eight bits and 31
// to 34 in more.
func (im *image) linearMemory() int {
	pixels := im.tilePixels()
	each := 18
	switch {
	case im.codec == HEVC && im.coding.grey:
		each = 8
	case im.codec == AV1 && im.coding.depth > 8:
		each = 34
	case im.codec == AV1:
		each = 23
	}
	if im.codec == AV1 && im.coding.stepX == 1 {
		each += 3
	}
	return 6<<20 + each*pixels + 4*im.streamMemory()
}

// tilePixels is how many pixels a codec decodes for a tile.
func (im *image) tilePixels() int {
	pixels := im.tileWidth * im.tileHeight
	for _, t := range im.tiles {
		pixels = max(pixels, t.hevc.width*t.hevc.height)
	}
	return pixels
}

// fuel is how many turns of loops a codec may take for a tile. A photo takes 15 to 30 for a
// pixel, and libde265 1.8 million to begin with.
func (im *image) fuel() int { return 8<<20 + 120*im.tilePixels() + 300*im.streamMemory() }

// maxCoded is how many pixels the codecs decode for a preview: more than 4 to 6 million in
// a second they don't, and whoever waits has an answer after 25 s.
const maxCoded = 64_000_000

// checkPixels holds against the limit what the codecs have to decode.
func (d *Decoder) checkPixels() error {
	pixels := len(d.image.tiles) * d.image.tilePixels()
	if d.alpha != nil {
		pixels += len(d.alpha.tiles) * d.alpha.tilePixels()
	}
	if pixels > maxCoded {
		return limitf("its codec would have to decode %d megapixels, limit is %d", pixels/1_000_000, maxCoded/1_000_000)
	}
	return nil
}

// pixels is how many pixels are decoded for a film.
func (f *film) pixels() int { return len(f.delays) * f.planes * f.picture.tilePixels() }

// linearMemory is how many bytes the program may take for a film in a file of so many: that,
// what it takes for a picture, and the frames that others are coded by, with a margin at
// each side. libaom has ten at most (FRAME_BUFFERS), of which the picture is one, and ten
// for alpha. Measured were for 1280x720 34 MB of 48, and for 1000x600 with alpha 45 of 59,
// or 92 of 138 in ten bits and without smaller chroma.
func (f *film) linearMemory(file int) int {
	const frames, margins = 10, 2 * 64
	im := f.picture
	pixels := (im.width + margins) * (im.height + margins)
	if im.coding.depth > 8 {
		pixels *= 2
	}
	needed := file + im.linearMemory() + (frames-1)*2*pixels
	if im.coding.stepY == 1 {
		needed += (frames - 1) * 2 * pixels // as many samples of chroma, or half of them
	}
	if f.planes == 2 {
		needed += frames * 3 * pixels
	}
	return needed
}

// fuel is how many turns of loops the program may take for a film in a file of so many
// bytes. Photos that go by take 35 to 50 for a pixel, and single frames 280: those that
// others are coded by come with them.
func (f *film) fuel(file int) int { return len(f.delays)<<20 + 120*f.pixels() + 300*file }
