package av1

// estimates are what is foretold of a superblock's squares before any is encoded. The samples that
// they are predicted from are those of a decoder as far as these are known, and otherwise the source.
type estimates struct {
	slopes  [8][8]slope // of each 8x8
	squares [85]estimate
}

// estimate is what is foretold of a square.
type estimate struct {
	luma   mode // the best one of it as a block
	delta  int8
	halves int // how often its transforms had better be half as large as the block

	// What luma costs with transforms as large as the block, and half as large; and what the square
	// costs as a block and as its squares, each as is better.
	whole, halved, block, split int64
}

// dear is more than any square costs.
const dear = 1 << 50

// tries are what is tried of a square.
type tries int

const (
	asBlock tries = iota
	asSquares
	asBlockFirst
	asSquaresFirst
)

// triesOf is what is to be tried of a square.
func (e *Encoder) triesOf(i, x, y, n int) tries {
	s := &e.estimates.squares[i]
	switch {
	case x+n/2 >= e.columns*4 || y+n/2 >= e.rows*4: // half of it is outside
		return asSquares
	case n == 8:
		return asBlock
	case e.drawn && e.drawnIn(x, y, n): // estimates know nothing of palettes
		return asBlockFirst
	case s.block*64 < s.split*e.effort.surely:
		return asBlock
	case s.split*64 <= s.block*e.effort.surely:
		return asSquares
	case s.block < s.split:
		return asBlockFirst
	}
	return asSquaresFirst
}

// findSlopes finds the slopes of the next superblock.
func (e *Encoder) findSlopes() {
	c := &e.channels[0]
	for r := range e.estimates.slopes {
		for q := range e.estimates.slopes[r] {
			e.estimates.slopes[r][q] = slopeOf(c.source[(e.sy+8*r)*c.stride+e.sx+8*q:], c.stride)
		}
	}
}

// estimate makes the estimates of the next superblock. What it tells neighbours has to be undone.
func (e *Encoder) estimate() {
	c := &e.channels[0]
	for y := e.sy; y < e.sy+64; y++ {
		copy(c.rebuilt[y*c.stride+e.sx:][:64], c.source[y*c.stride+e.sx:])
	}
	e.estimateSquare(0, e.sx, e.sy, 64, dear)
}

// estimateSquare estimates what a square costs, as a block or as squares. It stops where this is known
// to be more than a limit, and where the squares are known to cost so much that they are not tried.
func (e *Encoder) estimateSquare(i, x, y, n int, limit int64) int64 {
	if x >= e.columns*4 || y >= e.rows*4 {
		return 0
	}
	s := &e.estimates.squares[i]
	s.block, s.split = dear, dear
	if x+n/2 < e.columns*4 && y+n/2 < e.rows*4 && (n < 64 || !e.busy()) {
		s.block = e.estimateBlock(s, x, y, n) + e.rate(e.partitionBits(x, y, n, false))
	}
	if n > 8 {
		s.split = e.rate(e.partitionBits(x, y, n, true))
		most, least := int64(dear), int64(0)
		if s.block < dear { // no square is outside
			most, least = s.block*64/e.effort.surely, (blockBits[sizeOf(n)-2]+transformBits)*int64(e.lambda)
		}
		if e.drawn { // they are tried whatever is foretold
			most = dear
		} else if s.block > limit {
			most = min(most, limit)
		}
		s.split += 4 * least
		for q := 0; q < 4 && s.split <= most; q++ {
			s.split -= least
			s.split += e.estimateSquare(4*i+1+q, x+q&1*n/2, y+q>>1*n/2, n/2, most-s.split)
		}
		if s.split < s.block {
			return s.split
		}
	}
	e.noteSides(s.luma, s.halves, x, y, n)
	return s.block
}

// busy reports whether the superblock is not to be a block whatever that would cost: its samples change
// too much. Without that, photographs had 0.3 % more bytes at equal SSIMULACRA 2, in more time.
func (e *Encoder) busy() bool {
	s := e.estimates.slopeOf(0, 0, 64)
	return !e.drawn && int64(s.xx)+int64(s.yy) > busyAt*int64(e.lambda)
}

// busyAt is of how many times lambda the squares of a busy superblock's slopes are the sum.
const busyAt = 128

// blockBits are what a block of 8, 16, 32 and 64 takes beside its luma. Of a few, they made the
// fewest bytes at equal SSIMULACRA 2 over 12 photographs of 512 and 640 pixels at quantisers from 52 to
// 120.
var blockBits = [...]int64{6, 6, 12, 40}

