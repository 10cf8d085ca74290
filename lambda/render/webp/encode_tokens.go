package webp

import (
	mathbits "math/bits"
	"slices"
)

// A slot is a kind, a band and a context in one number. Tables of them have room for
// slotRoom, so that a mask keeps an index inside.
const (
	slots    = kinds * bands * contexts
	slotRoom = 128
)

// slotAt is the slot of a kind and a place in zigzag order with context 0, which is to
// be added. There is no place behind the last, but it is looked up.
var slotAt = func() (table [kinds][32]uint8) {
	for kind := range table {
		for n, band := range bandOf[:16] {
			table[kind][n] = uint8((kind*bands + int(band)) * contexts)
		}
	}
	return table
}()

// The tokens (RFC 6386, section 13.2). Levels up to 4 are tokens themselves, with one
// for the end before.
const (
	tokenEnd = iota
	tokenZero
	tokenOne
	tokenTwo
	tokenThree
	tokenFour
	tokenCategory1 // 5 and 6
	tokenCategory2 // 7 to 10
	tokenCategory3 // 11 to 18
	tokenCategory4 // 19 to 34
	tokenCategory5 // 35 to 66
	tokenCategory6 // 67 and above
	tokens
)

// token is a token with what belongs to it, from the lowest bit: four bits of the
// token itself, one that says that it comes after a zero, where no block ends, one of
// the sign, two of what categories 1 and 2 add, and seven of the slot. Behind a token of
// categories 3 to 6 comes a word of what it adds.
type token uint16

const (
	afterZero = 1 << 4
	negative  = 1 << 5
	addsShift = 6
	slotShift = 8
)

// addsOf are the probabilities of the bits that categories add, without the zeros.
var addsOf = func() (table [len(extraBits)][]uint8) {
	for i := range extraBits {
		probs := extraBits[i][:]
		for probs[len(probs)-1] == 0 {
			probs = probs[:len(probs)-1]
		}
		table[i] = probs
	}
	return table
}()

// maxLevel is the largest that the last category has room for.
const maxLevel = 67 + 1<<11 - 1

// tokenOf is the token of a level without its sign.
var tokenOf = func() (table [maxLevel + 1]uint8) {
	for level := range table {
		t := tokenZero + level
		if level > 4 {
			t = tokenCategory1
			for t < tokenCategory6 && level >= int(leastOf[t+1-tokenCategory1]) {
				t++
			}
		}
		table[level] = uint8(t)
	}
	return table
}()

// branch is a node of the tree and the way from it.
type branch struct {
	node int
	bit  bool
}

// ways are the tokens' ways through the tree (RFC 6386, section 13.2).
var ways = [tokens][]branch{
	tokenEnd:       {{0, false}},
	tokenZero:      {{0, true}, {1, false}},
	tokenOne:       {{0, true}, {1, true}, {2, false}},
	tokenTwo:       {{0, true}, {1, true}, {2, true}, {3, false}, {4, false}},
	tokenThree:     {{0, true}, {1, true}, {2, true}, {3, false}, {4, true}, {5, false}},
	tokenFour:      {{0, true}, {1, true}, {2, true}, {3, false}, {4, true}, {5, true}},
	tokenCategory1: {{0, true}, {1, true}, {2, true}, {3, true}, {6, false}, {7, false}},
	tokenCategory2: {{0, true}, {1, true}, {2, true}, {3, true}, {6, false}, {7, true}},
	tokenCategory3: {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {8, false}, {9, false}},
	tokenCategory4: {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {8, false}, {9, true}},
	tokenCategory5: {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {8, true}, {10, false}},
	tokenCategory6: {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {8, true}, {10, true}},
}

// The probabilities of a slot stand in a row of sixteen, behind them those that are the
// same for all slots.
const (
	nodeSign = 11 + iota
	nodeCategory1
	nodeCategory2High
	nodeCategory2Low
)

// pathOf is a way in one number: five bits for each bool, from the lowest, one for the
// bool itself and four for the place of its probability in a row, and a one behind the last.
func pathOf(way []branch) uint64 {
	path := uint64(1) << (5 * len(way))
	for i, b := range way {
		path |= uint64(b.node) << (5*i + 1)
		if b.bit {
			path |= 1 << (5 * i)
		}
	}
	return path
}

