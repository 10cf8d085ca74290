package webp

import "prew/lambda/render/plane"

// predictedBits is the side of the tiles that have a predictor each, 1<<predictedBits.
const predictedBits = 4

// predictors are how many there are.
const predictors = 14

// residualCosts is what a residual takes, in 1/16 bit, by its sample.
type residualCosts [4][256]uint8

// predict leaves in l.residual what is left of pixels after they are predicted, and in
// l.modes the predictor of each tile. Predictors are chosen twice: by what residuals take
// in most pictures, and then by what they take in this one.
func (l *losslessEncoder) predict(pixels []uint32, width, height int) {
	across := tiles(width, predictedBits)
	l.residual = plane.Resized(l.residual, len(pixels))
	l.modes = plane.Resized(l.modes, across*tiles(height, predictedBits))
	costs := residualCosts{usualCosts, usualCosts, usualCosts, usualCosts}
	for _, step := range [2]int{4, 2} {
		mode := 0
		for i := range l.modes {
			mode = l.predictor(pixels, width, height, i%across<<predictedBits, i/across<<predictedBits, step, mode, &costs)
			l.modes[i] = black | uint32(mode)<<8
		}
		if step == 4 {
			l.learnCosts(pixels, width, height, step, &costs)
		}
	}
	for y := range height {
		l.residualsOfRow(pixels, width, y)
	}
}

// learnCosts makes costs those of the picture's residuals, of which it looks at one row
// in step.
func (l *losslessEncoder) learnCosts(pixels []uint32, width, height, step int, costs *residualCosts) {
	var counts [4][256]int
	n := 0
	for y := step - 1; y < height; y += step {
		l.residualsOfRow(pixels, width, y)
		for _, r := range l.residual[y*width:][:width] {
			counts[0][r>>24]++
			counts[1][r>>16&0xff]++
			counts[2][r>>8&0xff]++
			counts[3][r&0xff]++
		}
		n += width
	}
	if n == 0 {
		return
	}
	for i := range counts {
		for v, count := range counts[i] {
			costs[i][v] = uint8(min(log2(uint64(n+256), 4)-log2(uint64(count+1), 4), 255))
		}
	}
}

// residualsOfRow leaves the residuals of a row in l.residual.
func (l *losslessEncoder) residualsOfRow(pixels []uint32, width, y int) {
	to, row := l.residual[y*width:][:width], pixels[y*width:][:width]
	if y == 0 {
		to[0] = subtract(row[0], black)
		residuals(to[1:], row, nil, 1)
		return
	}
	to[0] = subtract(row[0], pixels[(y-1)*width])
	modes := l.modes[y>>predictedBits*tiles(width, predictedBits):]
	for x := 1; x < width; {
		end := min((x>>predictedBits+1)<<predictedBits, width)
		residuals(to[x:end], row[x-1:], pixels[(y-1)*width+x-1:], modes[x>>predictedBits]>>8&15)
		x = end
	}
}

// predictor is the one that leaves least of the tile that begins at x0, y0, of which it
// looks at one row in step. Where others leave as little it is usual.
func (l *losslessEncoder) predictor(pixels []uint32, width, height, x0, y0, step, usual int, costs *residualCosts) int {
	x1, y1 := min(x0+1<<predictedBits, width), min(y0+1<<predictedBits, height)
	x0, y0 = max(x0, 1), max(y0, 1)
	if x0 >= x1 || y0 >= y1 {
		return usual
	}
	of := func(mode, least int) (cost int) {
		var buffer [1 << predictedBits]uint32
		to := buffer[:x1-x0]
		for y := y0; y < y1 && cost < least; y += step {
			at := y*width + x0
			residuals(to, pixels[at-1:], pixels[at-width-1:], uint32(mode))
			if l.greenAlone {
				for _, r := range to {
					cost += int(costs[2][r>>8&0xff])
				}
				continue
			}
			for _, r := range to {
				cost += int(costs[0][r>>24]) + int(costs[1][r>>16&0xff]) + int(costs[2][r>>8&0xff]) + int(costs[3][r&0xff])
			}
		}
		return cost
	}
	nothing := int(costs[2][0]) // of a tile that is predicted to the bit
	if !l.greenAlone {
		nothing += int(costs[0][0]) + int(costs[1][0]) + int(costs[3][0])
	}
	nothing *= (x1 - x0) * ((y1 - y0 + step - 1) / step)
	best, least := usual, of(usual, 1<<62)
	for mode := 0; mode < predictors && least > nothing; mode++ {
		if mode == usual {
			continue
		}
		if cost := of(mode, least); cost < least {
			best, least = mode, cost
		}
	}
	return best
}

// usualCosts is about what a residual takes in most pictures, in 1/16 bit.
var usualCosts = func() (table [256]uint8) {
	for v := range table {
		table[v] = uint8(log2(uint64(1+2*min(v, 256-v)), 4))
	}
	return table
}()

// residuals leaves in to what is left of pixels that follow one another, less what a mode
// predicts (RFC 9649, section 3.5.1). row begins with the pixel to the left of the first,
// above with the one above that, and ends with one more. Mode 1 is from the left alone.
func residuals(to, row, above []uint32, mode uint32) {
	left, pixels := row[:len(to)], row[1:][:len(to)]
	if mode == 1 {
		for x := range to {
			to[x] = subtract(pixels[x], left[x])
		}
		return
	}
	before, top, after := above[:len(to)], above[1:][:len(to)], above[2:][:len(to)]
	switch mode {
	case 0:
		for x := range to {
			to[x] = subtract(pixels[x], black)
		}
	case 2:
		for x := range to {
			to[x] = subtract(pixels[x], top[x])
		}
	case 3:
		for x := range to {
			to[x] = subtract(pixels[x], after[x])
		}
	case 4:
		for x := range to {
			to[x] = subtract(pixels[x], before[x])
		}
	case 5:
		for x := range to {
			to[x] = subtract(pixels[x], average(average(left[x], after[x]), top[x]))
		}
	case 6:
		for x := range to {
			to[x] = subtract(pixels[x], average(left[x], before[x]))
		}
	case 7:
		for x := range to {
			to[x] = subtract(pixels[x], average(left[x], top[x]))
		}
	case 8:
		for x := range to {
			to[x] = subtract(pixels[x], average(before[x], top[x]))
		}
	case 9:
		for x := range to {
			to[x] = subtract(pixels[x], average(top[x], after[x]))
		}
	case 10:
		for x := range to {
			to[x] = subtract(pixels[x], average(average(left[x], before[x]), average(top[x], after[x])))
		}
	case 11:
		for x := range to {
			to[x] = subtract(pixels[x], nearer(left[x], top[x], before[x]))
		}
	case 12:
		for x := range to {
			to[x] = subtract(pixels[x], each(left[x], top[x], before[x], func(l, t, b int) int { return l + t - b }))
		}
	case 13:
		for x := range to {
			to[x] = subtract(pixels[x], each(average(left[x], top[x]), before[x], 0, func(a, b, _ int) int { return a + (a-b)/2 }))
		}
	}
}

// subtract subtracts samples, each modulo 256.
func subtract(a, b uint32) uint32 {
	alphaAndGreen := (a | 0x00ff00ff) - b&0xff00ff00
	redAndBlue := (a | 0xff00ff00) - b&0x00ff00ff
	return alphaAndGreen&0xff00ff00 | redAndBlue&0x00ff00ff
}
