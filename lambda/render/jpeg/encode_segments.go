package jpeg

import (
	"encoding/binary"
	"fmt"
)

// beginSegment writes a marker and room for the length of its segment, and
// returns where that stands.
func (e *Encoder) beginSegment(marker byte) int {
	e.out = append(e.out, 0xff, marker, 0, 0)
	return len(e.out) - 2
}

// endSegment writes the length where beginSegment left room for it.
func (e *Encoder) endSegment(length int) {
	binary.BigEndian.PutUint16(e.out[length:], uint16(len(e.out)-length))
}

// jfif is the segment of a JFIF header of version 1.01, like libjpeg's. Pixels have no
// size but a shape, 1 wide and 1 high, and there is no thumbnail.
const jfif = "\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"

// writeFrame writes what comes before the first scan.
func (e *Encoder) writeFrame(o EncodeOptions) {
	e.out = append(e.out, 0xff, markerSOI)

	e.out = append(e.out, jfif...)
	e.writeProfile(o.ICC)

	length := e.beginSegment(markerDQT)
	for _, tables := range tablesOf(e.components[:e.n]) {
		e.out = append(e.out, byte(tables)) // in the high half, 0 for steps of eight bits
		for _, at := range zigzag {
			e.out = append(e.out, e.quantisers[tables].steps[at])
		}
	}
	e.endSegment(length)

	marker := byte(markerSOF0)
	if o.Progressive {
		marker = markerSOF2
	}
	length = e.beginSegment(marker)
	e.out = append(e.out, 8) // bits of a sample
	e.out = binary.BigEndian.AppendUint16(e.out, uint16(e.height))
	e.out = binary.BigEndian.AppendUint16(e.out, uint16(e.width))
	e.out = append(e.out, byte(e.n))
	for i, c := range e.components[:e.n] {
		e.out = append(e.out, byte(i+1), byte(c.h<<4|c.v), byte(c.tables))
	}
	e.endSegment(length)
}

// writeProfile writes an ICC profile in as many segments as it needs (ICC.1:2022, B.4).
func (e *Encoder) writeProfile(icc []byte) {
	const (
		name = "ICC_PROFILE\x00"
		most = maxSide - 2 - len(name) - 2 // of a segment, whose length counts itself, and the two numbers
	)
	count := up(len(icc), most)
	if count > 255 {
		panic(fmt.Sprintf("jpeg: the profile has %d bytes, limit is %d", len(icc), 255*most))
	}
	for i, part := 1, icc; i <= count; i++ {
		length := e.beginSegment(markerAPP2)
		e.out = append(e.out, name...)
		e.out = append(e.out, byte(i), byte(count))
		e.out = append(e.out, part[:min(most, len(part))]...)
		part = part[min(most, len(part)):]
		e.endSegment(length)
	}
}

// scanHeader is one pass over a picture, by the names of ITU-T T.81, B.2.3.
type scanHeader struct {
	from, to int // the components, without the last
	ss, se   int // the first and last coefficient, in zigzag order
	ah       int // how many low bits of them the scans before left out, 0 if there are none
	al       int // how many low bits this one leaves out
}

// writeScan writes the Huffman tables of a scan, its header and its data. The
// symbols of its tokens have been counted.
func (e *Encoder) writeScan(s scanHeader) {
	components := e.components[s.from:s.to]
	// The last bit of a DC coefficient has no code.
	if refinesDC := s.ss == 0 && s.ah > 0; !refinesDC {
		length := e.beginSegment(markerDHT)
		for _, tables := range tablesOf(components) {
			if s.ss == 0 {
				t := e.chooseCodes(dcCodes+16*tables, 16)
				e.writeHuffmanTable(byte(tables), &t)
			}
			if s.se > 0 {
				t := e.chooseCodes(acCodes+256*tables, 256)
				e.writeHuffmanTable(byte(0x10|tables), &t)
			}
		}
		e.endSegment(length)
	}

	length := e.beginSegment(markerSOS)
	e.out = append(e.out, byte(len(components)))
	for i, c := range components {
		e.out = append(e.out, byte(s.from+i+1), byte(c.tables<<4|c.tables))
	}
	e.out = append(e.out, byte(s.ss), byte(s.se), byte(s.ah<<4|s.al))
	e.endSegment(length)
	e.writeTokens()
}

// writeHuffmanTable writes a table into a DHT segment (ITU-T T.81, B.2.4.2).
func (e *Encoder) writeHuffmanTable(destination byte, t *huffmanTable) {
	e.out = append(e.out, destination)
	e.out = append(e.out, t.lengths[1:]...)
	e.out = append(e.out, t.symbols[:t.n]...)
}

// tablesOf is the numbers of the tables that components use, each once.
func tablesOf(components []blockPlane) []int {
	first, last := components[0].tables, components[len(components)-1].tables
	if first == last {
		return []int{first}
	}
	return []int{first, last}
}
