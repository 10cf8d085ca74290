package colour

import (
	"slices"
	"sync"
)

// cube is a table of sRGB's red, green and blue for 33 numbers each of a device's: 0,
// 8, 16 and so on of 255, and 256. What lies between the points is interpolated in the
// tetrahedron that it is in (Kasson, Nin, Plouffe and Hafner 1995): from one point to
// the one opposite in its cell, by the channel with the largest fraction first.
//
// A point is one word of three fields of 21 bits, each a number from -1/2 to 3/2: what
// no screen can show is cut after it was interpolated, or the edge of what can be shown
// would be bent. With the weights of the points, 8 together, a 1 becomes weighedOne.
type cube struct {
	points [1 << 16]uint64 // those beyond the last are never touched
}

// inkTable is the same of four inks, of 17 numbers each, from 0 to 1. The weights of
// its points are 256 together.
type inkTable struct {
	points [1 << 17]uint64
}

const (
	cubeSide, cubeCell, cubePoints = 33, 8, cubeSide * cubeSide * cubeSide
	inkSide, inkPoints             = 17, inkSide * inkSide * inkSide * inkSide

	weighedOne      = 1 << 20
	cubeOne, inkOne = weighedOne / cubeCell, weighedOne / inkWeights
	inkWeights      = 256
)

// fieldAt is where the fields begin. The last ends with the word, and has a bit more.
var fieldAt = [3]int{0, fieldBits, 64 - fieldBits}

const fieldBits = 21

// wordOf is a point, of fields in which 1 is one.
func wordOf(v vector, one int) (word uint64) {
	for j, x := range v {
		n := float64((x+0.5)*float64(one)) + 0.5
		word |= uint64(min(max(n, 0), float64(2*one-1))) << fieldAt[j]
	}
	return word
}

// newCube makes the table of numbers. White is made to be that even where the table
// of a profile is a little off, as lcms does it.
func newCube(numbers func([4]float64) vector) *cube {
	of := func(r, g, b int) vector {
		if r == 255 && g == 255 && b == 255 {
			return vector{1, 1, 1}
		}
		return numbers([4]float64{float64(r) / 255, float64(g) / 255, float64(b) / 255})
	}
	c := new(cube)
	for i := range cubePoints {
		at := [3]int{i / (cubeSide * cubeSide) * cubeCell, i / cubeSide % cubeSide * cubeCell, i % cubeSide * cubeCell}
		edge := [3]int{min(at[0], 255), min(at[1], 255), min(at[2], 255)}
		v := of(edge[0], edge[1], edge[2])
		if edge != at {
			// 256 lies beyond what there is: what comes from the point before goes on,
			// so that 255 is what it has to be.
			before := at
			for j, n := range at {
				if n > 255 {
					before[j] = n - cubeCell
				}
			}
			w := of(before[0], before[1], before[2])
			for j := range v {
				v[j] += float64((v[j] - w[j]) / (cubeCell - 1))
			}
		}
		c.points[i] = wordOf(v, cubeOne)
	}
	return c
}

// place is where a number of eight bits lies among a side's points of a cube: the
// point below it, in the lower half, and the fraction, in eighths, in the upper. The
// places of three channels are added up.
type place uint64

const cubeRed, cubeGreen, cubeBlue = cubeSide * cubeSide, cubeSide, 1 // steps from point to point

var cubePlaces = sync.OnceValue(func() *byChroma[place] {
	var places [3][256]place
	for n := range place(256) {
		whole, fraction := n/cubeCell, n%cubeCell
		places[0][n] = whole*cubeRed | fraction<<(32+6)
		places[1][n] = whole*cubeGreen | fraction<<(32+3)
		places[2][n] = whole*cubeBlue | fraction<<32
	}
	return newByChroma(&places)
})

