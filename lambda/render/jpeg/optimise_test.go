package jpeg

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestOptimise(t *testing.T) {
	tests := []struct {
		name    string
		counts  []uint32
		lengths [maxCodeBits + 1]uint8
		symbols []uint8
	}{
		{"one symbol", []uint32{0, 0, 7}, [17]uint8{1: 1}, []uint8{2}},
		{"two", []uint32{5, 9}, [17]uint8{1: 1, 2: 1}, []uint8{1, 0}},
		{"three, of which none may be all ones", []uint32{1, 1, 1}, [17]uint8{2: 3}, []uint8{2, 1, 0}},
		{"powers of two", []uint32{1, 2, 4, 8, 16}, [17]uint8{1: 1, 2: 1, 3: 1, 4: 1, 5: 1}, []uint8{4, 3, 2, 1, 0}},
		{"with gaps", []uint32{0, 3, 0, 100, 0, 0, 3}, [17]uint8{1: 1, 2: 1, 3: 1}, []uint8{3, 6, 1}},
	}
	for _, test := range tests {
		var table huffmanTable
		table.optimise(test.counts)
		if table.lengths != test.lengths || !slices.Equal(table.symbols[:table.n], test.symbols) {
			t.Errorf("%s: %v %v, want %v %v", test.name, table.lengths, table.symbols[:table.n], test.lengths, test.symbols)
		}
	}
}

// TestOptimiseLimitsLengths takes the counts that make Huffman's codes longest,
// Fibonacci's numbers: 40 symbols would have codes of 1 to 40 bits. What is wanted
// is what figure K.3 of ITU-T T.81 makes of them.
func TestOptimiseLimitsLengths(t *testing.T) {
	counts := make([]uint32, 40)
	a, b := uint32(1), uint32(1)
	for i := range counts {
		counts[i] = a
		a, b = b, a+b
	}
	var table huffmanTable
	table.optimise(counts)
	checkCode(t, &table, counts)
	want := [17]uint8{0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 2, 27}
	if table.lengths != want {
		t.Errorf("lengths are %v, want %v", table.lengths, want)
	}
}

// TestOptimiseIsHuffmans compares the bits that are needed with those of a code
// made by the book, by joining the two lightest trees again and again.
func TestOptimiseIsHuffmans(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		counts := make([]uint32, 1+r.IntN(256))
		counts[0] = 1
		for i := range counts {
			if r.IntN(4) > 0 {
				counts[i] = r.Uint32N(1 << r.IntN(11))
			}
		}
		var table huffmanTable
		table.optimise(counts)
		checkCode(t, &table, counts)

		trees := []int{0} // the reserved code
		for _, n := range counts {
			if n > 0 {
				trees = append(trees, int(n))
			}
		}
		want := 0
		for len(trees) > 1 {
			slices.Sort(trees)
			want += trees[0] + trees[1]
			trees = append(trees[2:], trees[0]+trees[1])
		}
		got, at := 0, 0
		for length, n := range table.lengths {
			for range n {
				got += length * int(counts[table.symbols[at]])
				at++
			}
		}
		// Of these counts, codes are hardly ever too long.
		if got != want && table.lengths[maxCodeBits] == 0 {
			t.Fatalf("%v take %d bits, want %d", counts, got, want)
		}
	}
}

// checkCode sees that a table has a code for each symbol that occurs and no
// other, none all ones, and that no symbol's is longer than a rarer one's.
func checkCode(t *testing.T, table *huffmanTable, counts []uint32) {
	t.Helper()
	space, at := 0, 0 // of all codes of 16 bits, how many begin with one of the table's
	rarest := ^uint32(0)
	var has [256]bool
	for length := 1; length <= maxCodeBits; length++ {
		for range table.lengths[length] {
			symbol := table.symbols[at]
			at++
			if has[symbol] || counts[symbol] == 0 || counts[symbol] > rarest {
				t.Fatalf("symbol %d, which occurs %d times, has code %d of length %d", symbol, counts[symbol], at, length)
			}
			has[symbol] = true
			rarest = counts[symbol]
			space += 1 << (maxCodeBits - length)
		}
	}
	if at != table.n || space >= 1<<maxCodeBits {
		t.Fatalf("%d symbols of %d have codes, which take %d of %d", at, table.n, space, 1<<maxCodeBits)
	}
	for symbol, n := range counts {
		if n > 0 && !has[symbol] {
			t.Fatalf("symbol %d, which occurs %d times, has no code", symbol, n)
		}
	}
}