// paths are all bools of a token that is not followed by a word, by the lowest eight bits
// of the token.
var paths = func() (table [1 << slotShift]uint64) {
	for i := range table {
		t := i % afterZero
		if t >= tokens {
			continue
		}
		var steps []branch
		if i&afterZero == 0 {
			steps = append(steps, ways[t]...)
		} else if t != tokenEnd {
			steps = append(steps, ways[t][1:]...)
		}
		adds := i >> addsShift
		switch t {
		case tokenCategory1:
			steps = append(steps, branch{nodeCategory1, adds&1 != 0})
		case tokenCategory2:
			steps = append(steps, branch{nodeCategory2High, adds&2 != 0}, branch{nodeCategory2Low, adds&1 != 0})
		}
		if tokenOne <= t && t < tokenCategory3 {
			steps = append(steps, branch{nodeSign, i&negative != 0})
		}
		table[i] = pathOf(steps)
	}
	return table
}()

// tokenised are the tokens of a picture, in their order, and how often there is each.
type tokenised struct {
	all    []token
	counts [slotRoom << 5]uint32 // by slot and, in five bits, whether it comes after a zero and the token
}

func (t *tokenised) begin() {
	t.all = t.all[:0]
	t.counts = [len(t.counts)]uint32{}
}

// reserve makes room for some words.
func (t *tokenised) reserve(n int) { t.all = slices.Grow(t.all, n) }

// maxTokens is the most words of a block.
const maxTokens = 2 * 16

// add adds the tokens of a block whose levels from first to last, in zigzag order,
// may not be zero; last is below first where all are. There must be room for them.
func (t *tokenised) add(levels *[16]int16, kind, context, first, last int) {
	n := len(t.all)
	out := (*[maxTokens]token)(t.all[n : n+maxTokens])
	at := 0
	slot := uint(slotAt[kind][first&15]) + uint(context)
	after := uint(0)
	for i := first; i <= last; i++ {
		level := int(levels[i&15])
		sign := uint(level>>15) & 1
		level = max(level, -level)
		kindOf := uint(tokenOf[level&0xfff])
		t.counts[(slot<<5|after|kindOf)&(slotRoom<<5-1)]++
		word := token(slot<<slotShift | sign<<5 | after | kindOf)
		after = 0
		context := uint(min(level, 2))
		if level == 0 {
			after = afterZero
		}
		if kindOf >= tokenCategory1 {
			adds := level - int(leastOf[kindOf-tokenCategory1])
			if kindOf <= tokenCategory2 {
				word |= token(adds) << addsShift
			} else {
				out[at%maxTokens] = word
				at++
				word = token(adds)
			}
		}
		out[at%maxTokens] = word
		at++
		slot = uint(slotAt[kind][(i+1)&31]) + context
	}
	if last < 15 {
		t.counts[(slot<<5)&(slotRoom<<5-1)]++
		out[at%maxTokens] = token(slot << slotShift)
		at++
	}
	t.all = t.all[:n+at]
}

// nodes is how often the bools at the nodes of a slot's tree are false and true.
func (t *tokenised) nodes(slot int) (counts [11][2]uint32) {
	for after := range 2 {
		for i, way := range ways {
			n := t.counts[slot<<5|after<<4|i]
			for _, s := range way[after:] {
				bit := 0
				if s.bit {
					bit = 1
				}
				counts[s.node][bit] += n
			}
		}
	}
	return counts
}

// probabilities are the best ones for the tokens so far, where those that differ from
// a key frame's have to be written.
func (t *tokenised) probabilities() tokenProbs {
	best := defaultTokenProbs
	for slot := range slots {
		old := &best[slot/(bands*contexts)][slot/contexts%bands][slot%contexts]
		update := &updateTokenProbs[slot/(bands*contexts)][slot/contexts%bands][slot%contexts]
		for node, n := range t.nodes(slot) {
			if n[0]+n[1] == 0 {
				continue
			}
			p := uint8(min(max((256*uint64(n[0])+uint64(n[0]+n[1])/2)/uint64(n[0]+n[1]), 1), 255))
			rate := func(p uint8) uint64 {
				return uint64(n[0])*uint64(rateOfBool(false, p)) + uint64(n[1])*uint64(rateOfBool(true, p))
			}
			written := rate(p) + 8*256 + uint64(rateOfBool(true, update[node]))
			if written < rate(old[node])+uint64(rateOfBool(false, update[node])) {
				old[node] = p
			}
		}
	}
	return best
}

