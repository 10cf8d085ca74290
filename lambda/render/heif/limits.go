package heif

// programMemory is about how many bytes a codec's program takes once it is compiled.
const programMemory = 24 << 20

// linearMemory is how many bytes the program of a codec may take for a tile.
func (im *image) linearMemory() int {
	pixels := im.tileWidth * im.tileHeight
	if im.codec == HEVC {
		for _, t := range im.tiles {
			pixels = max(pixels, t.hevc.width*t.hevc.height)
		}
	}
	return 24<<20 + 40*pixels + 2*im.streamMemory()
}
