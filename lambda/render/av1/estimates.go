package av1

// estimates are what the source says of a superblock's squares before any is encoded: how well the
// samples around a square of the source predict it, for as little as that takes.
type estimates struct {
	slopes [8][8]slope // of each 8x8
	open   channel     // the source, where a decoder's samples would be
	block  [85]int64   // of each square as a block, in distances as ranked modes have them
	split  [85]int64   // as its squares, each as what is less
}

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
	s := &e.estimates
	switch {
	case x+n/2 >= e.columns*4 || y+n/2 >= e.rows*4: // half of it is outside
		return asSquares
	case n == 8 || n < 64 && s.block[i]*64 < s.split[i]*e.effort.surelyBlock:
		return asBlock
	case n == 16 || s.block[i]*64 < e.root*int64(n*n)*e.effort.quiet:
		return asBlockFirst
	}
	return asSquaresFirst
}

// estimate makes the estimates of the next superblock.
func (e *Encoder) estimate() {
	s, c := &e.estimates, &e.channels[0]
	s.open = *c
	s.open.rebuilt = c.source
	for r := range s.slopes {
		for q := range s.slopes[r] {
			s.slopes[r][q] = slopeOf(c.source[(e.sy+8*r)*c.stride+e.sx+8*q:], c.stride)
		}
	}
	e.estimateSquare(0, e.sx, e.sy, 64)
}

// estimateSquare estimates what a square is worth as a block and as squares, and returns the less.
func (e *Encoder) estimateSquare(i, x, y, n int) int64 {
	if x >= e.columns*4 || y >= e.rows*4 {
		return 0
	}
	s := &e.estimates
	c := &s.open
	e.edges.gather(c, x, y, n, y > 0, x > 0, false, false)
	e.edges.smooth = false
	source := c.source[y*c.stride+x:]
	least := int32(1) << 30
	for _, m := range estimated {
		e.edges.predict(e.predicted[:], n, n, m, 0)
		least = min(least, distanceOf(source, c.stride, e.predicted[:], n, n))
	}
	s.block[i] = int64(least)*estimateGain[sizeOf(n)-1] + e.root*estimateBits
	if n == 8 {
		return s.block[i]
	}
	s.split[i] = 0
	for q := range 4 {
		s.split[i] += e.estimateSquare(4*i+1+q, x+q&1*n/2, y+q>>1*n/2, n/2)
	}
	return min(s.block[i], s.split[i])
}

// estimated are the modes of estimates.
var estimated = [...]mode{flat, smooth, vertical, horizontal}

// estimateGain are 64 times what a distance counts in a block of 8, 16, 32 and 64: less where larger
// transforms need fewer bits than the distance says. They were fitted, and so was estimateBits, which
// is what a block costs beside that, in roots of lambda.
var estimateGain = [...]int64{64, 60, 56, 54}

const estimateBits = 40

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

// slants are all angles but the vertical and horizontal ones.
var slants = func() (all []slant) {
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
			all = append(all, slant{m, delta, x * x << 24 / length, y * y << 24 / length, x * y << 24 / length})
		}
	}
	return all
}()

// angle is the mode along whose angle the samples change least, and whether it is clear that they
// change much less than across.
func (s slope) angle() (m mode, delta int8, clear bool) {
	least := int64(1) << 62
	for i := range slants {
		d := &slants[i]
		change := int64(s.xx)*d.xx + int64(s.yy)*d.yy + 2*int64(s.xy)*d.xy
		if change < least {
			least, m, delta = change, d.m, d.delta
		}
	}
	return m, delta, least>>24*4 < int64(s.xx)+int64(s.yy)
}
