package webp

// usefulCacheBits are those of the largest colour cache that is tried. The format has one
// of a bit more, whose codes take more than it saves.
const usefulCacheBits = 10

// tally counts the symbols of an image with colour caches of all sizes at once. What is in
// a cache is in all larger ones as well, because each entry of a cache is two of the next.
type tally struct {
	caches [usefulCacheBits + 1][1 << usefulCacheBits]uint32

	// Of single pixels by the bits of the least cache that has them, or one more than the
	// most: the places in the largest cache, and the samples.
	hits   [usefulCacheBits + 1][1 << usefulCacheBits]uint32
	misses [usefulCacheBits + 2][4][literals]uint32

	lengths   [lengths]uint32
	distances [distances]uint32
}

// count counts the symbols of an image with caches of at most so many bits.
func (t *tally) count(pixels []uint32, copies []copied, codes []uint8, mostBits uint) {
	*t = tally{}
	at := 0
	for _, c := range copies {
		if c == 0 {
			pixel := pixels[at]
			least := t.insert(pixel, mostBits)
			if least <= mostBits {
				t.hits[least][pixel*cacheMultiplier>>(32-usefulCacheBits)]++
			}
			m := &t.misses[least]
			m[0][pixel>>8&0xff]++
			m[1][pixel>>16&0xff]++
			m[2][pixel&0xff]++
			m[3][pixel>>24]++
			at++
			continue
		}
		end := at + c.length()
		if mostBits > 0 {
			for ; at < end; at++ {
				if pixel := pixels[at]; at == 0 || pixel != pixels[at-1] {
					t.insert(pixel, mostBits)
				}
			}
		}
		at = end
		symbol, _, _ := prefixed(c.length())
		t.lengths[symbol]++
		symbol, _, _ = prefixed(codeOfDistance(codes, c.distance()))
		t.distances[symbol]++
	}
}

// insert returns the bits of the least cache that has a pixel, and puts it into the
// smaller ones.
func (t *tally) insert(pixel uint32, mostBits uint) uint {
	hash := pixel * cacheMultiplier
	least := uint(1)
	for ; least <= mostBits; least++ {
		entry := &t.caches[least][hash>>(32-least)]
		if *entry == pixel {
			break
		}
		*entry = pixel
	}
	return least
}

// choose returns the bits of the colour cache with which the image takes least, 0 for
// none, and its symbols and what they take then.
func (t *tally) choose(mostBits uint) (best uint, of histogram, least uint64) {
	for bits := int(mostBits); bits >= 0; bits-- {
		// What a cache misses the smaller ones miss, too.
		misses := &t.misses[bits+1]
		if uint(bits) < mostBits {
			for kind := range misses {
				for symbol, n := range t.misses[bits+2][kind] {
					misses[kind][symbol] += n
				}
			}
		}
		h := newHistogram(uint(bits))
		for kind := range misses {
			copy(h[kind], misses[kind][:])
		}
		copy(h[0][literals:], t.lengths[:])
		copy(h[4], t.distances[:])
		for had := 1; had <= bits; had++ {
			for place, n := range t.hits[had] {
				h[0][literals+lengths+place>>(usefulCacheBits-bits)] += n
			}
		}
		if rate := h.rate(); of[0] == nil || rate <= least {
			best, of, least = uint(bits), h, rate
		}
	}
	return best, of, least
}