// tetrahedra say for the fractions of three channels, in eighths, how far the second
// and third point are from the first, in sixteen bits each, and what each of the four
// points weighs, in eight bits.
var tetrahedra = func() (all [cubeCell * cubeCell * cubeCell]uint64) {
	for i := range all {
		type step struct{ fraction, points uint64 }
		steps := []step{{uint64(i / 64), cubeRed}, {uint64(i / 8 % 8), cubeGreen}, {uint64(i % 8), cubeBlue}}
		slices.SortStableFunc(steps, func(a, b step) int { return int(b.fraction) - int(a.fraction) })
		all[i] = steps[0].points | (steps[0].points+steps[1].points)<<16 |
			(cubeCell-steps[0].fraction)<<32 | (steps[0].fraction-steps[1].fraction)<<40 |
			(steps[1].fraction-steps[2].fraction)<<48 | steps[2].fraction<<56
	}
	return all
}()

// sum is the weighed sum of the points around a colour, of which it takes the sum of
// the places.
func (c *cube) sum(p place) uint64 {
	t := tetrahedra[p>>32&(cubeCell*cubeCell*cubeCell-1)]
	at := uint16(p)
	return c.points[at]*(t>>32&0xff) + c.points[at+uint16(t)]*(t>>40&0xff) +
		c.points[at+uint16(t>>16)]*(t>>48&0xff) + c.points[at+cubeRed+cubeGreen+cubeBlue]*(t>>56)
}

// fromField are tables by the upper bits of a field of a weighed sum.
type fromField struct {
	numbers          [1 << (fieldBits - fieldFiner)]uint8
	red, green, blue [1 << (fieldBits - fieldFiner)]mixed
}

const fieldFiner = 8

var fieldTables = sync.OnceValue(func() *fromField {
	t := new(fromField)
	for i := range t.numbers {
		x := float64(i<<fieldFiner+1<<(fieldFiner-1))/weighedOne - 0.5
		m := mixOf(x)
		t.numbers[i], t.red[i], t.green[i], t.blue[i] = eightBits(x), m.red, m.green, m.blue
	}
	return t
})

const fieldMask = 1<<(fieldBits-fieldFiner) - 1

// pixel is that of a weighed sum.
func (t *fromField) pixel(sum uint64) pixel {
	return pixelOf(
		t.numbers[sum>>fieldFiner&fieldMask],
		t.numbers[sum>>(fieldBits+fieldFiner)&fieldMask],
		t.numbers[sum>>(64-fieldBits+fieldFiner)],
	)
}

// mixed is the same for what becomes luma and chroma.
func (t *fromField) mixed(sum uint64) mixed {
	return t.red[sum>>fieldFiner&fieldMask] + t.green[sum>>(fieldBits+fieldFiner)&fieldMask] + t.blue[sum>>(64-fieldBits+fieldFiner)]
}

// row converts pixels in place.
func (c *cube) row(pixels []pixel) {
	places, fields := cubePlaces(), fieldTables()
	red, green, blue := places.at(128, 128)
	for i, p := range pixels {
		pixels[i] = fields.pixel(c.sum(red[p.r()] + green[p.g()] + blue[p.b()]))
	}
}

// squares converts squares in place.
func (c *cube) squares(s *squares) {
	places, fields := cubePlaces(), fieldTables()
	for i := range squareCount {
		cb, cr := s.cb[i], s.cr[i]
		red, green, blue := places.at(cb, cr)
		y0, y1, y2, y3 := s.top[2*i], s.top[2*i+1], s.bottom[2*i], s.bottom[2*i+1]
		w0 := fields.mixed(c.sum(red[y0] + green[y0] + blue[y0]))
		w1 := fields.mixed(c.sum(red[y1] + green[y1] + blue[y1]))
		w2 := fields.mixed(c.sum(red[y2] + green[y2] + blue[y2]))
		w3 := fields.mixed(c.sum(red[y3] + green[y3] + blue[y3]))
		s.top[2*i], s.top[2*i+1], s.bottom[2*i], s.bottom[2*i+1] = w0.luma(), w1.luma(), w2.luma(), w3.luma()
		s.cb[i], s.cr[i] = chromaOf4(w0 + w1 + w2 + w3)
	}
}

