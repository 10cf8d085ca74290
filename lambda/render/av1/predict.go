package av1

import "math/bits"

// mode is how a block is predicted from the samples around it (AV1 specification, section 6.10.22).
type mode uint8

const (
	flat mode = iota // DC_PRED
	vertical
	horizontal
	angle45
	angle135
	angle113
	angle157
	angle203
	angle67
	smooth
	smoothVertical
	smoothHorizontal
	paeth
	fromLuma // UV_CFL_PRED, of chroma alone

	lumaModes = int(fromLuma)
)

// directional reports whether the mode is one of an angle, to which a delta may be added.
func (m mode) directional() bool { return m >= vertical && m <= angle67 }

// smooth reports whether the mode is one of the smooth ones.
func (m mode) smooth() bool { return m >= smooth && m <= smoothHorizontal }

// angles are those of the directional modes, in degrees.
var angles = [...]int{vertical: 90, horizontal: 180, angle45: 45, angle135: 135, angle113: 113, angle157: 157, angle203: 203, angle67: 67}

// transformsOf are the kinds of transform that a mode implies, of columns and of rows
// (Mode_To_Txfm in section 6.10.19): where a mode predicts from one side, the error grows away from
// it, as the basis of an ADST does.
var transformsOf = [...][2]kind{
	vertical: {adst, dct}, horizontal: {dct, adst}, angle45: {dct, dct}, angle135: {adst, adst}, angle113: {adst, dct},
	angle157: {dct, adst}, angle203: {dct, adst}, angle67: {adst, dct}, smooth: {adst, adst}, smoothVertical: {adst, dct},
	smoothHorizontal: {dct, adst}, paeth: {adst, adst}, fromLuma: {dct, dct},
}

// mean is that of the edges that there are.
func (e *edges) mean(n int) uint8 {
	log := bits.TrailingZeros(uint(n)) & 7
	switch {
	case e.hasAbove && e.hasLeft:
		return uint8((totalOf(e.above[first:], n) + totalOf(e.left[first:], n) + n) >> 1 >> log)
	case e.hasAbove:
		return uint8((totalOf(e.above[first:], n) + n/2) >> log)
	case e.hasLeft:
		return uint8((totalOf(e.left[first:], n) + n/2) >> log)
	}
	return 128
}

// near reports whether a mode, whose angle is delta times 3 degrees larger, predicts a block from no
// more of its edges than is beside it.
func (m mode) near(delta int) bool {
	if !m.directional() {
		return true
	}
	angle := angles[m] + 3*delta
	return angle >= 90 && angle <= 180
}

// predict writes the prediction of a block of size n by a mode, whose angle is delta times 3
// degrees larger, to rows of stride samples.
func (e *edges) predict(to []uint8, stride, n int, m mode, delta int) {
	_ = to[(n-1)*stride+n-1]
	switch {
	case m == flat || m == fromLuma:
		flatRows(to, stride, n, e.mean(n))
	case m > horizontal && m.directional() || delta != 0:
		e.predictAngle(to, stride, n, angles[m]+3*delta)
	default:
		predictions[m](to, stride, n, &e.above, &e.left)
	}
}

// predictAngle predicts by an angle other than 90 and 180 degrees (section 7.11.2.4).
func (e *edges) predictAngle(to []uint8, stride, n, angle int) {
	switch {
	case angle < 90:
		e.slanted(to, stride, n, &e.above, 90-angle, slopes[angle])
	case angle > 180:
		e.slanted(e.turned[:], n, n, &e.left, angle-180, slopes[270-angle])
		transpose(to, stride, n, &e.turned)
	default:
		// Of either edge there are but the corner and the n samples next to the block, the last of
		// which is repeated for filters.
		corner, above, left := e.above[first-1], [beyond]uint8(e.above[first+n:]), [beyond]uint8(e.left[first+n:])
		if n >= 16 { // section 7.11.2.7
			filtered := uint8((5*int(e.left[first]) + 6*int(corner) + 5*int(e.above[first]) + 8) >> 4)
			e.above.begin(filtered)
			e.left.begin(filtered)
		}
		fill(e.above[first+n:][:beyond], e.above[first+n-1])
		fill(e.left[first+n:][:beyond], e.left[first+n-1])
		e.slanted(e.turned[:], n, n, &e.left, 180-angle, -slopes[angle-90])
		transpose(to, stride, n, &e.turned)
		e.slanted(to, stride, n, &e.above, angle-90, -slopes[180-angle])
		e.above.begin(corner)
		e.left.begin(corner)
		copy(e.above[first+n:], above[:])
		copy(e.left[first+n:], left[:])
	}
}

