package tiff

import (
	"encoding/binary"
	"math"

	"prew/lambda/render/jpeg"
	"prew/lambda/render/plane"
)

// The schemes of compression.
const (
	compressionNone    = 1
	compressionRLE     = 2
	compressionT4      = 3
	compressionT6      = 4
	compressionLZW     = 5
	compressionOldJPEG = 6
	compressionJPEG    = 7
	compressionDeflate = 8
	compressionNeXT    = 32766
	compressionWords   = 32771 // compressionRLE, whose rows begin at words of 16 bits
	compressionPack    = 32773
	compressionThunder = 32809
	compressionZlib    = 32946 // deflate's number before it had 8
	compressionLogLuv  = 34676
	compressionWebP    = 50001
)

// unread is the schemes that are known and not read, by name.
var unread = map[uint64]string{
	9: "JBIG", 10: "JBIG", 32908: "Pixar film", 32909: "Pixar log",
	33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 34661: "JBIG",
	34677: "SGI LogLuv of 24 bits", 34887: "LERC", 34892: "lossy JPEG of DNG", 34925: "LZMA",
	34933: "PNG", 34934: "JPEG XR", 22610: "JPEG XR", 50000: "Zstandard", 50002: "JPEG XL", 52546: "JPEG XL",
}

// The photometric interpretations that are read.
const (
	photometricWhiteIsZero = 0
	photometricBlackIsZero = 1
	photometricRGB         = 2
	photometricPalette     = 3
	photometricSeparated   = 5
	photometricYCbCr       = 6
	photometricCIELab      = 8
	photometricLogLuv      = 32845
)

// foreign is the photometric interpretations that are known and not read, by name.
var foreign = map[uint64]string{
	4: "a transparency mask", 9: "ICC L*a*b*", 10: "ITU L*a*b*", 32803: "a colour filter array", 34892: "linear raw",
	32844: "LogL", 51177: "a depth map",
}

// The kinds of samples, by what they are kept as.
const (
	sampleBytes = iota // 1, 2, 4 and 8 bits
	sampleWords        // 16 bits, and the upper half of 32
	sampleFloat        // 16 and 32 bits of floating point
)

// page is what the directory says of the picture.
type page struct {
	file  []byte
	order binary.ByteOrder

	width, height int
	orientation   int
	icc           []byte
	form          plane.Form
	deep          bool
	memory        int

	bits        int // of a sample
	sample      int // sampleBytes and the like
	signed      bool
	photometric int
	perPixel    int   // samples a pixel
	channels    []int // those of them that are needed, alpha the last
	alpha       int   // which of channels is alpha, -1 if none
	associated  bool  // colours are multiplied by alpha
	separate    bool  // each sample has a plane of its own
	palette     [][3]uint8
	ycc         *ycc

	compression int
	predictor   int
	turned      bool // FillOrder is 2
	mixed       bool // T.4, two-dimensional
	tables      []byte
	head        []byte        // what each part lacks before its coded data, of the old kind
	frame       int           // where in head the frame header is
	decoder     *jpeg.Decoder // of all parts in JPEG, one after another
	partMemory  int           // what a part in JPEG or WebP takes

	// A part is a strip or a tile.
	tiled                   bool
	partWidth, partHeight   int // of a part, in pixels
	across, down            int // parts of a plane
	blockWidth, blockHeight int // pixels that have their chroma in common
	lineBytes               int // of a row of a part, or of blocks
	offsets, counts         field
}

const (
	// maxSide is far above what anyone decodes, and low enough for the products
	// below to have room in 64 bits.
	maxSide = 1 << 24

	// maxPixelBits is the most bits a pixel: eight samples of 16 bits, four of 32.
	// Satellites have hundreds of channels, which would be unpacked for three.
	maxPixelBits = 128

	// maxTables is the most bytes of JPEG tables, which are read again for each part:
	// four of each kind have 2.7 KB.
	maxTables = 4 << 10

	// minTile is the smallest side of a tile (TIFF 6.0, section 15). Smaller ones
	// cost more to begin than to decode.
	minTile = 16

	// maxOverhang is how much larger than the picture a tile may be. What is
	// outside the picture is decoded as well.
	maxOverhang = 4096
)

