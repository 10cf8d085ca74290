package webp

import "slices"

// grouping divides an image into tiles that have one of several groups of prefix codes
// each (RFC 9649, section 3.7.2.2).
type grouping struct {
	bits       uint // of the side of a tile
	across     int
	groupOf    []int // of tiles
	histograms []histogram
}

// tile is the number of the one in which a pixel is.
func (g *grouping) tile(at, width int) int {
	return at/width>>g.bits*g.across + at%width>>g.bits
}

// most is how many tiles and groups there are at most.
const (
	mostTiles  = 400
	mostGroups = 16
)

// symbolCount is how often a tile has a symbol.
type symbolCount struct {
	kind   uint8
	symbol uint16
	count  uint32
}

// choose divides an image into as many groups as it takes least with. Groups are found
// by k-means: tiles go to the group whose codes are the shortest for them, and the codes
// of groups follow, a few times over. At first tiles that take alike many bits by
// themselves are a group.
func (g *grouping) choose(e *imageEncoder, copies []copied) {
	width, height, cacheBits := e.width, len(e.pixels)/e.width, e.cacheBits
	for g.bits = 3; tiles(width, g.bits)*tiles(height, g.bits) > mostTiles; g.bits++ {
	}
	if g.bits > 9 {
		g.bits = 9
	}
	g.across = tiles(width, g.bits)
	of := make([][]symbolCount, g.across*tiles(height, g.bits))
	whole := newHistogram(cacheBits)
	g.gather(of, whole, func(add func(at, kind, symbol int)) { e.count(copies, add) }, width)
	g.histograms, g.groupOf = []histogram{whole}, make([]int, len(of))
	least := whole.rate()
	weights := make([]int, len(of))
	order := make([]int, len(of))
	for i, symbols := range of {
		total := 0
		for _, s := range symbols {
			total += int(s.count)
		}
		for _, s := range symbols {
			weights[i] += int(s.count) * (log256(uint64(total)) - log256(uint64(s.count)))
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return weights[a] - weights[b] })
	for groups := 2; groups <= min(mostGroups, len(of)/2); groups *= 2 {
		groupOf := make([]int, len(of))
		for rank, i := range order {
			groupOf[i] = rank * groups / len(of)
		}
		histograms := divided(of, groupOf, groups, cacheBits)
		for range 3 {
			regroup(of, groupOf, histograms)
			histograms = divided(of, groupOf, groups, cacheBits)
		}
		rate := uint64(len(of)) * uint64(log256(uint64(groups))) // to say which tile has which
		for _, h := range histograms {
			rate += h.rate()
		}
		if rate >= least {
			break
		}
		least, g.groupOf, g.histograms = rate, groupOf, histograms
	}
	g.dropEmpty()
}

// gather counts the symbols of tiles, and of the whole image.
func (g *grouping) gather(of [][]symbolCount, whole histogram, count func(add func(at, kind, symbol int)), width int) {
	var first [5]int // of a kind's symbols among all
	symbols := 0
	for kind, counts := range whole {
		first[kind] = symbols
		symbols += len(counts)
	}
	// The places of symbols in of, one more, for the tiles of a row.
	places, row := make([]uint16, g.across*symbols), 0
	placesOf := func(tile int) []uint16 { return places[tile%g.across*symbols:][:symbols] }
	count(func(at, kind, symbol int) {
		whole[kind][symbol]++
		tile := g.tile(at, width)
		if now := tile / g.across; now != row {
			for before := range g.across {
				own := placesOf(before)
				for _, s := range of[row*g.across+before] {
					own[first[s.kind]+int(s.symbol)] = 0
				}
			}
			row = now
		}
		place := &placesOf(tile)[first[kind]+symbol]
		if *place == 0 {
			of[tile] = append(of[tile], symbolCount{kind: uint8(kind), symbol: uint16(symbol)})
			*place = uint16(len(of[tile]))
		}
		of[tile][*place-1].count++
	})
}

// divided are the histograms of groups.
func divided(of [][]symbolCount, groupOf []int, groups int, cacheBits uint) []histogram {
	all := make([]histogram, groups)
	for i := range all {
		all[i] = newHistogram(cacheBits)
	}
	for i, symbols := range of {
		h := all[groupOf[i]]
		for _, s := range symbols {
			h[s.kind][s.symbol] += s.count
		}
	}
	return all
}

// regroup puts each tile into the group in which it takes least.
func regroup(of [][]symbolCount, groupOf []int, histograms []histogram) {
	rates := make([][5][]uint16, len(histograms))
	for i, h := range histograms {
		for kind, counts := range h {
			total := uint64(1)
			for _, n := range counts {
				total += uint64(n)
			}
			ofAll := log256(2 * total)
			rates[i][kind] = make([]uint16, len(counts))
			for symbol, n := range counts {
				// A symbol that a group does not have would make a code longer.
				rates[i][kind][symbol] = uint16(min(ofAll-log256(uint64(2*n+1)), 15*256))
			}
		}
	}
	for i, symbols := range of {
		least := 1 << 62
		for group := range rates {
			rate := 0
			for _, s := range symbols {
				rate += int(s.count) * int(rates[group][s.kind][s.symbol])
			}
			if rate < least {
				least, groupOf[i] = rate, group
			}
		}
	}
}

// dropEmpty leaves out groups that no tile has.
func (g *grouping) dropEmpty() {
	used := make([]bool, len(g.histograms))
	for _, group := range g.groupOf {
		used[group] = true
	}
	number := make([]int, len(used))
	n := 0
	for i := range used {
		number[i] = n
		if used[i] {
			g.histograms[n] = g.histograms[i]
			n++
		}
	}
	g.histograms = g.histograms[:n]
	for i, group := range g.groupOf {
		g.groupOf[i] = number[group]
	}
}

// write writes which tile has which group.
func (g *grouping) write(w *bitWriter, parts *imageEncoder) {
	if len(g.histograms) == 1 {
		w.write(0, 1)
		return
	}
	w.write(1, 1)
	w.write(uint32(g.bits-2), 3)
	image := make([]uint32, len(g.groupOf))
	for i, group := range g.groupOf {
		image[i] = black | uint32(group)<<8
	}
	parts.prepare(image, g.across, partTries, 0)
	parts.write(w, nil)
}
