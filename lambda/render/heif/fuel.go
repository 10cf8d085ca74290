package heif

import (
	"encoding/binary"
	"errors"
)

// fuelled rewrites a WebAssembly module so that each turn of a loop takes one from a
// counter, and the program traps when there is nothing left. The counter is an exported
// global, "fuel". So a call ends wherever a stream, or a mistake of a codec, would keep it
// busy, and after the same work on every machine. (The context that wazero looks at instead
// makes codecs five times slower.)
//
// Modules are those of WebAssembly 2.0 without vector instructions, whose binary format is
// that of the specification's chapter 5.
func fuelled(module []byte) ([]byte, error) {
	const header = 8
	if len(module) < header {
		return nil, errModule
	}
	r := wasm{data: module[header:]}
	out := append([]byte(nil), module[:header]...)
	counter := uint64(0) // the index of the counter
	for len(r.data) > 0 {
		id := r.byte()
		section := wasm{data: r.bytes(r.leb())}
		body := section.data
		switch id {
		case 2: // imports: of functions alone, so that globals are numbered from 0
			body = section.data
			for range section.leb() {
				section.bytes(section.leb())
				section.bytes(section.leb())
				if section.byte() != 0 {
					return nil, errModule
				}
				section.leb()
			}
		case 6: // globals
			counter = section.leb()
			body = binary.AppendUvarint(nil, counter+1)
			body = append(body, section.data...)
			body = append(body, 0x7e, 1, 0x42, 0, 0x0b) // of 64 bits, to be changed, 0
		case 7: // exports
			body = binary.AppendUvarint(nil, section.leb()+1)
			body = append(body, section.data...)
			body = append(body, "\x04fuel\x03"...)
			body = binary.AppendUvarint(body, counter)
		case 10:
			count := section.leb()
			body = binary.AppendUvarint(nil, count)
			for range count {
				function := section.fuelledFunction(counter)
				body = binary.AppendUvarint(body, uint64(len(function)))
				body = append(body, function...)
			}
		}
		if r.bad || section.bad || id == 10 && counter == 0 {
			return nil, errModule
		}
		out = append(out, id)
		out = binary.AppendUvarint(out, uint64(len(body)))
		out = append(out, body...)
	}
	return out, nil
}

var errModule = errors.New("its module is not understood")

// wasm reads a module. What can't be read makes it bad.
type wasm struct {
	data []byte
	bad  bool
}

func (r *wasm) byte() byte {
	b := r.bytes(1)
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func (r *wasm) bytes(n uint64) []byte {
	if n > uint64(len(r.data)) {
		r.data, r.bad = nil, true
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

// leb reads a number without a sign. One with a sign has its bytes alike, at most ten.
func (r *wasm) leb() (v uint64) {
	for shift := 0; shift < 70; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b&0x80 == 0 {
			return v
		}
	}
	r.bad = true
	return 0
}

// fuelledFunction takes a function off the code and returns it rewritten.
func (r *wasm) fuelledFunction(counter uint64) []byte {
	f := wasm{data: r.bytes(r.leb())}
	whole := f.data
	for range f.leb() { // locals
		f.leb()
		f.byte()
	}
	var out []byte
	copied := 0
	for len(f.data) > 0 && !f.bad {
		op := f.byte()
		f.immediates(op)
		if op != 0x03 { // loop
			continue
		}
		at := len(whole) - len(f.data)
		out = append(out, whole[copied:at]...)
		copied = at
		out = binary.AppendUvarint(append(out, 0x23), counter) // global.get
		out = append(out, 0x42, 1, 0x7d)                       // i64.const 1, i64.sub
		out = binary.AppendUvarint(append(out, 0x24), counter) // global.set
		out = binary.AppendUvarint(append(out, 0x23), counter)
		out = append(out, 0x42, 0, 0x53, 0x04, 0x40, 0x00, 0x0b) // i64.const 0, i64.lt_s, if, unreachable, end
	}
	r.bad = r.bad || f.bad
	return append(out, whole[copied:]...)
}

// immediates passes over what follows the opcode of an instruction.
func (r *wasm) immediates(op byte) {
	numbers := 0
	switch {
	case op >= 0x02 && op <= 0x04, op == 0x0c, op == 0x0d, op == 0x10, op >= 0x20 && op <= 0x26,
		op >= 0x3f && op <= 0x42, op == 0xd0, op == 0xd2:
		numbers = 1
	case op == 0x11, op >= 0x28 && op <= 0x3e:
		numbers = 2
	case op == 0x0e: // br_table
		numbers = int(min(r.leb(), uint64(len(r.data)))) + 1
	case op == 0x1c: // select with types
		numbers = int(min(r.leb(), uint64(len(r.data))))
	case op == 0x43:
		r.bytes(4)
	case op == 0x44:
		r.bytes(8)
	case op == 0xfc:
		switch r.leb() {
		case 0, 1, 2, 3, 4, 5, 6, 7:
		case 9, 11, 13, 15, 16, 17:
			numbers = 1
		case 8, 10, 12, 14:
			numbers = 2
		default:
			r.bad = true
		}
	case op <= 0x01, op == 0x05, op == 0x0b, op == 0x0f, op == 0x1a, op == 0x1b, op >= 0x45 && op <= 0xc4, op == 0xd1:
	default:
		r.bad = true
	}
	for range numbers {
		r.leb()
	}
}