// slanted writes rows of an edge as slantedRows does, filtered or halved as an angle wants it which is
// so far from a right one.
func (e *edges) slanted(to []uint8, stride, n int, from *edge, far, slope int) {
	if halved(n, far, e.smooth) {
		halveEdge(&e.filtered, from)
		slantedHalves(to, stride, n, from, &e.filtered, slope)
		return
	}
	if s := filterStrength(n, far, e.smooth); s > 0 {
		filterEdge(&e.filtered, from, 2*n, &edgeFilters[s])
		e.filtered[first-1] = from[first-1]
		fill(e.filtered[first+2*n:][:n], e.filtered[first+2*n-1])
		from = &e.filtered
	}
	slantedRows(to, stride, n, from, slope)
}

// slopes are how far the samples of a row, from which a block is predicted by an angle, are from
// those of the row before, in 64ths (Dr_Intra_Derivative in section 7.11.2.4).
var slopes = [90]int{
	3: 1023, 6: 547, 9: 372, 14: 273, 17: 215, 20: 178, 23: 151, 26: 132, 29: 116, 32: 102, 36: 90, 39: 80, 42: 71, 45: 64,
	48: 57, 51: 51, 54: 45, 58: 40, 61: 35, 64: 31, 67: 27, 70: 23, 73: 19, 76: 15, 81: 11, 84: 7, 87: 3,
}

// What follows is in plain Go, or in vectors that do the same bit by bit.
var (
	// predictions write the prediction of a block of size n by a mode that needs nothing but the
	// edges, to rows of stride samples.
	predictions = [lumaModes]func(to []uint8, stride, n int, above, left *edge){
		vertical: copyRowsGo, horizontal: spreadRowsGo,
		smooth: smoothRowsGo, smoothVertical: smoothDownGo, smoothHorizontal: smoothAcrossGo,
		paeth: paethRowsGo,
	}

	flatRows      = flatRowsGo
	slantedRows   = slantedRowsGo
	slantedHalves = slantedHalvesGo
	transpose     = turnGo
	totalOf       = totalOfGo
)

func flatRowsGo(to []uint8, stride, n int, v uint8) {
	for y := range n {
		fill(to[y*stride:][:n], v)
	}
}

func copyRowsGo(to []uint8, stride, n int, above, _ *edge) {
	for y := range n {
		copy(to[y*stride:][:n], above[first:])
	}
}

func spreadRowsGo(to []uint8, stride, n int, _, left *edge) {
	for y := range n {
		fill(to[y*stride:][:n], left[first+y])
	}
}

func smoothRowsGo(to []uint8, stride, n int, above, left *edge) {
	weights, last, bottom := smoothWeights[n:2*n], int32(above[first+n-1]), int32(left[first+n-1])
	for y := range n {
		row, down, l := to[y*stride:][:n], int32(weights[y]), int32(left[first+y])
		for x := range row {
			across := int32(weights[x])
			row[x] = uint8((down*int32(above[first+x]) + (256-down)*bottom + across*l + (256-across)*last + 256) >> 9)
		}
	}
}

func smoothDownGo(to []uint8, stride, n int, above, left *edge) {
	bottom := int32(left[first+n-1])
	for y := range n {
		row, down := to[y*stride:][:n], int32(smoothWeights[n+y])
		for x := range row {
			row[x] = uint8((down*int32(above[first+x]) + (256-down)*bottom + 128) >> 8)
		}
	}
}

func smoothAcrossGo(to []uint8, stride, n int, above, left *edge) {
	weights, last := smoothWeights[n:2*n], int32(above[first+n-1])
	for y := range n {
		row, l := to[y*stride:][:n], int32(left[first+y])
		for x := range row {
			across := int32(weights[x])
			row[x] = uint8((across*l + (256-across)*last + 128) >> 8)
		}
	}
}

