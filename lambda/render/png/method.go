package png

import "github.com/klauspost/compress/zlib"

// deflater is a way to deflate (RFC 1951).
type deflater int

const (
	matching deflater = iota // with matches of what came before
	coding                   // with Huffman codes alone
)

// levels are the deflaters as zlib knows them. Of those that match, the levels
// up to 3 leave drawings an eighth larger than 6 does, 4 saves a sixth of the time
// for two percent more, and those above 6 take at least twice as long.
var levels = [...]int{
	matching: 6,
	coding:   zlib.HuffmanOnly,
}

// method is a way to write a picture: each row is filtered with the one of the
// filters that makes its bytes smallest, and all are deflated.
type method struct {
	deflater deflater
	filters  []filter
}

// methods are those of which each is best for some pictures. Paeth, the filter
// that is missing, takes the longest and helps neither deflater much.
var methods = [...]method{
	// Drawings and screens repeat themselves, which filters would hide.
	{matching, []filter{none}},
	// Of soft photographs the differences repeat themselves. More filters in
	// turn hide that too: with average they are up to 8 % larger.
	{matching, []filter{left, above}},
	// In sharp ones there is nothing to match; what seems to be costs more than
	// it saves, and several times the time.
	{coding, []filter{left, above, average}},
}

// bands are parts of a picture: so many times so many rows next to each other,
// evenly spaced.
type bands struct{ count, rows int }

// The size of a sample that a method is chosen by.
const (
	// bandRows is enough for most matches with a row above to be found in a band.
	bandRows = 8
	// sampleBytes is enough for photographs, and takes a millisecond or two.
	sampleBytes = 64 << 10
	// Of a picture that is mostly blank that many bytes may show nothing. If
	// they become fewer than tellingBytes, more are looked at: blank ones take
	// little time.
	tellingBytes     = 8000
	largeSampleBytes = 256 << 10
	// maxPart of the rows of a small picture, at most, are looked at.
	maxPart = 4
)

// choose returns the method that makes the picture smallest, as far as a sample
// of its rows can tell.
func (e *Encoder) choose() method {
	best, size := e.chooseBy(e.sample(sampleBytes))
	if size < tellingBytes {
		best, _ = e.chooseBy(e.sample(largeSampleBytes))
	}
	return best
}

// sample is the bands that have about n bytes.
func (e *Encoder) sample(n int) bands {
	rows := min(n/len(e.blank), e.height/maxPart)
	// Two bands at least, or the whole of a picture that has no more.
	count := max(2, (rows+bandRows-1)/bandRows)
	if count*bandRows >= e.height {
		return bands{1, e.height}
	}
	return bands{count, bandRows}
}

// chooseBy returns the method that makes the bands smallest, and how small.
func (e *Encoder) chooseBy(b bands) (best method, size int) {
	for i, m := range methods {
		e.out.Reset()
		e.deflate(m, b)
		n := e.out.Len()
		// Coding takes a fifth of the time that matching does: that is worth a
		// sixteenth more.
		limit := size
		if m.deflater == coding {
			limit += size / 16
		}
		if i == 0 || n < limit {
			best, size = m, n
		}
	}
	return best, size
}

// deflate appends the bands, filtered, as a zlib stream (RFC 1950) to e.out.
func (e *Encoder) deflate(m method, b bands) {
	z := e.deflaters[m.deflater]
	if z == nil {
		// That level is known. Later errors would be those of e.out, which has none.
		z, _ = zlib.NewWriterLevel(&e.out, levels[m.deflater])
		e.deflaters[m.deflater] = z
	} else {
		z.Reset(&e.out)
	}
	n := formats[e.colour].bytesThere
	for i := range b.count {
		middle := (2*i + 1) * e.height / (2 * b.count)
		first := max(0, middle-b.rows/2)
		up := e.blank
		if first > 0 {
			up = e.row(first - 1)
		}
		for y := first; y < min(first+b.rows, e.height); y++ {
			row := e.row(y)
			f := m.filter(row, up, n)
			e.line[0] = byte(f)
			f.apply(e.line[1:], row, up, n)
			z.Write(e.line)
			up = row
		}
	}
	z.Close()
}

// filter is the one of the method that makes the row's bytes smallest. A pixel
// has n bytes.
func (m method) filter(row, up []uint8, n int) filter {
	best := m.filters[0]
	if len(m.filters) == 1 {
		return best
	}
	sums := costs(row, up, n)
	for _, f := range m.filters[1:] {
		if sums[f] < sums[best] {
			best = f
		}
	}
	return best
}
