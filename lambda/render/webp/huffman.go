package webp

import mathbits "math/bits"

const (
	maxLength = 15 // bits of a prefix code (RFC 9649, section 3.7.2.1)
	lookup    = 8  // bits that a table is looked up with
	longer    = 15 // the length in an entry of the table whose code has more bits
)

// prefixCode is a canonical prefix code (RFC 9649, section 3.7.2).
type prefixCode struct {
	table [1 << lookup]uint16 // by the next bits: symbol<<4 | length

	// Of codes of each length: the first, how many there are, and where their
	// symbols begin.
	first, count, start [maxLength + 1]uint16
	symbols             []uint16
}

// build makes the code of the lengths of its symbols' codes, 0 for those without
// one. A code of one symbol has no bits. It returns false if the codes don't fill
// the room that there is.
func (p *prefixCode) build(lengths []uint8) bool {
	p.count = [maxLength + 1]uint16{}
	for _, length := range lengths {
		p.count[length]++
	}
	p.count[0] = 0
	used, room := 0, 0
	for length := 1; length <= maxLength; length++ {
		used += int(p.count[length])
		room += int(p.count[length]) << (maxLength - length)
	}
	if used == 1 {
		for symbol, length := range lengths {
			if length > 0 {
				for i := range p.table {
					p.table[i] = uint16(symbol) << 4
				}
			}
		}
		return true
	}
	if room != 1<<maxLength {
		return false
	}
	code, start := uint16(0), uint16(0)
	for length := 1; length <= maxLength; length++ {
		code = (code + p.count[length-1]) << 1
		p.first[length], p.start[length] = code, start
		start += p.count[length]
	}
	p.symbols = make([]uint16, used)
	next := p.start
	for i := range p.table {
		p.table[i] = longer
	}
	for symbol, length := range lengths {
		if length == 0 {
			continue
		}
		at := next[length]
		next[length]++
		p.symbols[at] = uint16(symbol)
		if length > lookup {
			continue
		}
		code := p.first[length] + at - p.start[length]
		reversed := int(mathbits.Reverse16(code) >> (16 - length))
		for i := reversed; i < len(p.table); i += 1 << length {
			p.table[i] = uint16(symbol)<<4 | uint16(length)
		}
	}
	return true
}

// next reads a symbol.
func (p *prefixCode) next(in *bits) int {
	if in.count < maxLength {
		in.fill()
	}
	entry := p.table[in.value&(1<<lookup-1)]
	if length := uint(entry & 15); length != longer {
		in.value >>= length
		in.count -= length
		return int(entry >> 4)
	}
	code := uint16(mathbits.Reverse8(uint8(in.value)))
	for length := uint(lookup + 1); length < maxLength; length++ {
		code = code<<1 | uint16(in.value>>(length-1)&1)
		if code-p.first[length] < p.count[length] {
			return p.take(in, length, code)
		}
	}
	return p.take(in, maxLength, code<<1|uint16(in.value>>(maxLength-1)&1))
}

// take returns the symbol of a code that has just been read.
func (p *prefixCode) take(in *bits, length uint, code uint16) int {
	in.value >>= length
	in.count -= length
	return int(p.symbols[p.start[length]+code-p.first[length]])
}

// lengthOrder is the order in which the lengths of the codes for lengths are stored
// (RFC 9649, section 3.7.2.1.2).
var lengthOrder = [19]uint8{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// readLengths reads the lengths of the codes of symbols (RFC 9649, section 3.7.2.1).
func readLengths(in *bits, lengths []uint8) error {
	clear(lengths)
	if in.read(1) == 1 { // a simple code of one or two symbols
		count := in.read(1) + 1
		width := uint(1)
		if in.read(1) == 1 {
			width = 8
		}
		for range count {
			symbol := int(in.read(width))
			if symbol >= len(lengths) {
				return damagedf("a prefix code has symbol %d of %d", symbol, len(lengths))
			}
			lengths[symbol] = 1
			width = 8
		}
		return nil
	}
	var own [len(lengthOrder)]uint8
	for i := range 4 + in.read(4) {
		if int(i) >= len(own) {
			return DamagedError("a prefix code has too many lengths")
		}
		own[lengthOrder[i]] = uint8(in.read(3))
	}
	var code prefixCode
	if !code.build(own[:]) {
		return errCode
	}
	left := len(lengths)
	if in.read(1) == 1 {
		if left = 2 + int(in.read(2+2*uint(in.read(3)))); left > len(lengths) {
			return DamagedError("a prefix code has too many lengths")
		}
	}
	before := uint8(8)
	for at := 0; at < len(lengths) && left > 0; left-- {
		symbol := code.next(in)
		if symbol < 16 {
			lengths[at] = uint8(symbol)
			at++
			if symbol > 0 {
				before = uint8(symbol)
			}
			continue
		}
		value, count := uint8(0), 0
		switch symbol {
		case 16:
			value, count = before, 3+int(in.read(2))
		case 17:
			count = 3 + int(in.read(3))
		default:
			count = 11 + int(in.read(7))
		}
		if count > len(lengths)-at {
			return DamagedError("a prefix code has too many lengths")
		}
		for range count {
			lengths[at] = value
			at++
		}
	}
	return nil
}

const errCode = DamagedError("a prefix code is not complete")