// read reads the directory of the first page.
func (p *page) read(file []byte) error {
	dir, order, err := readDirectory(file)
	if err != nil {
		return err
	}
	p.file, p.order = file, order
	width, height := dir.number(tagImageWidth, 0), dir.number(tagImageLength, 0)
	switch {
	case width == 0 || height == 0:
		return damagedf("it is %dx%d", width, height)
	case width > maxSide || height > maxSide:
		return limitf("it is %dx%d, limit is %d pixels a side", width, height, maxSide)
	}
	p.width, p.height = int(width), int(height)
	p.orientation = 1
	if o := dir.number(tagOrientation, 1); o >= 1 && o <= 8 {
		p.orientation = int(o)
	}
	if f, ok := dir[tagICCProfile]; ok && (f.kind == typeByte || f.kind == typeUndefined) {
		p.icc = f.data
	}
	for _, step := range []func(directory) error{p.readCompression, p.readSamples, p.readColour, p.readParts, p.readJPEG,
		func(directory) error { return p.readWebP() }} {
		if err := step(dir); err != nil {
			return err
		}
	}
	p.estimate()
	return nil
}

func (p *page) readCompression(dir directory) error {
	scheme := dir.number(tagCompression, compressionNone)
	switch scheme {
	case compressionNone, compressionRLE, compressionT4, compressionT6, compressionLZW, compressionOldJPEG, compressionJPEG,
		compressionDeflate, compressionPack, compressionZlib, compressionNeXT, compressionWords, compressionThunder,
		compressionLogLuv, compressionWebP:
	default:
		if name, ok := unread[scheme]; ok {
			return unsupportedf("compressed by %s", name)
		}
		return unsupportedf("compression scheme %d", scheme)
	}
	p.compression = int(scheme)
	if scheme == compressionZlib {
		p.compression = compressionDeflate
	}
	p.turned = dir.number(tagFillOrder, 1) == 2
	const twoDimensional = 1
	p.mixed = dir.number(tagT4Options, 0)&twoDimensional != 0
	return nil
}

// fax says whether rows are coded as a fax machine's.
func (p *page) fax() bool {
	switch p.compression {
	case compressionRLE, compressionWords, compressionT4, compressionT6:
		return true
	}
	return false
}

// jpeg says whether parts are JPEG pictures.
func (p *page) jpeg() bool {
	return p.compression == compressionJPEG || p.compression == compressionOldJPEG
}

// The sample formats (TIFF 6.0, section 19).
const (
	formatUnsigned = 1
	formatSigned   = 2
	formatFloat    = 3
	formatUnknown  = 4
)

// readSamples reads how many samples there are, and of how many bits.
func (p *page) readSamples(dir directory) error {
	count := dir.number(tagSamplesPerPixel, 1)
	switch {
	case count == 0:
		return DamagedError("it has 0 samples a pixel")
	case count > maxPixelBits:
		return limitf("%d samples a pixel, limit is %d bits together", count, maxPixelBits)
	}
	p.perPixel = int(count)
	size, err := dir.common(tagBitsPerSample, 1, "bits a sample")
	if err != nil {
		return err
	}
	format, err := dir.common(tagSampleFormat, formatUnsigned, "formats of samples")
	if err != nil {
		return err
	}
	switch {
	case p.compression == compressionLogLuv:
		// Each pixel has one code, whatever its samples are said to be.
		size, p.sample = 32, sampleFloat
	case format == formatFloat && (size == 16 || size == 32):
		p.sample = sampleFloat
	case format == formatFloat || format > formatUnknown || format == 0:
		return unsupportedf("samples of format %d with %d bits", format, size)
	case size == 1 || size == 2 || size == 4 || size == 8:
		p.sample = sampleBytes
	case size == 16 || size == 32:
		p.sample = sampleWords
	default:
		return unsupportedf("samples of %d bits", size)
	}
	p.bits = int(size)
	p.signed = format == formatSigned
	if p.signed && p.bits < 8 {
		return unsupportedf("signed samples of %d bits", size)
	}
	if p.bits*p.perPixel > maxPixelBits {
		return limitf("%d samples of %d bits a pixel, limit is %d bits together", p.perPixel, p.bits, maxPixelBits)
	}
	p.separate = p.perPixel > 1 && dir.number(tagPlanarConfiguration, 1) == 2
	switch {
	case p.fax() && (p.bits != 1 || p.perPixel > 1 && !p.separate):
		return unsupportedf("fax compression of %d samples of %d bits", p.perPixel, p.bits)
	case p.jpeg() && p.bits != 8:
		return unsupportedf("JPEG of %d bits", p.bits)
	case p.compression == compressionNeXT && (p.bits != 2 || p.perPixel > 1), p.compression == compressionThunder && (p.bits != 4 || p.perPixel > 1):
		return unsupportedf("compression scheme %d of %d samples of %d bits", p.compression, p.perPixel, p.bits)
	}
	p.predictor = 1
	if p.compression == compressionLZW || p.compression == compressionDeflate {
		p.predictor = int(min(dir.number(tagPredictor, 1), 100))
	}
	switch {
	case p.predictor == 2 && p.bits < 8, p.predictor == 3 && p.sample != sampleFloat, p.predictor < 1 || p.predictor > 3:
		return unsupportedf("predictor %d with %d bits", p.predictor, p.bits)
	}
	return nil
}

