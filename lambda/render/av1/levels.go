package av1

// chooseLevels writes the levels of a transform block's coefficients and what a decoder will make of
// them, and returns how many are written in the order of the scan, and which of the first
// rows and columns have any that is not 0. Where the error of a smaller level costs less than the bits of the nearer one,
// it takes the smaller. blockSize is the logarithm of the side of its block in its plane, minus 2.
func (e *Encoder) chooseLevels(b *transformed, levels []int16, coefficients []int32, blockSize int, m mode) (end int, used extent) {
	n := 16 << (2 * min(b.size, 3))
	exact := e.coding.exact[:n]
	copy(exact, coefficients)
	end, used = e.quantise(levels, coefficients, b.plane, b.size)
	if end == 0 {
		return 0, extent{}
	}
	end = e.lighten(b, levels[:n], coefficients[:n], exact, end, blockSize, m)
	if end == 0 {
		return 0, extent{}
	}
	// Diagonals from the last one on are empty.
	low := 4 << min(b.size, 3)
	last := int(places[min(b.size, 3)][end-1].at)
	most := last/low + last%low + 1
	return end, extent{min(used.rows, most), min(used.columns, most)}
}

// bitWorth is what a bit of a level is worth, in 256ths of the squared step of the quantiser, and
// lastWorth that of one that makes a level zero: where nothing is left, it is seen less than that
// something has moved. Among the lowest frequencies, those with less than a quarter of the side, both
// are halved spareLow times, as their errors are of whole areas. All were searched for the fewest
// bytes at equal SSIMULACRA 2 over photographs of 640 pixels, at quantisers from 60 to 180.
const (
	bitWorth  = 18
	lastWorth = 34
	spareLow  = 1
)

// mayDrop is how many levels that are not zero may be dropped together from the end.
const mayDrop = 3

// most is the largest level that is looked at: what larger ones cost hardly changes from one to the
// next.
const most = 14

// lighten takes levels of a block that has end of them down by one where that costs less, and drops
// the last ones where they do. It returns how many are left.
//
// It goes from the last to the first, as they are written, so that the contexts of each are those of
// what was decided already; what a level does to the contexts of those nearer to the first, it does
// not ask. Costs are differences from all being zero: squared errors of coefficients times 64, and
// what each 256th of a bit is worth.
func (e *Encoder) lighten(b *transformed, levels []int16, coefficients, exact []int32, end, blockSize int, m mode) int {
	kind, scanned := b.kind(), min(b.size, 3)
	costs := &e.coding.costs
	base, extra := &costs.base[b.size][kind], &costs.extra[scanned][kind]
	lasts, ends := &costs.last[b.size][kind], &costs.end[b.size][kind]
	order := places[scanned][:end]
	stride := padded(4 << scanned)
	magnitudes := e.coding.clear(scanned, end)
	shift := max(0, b.size-2)
	steps := e.steps[b.plane].of[scanned].steps
	flat := int64(e.steps[b.plane].ac)
	worth := flat * flat * bitWorth >> 10
	worthOf := [2]int64{flat * flat * lastWorth >> 10, worth}

	// The last ones, as long as they may be dropped: then what those cost has to be known.
	var kept [mayDrop]*place
	count, balance := 0, int64(0)
	i := end - 1
	for ; i >= 0 && count < mayDrop; i-- {
		p := &order[i]
		level := abs(levels[p.at])
		if level > most {
			break
		}
		five, three := around(magnitudes, int(p.padded), stride)
		context := uint(p.base) + min((five+1)>>1, 4)
		if i == 0 {
			context = 0
		}
		row := &base[context]
		if level == 0 {
			balance += worth * int64(row[0])
			continue
		}
		step, lambda := int64(steps[p.at]), worthOf[min(level, 2)-1]>>p.spared
		more := &extra[uint(p.ranges)+min((three+1)>>1, 6)]
		twice := int64(max(exact[p.at], -exact[p.at])) << (shift + 1)
		back := int64(level) * step
		less := back - step
		nearest, lower := back*(back-twice)<<6, less*(less-twice)<<6
		// With the levels behind it, or without and as the last one.
		cost, taken := nearest+lambda*int64(row[min(level, 3)]+more[level])+balance, level
		if c := lower + lambda*int64(row[min(level-1, 3)]+more[level-1]) + balance; c <= cost {
			cost, taken = c, level-1
		}
		point, rest := endPoint(i + 1)
		last := &lasts[lastContext(i, scanned)]
		bits := ends[point][rest>>max(point-2, 0)&1]
		alone, asLast := nearest+lambda*int64(bits+last[min(level, 3)]+more[level]), level
		if level > 1 {
			if c := lower + lambda*int64(bits+last[min(level-1, 3)]+more[level-1]); c <= alone {
				alone, asLast = c, level-1
			}
		}
		if i == end-1 || alone <= cost {
			for _, k := range kept[:count] {
				magnitudes[k.padded], levels[k.at], coefficients[k.at] = 0, 0, 0
			}
			cost, taken = alone, asLast
			count, end = 0, i+1
		}
		balance = cost
		if taken < level {
			lower1(levels, coefficients, int(p.at), int32(step), shift)
		}
		if taken > 0 {
			magnitudes[p.padded] = magnitudeOf(taken)
			kept[count] = p
			count++
		}
	}

	allSeen := i < 0

	// The others. A level below its coefficient stays: one less would err by more than a step.
	for ; i >= 0; i-- {
		p := &order[i]
		level := abs(levels[p.at])
		if level == 0 {
			continue
		}
		step := int64(steps[p.at])
		over := int64(level)*step - int64(max(exact[p.at], -exact[p.at]))<<shift
		if over > 0 && level <= most {
			five, three := around(magnitudes, int(p.padded), stride)
			context := uint(p.base) + min((five+1)>>1, 4)
			if i == 0 {
				context = 0
			}
			row, more := &base[context], &extra[uint(p.ranges)+min((three+1)>>1, 6)]
			saved := int64(row[min(level, 3)]) + int64(more[level]) - int64(row[min(level-1, 3)]) - int64(more[level-1])
			if worthOf[min(level, 2)-1]>>p.spared*saved >= step*(step-2*over)<<6 {
				level--
				lower1(levels, coefficients, int(p.at), int32(step), shift)
			}
		}
		magnitudes[p.padded] = magnitudeOf(level)
	}
	if allSeen {
		zero, _ := e.zeroContext(b, blockSize)
		none := e.cdfs.allZero[b.size][zero][:]
		if balance+worth*int64(bitsOf(none, 0)+e.typeBits(b, m)-bitsOf(none, 1)) >= 0 {
			for _, k := range kept[:count] {
				levels[k.at], coefficients[k.at] = 0, 0
			}
			return 0
		}
	}
	return end
}

// lower1 takes a level down by one, and what a decoder makes of it.
func lower1(levels []int16, coefficients []int32, at int, step int32, shift int) {
	l := levels[at]
	sign := l>>15 | 1
	l -= sign
	levels[at], coefficients[at] = l, int32(sign)*(abs(l)*step&0xffffff>>shift)
}
