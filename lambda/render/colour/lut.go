package colour

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// lut makes a colour of the profile connection space, in the numbers of 0 to 1 that
// encode it, of a device's colour, in as many steps as it has: each may be missing.
// A lut8Type and a lut16Type (ICC.1:2022, 10.10 and 10.11) have a matrix, curves,
// a table and curves; a lutAToBType (10.12) has curves A, a table, curves M, a
// matrix and curves B.
type lut struct {
	first   *matrix
	before  []curve
	grid    *grid
	after   []curve
	last    *matrix
	offset  vector
	finally []curve
}

func (l *lut) of(device [4]float64) vector {
	if l.first != nil {
		v := l.first.of(vector(device[:3]))
		copy(device[:], v[:])
	}
	for i, c := range l.before {
		device[i] = c(device[i])
	}
	v := vector(device[:3])
	if l.grid != nil {
		v = l.grid.of(device)
	}
	for i, c := range l.after {
		v[i] = c(v[i])
	}
	if l.last != nil {
		v = l.last.of(v)
		for i := range v {
			v[i] = bounded(v[i] + l.offset[i])
		}
	}
	for i, c := range l.finally {
		v[i] = c(v[i])
	}
	return v
}

// parseLUT reads the tag of a lut from a colour of so many channels.
func parseLUT(tag []byte, channels int) (*lut, error) {
	if len(tag) < 32 {
		return nil, errors.New("table is cut off")
	}
	if in, out := int(tag[8]), int(tag[9]); in != channels || out != 3 {
		return nil, fmt.Errorf("table from %d to %d channels, expected %d to 3", in, out, channels)
	}
	switch string(tag[:4]) {
	case "mft1":
		return parseOldLUT(tag, channels, 48, 256, 256, 1)
	case "mft2":
		if len(tag) < 52 {
			return nil, errors.New("table is cut off")
		}
		in, out := int(binary.BigEndian.Uint16(tag[48:])), int(binary.BigEndian.Uint16(tag[50:]))
		return parseOldLUT(tag, channels, 52, in, out, 2)
	case "mAB ":
		return parseNewLUT(tag, channels)
	}
	return nil, fmt.Errorf("table of type %q", tag[:4])
}

// parseOldLUT reads a lut8Type or lut16Type: its tables begin at byte at, and its
// curves have so many points, of width bytes.
func parseOldLUT(tag []byte, channels, at, before, after, width int) (*lut, error) {
	if before < 2 || after < 2 || before > 4096 || after > 4096 {
		return nil, fmt.Errorf("curves of %d and %d points, expected 2 to 4096", before, after)
	}
	numbers := uint8s
	if width == 2 {
		numbers = uint16s
	}
	if len(tag) < at {
		return nil, errors.New("table is cut off")
	}
	rest := tag[at:]
	curves := func(channels, points int) (curves []curve, err error) {
		for range channels {
			if len(rest) < points*width {
				return nil, errors.New("curve is cut off")
			}
			curves = append(curves, tableCurve(numbers(rest[:points*width])))
			rest = rest[points*width:]
		}
		return curves, nil
	}
	l := new(lut)
	var err error
	if l.before, err = curves(channels, before); err != nil {
		return nil, err
	}
	side := int(tag[10])
	l.grid, rest, err = parseGrid(rest, []int{side, side, side, side}[:channels], width)
	if err != nil {
		return nil, err
	}
	if l.after, err = curves(3, after); err != nil {
		return nil, err
	}
	// The matrix is meant for XYZ alone, but where a profile has one for red, green
	// and blue it is used by others, too.
	if channels == 3 {
		m := parseMatrix(tag[12:])
		if m != (matrix{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}) {
			l.first = &m
		}
	}
	return l, nil
}

func parseMatrix(b []byte) (m matrix) {
	for i := range 9 {
		m[i/3][i%3] = bounded(fixed(b[4*i:]))
	}
	return m
}