// common is the value that all values of a field have in common.
func (dir directory) common(tag uint16, missing uint64, name string) (uint64, error) {
	f, ok := dir[tag]
	if !ok || !f.whole() {
		return missing, nil
	}
	for i := range f.count {
		if f.at(i) != f.at(0) {
			return 0, unsupportedf("%s that differ: %d and %d", name, f.at(0), f.at(i))
		}
	}
	return f.at(0), nil
}

// readColour reads what the samples mean.
func (p *page) readColour(dir directory) error {
	guess := uint64(photometricBlackIsZero)
	switch {
	case p.fax():
		guess = photometricWhiteIsZero
	case p.perPixel >= 3:
		guess = photometricRGB
	}
	photometric := dir.number(tagPhotometric, guess)
	if photometric == photometricPalette && p.bits >= 8 {
		// Like libtiff, of indices without colours it shows the indices.
		if f := dir[tagColorMap]; f.kind != typeShort || f.count < 3<<min(p.bits, 16) {
			photometric = photometricBlackIsZero
			if p.perPixel == 3 {
				photometric = photometricRGB
			}
		}
	}
	colours := 1
	p.form, p.deep = plane.Grey, p.sample == sampleWords
	switch photometric {
	case photometricWhiteIsZero, photometricBlackIsZero:
	case photometricRGB:
		colours, p.form = 3, plane.RGBA
	case photometricPalette:
		if err := p.readPalette(dir); err != nil {
			return err
		}
	case photometricSeparated:
		colours, p.form = 4, plane.CMYK
		const cmyk = 1
		if set := dir.number(tagInkSet, cmyk); set != cmyk || p.perPixel < 4 {
			return unsupportedf("%d inks of set %d", p.perPixel, set)
		}
	case photometricYCbCr:
		colours, p.form = 3, plane.RGBA
		if p.bits != 8 || p.signed {
			return unsupportedf("YCbCr of %d bits", p.bits)
		}
		p.ycc = readYCC(dir)
	case photometricCIELab:
		colours, p.form, p.deep = 3, plane.RGBA, false
		if p.bits != 8 && p.bits != 16 && p.sample != sampleFloat {
			return unsupportedf("L*a*b* of %d bits", p.bits)
		}
		p.signed = false // two of its samples are signed whatever the format says
	case photometricLogLuv:
		colours, p.form, p.signed = 3, plane.RGBA, false
	default:
		if name, ok := foreign[photometric]; ok {
			return unsupportedf("it is %s", name)
		}
		return unsupportedf("photometric interpretation %d", photometric)
	}
	if p.sample == sampleFloat && p.form == plane.CMYK {
		return unsupportedf("photometric interpretation %d of floating point", photometric)
	}
	if (photometric == photometricLogLuv) != (p.compression == compressionLogLuv) || photometric == photometricLogLuv && (p.perPixel != 3 || p.separate) {
		return unsupportedf("photometric interpretation %d of %d samples with compression scheme %d", photometric, p.perPixel, p.compression)
	}
	p.photometric = int(photometric)
	if p.perPixel < colours {
		return damagedf("it has %d samples a pixel of %d", p.perPixel, colours)
	}
	for i := range colours {
		p.channels = append(p.channels, i)
	}
	p.readAlpha(dir, colours)
	return nil
}

