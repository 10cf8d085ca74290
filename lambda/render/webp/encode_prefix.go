package webp

import (
	"cmp"
	mathbits "math/bits"
	"slices"
)

// prefixWriter is a prefix code to write with: of each symbol the code, its first bit
// the lowest, and its length.
type prefixWriter struct {
	codes   []uint16
	lengths []uint8
}

// begin makes the best code for symbols that are so frequent, and writes it.
func (p *prefixWriter) begin(w *bitWriter, counts []uint32) {
	p.lengths = slices.Grow(p.lengths[:0], len(counts))[:len(counts)]
	chooseLengths(p.lengths, counts, maxLength)
	writeLengths(w, p.lengths)
	p.codes = codesOf(p.codes, p.lengths)
}

// put writes a symbol.
func (p *prefixWriter) put(w *bitWriter, symbol int) {
	w.write(uint32(p.codes[symbol]), uint(p.lengths[symbol]))
}

// codesOf are the canonical codes of lengths (RFC 9649, section 3.7.2). A single code
// has no bits, so that its length becomes 0.
func codesOf(codes []uint16, lengths []uint8) []uint16 {
	codes = slices.Grow(codes[:0], len(lengths))[:len(lengths)]
	clear(codes)
	var count [maxLength + 1]uint16
	used, last := 0, 0
	for symbol, length := range lengths {
		if length > 0 {
			used, last = used+1, symbol
		}
		count[length]++
	}
	if used == 1 {
		lengths[last] = 0
	}
	var next [maxLength + 2]uint16
	count[0] = 0
	for length := 1; length <= maxLength; length++ {
		next[length+1] = (next[length] + count[length]) << 1
	}
	for symbol, length := range lengths {
		if length > 0 {
			codes[symbol] = mathbits.Reverse16(next[length]) >> (16 - length)
			next[length]++
		}
	}
	return codes
}

// chooseLengths gives symbols the lengths of Huffman's code, or of one that is nearly
// as good where that is longer than a limit: rare symbols are then taken for less rare
// ones. Of one symbol the length is 1.
func chooseLengths(lengths []uint8, counts []uint32, limit int) {
	clear(lengths)
	type node struct {
		count       uint32
		symbol      int // or -1
		left, right int
	}
	var leaves []node
	for symbol, count := range counts {
		if count > 0 {
			leaves = append(leaves, node{count: count, symbol: symbol})
		}
	}
	if len(leaves) == 1 {
		lengths[leaves[0].symbol] = 1
	}
	if len(leaves) < 2 {
		return
	}
	for least := uint32(1); ; least *= 2 {
		nodes := slices.Clone(leaves)
		for i := range nodes {
			nodes[i].count = max(nodes[i].count, least)
		}
		slices.SortFunc(nodes, func(a, b node) int {
			return cmp.Or(cmp.Compare(a.count, b.count), cmp.Compare(a.symbol, b.symbol))
		})
		// The rarest two are joined, again and again: leaves and what is joined are both
		// in rising order.
		leaf, joined := 0, len(leaves)
		take := func() int {
			if leaf < len(leaves) && (joined >= len(nodes) || nodes[leaf].count <= nodes[joined].count) {
				leaf++
				return leaf - 1
			}
			joined++
			return joined - 1
		}
		for len(nodes) < 2*len(leaves)-1 {
			left, right := take(), take()
			nodes = append(nodes, node{nodes[left].count + nodes[right].count, -1, left, right})
		}
		depths := make([]uint8, len(nodes))
		deepest := uint8(0)
		for i := len(nodes) - 1; i >= 0; i-- {
			if n := &nodes[i]; n.symbol < 0 {
				depths[n.left], depths[n.right] = depths[i]+1, depths[i]+1
			} else {
				lengths[n.symbol] = depths[i]
				deepest = max(deepest, depths[i])
			}
		}
		if int(deepest) <= limit {
			return
		}
	}
}

// writeLengths writes the lengths of a code (RFC 9649, section 3.7.2.1).
func writeLengths(w *bitWriter, lengths []uint8) {
	var used []int
	for symbol, length := range lengths {
		if length > 0 {
			used = append(used, symbol)
		}
	}
	if len(used) == 0 {
		used = []int{0}
	}
	if len(used) <= 2 && used[len(used)-1] < 256 {
		w.write(1, 1) // a simple code
		w.write(uint32(len(used)-1), 1)
		if used[0] <= 1 {
			w.write(0, 1)
			w.write(uint32(used[0]), 1)
		} else {
			w.write(1, 1)
			w.write(uint32(used[0]), 8)
		}
		if len(used) == 2 {
			w.write(uint32(used[1]), 8)
		}
		return
	}
	w.write(0, 1)
	runs := runsOf(lengths)
	var counts [len(lengthOrder)]uint32
	for _, r := range runs {
		counts[r.symbol]++
	}
	var own [len(lengthOrder)]uint8
	chooseLengths(own[:], counts[:], 7)
	n := len(own)
	for n > 4 && own[lengthOrder[n-1]] == 0 {
		n--
	}
	w.write(uint32(n-4), 4)
	for _, at := range lengthOrder[:n] {
		w.write(uint32(own[at]), 3)
	}
	w.write(0, 1) // there is a length for each symbol
	codes := codesOf(nil, own[:])
	for _, r := range runs {
		w.write(uint32(codes[r.symbol]), uint(own[r.symbol]))
		w.write(r.extra, r.bits)
	}
}

// run is a length, or a repetition with the bits that say how often.
type run struct {
	symbol uint8
	extra  uint32
	bits   uint
}

// runsOf are the symbols for lengths, in which repeated ones are short.
func runsOf(lengths []uint8) []run {
	var runs []run
	before := uint8(8)
	for i := 0; i < len(lengths); {
		length, n := lengths[i], 1
		for i+n < len(lengths) && lengths[i+n] == length {
			n++
		}
		i += n
		if length == 0 {
			for n >= 3 {
				if n <= 10 {
					runs = append(runs, run{17, uint32(n - 3), 3})
					n = 0
				} else {
					long := min(n, 138)
					runs = append(runs, run{18, uint32(long - 11), 7})
					n -= long
				}
			}
		} else {
			if length != before {
				runs = append(runs, run{symbol: length})
				n--
				before = length
			}
			for n >= 3 {
				long := min(n, 6)
				runs = append(runs, run{16, uint32(long - 3), 2})
				n -= long
			}
		}
		for range n {
			runs = append(runs, run{symbol: length})
		}
	}
	return runs
}
