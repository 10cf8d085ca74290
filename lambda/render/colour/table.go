package colour

// cube is a table of sRGB's red, green and blue for 33 numbers each of a device's.
// What lies between the points is interpolated in the tetrahedron that it is in
// (Kasson, Nin, Plouffe and Hafner 1995): from one point to the one opposite in its
// cell, by the channel with the largest fraction first.
//
// A point is one word of three fields of 21 bits, each a number of thirteen bits
// from -1/2 to 3/2: what no screen can show is cut after it was interpolated, or the
// edge of what can be shown would be bent. The weights of four points are 255
// together, and so the fields do not overflow.
type cube struct {
	points [cubeSide * cubeSide * cubeSide]uint64
	fields
}

// inkTable is the same of four inks, of 17 numbers each.
type inkTable struct {
	points [inkSide * inkSide * inkSide * inkSide]uint64
	fields
}

const cubeSide, inkSide = 33, 17

// place is where a number of eight bits lies among a side's points: the point below
// it, in the lower half, and its fraction in 255ths and the step to the next point,
// as key has them.
type place uint64

// key is a fraction, above the 16 bits that have the step.
func (p place) key() uint64   { return uint64(p >> 32) }
func (p place) point() uint64 { return uint64(uint32(p)) }

func placeOf(n, side, step int) place {
	whole, fraction := n*(side-1)/255, n*(side-1)%255
	if whole == side-1 {
		whole, fraction = side-2, 255
	}
	return place(whole*step) | place(fraction<<16|step)<<32
}

// places are those of all numbers of eight bits, for the channel whose points are so
// far apart.
func places(side, step int) (p [256]place) {
	for n := range p {
		p[n] = placeOf(n, side, step)
	}
	return p
}

var (
	cubePlaces = [3][256]place{
		places(cubeSide, cubeSide*cubeSide), places(cubeSide, cubeSide), places(cubeSide, 1),
	}
	inkPlaces = [4][256]place{
		places(inkSide, inkSide*inkSide*inkSide), places(inkSide, inkSide*inkSide), places(inkSide, inkSide), places(inkSide, 1),
	}
)

const fieldUnit = 1 << 12 // 1, of a point

// wordOf is a point.
func wordOf(v vector) (word uint64) {
	for j, x := range v {
		n := float64((x+0.5)*fieldUnit) + 0.5
		word |= uint64(min(max(n, 0), 2*fieldUnit-1)) << (j * fieldBits)
	}
	return word
}

// fields makes numbers of eight bits of the fields of a weighed sum.
type fields struct{}

// pixel is that of a sum. A field of it is (x+1/2) * fieldUnit * 255, so that a
// shift divides it.
func (fields) pixel(sum uint64) pixel {
	const mask = 1<<fieldBits - 1
	return pixelOf(cut(sum&mask), cut(sum>>fieldBits&mask), cut(sum>>(2*fieldBits)))
}

func cut(field uint64) uint8 {
	const half = fieldUnit * 255 / 2
	n := (int64(field) - half + fieldUnit/2) >> 12
	return uint8(min(max(n, 0), 255))
}

// white is the point of white, which is made to be that even where the table of a
// profile is a little off.
var white = wordOf(vector{1, 1, 1})

func newCube(numbers func([4]float64) vector) *cube {
	c := new(cube)
	const last = cubeSide - 1
	for i := range c.points {
		r, g, b := i/(cubeSide*cubeSide), i/cubeSide%cubeSide, i%cubeSide
		c.points[i] = wordOf(numbers([4]float64{float64(r) / last, float64(g) / last, float64(b) / last}))
	}
	c.points[len(c.points)-1] = white
	return c
}

func newInkTable(numbers func([4]float64) vector) *inkTable {
	t := new(inkTable)
	const last = inkSide - 1
	for i := range t.points {
		var n [4]float64
		for rest, j := i, 3; j >= 0; j-- {
			n[j] = float64(rest%inkSide) / last
			rest /= inkSide
		}
		t.points[i] = wordOf(numbers(n))
	}
	t.points[0] = white
	return t
}

// row converts pixels in place.
func (c *cube) row(pixels []pixel) {
	points := &c.points
	for i, p := range pixels {
		r, g, b := cubePlaces[0][p.r()], cubePlaces[1][p.g()], cubePlaces[2][p.b()]
		at := r.point() + g.point() + b.point()
		k0, k1, k2 := r.key(), g.key(), b.key()
		k0, k1 = max(k0, k1), min(k0, k1)
		k1, k2 = max(k1, k2), min(k1, k2)
		k0, k1 = max(k0, k1), min(k0, k1)
		f0, f1, f2 := k0>>16, k1>>16, k2>>16
		sum := points[at] * (255 - f0)
		at += k0 & 0xffff
		sum += points[at] * (f0 - f1)
		at += k1 & 0xffff
		sum += points[at] * (f1 - f2)
		at += k2 & 0xffff
		sum += points[at] * f2
		pixels[i] = c.pixel(sum)
	}
}

// of is the colour of four inks.
func (t *inkTable) of(c, m, y, k uint8) pixel {
	points := &t.points
	p0, p1, p2, p3 := inkPlaces[0][c], inkPlaces[1][m], inkPlaces[2][y], inkPlaces[3][k]
	at := p0.point() + p1.point() + p2.point() + p3.point()
	k0, k1, k2, k3 := p0.key(), p1.key(), p2.key(), p3.key()
	k0, k1 = max(k0, k1), min(k0, k1)
	k2, k3 = max(k2, k3), min(k2, k3)
	k0, k2 = max(k0, k2), min(k0, k2)
	k1, k3 = max(k1, k3), min(k1, k3)
	k1, k2 = max(k1, k2), min(k1, k2)
	f0, f1, f2, f3 := k0>>16, k1>>16, k2>>16, k3>>16
	sum := points[at] * (255 - f0)
	at += k0 & 0xffff
	sum += points[at] * (f0 - f1)
	at += k1 & 0xffff
	sum += points[at] * (f1 - f2)
	at += k2 & 0xffff
	sum += points[at] * (f2 - f3)
	at += k3 & 0xffff
	sum += points[at] * f3
	return t.pixel(sum)
}
