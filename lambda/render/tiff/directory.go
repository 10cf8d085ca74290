package tiff

import (
	"encoding/binary"
	"math"
)

// The tags that are read (TIFF 6.0, appendix A).
const (
	tagImageWidth          = 256
	tagImageLength         = 257
	tagBitsPerSample       = 258
	tagCompression         = 259
	tagPhotometric         = 262
	tagFillOrder           = 266
	tagStripOffsets        = 273
	tagOrientation         = 274
	tagSamplesPerPixel     = 277
	tagRowsPerStrip        = 278
	tagStripByteCounts     = 279
	tagPlanarConfiguration = 284
	tagT4Options           = 292
	tagPredictor           = 317
	tagColorMap            = 320
	tagTileWidth           = 322
	tagTileLength          = 323
	tagTileOffsets         = 324
	tagTileByteCounts      = 325
	tagInkSet              = 332
	tagExtraSamples        = 338
	tagSampleFormat        = 339
	tagJPEGTables          = 347
	tagJPEGProc            = 512
	tagJPEGInterchange     = 513
	tagJPEGInterchangeSize = 514
	tagJPEGRestartInterval = 515
	tagJPEGQTables         = 519
	tagJPEGDCTables        = 520
	tagJPEGACTables        = 521
	tagYCbCrCoefficients   = 529
	tagYCbCrSubsampling    = 530
	tagReferenceBlackWhite = 532
	tagICCProfile          = 34675
)

// The types of fields (TIFF 6.0, page 15, and BigTIFF).
const (
	typeByte      = 1
	typeShort     = 3
	typeLong      = 4
	typeRational  = 5
	typeUndefined = 7
	typeFloat     = 11
	typeDouble    = 12
	typeIFD       = 13
	typeLong8     = 16
	typeIFD8      = 18
)

// sizes is the bytes that a value takes, by type; 0 for a type that is unknown.
var sizes = [...]uint64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8}

// field is one field of a directory.
type field struct {
	kind  uint16
	count int
	data  []byte // its values, all in the file
	order binary.ByteOrder
}

// whole says whether the values of a field are unsigned integers.
func (f field) whole() bool {
	switch f.kind {
	case typeByte, typeShort, typeLong, typeUndefined, typeIFD, typeLong8, typeIFD8:
		return true
	}
	return false
}

// at is value i of a field of unsigned integers.
func (f field) at(i int) uint64 {
	switch f.kind {
	case typeByte, typeUndefined:
		return uint64(f.data[i])
	case typeShort:
		return uint64(f.order.Uint16(f.data[2*i:]))
	case typeLong, typeIFD:
		return uint64(f.order.Uint32(f.data[4*i:]))
	case typeLong8, typeIFD8:
		return f.order.Uint64(f.data[8*i:])
	}
	return 0
}

// real is value i of a field of numbers of any type, NaN for no number.
func (f field) real(i int) float64 {
	switch {
	case f.whole():
		return float64(f.at(i))
	case f.kind == typeRational:
		return float64(f.order.Uint32(f.data[8*i:])) / float64(f.order.Uint32(f.data[8*i+4:]))
	case f.kind == typeFloat:
		return float64(math.Float32frombits(f.order.Uint32(f.data[4*i:])))
	case f.kind == typeDouble:
		return math.Float64frombits(f.order.Uint64(f.data[8*i:]))
	}
	return math.NaN()
}

// directory is the fields of the first page that are read. One whose values are not
// all in the file, or of an unknown type, is as one that is not there.
type directory map[uint16]field

// maxFields is the most fields of a directory, as many as a TIFF that is no BigTIFF
// can have.
const maxFields = 1<<16 - 1

// readDirectory reads the file's header and its first directory (TIFF 6.0, section 2).
func readDirectory(file []byte) (directory, binary.ByteOrder, error) {
	const tooShort = DamagedError("it ends in its header")
	if len(file) < 8 {
		return nil, nil, tooShort
	}
	var order binary.ByteOrder
	switch string(file[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
		order = binary.BigEndian
	default:
		return nil, nil, DamagedError("it does not start with a byte order")
	}
	var start, count uint64
	entry, inline := uint64(12), uint64(4) // the bytes of an entry, and of values within one
	size := uint64(len(file))
	const noDirectory = DamagedError("its first directory is not in the file")
	switch version := order.Uint16(file[2:]); version {
	case 42:
		start = uint64(order.Uint32(file[4:]))
		if start > size || size-start < 2 {
			return nil, nil, noDirectory
		}
		count = uint64(order.Uint16(file[start:]))
		start += 2
	case 43:
		if len(file) < 16 {
			return nil, nil, tooShort
		}
		if bytes := order.Uint16(file[4:]); bytes != 8 {
			return nil, nil, unsupportedf("offsets of %d bytes", bytes)
		}
		entry, inline = 20, 8
		start = order.Uint64(file[8:])
		if start > size || size-start < 8 {
			return nil, nil, noDirectory
		}
		count = order.Uint64(file[start:])
		start += 8
		if count > maxFields {
			return nil, nil, limitf("%d fields in its directory, limit is %d", count, maxFields)
		}
	default:
		return nil, nil, unsupportedf("version %d", version)
	}
	if size-start < count*entry {
		return nil, nil, DamagedError("its first directory ends early")
	}
	dir := directory{}
	for ; count > 0; count-- {
		e := file[start : start+entry]
		start += entry
		tag, kind := order.Uint16(e), order.Uint16(e[2:])
		if _, twice := dir[tag]; twice || !read(tag) || int(kind) >= len(sizes) || sizes[kind] == 0 {
			continue
		}
		n := uint64(order.Uint32(e[4:]))
		if inline == 8 {
			n = order.Uint64(e[4:])
		}
		if n == 0 || n > size {
			continue
		}
		data := e[entry-inline:]
		if n *= sizes[kind]; n > inline {
			at := uint64(order.Uint32(data))
			if inline == 8 {
				at = order.Uint64(data)
			}
			if at > size || size-at < n {
				continue
			}
			data = file[at:]
		}
		dir[tag] = field{kind, int(n / sizes[kind]), data[:n:n], order}
	}
	return dir, order, nil
}

// read says whether a tag is one of those that are read.
func read(tag uint16) bool {
	switch tag {
	case tagImageWidth, tagImageLength, tagBitsPerSample, tagCompression, tagPhotometric, tagFillOrder, tagStripOffsets,
		tagOrientation, tagSamplesPerPixel, tagRowsPerStrip, tagStripByteCounts, tagPlanarConfiguration, tagT4Options,
		tagPredictor, tagColorMap, tagTileWidth, tagTileLength, tagTileOffsets, tagTileByteCounts, tagInkSet,
		tagExtraSamples, tagSampleFormat, tagJPEGTables, tagJPEGProc, tagJPEGInterchange, tagJPEGInterchangeSize, tagJPEGRestartInterval,
		tagJPEGQTables, tagJPEGDCTables, tagJPEGACTables, tagYCbCrCoefficients, tagYCbCrSubsampling, tagReferenceBlackWhite,
		tagICCProfile:
		return true
	}
	return false
}

// number is the first value of a field of unsigned integers, or what stands for one
// that is not there.
func (dir directory) number(tag uint16, missing uint64) uint64 {
	if f, ok := dir[tag]; ok && f.whole() {
		return f.at(0)
	}
	return missing
}
