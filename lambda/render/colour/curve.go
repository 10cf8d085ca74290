package colour

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// curve is a function of one channel, from and to numbers that are mostly of 0 to 1.
type curve func(x float64) float64

// parseCurve reads a curveType or a parametricCurveType (ICC.1:2022, 10.6 and
// 10.18) at the beginning of b, and says how many bytes it has.
func parseCurve(b []byte) (c curve, size int, err error) {
	if len(b) < 12 {
		return nil, 0, errors.New("curve is cut off")
	}
	switch string(b[:4]) {
	case "curv":
		return parseTableCurve(b)
	case "para":
		return parseParametric(b)
	}
	return nil, 0, fmt.Errorf("curve of type %q", b[:4])
}

// maxPoints is how many points a curve may have: as many as there are numbers of
// sixteen bits. Real ones have up to 4,096.
const maxPoints = 1 << 16

func parseTableCurve(b []byte) (c curve, size int, err error) {
	count := int64(binary.BigEndian.Uint32(b[8:]))
	if count > maxPoints {
		return nil, 0, fmt.Errorf("curve of %d points, limit is %d", count, maxPoints)
	}
	if count > int64(len(b)-12)/2 {
		return nil, 0, fmt.Errorf("curve of %d points is cut off", count)
	}
	size = 12 + 2*int(count)
	switch values := b[12:size]; count {
	case 0:
		return identity, size, nil
	case 1:
		return gammaCurve(float64(binary.BigEndian.Uint16(values)) / 256), size, nil
	default:
		return tableCurve(uint16s(values)), size, nil
	}
}

// parameters is how many each function type of a parametric curve has.
var parameters = [5]int{1, 3, 4, 5, 7}

func parseParametric(b []byte) (c curve, size int, err error) {
	kind := int(binary.BigEndian.Uint16(b[8:]))
	if kind >= len(parameters) {
		return nil, 0, fmt.Errorf("parametric curve of function type %d", kind)
	}
	size = 12 + 4*parameters[kind]
	if len(b) < size {
		return nil, 0, errors.New("parametric curve is cut off")
	}
	var n [7]float64
	for i := range parameters[kind] {
		n[i] = fixed(b[12+4*i:])
	}
	return parametric(kind, n), size, nil
}

// parametric is the curve of a function type, with its parameters in the order of
// the specification: g a b c d e f.
func parametric(kind int, n [7]float64) curve {
	g, a, b, c, d, e, f := n[0], n[1], n[2], n[3], n[4], n[5], n[6]
	switch kind {
	case 0:
		return gammaCurve(g)
	case 1, 2:
		// The power is one of 0 where what is below the line begins.
		return func(x float64) float64 { return bounded(power(float64(a*x)+b, g) + c) }
	case 3:
		e, f = 0, 0
	}
	return func(x float64) float64 {
		if x < d {
			return bounded(float64(c*x) + f)
		}
		return bounded(power(float64(a*x)+b, g) + e)
	}
}

// gammaCurve is a power.
func gammaCurve(gamma float64) curve {
	if gamma == 1 {
		return identity
	}
	return func(x float64) float64 { return bounded(power(x, gamma)) }
}

func identity(x float64) float64 { return x }

// bounded keeps the results of absurd parameters out of the arithmetic that
// follows.
func bounded(x float64) float64 { return min(max(x, -16), 16) }

// tableCurve is straight lines between points at equal distances.
func tableCurve(points []float64) curve {
	last := len(points) - 1
	return func(x float64) float64 {
		at := float64(min(max(x, 0), 1) * float64(last))
		i := min(int(at), last-1)
		return points[i] + float64((at-float64(i))*(points[i+1]-points[i]))
	}
}

// uint16s are numbers of sixteen bits, of which the largest is 1.
func uint16s(b []byte) []float64 {
	values := make([]float64, len(b)/2)
	for i := range values {
		values[i] = float64(binary.BigEndian.Uint16(b[2*i:])) / math.MaxUint16
	}
	return values
}

// uint8s are numbers of eight bits, of which the largest is 1.
func uint8s(b []byte) []float64 {
	values := make([]float64, len(b))
	for i := range values {
		values[i] = float64(b[i]) / math.MaxUint8
	}
	return values
}