// estimateBlock finds the best mode of a block's luma, and what the block costs.
func (e *Encoder) estimateBlock(s *estimate, x, y, n int) int64 {
	c := &e.channels[0]
	var along slanting
	if n < 64 {
		along = e.estimates.slopeOf(x-e.sx, y-e.sy, n).angle()
	}
	// Only angles are predicted from what is behind corners.
	right, below := along.clear && e.decided(x, y, n, 1, -1), along.clear && e.decided(x, y, n, -1, 1)
	e.edges.gather(c, x, y, n, y > e.within.top, x > e.within.left, right, below)
	best := e.rankLuma(along, x, y, n)
	trials := min(e.effort.transforms, len(best))
	for trials > 1 && best[trials-1].score > best[0].score+best[0].score>>e.effort.near {
		trials--
	}
	s.whole, s.halves, s.halved = dear, 0, dear
	size, said := e.sizeBits(0, x, y, n), int32(0)
	for i := range best[:trials] {
		b := &best[i]
		cost := e.rate(b.bits+size) + e.estimateTransform(x, y, n, b.m, e.promised[b.of][:])
		if cost < s.whole {
			s.luma, s.delta, s.whole, said = b.m, b.delta, cost, b.bits
		}
	}
	cost := s.whole
	if e.effort.halves {
		saying := e.rate(said + e.sizeBits(1, x, y, n))
		if s.halved = e.estimateHalves(s, saying, x, y, n, right, below); s.halved < s.whole {
			s.halves, cost = 1, s.halved
		}
	}
	return cost + blockBits[sizeOf(n)-1]*int64(e.lambda)
}

// sizeBits are those of the size of a block's transforms.
func (e *Encoder) sizeBits(halves, x, y, n int) int32 {
	c := code{e: e}
	e.transformSize(&c, halves, x, y, n)
	return c.bits
}

// estimateHalves is what a block's luma costs in the mode that was found best with transforms half as
// large, whose saying costs something: a little more than is foretold, as they are predicted from what
// is not yet decoded. It is dear where it is so much that they are not tried.
func (e *Encoder) estimateHalves(s *estimate, saying int64, x, y, n int, right, below bool) int64 {
	c, half := &e.channels[0], n/2
	most := max(s.whole, s.whole*64/e.effort.surelyHalves)
	least := transformBits * int64(e.lambda)
	cost := saying + 4*least
	above, left := y > e.within.top, x > e.within.left
	far := !s.luma.near(int(s.delta))
	for q, known := range [4][4]bool{{above, left, above, left}, {above, true, right, false}, {true, left, true, below}, {true, true, false, false}} {
		if cost+cost>>6 > most {
			return dear
		}
		tx, ty := x+q&1*half, y+q>>1*half
		e.edges.gather(c, tx, ty, half, known[0], known[1], far && known[2], far && known[3])
		e.edges.predict(e.predicted[:], half, half, s.luma, int(s.delta))
		cost += e.estimateTransform(tx, ty, half, s.luma, e.predicted[:]) - least
	}
	return cost + cost>>6
}

// estimateTransform is what a transform block of luma costs that is predicted by a mode.
//
// A coefficient that is little more than a half of its step is dropped, and what it costs is its error.
// A larger one costs hardly more than that: what its level takes in bits, it spares in errors. So
// squares of coefficients, bounded, say what a block costs once it is encoded: 96 to 99.7 % of how
// transform blocks of 4 to 32 differed was explained by that, at quantisers from 52 to 120, with the same
// step for all coefficients.
func (e *Encoder) estimateTransform(x, y, n int, m mode, predicted []uint8) int64 {
	c, size := &e.channels[0], sizeOf(n)
	source, k := c.source[y*c.stride+x:], kinds(m, size)
	e.transform(e.coefficientsOf[:], source, c.stride, predicted, n, size, k)
	side, shift := min(n, 32), max(0, size-2)
	coefficients := e.coefficientsOf[:side*side]
	steps := e.steps[0].of[min(size, 3)].steps
	cost := int64(boundedSquares(coefficients, steps, boundAt>>shift))<<(2*shift)*boundedWorth>>10 + transformBits*int64(e.lambda)
	if n == 64 {
		// The errors of the frequencies that are not coded, and of what is not known of them, as the
		// transform is not exact.
		coded := int64(boundedSquares(coefficients, unbounded[:], 1<<15-1)) >> 2
		cost += max(squaresLeft(source, c.stride, predicted)-coded, 0)<<4 + coded>>4
	}
	return cost
}

// boundAt is how many 32,768ths of its step a coefficient counts at most; boundedWorth how many 1,024ths
// of a sample's squared error, times 16, the square of one counts, of which its scale makes 256; and
// transformBits what a transform block takes beside.
const (
	boundAt       = 5 << 12
	boundedWorth  = 270
	transformBits = 2
)

// unbounded are steps that bound nothing.
var unbounded = func() (steps [32 * 32]int32) {
	for i := range steps {
		steps[i] = 1<<15 - 1
	}
	return steps
}()

