package png

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// inflater decompresses the data of a picture (RFC 1950 and 1951) into a window, in
// which its rows are read, so that no byte is copied before it is unfiltered.
//
// Adler's checksum behind the data is looked at for a copy alone. Every byte has been
// held to the checksum of its chunk: a wrong one here would be its writer's mistake,
// and without loss.
type inflater struct {
	in input

	bits  uint64 // read from in and not used, the next in the lowest
	count uint   // how many. Above them may be those that follow, once more.

	window []byte
	read   int // how far the rows have been read
	end    int // how far the window is filled
	done   bool
	sum    hash.Hash32 // Adler's checksum of what was read, nil unless it is wanted

	block  block
	last   bool // no block follows
	stored int  // bytes that are left of a stored block

	codes  *codes // of the block: the fixed ones or its own
	own    codes
	paired bool // literals stand in pairs in the table
}

// block is a kind of block, or where there is none at present.
type block int

const (
	noBlock block = iota
	storedBlock
	codedBlock
)

const (
	// history is how far back copies are taken from.
	history = 1 << 15

	// ahead is how much is inflated at least before rows are read: more would not
	// stay in a nearer cache, and with less the history were moved more often.
	ahead = 1 << 16

	// slack is what a copy and the literals before it may write beyond what is
	// filled: it is made by words.
	slack = 8 + 258 + repeatSlack
)

// windowSize is how large a window is for rows of so many bytes.
func windowSize(row int) int { return 2*history + max(ahead, 2*row) + slack }

// start begins with the chunks of a picture whose rows have at most so many bytes.
func (z *inflater) start(file []byte, kind string, row int) error {
	z.in.start(file, kind)
	if size := windowSize(row); cap(z.window) < size {
		z.window = make([]byte, size)
	} else {
		z.window = z.window[:size]
	}
	z.bits, z.count, z.read, z.end, z.done = 0, 0, 0, 0, false
	z.block, z.last = noBlock, false
	head, err := z.take(16)
	switch {
	case err != nil:
		return err
	case head&15 != 8 || (head&0xff<<8|head>>8)%31 != 0 || head>>8&0x20 != 0: // RFC 1950, 2.2
		return DamagedError("its data is not compressed as zlib does it")
	}
	return nil
}

// next returns the next n bytes. They are valid until next is called again.
func (z *inflater) next(n int) ([]byte, error) {
	for z.end-z.read < n {
		if err := z.run(); err != nil {
			return nil, err
		}
	}
	row := z.window[z.read : z.read+n]
	z.read += n
	if z.sum != nil {
		z.sum.Write(row)
	}
	return row, nil
}

// ends says whether the data ends where it has been read to, with the checksum of what
// was read (RFC 1950, 2.2) and nothing behind it.
func (z *inflater) ends() bool {
	for !z.last || z.block != noBlock {
		if z.end > z.read || z.run() != nil {
			return false
		}
	}
	z.drop(z.count & 7)
	sum, err := z.take(32)
	return z.end == z.read && err == nil && bits.ReverseBytes32(sum) == z.sum.Sum32() &&
		z.refill() == nil && z.count == 0
}

// limit is where the window is full.
func (z *inflater) limit() int { return len(z.window) - slack }

// run inflates until the window is full or a block ends.
func (z *inflater) run() error {
	if z.end >= z.limit() {
		from := min(z.end-history, z.read)
		copy(z.window, z.window[from:z.end])
		z.end -= from
		z.read -= from
	}
	switch z.block {
	case storedBlock:
		return z.store()
	case codedBlock:
		return z.decode()
	}
	if z.last {
		return errShort
	}
	head, err := z.take(3)
	if err != nil {
		return err
	}
	z.last = head&1 != 0
	switch head >> 1 {
	case 0:
		z.drop(z.count & 7)
		sizes, err := z.take(32)
		if err != nil {
			return err
		}
		if sizes&0xffff != ^sizes>>16&0xffff {
			return DamagedError("a stored block has two lengths")
		}
		z.block, z.stored = storedBlock, int(sizes&0xffff)
	case 1:
		z.block = codedBlock
		z.codes, z.paired = fixedCodes, true
	case 2:
		z.block = codedBlock
		return z.readCodes()
	default:
		return DamagedError("a block is of no kind")
	}
	return nil
}

// refill takes bytes from the input until there are 56 bits or no more bytes.
func (z *inflater) refill() error {
	in := &z.in
	if len(in.buf)-in.pos < 8 && !in.ended {
		if err := in.fill(); err != nil {
			return err
		}
	}
	for z.count < 56 && in.pos < len(in.buf) {
		z.bits |= uint64(in.buf[in.pos]) << (z.count & 63)
		in.pos++
		z.count += 8
	}
	return nil
}

// take returns the next n bits, at most 32.
func (z *inflater) take(n uint) (uint32, error) {
	if z.count < n {
		if err := z.refill(); err != nil {
			return 0, err
		}
		if z.count < n {
			return 0, errShort
		}
	}
	v := uint32(z.bits & (1<<n - 1))
	z.drop(n)
	return v, nil
}

func (z *inflater) drop(n uint) {
	z.bits >>= n & 63
	z.count -= n
}

// store copies from a stored block.
func (z *inflater) store() error {
	in := &z.in
	// Whole bytes among the bits are given back.
	in.pos -= int(z.count / 8)
	z.bits, z.count = 0, 0
	for z.stored > 0 && z.end < z.limit() {
		if in.pos == len(in.buf) {
			if in.ended {
				return errShort
			}
			if err := in.fill(); err != nil {
				return err
			}
			continue
		}
		n := min(z.stored, z.limit()-z.end)
		n = copy(z.window[z.end:z.end+n], in.buf[in.pos:])
		in.pos += n
		z.end += n
		z.stored -= n
	}
	if z.stored == 0 {
		z.block = noBlock
	}
	return nil
}

