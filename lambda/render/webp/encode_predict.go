package webp

// wholeModes is how many of the modes a macroblock as a whole can have, and chroma.
const wholeModes = modeHorizontal + 1

// fourByFour is a square of four by four samples, row by row. What is predicted as a whole is squares,
// too, row by row: 16 of luma, 4 of chroma.
type fourByFour [16]uint8

// border is what a square is predicted from: the column to the left from below, the
// corner, and the row above with the four samples that follow to the right: 13 of them.
type border [16]uint8

// corner is where the corner stands in a border.
const corner = 4

// blend says how samples of a border make one of a prediction: a mean of two from
// that at i on is pair+i, of three around that at i is i, and the lowest of the column
// alone is lowest (RFC 6386, section 12.3).
const (
	pair   = 16
	lowest = 13
)

// blends are those of the modes that are not modeDC and modeTrueMotion.
var blends = [modes][16]uint8{
	modeVertical: {
		5, 6, 7, 8,
		5, 6, 7, 8,
		5, 6, 7, 8,
		5, 6, 7, 8,
	},
	modeHorizontal: {
		3, 3, 3, 3,
		2, 2, 2, 2,
		1, 1, 1, 1,
		0, 0, 0, 0,
	},
	modeRightDown: {
		4, 5, 6, 7,
		3, 4, 5, 6,
		2, 3, 4, 5,
		1, 2, 3, 4,
	},
	modeVerticalRight: {
		pair + 4, pair + 5, pair + 6, pair + 7,
		4, 5, 6, 7,
		3, pair + 4, pair + 5, pair + 6,
		2, 4, 5, 6,
	},
	modeLeftDown: {
		6, 7, 8, 9,
		7, 8, 9, 10,
		8, 9, 10, 11,
		9, 10, 11, 12,
	},
	modeVerticalLeft: {
		pair + 5, pair + 6, pair + 7, pair + 8,
		6, 7, 8, 9,
		pair + 6, pair + 7, pair + 8, 10,
		7, 8, 9, 11,
	},
	modeHorizontalDown: {
		pair + 3, 4, 5, 6,
		pair + 2, 3, pair + 3, 4,
		pair + 1, 2, pair + 2, 3,
		pair + 0, 1, pair + 1, 2,
	},
	modeHorizontalUp: {
		pair + 2, 2, pair + 1, 1,
		pair + 1, 1, pair + 0, 0,
		pair + 0, 0, lowest, lowest,
		lowest, lowest, lowest, lowest,
	},
}

// predictGo makes all predictions of a square.
func predictGo(to *[modes]fourByFour, b *border) {
	// Beyond the ends of a border its first and its last sample are repeated.
	var blended [32]uint8
	const last = corner + 8
	for i := range last + 1 {
		before, at, after := uint(b[max(i-1, 0)]), uint(b[i]), uint(b[min(i+1, last)])
		blended[i] = uint8((before + 2*at + after + 2) >> 2)
		blended[pair+i] = uint8((at + after + 1) >> 1)
	}
	blended[lowest] = b[0]
	for mode := modeVertical; mode < modes; mode++ {
		for i, from := range &blends[mode] {
			to[mode][i] = blended[from&31]
		}
	}
	sum := 4
	for i := range 4 {
		sum += int(b[i]) + int(b[corner+1+i])
	}
	for i := range 16 {
		to[modeDC][i] = uint8(sum >> 3)
		to[modeTrueMotion][i] = clamped(int(b[corner-1-i/4]) + int(b[corner+1+i%4]) - int(b[corner]))
	}
}

func predictAllGo(to *[modes]fourByFour, satds *[modes]int32, b *border, source *fourByFour) {
	predictGo(to, b)
	for mode := range to {
		satds[mode] = int32(satdGo(source, &to[mode]))
	}
}

func clamped(v int) uint8 { return uint8(min(max(v, 0), 255)) }

// sides is what a macroblock's luma or chroma is predicted from as a whole: the row above
// it, the column to the left from above, and the corner. Which of the sides lie in the
// picture matters to modeDC alone.
type sides struct {
	above, left       [16]uint8
	corner            uint8
	hasAbove, hasLeft bool
}

// predictWhole makes the prediction of a mode for luma, a side of 16, or chroma, of 8
// (RFC 6386, section 12.2).
func predictWhole(to []fourByFour, side, mode int, s *sides) {
	across := side / 4
	switch mode {
	case modeDC:
		var all fourByFour
		mean := s.mean(side)
		for i := range all {
			all[i] = mean
		}
		for i := range to {
			to[i] = all
		}
	case modeTrueMotion:
		for i := range to {
			above, left := s.above[i%across*4:][:4:4], s.left[i/across*4:][:4:4]
			for y, v := range left {
				base := int(v) - int(s.corner)
				for x, v := range above {
					to[i][4*y+x] = clamped(base + int(v))
				}
			}
		}
	case modeVertical:
		for i := range to {
			above := s.above[i%across*4:][:4:4]
			for y := range 4 {
				copy(to[i][4*y:][:4], above)
			}
		}
	case modeHorizontal:
		for i := range to {
			for y, v := range s.left[i/across*4:][:4] {
				row := to[i][4*y:][:4:4]
				row[0], row[1], row[2], row[3] = v, v, v, v
			}
		}
	}
}

// predictAllWholeGo makes the predictions of all modes for luma, which has four squares
// across, or chroma, which has two, from a square on.
func predictAllWholeGo(to *[wholeModes][16]fourByFour, from, across int, s *sides) {
	for mode := range to {
		predictWhole(to[mode][from:from+across*across], 4*across, mode, s)
	}
}

// mean is the mean of the sides that lie in the picture.
func (s *sides) mean(side int) uint8 {
	sum, count := 0, 0
	if s.hasAbove {
		for _, v := range s.above[:side] {
			sum += int(v)
		}
		count += side
	}
	if s.hasLeft {
		for _, v := range s.left[:side] {
			sum += int(v)
		}
		count += side
	}
	if count == 0 {
		return 128
	}
	return uint8((sum + count/2) / count)
}
