package av1

import "math/bits"

// largestFromLuma is the side of the largest block of chroma that is predicted from luma.
const largestFromLuma = 32

// lumaAround fills e.luma with the luma under a square of chroma as it is rebuilt, in eighths,
// minus its mean (section 7.11.5). x, y and n are of chroma.
func (e *Encoder) lumaAround(x, y, n int) {
	c := &e.channels[0]
	sum := int32(0)
	if e.halved {
		from := c.rebuilt[2*y*c.stride+2*x:]
		_ = from[(2*n-1)*c.stride+2*n-1]
		sum = meansOfLuma(e.luma[:n*n], from, c.stride, n)
	} else {
		from := c.rebuilt[y*c.stride+x:]
		_ = from[(n-1)*c.stride+n-1]
		sum = copyOfLuma(e.luma[:n*n], from, c.stride, n)
	}
	shift := 2 * bits.TrailingZeros(uint(n))
	lower(e.luma[:n*n], int16((sum+1<<shift>>1)>>shift))
}

// addLuma adds to a prediction of a square of chroma alpha eighths of what its luma has, which
// lumaAround has put in e.luma.
func (e *Encoder) addLuma(c *channel, x, y, n, alpha int) {
	if alpha == 0 {
		return
	}
	to := c.rebuilt[y*c.stride+x:]
	_ = to[(n-1)*c.stride+n-1]
	addProducts(to, c.stride, e.luma[:n*n], n, alpha)
}

// alphas are how much of its luma the chroma of a block has, by least squares; ok is false where
// there is nothing to be had of it.
func (e *Encoder) alphas(x, y, n int) (a [2]int, ok bool) {
	if n > largestFromLuma || x+n > e.columns*4 || y+n > e.rows*4 {
		return a, false
	}
	shift := e.shift(1)
	x, y, n = x>>shift, y>>shift, n>>shift
	e.lumaAround(x, y, n)
	power := int64(powerOf(e.luma[:n*n]))
	if power == 0 {
		return a, false
	}
	for plane := 1; plane < 3; plane++ {
		c := &e.channels[plane]
		source := c.source[y*c.stride+x:]
		_ = source[(n-1)*c.stride+n-1]
		with := 64 * int64(sumOfProducts(e.luma[:n*n], source, c.stride, n))
		alpha := (2*with + power) / (2 * power)
		if with < 0 {
			alpha = (2*with - power) / (2 * power)
		}
		a[plane-1] = int(min(max(alpha, -16), 16))
	}
	return a, a != [2]int{}
}

// What follows is in plain Go, or in vectors that do the same bit by bit. The blocks are squares of
// 4 to 32; luma is row by row.
var (
	meansOfLuma   = meansOfLumaGo
	copyOfLuma    = copyOfLumaGo
	lower         = lowerGo
	powerOf       = powerOfGo
	sumOfProducts = sumOfProductsGo
	addProducts   = addProductsGo
)

// meansOfLumaGo takes the mean of each four samples, in eighths, and returns the sum.
func meansOfLumaGo(to []int16, from []uint8, stride, n int) (sum int32) {
	for y := range n {
		a := from[2*y*stride:]
		b, row := a[stride:], to[y*n:][:n]
		for x := range row {
			row[x] = (int16(a[2*x]) + int16(a[2*x+1]) + int16(b[2*x]) + int16(b[2*x+1])) << 1
			sum += int32(row[x])
		}
	}
	return sum
}

// copyOfLumaGo takes each sample, in eighths, and returns the sum.
func copyOfLumaGo(to []int16, from []uint8, stride, n int) (sum int32) {
	for y := range n {
		a, row := from[y*stride:], to[y*n:][:n]
		for x := range row {
			row[x] = int16(a[x]) << 3
			sum += int32(row[x])
		}
	}
	return sum
}

func lowerGo(luma []int16, by int16) {
	for i := range luma {
		luma[i] -= by
	}
}

// powerOfGo is the sum of squares, which for 32x32 that differ from their mean by 1,020 at most is
// less than 2 to the 30th.
func powerOfGo(luma []int16) (sum int32) {
	for _, l := range luma {
		sum += int32(l) * int32(l)
	}
	return sum
}

func sumOfProductsGo(luma []int16, source []uint8, stride, n int) (sum int32) {
	for y := range n {
		row := source[y*stride:][:n]
		for x, l := range luma[y*n:][:n] {
			sum += int32(l) * int32(row[x])
		}
	}
	return sum
}

// addProductsGo adds luma alpha times, rounded away from zero to whole samples.
func addProductsGo(to []uint8, stride int, luma []int16, n, alpha int) {
	for y := range n {
		row := to[y*stride:][:n]
		for x, l := range luma[y*n:][:n] {
			v := int32(alpha) * int32(l)
			if v < 0 {
				v = -((-v + 32) >> 6)
			} else {
				v = (v + 32) >> 6
			}
			row[x] = uint8(min(max(int32(row[x])+v, 0), 255))
		}
	}
}