// lengthOrder is the order in which the lengths of the codes of lengths come (RFC
// 1951, 3.2.7).
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// lengthEntries are the codes of lengths as entries.
var lengthEntries = func() (e [19]uint32) {
	for i := range e {
		e[i] = entryLiteral | uint32(i)<<8
	}
	return e
}()

// readCodes reads the codes of a block (RFC 1951, 3.2.7).
func (z *inflater) readCodes() error {
	z.codes, z.paired = &z.own, false
	head, err := z.take(14)
	if err != nil {
		return err
	}
	literals, distances, count := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if literals > 286 || distances > 30 {
		return damagedf("a block has %d codes of literals and %d of distances", literals, distances)
	}
	var lengths [286 + 30]uint8
	for i := range count {
		length, err := z.take(3)
		if err != nil {
			return err
		}
		lengths[lengthOrder[i]] = uint8(length)
	}
	const tableBits = 7
	var table [1 << tableBits]uint32
	if !makeTable(table[:], tableBits, lengths[:19], lengthEntries[:]) {
		return errCodes
	}
	clear(lengths[:19])
	for i := 0; i < literals+distances; {
		if z.count < tableBits+7 {
			if err := z.refill(); err != nil {
				return err
			}
		}
		e := table[z.bits&(1<<tableBits-1)]
		if e&entrySpecial != 0 {
			return errCodes
		}
		length := uint(e & 31)
		if length > z.count {
			return errShort
		}
		z.drop(length)
		symbol := uint8(e >> 8)
		if symbol < 16 {
			lengths[i] = symbol
			i++
			continue
		}
		repeated, bits, least := uint8(0), uint(7), 11
		switch symbol {
		case 16:
			if i == 0 {
				return errCodes
			}
			repeated, bits, least = lengths[i-1], 2, 3
		case 17:
			bits, least = 3, 3
		}
		more, err := z.take(bits)
		if err != nil {
			return err
		}
		n := least + int(more)
		if i+n > literals+distances {
			return errCodes
		}
		for range n {
			lengths[i] = repeated
			i++
		}
	}
	if !makeTable(z.own.literals[:], literalBits, lengths[:literals], literalEntries[:]) ||
		!makeTable(z.own.distances[:], distanceBits, lengths[literals:literals+distances], distanceEntries[:]) {
		return errCodes
	}
	return nil
}

// alone is how many bytes of a block are decoded before literals are paired.
const alone = 1 << 10

// decode decodes what is coded until the window is full or the block ends.
func (z *inflater) decode() error {
	in := &z.in
	for z.end < z.limit() {
		if len(in.buf)-in.pos < 16 && !in.ended {
			if err := in.fill(); err != nil {
				return err
			}
		}
		if len(in.buf)-in.pos >= 8 {
			// Literals are paired once it pays: a file may have millions of blocks.
			limit := z.limit()
			if !z.paired {
				limit = min(limit, z.end+alone)
			}
			ended, err := z.decodeFast(limit)
			if ended || err != nil {
				return err
			}
			if !z.paired && z.end >= limit {
				pairLiterals(&z.own.literals)
				z.paired = true
			}
			continue
		}
		if ended, err := z.decodeOne(); ended || err != nil {
			return err
		}
	}
	return nil
}

// decodeOne decodes one entry of the table, from whatever bits there are.
func (z *inflater) decodeOne() (ended bool, err error) {
	if err := z.refill(); err != nil {
		return false, err
	}
	e := z.codes.literals[z.bits&(1<<literalBits-1)]
	if e&entryLiteral == 0 && e&entrySpecial != 0 && e&entryLonger != 0 {
		e = z.codes.literals[(e>>16+uint32(z.bits>>literalBits)&(1<<(e>>8&15)-1))&(literalSize-1)]
	}
	n := uint(e & 31)
	if n > z.count {
		first := uint(e >> 26 & 15)
		if e&entryLiteral == 0 || e>>24&3 == 1 || first > z.count {
			return false, errShort
		}
		// The data ends with the first of two.
		e, n = e&^(3<<24)|1<<24, first
	}
	switch {
	case e&entryLiteral != 0:
		z.drop(n)
		binary.LittleEndian.PutUint16(z.window[z.end:], uint16(e>>8))
		z.end += int(e >> 24 & 3)
		return false, nil
	case e&entryEnd != 0 && e&entrySpecial != 0:
		z.drop(n)
		z.block = noBlock
		return true, nil
	case e&entrySpecial != 0:
		return false, errCode
	}
	length := int(e>>16) + int(z.bits&(1<<n-1)>>(e>>8&31))
	z.drop(n)
	if err := z.refill(); err != nil {
		return false, err
	}
	e = z.codes.distances[z.bits&(1<<distanceBits-1)]
	if e&entrySpecial != 0 && e&entryLonger != 0 {
		e = z.codes.distances[(e>>16+uint32(z.bits>>distanceBits)&(1<<(e>>8&15)-1))&(distanceSize-1)]
	}
	n = uint(e & 31)
	switch {
	case e&entrySpecial != 0:
		return false, errCode
	case n > z.count:
		return false, errShort
	}
	distance := int(e>>16) + int(z.bits&(1<<n-1)>>(e>>8&31))
	z.drop(n)
	if distance > z.end {
		return false, errFar
	}
	repeat(z.window, z.end, distance, length)
	z.end += length
	return false, nil
}
