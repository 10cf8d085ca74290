package webp

// writeHeader writes what the first partition says before its macroblocks (RFC 6386,
// section 19.2).
func (e *Encoder) writeHeader(w *boolWriter) {
	h := &e.header
	e.count()
	w.number(0, 2) // colour space and clamping type
	w.put(h.segmented, 128)
	if h.segmented {
		w.put(true, 128) // macroblocks say of which segment they are
		w.put(true, 128) // segments have values
		w.put(true, 128) // that replace the frame's
		for _, v := range h.quantiser {
			w.signed(v, 7)
		}
		for _, v := range h.level {
			w.signed(v, 6)
		}
		for _, p := range h.probs {
			w.put(p != 255, 128)
			if p != 255 {
				w.number(int(p), 8)
			}
		}
	}
	w.put(h.simple, 128)
	w.number(h.frameLevel, 6)
	w.number(h.sharpness, 3)
	w.put(false, 128) // no deltas of the filter
	w.number(0, 2)    // one partition of tokens
	w.number(h.index, 7)
	for _, delta := range []int{h.lumaDC, h.y2DC, h.y2AC, h.uvDC, h.uvAC} {
		w.signed(delta, 4)
	}
	w.put(false, 128) // nothing is kept for the next frame
	for i := range h.tokens {
		for j := range h.tokens[i] {
			for k := range h.tokens[i][j] {
				for l, p := range h.tokens[i][j][k] {
					differs := p != defaultTokenProbs[i][j][k][l]
					w.put(differs, updateTokenProbs[i][j][k][l])
					if differs {
						w.number(int(p), 8)
					}
				}
			}
		}
	}
	w.put(true, 128) // macroblocks say whether they have coefficients
	w.number(int(h.probSkip), 8)
}

// count sets the probabilities of segments and of macroblocks with coefficients.
func (e *Encoder) count() {
	var of [segments]int
	coded := 0
	for i := range e.macroblocks {
		of[e.macroblocks[i].segment]++
		if !e.macroblocks[i].skipped {
			coded++
		}
	}
	h := &e.header
	h.probs = [3]uint8{probabilityOf(of[0]+of[1], of[2]+of[3]), probabilityOf(of[0], of[1]), probabilityOf(of[2], of[3])}
	h.skips, h.probSkip = true, probabilityOf(coded, len(e.macroblocks)-coded)
}

// probabilityOf is that of a bool that is so often false and so often true.
func probabilityOf(isFalse, isTrue int) uint8 {
	if isFalse+isTrue == 0 {
		return 255
	}
	return uint8(min(max((256*isFalse+(isFalse+isTrue)/2)/(isFalse+isTrue), 1), 255))
}

// writeModes writes what the first partition says of each macroblock (RFC 6386, section
// 19.3).
func (e *Encoder) writeModes(w *boolWriter) {
	h := &e.header
	clear(e.above)
	for i := range e.macroblocks {
		m := &e.macroblocks[i]
		above := &e.above[i%e.columns].modes
		if i%e.columns == 0 {
			e.left.modes = [4]uint8{}
		}
		left := &e.left.modes
		if h.segmented {
			w.put(m.segment >= 2, h.probs[0])
			w.put(m.segment&1 != 0, h.probs[1+m.segment/2])
		}
		w.put(m.skipped, h.probSkip)
		w.put(m.whole, probWhole)
		if m.whole {
			mode := m.luma[0]
			w.walk(wholePaths[mode], &lumaRow)
			*above, *left = [4]uint8{mode, mode, mode, mode}, [4]uint8{mode, mode, mode, mode}
		} else {
			for j, mode := range m.luma {
				w.walk(squarePaths[mode], &squareRows[above[j%4]][left[j/4]])
				above[j%4], left[j/4] = mode, mode
			}
		}
		w.walk(chromaPaths[m.chroma], &chromaRow)
	}
}

// rateOfWay is what a way takes, in 1/256 bit.
func rateOfWay(way []branch, probs []uint8) int {
	rate := 0
	for _, s := range way {
		rate += int(rateOfBool(s.bit, probs[s.node]))
	}
	return rate
}

// The modes' ways through their trees (RFC 6386, sections 8.2, 8.3 and 11.2).
var (
	wholeWays = [wholeModes][]branch{
		modeDC:         {{0, false}, {1, false}},
		modeVertical:   {{0, false}, {1, true}},
		modeHorizontal: {{0, true}, {2, false}},
		modeTrueMotion: {{0, true}, {2, true}},
	}
	chromaWays = [wholeModes][]branch{
		modeDC:         {{0, false}},
		modeVertical:   {{0, true}, {1, false}},
		modeHorizontal: {{0, true}, {1, true}, {2, false}},
		modeTrueMotion: {{0, true}, {1, true}, {2, true}},
	}
	squareWays = [modes][]branch{
		modeDC:             {{0, false}},
		modeTrueMotion:     {{0, true}, {1, false}},
		modeVertical:       {{0, true}, {1, true}, {2, false}},
		modeHorizontal:     {{0, true}, {1, true}, {2, true}, {3, false}, {4, false}},
		modeRightDown:      {{0, true}, {1, true}, {2, true}, {3, false}, {4, true}, {5, false}},
		modeVerticalRight:  {{0, true}, {1, true}, {2, true}, {3, false}, {4, true}, {5, true}},
		modeLeftDown:       {{0, true}, {1, true}, {2, true}, {3, true}, {6, false}},
		modeVerticalLeft:   {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {7, false}},
		modeHorizontalDown: {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {7, true}, {8, false}},
		modeHorizontalUp:   {{0, true}, {1, true}, {2, true}, {3, true}, {6, true}, {7, true}, {8, true}},
	}
)

// The ways as walk takes them, with rows of probabilities.
var (
	wholePaths, chromaPaths = pathsOf(wholeWays[:]), pathsOf(chromaWays[:])
	squarePaths             = pathsOf(squareWays[:])

	lumaRow, chromaRow = rowOf(probLuma[:]), rowOf(probChroma[:])
	squareRows         = func() (rows [modes][modes][16]uint8) {
		for above := range rows {
			for left := range rows[above] {
				rows[above][left] = rowOf(probSquare[above][left][:])
			}
		}
		return rows
	}()
)

func pathsOf(ways [][]branch) []uint64 {
	var paths []uint64
	for _, way := range ways {
		paths = append(paths, pathOf(way))
	}
	return paths
}

func rowOf(probs []uint8) (row [16]uint8) {
	copy(row[:], probs)
	return row
}

// What modes take, in 1/256 bit.
var (
	wholeRates  = ratesOfModes(wholeWays, probLuma[:])
	chromaRates = ratesOfModes(chromaWays, probChroma[:])

	// squareRates are those of a square's modes by those above and left.
	squareRates = func() (all [modes][modes][modes]uint16) {
		for above := range all {
			for left := range all[above] {
				for mode := range all[above][left] {
					all[above][left][mode] = uint16(rateOfWay(squareWays[mode], probSquare[above][left][:]))
				}
			}
		}
		return all
	}()
)

func ratesOfModes(ways [wholeModes][]branch, probs []uint8) (all [wholeModes]int) {
	for mode, way := range ways {
		all[mode] = rateOfWay(way, probs)
	}
	return all
}
