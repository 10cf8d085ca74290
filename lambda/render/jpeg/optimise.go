package jpeg

import "slices"

// maxCodeBits is the longest Huffman code that JPEG has (ITU-T T.81, C.1).
const maxCodeBits = 16

// huffmanTable is a Huffman table as a DHT segment has it (ITU-T T.81, B.2.4.2):
// how many codes there are of each length, and what they stand for, short codes
// first.
type huffmanTable struct {
	lengths [maxCodeBits + 1]uint8 // of 1 to 16 bits
	symbols [256]uint8
	n       int // how many symbols have a code
}

// optimise makes the table with which symbols that occur as often as counts says
// take the fewest bits, but for what the limit on the length of a code costs
// (ITU-T T.81, K.2). Symbols that do not occur have no code.
func (t *huffmanTable) optimise(counts []uint32) {
	// The symbols from rare to frequent. The rarest is one that never occurs and
	// takes the code of all ones, which must not stand for any (T.81, C.2).
	const reserved = 256
	var keys [257]uint64
	keys[0] = reserved
	n := 1
	for symbol, count := range counts {
		if count > 0 {
			keys[n] = uint64(count)<<9 | uint64(symbol)
			n++
		}
	}
	slices.Sort(keys[:n])

	// Huffman's construction with two queues: leaves by weight, and the nodes
	// made of them, which come about in order of weight. Of equal weights the
	// leaf goes first, which keeps codes short.
	var weights [2 * 257]uint64
	var parents [2 * 257]uint16
	for i, key := range keys[:n] {
		weights[i] = key >> 9
	}
	leaf, node := 0, n
	for made := n; made < 2*n-1; made++ {
		for range 2 {
			lightest := node
			if leaf < n && (node == made || weights[leaf] <= weights[node]) {
				lightest = leaf
				leaf++
			} else {
				node++
			}
			weights[made] += weights[lightest]
			parents[lightest] = uint16(made)
		}
	}

	// A code longer than 64 bits would take more symbols than a Fibonacci number
	// of 64, beyond any count.
	var depths [2 * 257]uint8
	var lengths [65]int
	for i := 2*n - 3; i >= 0; i-- {
		depths[i] = depths[parents[i]] + 1
		if i < n {
			lengths[depths[i]]++
		}
	}

	// A pair of codes that are too long is replaced by its prefix for one of
	// them, and for the other a shorter code is made two (T.81, figure K.3).
	for l := len(lengths) - 1; l > maxCodeBits; l-- {
		for lengths[l] > 0 {
			shorter := l - 2
			for lengths[shorter] == 0 {
				shorter--
			}
			lengths[l] -= 2
			lengths[l-1]++
			lengths[shorter+1] += 2
			lengths[shorter]--
		}
	}
	longest := maxCodeBits
	for lengths[longest] == 0 {
		longest--
	}
	lengths[longest]-- // the reserved code

	for l := range t.lengths {
		t.lengths[l] = uint8(lengths[l])
	}
	t.n = n - 1
	for i, key := range keys[1:n] {
		t.symbols[t.n-1-i] = uint8(key)
	}
}