// write writes all tokens. It is put of boolWriter and its loop in one, for the speed.
func (t *tokenised) write(w *boolWriter, p *tokenProbs) {
	var rows [slotRoom][16]uint8
	for slot := range slots {
		row := &rows[slot]
		copy(row[:], p[slot/(bands*contexts)][slot/contexts%bands][slot%contexts][:])
		row[nodeSign], row[nodeCategory1] = 128, extraBits[0][0]
		row[nodeCategory2High], row[nodeCategory2Low] = extraBits[1][0], extraBits[1][1]
	}
	low, span, pending := w.low, w.span, w.pending
	for i := 0; i < len(t.all); i++ {
		word := t.all[i]
		row := &rows[word>>slotShift%slotRoom]
		for path := paths[word%(1<<slotShift)]; path > 1; path >>= 5 {
			split := 1 + (span-1)*uint32(row[path>>1&15])>>8
			// What a false bool makes of span is split, and a true one the rest: -bit is
			// all ones for a true one.
			bit := uint32(path & 1)
			low += uint64(split & -bit)
			span = split + (span-split-split)&-bit
			shift := uint(mathbits.LeadingZeros8(uint8(span)))
			span <<= shift & 7
			low <<= shift & 7
			if pending += shift; pending >= flushed {
				w.low, w.pending = low, pending
				w.flush()
				low, pending = w.low, w.pending
			}
		}
		if word&15 >= tokenCategory3 {
			w.low, w.span, w.pending = low, span, pending
			i++
			probs := addsOf[word&15-tokenCategory1]
			for j, p := range probs {
				w.put(int(t.all[i])>>(len(probs)-1-j)&1 != 0, p)
			}
			w.put(word&negative != 0, 128)
			low, span, pending = w.low, w.span, w.pending
		}
	}
	w.low, w.span, w.pending = low, span, pending
}

// rates are what levels take, in 1/256 bit, with the probabilities of now.
type rates struct {
	// of a level by its slot, without that no block ends before it where the context is
	// 0; the last are those of category 6 without what they add and their sign.
	levels [slotRoom][68]uint16

	end  [slotRoom]uint16 // that the block ends
	more [slotRoom]uint16 // that it does not
}

// addsRate is what a level of category 6 adds, with the sign.
var addsRate = func() (table [maxLevel + 1]uint16) {
	for level := 67; level <= maxLevel; level++ {
		table[level] = uint16(categoryRate(tokenCategory6, level))
	}
	return table
}()

// levelRates are what levels take beside their tokens.
var levelRates = func() (table [68]uint32) {
	for level := 1; level < 67; level++ {
		table[level] = categoryRate(int(tokenOf[level]), level)
	}
	return table
}()

// categoryRate is what a level takes beside its token: what it adds, and the sign.
func categoryRate(token, level int) uint32 {
	rate := uint32(256)
	if token < tokenCategory1 {
		return rate
	}
	probs, adds := addsOf[token-tokenCategory1], level-int(leastOf[token-tokenCategory1])
	for j, p := range probs {
		rate += rateOfBool(adds>>(len(probs)-1-j)&1 != 0, p)
	}
	return rate
}

// set makes the rates those of probabilities.
func (r *rates) set(p *tokenProbs) {
	for slot := range slots {
		row := &p[slot/(bands*contexts)][slot/contexts%bands][slot%contexts]
		r.end[slot], r.more[slot] = rateOf[row[0]], rateOf[256-int(row[0])]
		var of [tokens]uint32
		for i := tokenZero; i < tokens; i++ {
			way := ways[i]
			if slot%contexts == 0 {
				way = way[1:]
			}
			for _, s := range way {
				of[i] += rateOfBool(s.bit, row[s.node])
			}
		}
		for level := range r.levels[slot] {
			r.levels[slot][level] = uint16(of[tokenOf[level]] + levelRates[level])
		}
	}
}

// of is what a block takes whose levels from first to last may not be zero.
func (r *rates) of(levels *[16]int16, kind, context, first, last int) int {
	slot := int(slotAt[kind][first&15]) + context
	if last < first {
		return int(r.end[slot&(slotRoom-1)])
	}
	rate := 0
	if context == 0 {
		rate = int(r.more[slot&(slotRoom-1)])
	}
	at := &slotAt[kind]
	for i := first; i <= last; i++ {
		level := int(levels[i&15])
		level = max(level, -level)
		if level < 67 {
			rate += int(r.levels[slot&(slotRoom-1)][level])
		} else {
			rate += int(r.levels[slot&(slotRoom-1)][67]) + int(addsRate[min(level, maxLevel)])
		}
		slot = int(at[(i+1)&31]) + min(level, 2)
	}
	if last < 15 {
		rate += int(r.end[slot&(slotRoom-1)])
	}
	return rate
}
