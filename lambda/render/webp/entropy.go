package webp

// The symbols of green are 256 values, 24 lengths and then entries of the colour
// cache (RFC 9649, section 3.7.3).
const (
	literals  = 256
	lengths   = 24
	distances = 40

	maxCacheBits = 11

	// window is how far back a distance reaches at most, in pixels: 1<<20 less the
	// 120 codes of the neighbourhood (RFC 9649, section 3.6.2.2).
	window = 1 << 20

	// maxGroups is how many groups of prefix codes a picture may use: what libwebp's
	// encoder writes at most. A group takes up to groupMemory.
	maxGroups   = 2600
	groupMemory = 10_000 // bytes
)

// group is the prefix codes of green, red, blue, alpha and distances.
type group [5]prefixCode

// entropy decodes an entropy-coded image row by row (RFC 9649, sections 3.6 and
// 3.7). What distances refer to is kept in a ring.
type entropy struct {
	width, total int // of the image, and its pixels in all
	pos          int // pixels that have been decoded

	groups      []group
	groupOf     []uint16 // of the tiles, nil with a single group
	tile        uint     // the side of a tile is 1<<tile
	tilesAcross int

	cache []uint32 // empty without
	shift uint     // of the cache's hash

	ring       []uint32 // its length is a power of two
	copying    int      // pixels of a copy that the last row had no room for
	copyingFor int      // the distance of those
}

// cacheMultiplier is the hash's of the colour cache (RFC 9649, section 3.6.2.3).
const cacheMultiplier = 0x1e35a7bd

// tiles is how many tiles a side has.
func tiles(side int, bits uint) int { return (side + 1<<bits - 1) >> bits }

// open reads what comes before the pixels of an image. The image of a whole picture
// may have several groups of prefix codes; its parts, as of a transform, have one.
func (e *entropy) open(l *lossless, width, height int, whole bool) error {
	in := &l.in
	*e = entropy{width: width, total: width * height, cache: e.cache[:0], ring: e.ring}
	cacheBits := uint(0)
	if in.read(1) == 1 {
		if cacheBits = uint(in.read(4)); cacheBits < 1 || cacheBits > maxCacheBits {
			return damagedf("a colour cache has %d bits", cacheBits)
		}
		e.cache, e.shift = make([]uint32, 1<<cacheBits), 32-cacheBits
	}
	groups, numbers := 1, []int(nil)
	if whole && in.read(1) == 1 {
		var err error
		if groups, numbers, err = e.readTiles(l, height); err != nil {
			return err
		}
	}
	if err := e.readGroups(in, groups, numbers); err != nil {
		return err
	}
	size := 1
	for size < min(e.total, window) {
		size *= 2
	}
	if len(l.ring) < size {
		l.ring = make([]uint32, size)
	}
	e.ring = l.ring[:size]
	return nil
}

// readTiles reads which tile is decoded with which group (RFC 9649, section
// 3.7.2.2). It returns how many groups there are, and for each its number among
// those that are used, or -1.
func (e *entropy) readTiles(l *lossless, height int) (int, []int, error) {
	e.tile = uint(l.in.read(3)) + 2
	e.tilesAcross = tiles(e.width, e.tile)
	down := tiles(height, e.tile)
	e.groupOf = make([]uint16, e.tilesAcross*down)
	most := 0
	err := l.part(e.tilesAcross, down, func(i int, pixel uint32) {
		e.groupOf[i] = uint16(pixel >> 8)
		most = max(most, int(e.groupOf[i]))
	})
	if err != nil {
		return 0, nil, err
	}
	numbers := make([]int, most+1)
	for i := range numbers {
		numbers[i] = -1
	}
	used := 0
	for i, number := range e.groupOf {
		if numbers[number] < 0 {
			numbers[number] = used
			used++
		}
		e.groupOf[i] = uint16(numbers[number])
	}
	if used > maxGroups {
		return 0, nil, LimitError("it uses more than 2600 groups of prefix codes")
	}
	return most + 1, numbers, nil
}

// readGroups reads the groups of prefix codes, and keeps those that are used.
func (e *entropy) readGroups(in *bits, groups int, numbers []int) error {
	used := 1
	if numbers != nil {
		used = 0
		for _, number := range numbers {
			used = max(used, number+1)
		}
	}
	e.groups = make([]group, used)
	var room [literals + lengths + 1<<maxCacheBits]uint8
	for i := range groups {
		number := 0
		if numbers != nil {
			number = numbers[i]
		}
		for j, symbols := range [5]int{literals + lengths + len(e.cache), literals, literals, literals, distances} {
			all := room[:symbols]
			if err := readLengths(in, all); err != nil {
				return err
			}
			if in.over() {
				return errEnd
			}
			if number >= 0 && !e.groups[number][j].build(all) {
				return errCode
			}
		}
	}
	return nil
}