// parseNewLUT reads a lutAToBType.
func parseNewLUT(tag []byte, channels int) (*lut, error) {
	l := new(lut)
	// from is the part that begins where the header says, and nil where there is
	// none.
	from := func(field int) ([]byte, error) {
		offset := binary.BigEndian.Uint32(tag[field:])
		if int64(offset) > int64(len(tag)) {
			return nil, errors.New("part of a table is cut off")
		}
		if offset == 0 {
			return nil, nil
		}
		return tag[offset:], nil
	}
	curves := func(field, channels int) (curves []curve, err error) {
		rest, err := from(field)
		if rest == nil {
			return nil, err
		}
		for range channels {
			c, size, err := parseCurve(rest)
			if err != nil {
				return nil, err
			}
			curves = append(curves, c)
			rest = rest[min((size+3)&^3, len(rest)):]
		}
		return curves, nil
	}
	var err error
	if l.finally, err = curves(12, 3); err != nil {
		return nil, err
	}
	b, err := from(16)
	if err != nil {
		return nil, err
	}
	if b != nil {
		if len(b) < 48 {
			return nil, errors.New("matrix is cut off")
		}
		m := parseMatrix(b)
		l.last = &m
		for i := range l.offset {
			l.offset[i] = fixed(b[36+4*i:])
		}
	}
	if l.after, err = curves(20, 3); err != nil {
		return nil, err
	}
	table, err := from(24)
	if err != nil {
		return nil, err
	}
	if table != nil {
		if l.grid, err = parseNewGrid(table, channels); err != nil {
			return nil, err
		}
	} else if channels != 3 {
		return nil, fmt.Errorf("%d channels without a table", channels)
	}
	if l.before, err = curves(28, channels); err != nil {
		return nil, err
	}
	return l, nil
}

func parseNewGrid(b []byte, channels int) (*grid, error) {
	if len(b) < 20 {
		return nil, errors.New("table is cut off")
	}
	width := int(b[16])
	if width != 1 && width != 2 {
		return nil, fmt.Errorf("table of %d bytes a number, expected 1 or 2", width)
	}
	sides := make([]int, channels)
	for i := range sides {
		sides[i] = int(b[i])
	}
	g, _, err := parseGrid(b[20:], sides, width)
	return g, err
}

// grid holds a colour for each of the points at equal distances of a device's
// colours, the last channel's after one another.
type grid struct {
	sides  []int
	values []byte
	width  int // of a number, in bytes
}

// parseGrid takes the grid at the beginning of b, and returns what follows.
func parseGrid(b []byte, sides []int, width int) (*grid, []byte, error) {
	size := 3 * width
	for _, side := range sides {
		if side < 2 {
			return nil, nil, fmt.Errorf("table of %d points a side, expected 2 or more", side)
		}
		if size *= side; size > len(b) {
			return nil, nil, fmt.Errorf("table of %v points is cut off", sides)
		}
	}
	return &grid{sides, b[:size], width}, b[size:], nil
}

// at is the colour of a point by its number.
func (g *grid) at(point int) vector {
	if g.width == 1 {
		b := g.values[3*point:][:3]
		return vector{float64(b[0]) / math.MaxUint8, float64(b[1]) / math.MaxUint8, float64(b[2]) / math.MaxUint8}
	}
	b := g.values[6*point:][:6]
	return vector{
		float64(binary.BigEndian.Uint16(b)) / math.MaxUint16,
		float64(binary.BigEndian.Uint16(b[2:])) / math.MaxUint16,
		float64(binary.BigEndian.Uint16(b[4:])) / math.MaxUint16,
	}
}

// of interpolates between the points around a colour: in the tetrahedron that the
// last three channels lie in, and with four channels straight between the two
// tetrahedra of the first.
func (g *grid) of(device [4]float64) vector {
	var step, point int
	var steps [4]int
	var fractions [4]float64
	step = 1
	for i := len(g.sides) - 1; i >= 0; i-- {
		last := g.sides[i] - 1
		at := float64(min(max(device[i], 0), 1) * float64(last))
		whole := min(int(at), last-1)
		fractions[i] = at - float64(whole)
		steps[i] = step
		point += whole * step
		step *= g.sides[i]
	}
	switch len(g.sides) {
	case 1:
		return between(g.at(point), g.at(point+steps[0]), fractions[0])
	case 3:
		return g.tetrahedron(point, [3]int(steps[:3]), vector(fractions[:3]))
	}
	low := g.tetrahedron(point, [3]int(steps[1:]), vector(fractions[1:]))
	if fractions[0] == 0 {
		return low
	}
	return between(low, g.tetrahedron(point+steps[0], [3]int(steps[1:]), vector(fractions[1:])), fractions[0])
}

func between(a, b vector, fraction float64) vector {
	for i := range a {
		a[i] += float64(fraction * (b[i] - a[i]))
	}
	return a
}

// tetrahedron goes from a point to the one opposite in its cell by the channel with
// the largest fraction first (Kasson, Nin, Plouffe and Hafner 1995).
func (g *grid) tetrahedron(point int, steps [3]int, fractions vector) vector {
	order := [3]int{0, 1, 2}
	exchange := func(i, j int) {
		if fractions[order[i]] < fractions[order[j]] {
			order[i], order[j] = order[j], order[i]
		}
	}
	exchange(0, 1)
	exchange(1, 2)
	exchange(0, 1)
	v := g.at(point)
	sum := v
	for _, channel := range order {
		point += steps[channel]
		next := g.at(point)
		for i := range sum {
			sum[i] += float64(fractions[channel] * (next[i] - v[i]))
		}
		v = next
	}
	return sum
}