// readAlpha finds alpha among the samples after the colours. Inks have none here, and
// other extra samples are passed over.
func (p *page) readAlpha(dir directory, colours int) {
	p.alpha = -1
	extra, ok := dir[tagExtraSamples]
	if !ok || !extra.whole() || p.form == plane.CMYK || p.bits < 8 && p.photometric == photometricPalette {
		return
	}
	const associated, unassociated = 1, 2
	for i := range min(extra.count, p.perPixel) {
		at := p.perPixel - extra.count + i
		kind := extra.at(i)
		if at >= colours && (kind == associated || kind == unassociated) {
			p.alpha = colours
			p.channels = append(p.channels, at)
			p.associated = kind == associated
			p.form = plane.RGBA
			return
		}
	}
}

// readPalette reads the colours of a picture with a palette (TIFF 6.0, section 5).
func (p *page) readPalette(dir directory) error {
	if p.bits > 16 || p.sample == sampleFloat || p.signed {
		return unsupportedf("a palette for %d bits", p.bits)
	}
	p.deep = false
	n := 1 << p.bits
	f, ok := dir[tagColorMap]
	if !ok || f.kind != typeShort || f.count < 3*n {
		return DamagedError("its palette is not whole")
	}
	// Some writers have values of eight bits.
	shift := 0
	for i := range 3 * n {
		if f.at(i) > 255 {
			shift = 8
		}
	}
	p.palette = make([][3]uint8, n)
	for i := range p.palette {
		for c := range 3 {
			p.palette[i][c] = uint8(f.at(c*n+i) >> shift)
		}
		if e := p.palette[i]; e[0] != e[1] || e[1] != e[2] {
			p.form = plane.RGBA
		}
	}
	return nil
}

// readParts reads where the strips or tiles are.
func (p *page) readParts(dir directory) error {
	p.blockWidth, p.blockHeight = 1, 1
	if p.photometric == photometricYCbCr && !p.jpeg() {
		if err := p.readBlocks(dir); err != nil {
			return err
		}
	}
	p.partWidth, p.partHeight = p.width, p.height
	_, p.tiled = dir[tagTileWidth]
	if p.tiled {
		width, height := dir.number(tagTileWidth, 0), dir.number(tagTileLength, 0)
		if width == 0 || height == 0 {
			return damagedf("its tiles are %dx%d", width, height)
		}
		if int64(min(width, maxSide)) > int64(p.width+maxOverhang) || int64(min(height, maxSide)) > int64(p.height+maxOverhang) {
			return limitf("tiles of %dx%d for %dx%d pixels", width, height, p.width, p.height)
		}
		p.partWidth, p.partHeight = int(min(width, 2*maxSide)), int(min(height, 2*maxSide))
		if p.partWidth < min(minTile, p.width) || p.partHeight < min(minTile, p.height) {
			return unsupportedf("tiles of %dx%d pixels", width, height)
		}
	} else if rows := dir.number(tagRowsPerStrip, 0); rows > 0 {
		p.partHeight = int(min(rows, uint64(p.height)))
	}
	p.across, p.down = up(p.width, p.partWidth), up(p.height, p.partHeight)

	bits := p.bits
	if !p.separate {
		bits *= p.perPixel
	}
	p.lineBytes = up(p.partWidth*bits, 8)
	if p.compression == compressionLogLuv {
		p.lineBytes = 4 * p.partWidth
	}
	if p.blocks() {
		p.lineBytes = up(p.partWidth, p.blockWidth) * (p.blockWidth*p.blockHeight + 2)
	}

	offsets, counts := uint16(tagStripOffsets), uint16(tagStripByteCounts)
	if _, ok := dir[tagTileOffsets]; ok && p.tiled {
		offsets, counts = tagTileOffsets, tagTileByteCounts
	}
	p.offsets, p.counts = dir[offsets], dir[counts]
	if !p.counts.whole() {
		p.counts = field{}
	}
	if p.compression == compressionOldJPEG {
		return nil
	}
	return p.checkOffsets()
}

// checkOffsets says whether each part has a place in the file.
func (p *page) checkOffsets() error {
	planes := 1
	if p.separate {
		planes = p.channels[len(p.channels)-1] + 1
	}
	// The product has room: sides are below 1<<24, planes below 1<<9.
	if parts := int64(planes) * int64(p.across) * int64(p.down); !p.offsets.whole() || int64(p.offsets.count) < parts {
		return damagedf("it names %d of its %d parts", p.offsets.count, parts)
	}
	return p.checkParts()
}

// blocks says whether pixels are stored in blocks that have their chroma in common.
func (p *page) blocks() bool { return p.blockWidth*p.blockHeight > 1 }