// paethRowsGo takes of the samples above, to the left and at the corner the one that is nearest to
// the first two's sum less the third.
func paethRowsGo(to []uint8, stride, n int, above, left *edge) {
	corner := int32(above[first-1])
	for y := range n {
		row, l := to[y*stride:][:n], int32(left[first+y])
		for x := range row {
			a := int32(above[first+x])
			fromLeft, fromAbove, fromCorner := distance(a, corner), distance(l, corner), distance(a+l, 2*corner)
			switch {
			case fromLeft <= fromAbove && fromLeft <= fromCorner:
				row[x] = uint8(l)
			case fromAbove <= fromCorner:
				row[x] = uint8(a)
			default:
				row[x] = uint8(corner)
			}
		}
	}
}

func distance(a, b int32) int32 {
	if a < b {
		return b - a
	}
	return a - b
}

// slantedRowsGo writes rows of an edge, each slope 64ths of a sample further along it than the one
// before. Samples of a row that would be from before the corner are left as they are.
func slantedRowsGo(to []uint8, stride, n int, from *edge, slope int) {
	for y := range n {
		at := (y + 1) * slope
		begin, part := min(max(at>>6, -n-1), 2*n-1), int32(at>>1&31)
		row, samples := to[y*stride:][:n], from[first+begin:][:n+1]
		for x := max(-1-begin, 0); x < n; x++ {
			row[x] = uint8((int32(samples[x])*(32-part) + int32(samples[x+1])*part + 16) >> 5)
		}
	}
}

// slantedHalvesGo does the same for blocks of 4 and 8 with what is halfway between a sample and the
// next one as well, and thus steps of half a sample.
func slantedHalvesGo(to []uint8, stride, n int, from, halves *edge, slope int) {
	for y := range n {
		at := 2 * (y + 1) * slope
		begin, part := min(max(at>>6, -2*n-2), 4*n-2), int32(at>>1&31)
		row, samples, next := to[y*stride:][:n], from[first+begin>>1:], halves[first+begin>>1:]
		if begin&1 != 0 {
			samples, next = next, samples[1:]
		}
		for x := max((-1-begin)>>1, 0); x < n; x++ {
			row[x] = uint8((int32(samples[x])*(32-part) + int32(next[x])*part + 16) >> 5)
		}
	}
}

// turnGo writes a block of size n, whose rows are one after another, with its rows as columns.
func turnGo(to []uint8, stride, n int, from *[largest * largest]uint8) {
	for y := range n {
		row := to[y*stride:][:n]
		for x := range row {
			row[x] = from[x*n+y]
		}
	}
}

func totalOfGo(of []uint8, n int) (sum int) {
	for _, s := range of[:n] {
		sum += int(s)
	}
	return sum
}

// smoothWeights are those of the nearer edge in smooth predictions of a block of size n, at n, in
// 256ths (Sm_Weights_Tx in section 7.11.2.6).
var smoothWeights = [128]uint8{
	4: 255, 149, 85, 64,
	8: 255, 197, 146, 105, 73, 50, 37, 32,
	16: 255, 225, 196, 170, 145, 123, 102, 84, 68, 54, 43, 33, 26, 20, 17, 16,
	32: 255, 240, 225, 210, 196, 182, 169, 157, 145, 133, 122, 111, 101, 92, 83, 74,
	66, 59, 52, 45, 39, 34, 29, 25, 21, 17, 14, 12, 10, 9, 8, 8,
	64: 255, 248, 240, 233, 225, 218, 210, 203, 196, 189, 182, 176, 169, 163, 156,
	150, 144, 138, 133, 127, 121, 116, 111, 106, 101, 96, 91, 86, 82, 77, 73, 69,
	65, 61, 57, 54, 50, 47, 44, 41, 38, 35, 32, 29, 27, 25, 22, 20, 18, 16, 15,
	13, 12, 10, 9, 8, 7, 6, 6, 5, 5, 4, 4, 4,
}