// row decodes the next row.
func (e *entropy) row(in *bits, dst []uint32) error {
	mask := len(e.ring) - 1
	y := e.pos / e.width
	g := &e.groups[0]
	for x := 0; x < len(dst); {
		if e.copying > 0 {
			n := min(e.copying, len(dst)-x)
			for i := x; i < x+n; i++ {
				pixel := e.ring[(e.pos-e.copyingFor)&mask]
				e.ring[e.pos&mask] = pixel
				dst[i] = pixel
				e.pos++
			}
			e.remember(dst[x : x+n])
			x += n
			e.copying -= n
			continue
		}
		if e.groupOf != nil {
			g = &e.groups[e.groupOf[y>>e.tile*e.tilesAcross+x>>e.tile]]
		}
		var pixel uint32
		switch green := g[0].next(in); {
		case green < literals:
			red := g[1].next(in)
			blue := g[2].next(in)
			alpha := g[3].next(in)
			pixel = uint32(alpha)<<24 | uint32(red)<<16 | uint32(green)<<8 | uint32(blue)
		case green < literals+lengths:
			e.copying = number(in, green-literals)
			e.copyingFor = distance(number(in, g[4].next(in)), e.width)
			if e.copyingFor > e.pos {
				return damagedf("a copy reaches %d pixels back, of %d", e.copyingFor, e.pos)
			}
			if e.copying > e.total-e.pos {
				return DamagedError("a copy reaches behind its picture")
			}
			if in.over() {
				return errEnd
			}
			continue
		default:
			pixel = e.cache[green-literals-lengths]
		}
		e.ring[e.pos&mask] = pixel
		dst[x] = pixel
		e.remember(dst[x : x+1])
		e.pos++
		x++
	}
	if in.over() {
		return errEnd
	}
	return nil
}

// remember puts pixels into the colour cache.
func (e *entropy) remember(pixels []uint32) {
	if len(e.cache) == 0 {
		return
	}
	for _, pixel := range pixels {
		e.cache[pixel*cacheMultiplier>>e.shift] = pixel
	}
}

// number reads the length or the distance of which symbol is the prefix (RFC 9649,
// section 3.6.2.2).
func number(in *bits, symbol int) int {
	if symbol < 4 {
		return symbol + 1
	}
	extra := uint(symbol-2) >> 1
	return (2+symbol&1)<<extra + int(in.read(extra)) + 1
}

// neighbours is the pixels that the first 120 distances stand for: rows up in the
// upper four bits, and 8 less the pixels to the left in the lower (RFC 9649,
// section 3.6.2.2).
var neighbours = [120]uint8{
	0x18, 0x07, 0x17, 0x19, 0x28, 0x06, 0x27, 0x29, 0x16, 0x1a,
	0x26, 0x2a, 0x38, 0x05, 0x37, 0x39, 0x15, 0x1b, 0x36, 0x3a,
	0x25, 0x2b, 0x48, 0x04, 0x47, 0x49, 0x14, 0x1c, 0x35, 0x3b,
	0x46, 0x4a, 0x24, 0x2c, 0x58, 0x45, 0x4b, 0x34, 0x3c, 0x03,
	0x57, 0x59, 0x13, 0x1d, 0x56, 0x5a, 0x23, 0x2d, 0x44, 0x4c,
	0x55, 0x5b, 0x33, 0x3d, 0x68, 0x02, 0x67, 0x69, 0x12, 0x1e,
	0x66, 0x6a, 0x22, 0x2e, 0x54, 0x5c, 0x43, 0x4d, 0x65, 0x6b,
	0x32, 0x3e, 0x78, 0x01, 0x77, 0x79, 0x53, 0x5d, 0x11, 0x1f,
	0x64, 0x6c, 0x42, 0x4e, 0x76, 0x7a, 0x21, 0x2f, 0x75, 0x7b,
	0x31, 0x3f, 0x63, 0x6d, 0x52, 0x5e, 0x00, 0x74, 0x7c, 0x41,
	0x4f, 0x10, 0x20, 0x62, 0x6e, 0x30, 0x73, 0x7d, 0x51, 0x5f,
	0x40, 0x72, 0x7e, 0x61, 0x6f, 0x50, 0x71, 0x7f, 0x60, 0x70,
}

// distance is how many pixels back a distance of the stream reaches.
func distance(code, width int) int {
	if code > len(neighbours) {
		return code - len(neighbours)
	}
	at := int(neighbours[code-1])
	return max(at>>4*width+8-at&15, 1)
}