// subsampling is how many pixels have their chroma in common, across and down (TIFF 6.0,
// section 21).
func (dir directory) subsampling() (w, h int, err error) {
	across, down := uint64(2), uint64(2)
	if f, ok := dir[tagYCbCrSubsampling]; ok && f.whole() && f.count >= 2 {
		across, down = f.at(0), f.at(1)
	}
	for _, n := range []uint64{across, down} {
		if n != 1 && n != 2 && n != 4 {
			return 0, 0, damagedf("it has %dx%d pixels for each of chroma", across, down)
		}
	}
	return int(across), int(down), nil
}

// readBlocks reads how YCbCr that is no JPEG is stored.
func (p *page) readBlocks(dir directory) error {
	w, h, err := dir.subsampling()
	if err != nil {
		return err
	}
	if w*h > 1 && (p.separate || p.perPixel != 3 || p.predictor != 1) {
		return unsupportedf("%dx%d pixels for each of chroma in %d planes with predictor %d", w, h, p.perPixel, p.predictor)
	}
	p.blockWidth, p.blockHeight = w, h
	return nil
}

// checkParts refuses parts that lie over one another. All can point to the same
// megabytes, which would be unpacked again for each.
func (p *page) checkParts() error {
	var total int64
	// Twice leaves room for writers that round up.
	limit := 2 * int64(len(p.file))
	planes := p.channels
	if !p.separate {
		planes = planes[:1]
	}
	each := p.across * p.down
	for _, plane := range planes {
		for i := plane * each; i < (plane+1)*each; i++ {
			total += int64(len(p.part(i)))
			if total > limit {
				return damagedf("its parts have more than %d bytes together, limit is twice the file", limit)
			}
		}
	}
	return nil
}

// part is the bytes of part i, as far as they are in the file.
func (p *page) part(i int) []byte {
	at := p.offsets.at(i)
	size := uint64(len(p.file))
	if at >= size {
		return nil
	}
	n := size - at
	known := false // how many there must be, whatever the file says
	if p.compression == compressionNone {
		n = min(n, uint64(p.partBytes()))
		known = p.across*p.down == 1 && !p.separate
	}
	switch {
	case i < p.counts.count:
		// Some writers have it wrong where it does not matter to them.
		if said := p.counts.at(i); !known && (said > 0 || p.compression != compressionNone) {
			n = min(n, said)
		}
	case i+1 < p.offsets.count && p.offsets.at(i+1) > at:
		n = min(n, p.offsets.at(i+1)-at)
	}
	return p.file[at : at+n : at+n]
}

// estimate says how much memory decoding takes.
func (p *page) estimate() {
	const (
		// Beside its row, a stream has its own fields and those of what unpacks.
		streamBytes  = 512
		lzwBytes     = 34_000
		deflateBytes = 46_000
		jpegBytes    = 512 << 10
	)
	each, once := streamBytes+p.lineBytes, 0
	switch {
	case p.small() && p.compression == compressionWebP:
		each, once = streamBytes+p.partBytes(), p.partMemory
	case p.small():
		each, once = streamBytes+p.partBytes(), deflateBytes
	case p.compression == compressionLZW:
		each += lzwBytes
	case p.compression == compressionDeflate:
		each += deflateBytes
	case p.fax():
		each += 2 * 4 * 2 * (2*p.partWidth + 4) // two rows of changes, which grow by doubling
	case p.jpeg():
		each += 6 * p.partWidth // rows of components, and of chroma between two
	case p.compression == compressionWebP:
		each += p.partMemory
	}
	streams := p.across
	if p.separate {
		streams *= len(p.channels)
	}
	sample, pixel := 1, 1
	switch p.sample {
	case sampleWords:
		sample = 2
	case sampleFloat:
		sample = 4
	}
	if p.form != plane.Grey {
		pixel = 4
	}
	if p.deep {
		pixel *= 2
	}
	total := float64(once) + float64(streams)*float64(each) + float64(p.width)*float64(sample*len(p.channels)+2*pixel)
	if p.jpeg() {
		// The decoder's own, and a copy of the planes for each stream.
		total += jpegBytes + float64(p.partMemory)
		if streams > 1 {
			total += float64(streams) * float64(p.partMemory)
		}
	}
	p.memory = int(min(total, math.MaxInt/2))
}

// up is a/b, rounded up.
func up(a, b int) int { return (a + b - 1) / b }