// squaresLeft is the squared error of a block of 64 as it is predicted.
func squaresLeft(source []uint8, stride int, predicted []uint8) (sum int64) {
	for y := range 64 {
		sum += squaredError(source[y*stride:], predicted[64*y:], 64, 64, 1)
	}
	return sum
}

// decided is whether the square of n samples so many to the right of one and below it is decided before
// it.
func (e *Encoder) decided(x, y, n, right, below int) bool {
	x, y = x+right*n, y+below*n
	if x < e.within.left || x >= e.within.right || y < e.within.top || y >= e.within.bottom {
		return false
	}
	column, row, side := (x-e.sx)/n, (y-e.sy)/n, 64/n
	switch {
	case y < e.sy:
		return true
	case x < e.sx:
		return row < side
	case column >= side || row >= side:
		return false
	}
	return spaced[row]<<1|spaced[column] < spaced[row-below]<<1|spaced[column-right]
}

// spaced are numbers with a 0 before each bit.
var spaced = [8]uint8{0, 1, 4, 5, 16, 17, 20, 21}

// slope is how the samples of a square change: the sums of squares of the differences of neighbours
// in a row and in a column, and of their products.
type slope struct{ xx, yy, xy int32 }

// slopeOf is that of 8x8 samples, of every second row and column.
func slopeOf(source []uint8, stride int) (s slope) {
	for y := 0; y < 8; y += 2 {
		p, q := source[y*stride:][:8], source[(y+1)*stride:][:8]
		for x := 0; x < 8; x += 2 {
			a, b, c, d := int32(p[x]), int32(p[x+1]), int32(q[x]), int32(q[x+1])
			dx, dy := b-a+d-c, c-a+d-b
			s.xx += dx * dx
			s.yy += dy * dy
			s.xy += dx * dy
		}
	}
	return s
}

// slopeOf is that of a square of n samples at x, y of the superblock.
func (s *estimates) slopeOf(x, y, n int) (sum slope) {
	for _, row := range s.slopes[y/8 : (y+n)/8] {
		for _, v := range row[x/8 : (x+n)/8] {
			sum.xx += v.xx
			sum.yy += v.yy
			sum.xy += v.xy
		}
	}
	return sum
}

// slant is an angle of a mode: the squares and the product of its cosine and sine.
type slant struct {
	m          mode
	delta      int8
	xx, yy, xy int64 // in 16,777,216ths
}

// slants are all angles but the vertical and horizontal ones: those that slant as samples may whose sum
// of products is negative, and as others may. Of those that slant the other way, the ones next to the
// vertical and to the horizontal are nearer than all.
var slants = func() (all [2][]slant) {
	for m := vertical; m <= angle67; m++ {
		for delta := int8(-3); delta <= 3; delta++ {
			angle := angles[m] + 3*int(delta)
			if angle == 90 || angle == 180 {
				continue
			}
			// The angle's cosine and sine in the proportion of the samples that it is away from in
			// two rows, as slopes has it.
			var x, y int64
			switch {
			case angle < 90:
				x, y = int64(slopes[angle]), -64
			case angle < 180:
				x, y = -int64(slopes[180-angle]), -64
			default:
				x, y = -64, int64(slopes[270-angle])
			}
			length := x*x + y*y
			s := slant{m, delta, x * x << 24 / length, y * y << 24 / length, x * y << 24 / length}
			for i := range all {
				if s.xy < 0 == (i > 0) || angle == 87 || angle == 93 || angle == 177 || angle == 183 {
					all[i] = append(all[i], s)
				}
			}
		}
	}
	return all
}()

// slanting is the mode along whose angle the samples of a square change least, where it is clear that
// they change much less than across; and whether they change so much more along the vertical than along
// the horizontal, or less, that it is not looked at.
type slanting struct {
	m     mode
	delta int8
	clear bool

	notVertical, notHorizontal bool
}

// angle is how the samples of a square slant.
func (s slope) angle() (a slanting) {
	// The least change along any angle is half of how much sum is more than the root of spread, so
	// that it is not clear where this is surely too much.
	sum, apart, both := int64(s.xx)+int64(s.yy), int64(s.xx)-int64(s.yy), 2*int64(s.xy)
	a.notVertical, a.notHorizontal = -5*apart > sum, 5*apart > sum // 3/2 as much
	if spread := apart*apart + both*both; sum >= 64 && 5*spread <= sum*sum {
		return a
	}
	least := int64(1) << 62
	of := slants[0]
	if both >= 0 {
		of = slants[1]
	}
	for i := range of {
		d := &of[i]
		change := int64(s.xx)*d.xx + int64(s.yy)*d.yy + both*d.xy
		if change < least {
			least, a.m, a.delta = change, d.m, d.delta
		}
	}
	a.clear = least>>24*4 < sum
	return a
}
