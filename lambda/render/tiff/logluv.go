package tiff

import (
	"encoding/binary"
	"math"
	"sync"
)

// logLuv unpacks rows of LogLuv pixels of 32 bits: a sign and fifteen bits of the
// logarithm of luminance, and eight each of u' and v' of CIE 1976 (Ward Larson, "LogLuv
// Encoding for Full Gamut, High Dynamic Range Images", 1998; libtiff's tif_luv.c). The
// first bytes of all pixels of a row are packed first, then the second ones, and so on.
type logLuv struct {
	src   *source
	width int
}

func (u *logLuv) reset(src *source) error {
	u.src = src
	return nil
}

func (u *logLuv) fill(row []byte) error {
	for plane := range 4 {
		for x := 0; x < u.width; {
			n, ok := u.src.next()
			if !ok {
				return errEnd
			}
			run, value := int(n), byte(0)
			if n >= 128 {
				run = int(n) - 126
				if value, ok = u.src.next(); !ok {
					return errEnd
				}
			}
			for ; run > 0 && x < u.width; run, x = run-1, x+1 {
				if n < 128 {
					if value, ok = u.src.next(); !ok {
						return errEnd
					}
				}
				row[4*x+plane] = value
			}
		}
	}
	return nil
}

// luminances are what the fifteen bits stand for; zero is black.
var luminances = sync.OnceValue(func() *[1 << 15]float32 {
	var table [1 << 15]float32
	for i := range table[1:] {
		table[i+1] = float32(math.Pow(2, (float64(i+1)+0.5)/256-64))
	}
	return &table
})

// takeLogLuv makes X, Y and Z of pixels, of which white has 1 each.
func takeLogLuv(dst []float32, line []byte, n int) {
	table := luminances()
	for i := range n {
		code := binary.BigEndian.Uint32(line[4*i:])
		at := dst[3*i : 3*i+3 : 3*i+3]
		at[0], at[1], at[2] = 0, 0, 0
		if code>>31 != 0 {
			continue // below zero
		}
		const scale = 410
		y := table[code>>16]
		u, v := (float32(code>>8&255)+0.5)/scale, (float32(code&255)+0.5)/scale
		// With x = 9u/(6u-16v+12) and y = 4v/(6u-16v+12).
		at[0] = float32(9*u) / float32(4*v) * y
		at[1] = y
		at[2] = (12 - float32(3*u) - float32(20*v)) / float32(4*v) * y
	}
}