// full converts pixels that each have their own chroma, in place.
func (c *cube) full(luma, cb, cr []uint8) {
	places, fields := cubePlaces(), fieldTables()
	n := len(luma)
	cb, cr = cb[:n], cr[:n]
	for x, y := range luma {
		b, r := cb[x], cr[x]
		red, green, blue := places.at(b, r)
		w := fields.mixed(c.sum(red[y] + green[y] + blue[y]))
		luma[x] = w.luma()
		cb[x], cr[x] = chromaOf4(4 * w)
	}
}

// newInkTable makes the table of numbers. White is what no ink is, as with newCube.
func newInkTable(numbers func([4]float64) vector) *inkTable {
	t := new(inkTable)
	const last = inkSide - 1
	t.points[0] = wordOf(vector{1, 1, 1}, inkOne)
	for i := 1; i < inkPoints; i++ {
		var n [4]float64
		for rest, j := i, 3; j >= 0; j-- {
			n[j] = float64(rest%inkSide) / last
			rest /= inkSide
		}
		t.points[i] = wordOf(numbers(n), inkOne)
	}
	return t
}

// inkPlaces are where the numbers of eight bits of an ink lie: the point below, in the
// lower half, and in the upper a fraction, in 256ths, above sixteen bits with the step
// to the next point.
var inkPlaces = func() (places [4][256]uint64) {
	for i, step := range [4]int{inkSide * inkSide * inkSide, inkSide * inkSide, inkSide, 1} {
		for n := range 256 {
			whole, fraction := n*(inkSide-1)/255, n*(inkSide-1)%255
			if whole == inkSide-1 {
				whole, fraction = whole-1, 255
			}
			fraction = (fraction*inkWeights + 127) / 255
			places[i][n] = uint64(whole*step) | uint64(fraction<<16|step)<<32
		}
	}
	return places
}()

// sorted is the larger of two first, without a branch, which could not be foretold.
func sorted(a, b uint64) (larger, smaller uint64) {
	d := a - b
	d &= uint64(int64(d) >> 63) // a-b where b is larger
	return a - d, b + d
}

// row makes pixels of inks. It is like cube's, but sorts the fractions: there are too
// many for a table of simplices.
func (t *inkTable) row(pixels []pixel, cyan, magenta, yellow, black []uint8) {
	const mask = 1<<17 - 1
	points, fields := &t.points, fieldTables()
	n := len(pixels)
	cyan, magenta, yellow, black = cyan[:n], magenta[:n], yellow[:n], black[:n]
	for i := range pixels {
		p0, p1, p2, p3 := inkPlaces[0][cyan[i]], inkPlaces[1][magenta[i]], inkPlaces[2][yellow[i]], inkPlaces[3][black[i]]
		at := (p0 + p1 + p2 + p3) & mask
		k0, k1 := sorted(p0>>32, p1>>32)
		k2, k3 := sorted(p2>>32, p3>>32)
		k0, k2 = sorted(k0, k2)
		k1, k3 = sorted(k1, k3)
		k1, k2 = sorted(k1, k2)
		f0, f1, f2, f3 := k0>>16, k1>>16, k2>>16, k3>>16
		sum := points[at] * (inkWeights - f0)
		at = (at + k0&0xffff) & mask
		sum += points[at] * (f0 - f1)
		at = (at + k1&0xffff) & mask
		sum += points[at] * (f1 - f2)
		at = (at + k2&0xffff) & mask
		sum += points[at] * (f2 - f3)
		at = (at + k3&0xffff) & mask
		sum += points[at] * f3
		pixels[i] = fields.pixel(sum)
	}
}
