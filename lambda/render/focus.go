package render

import (
	"fmt"
	"image"
	"strings"
)

// A side of the photo has focusParts for a focus, whose numbers have up to focusDigits
// decimals. Nobody points at less than a millionth, and in whole numbers every architecture
// finds the same crop.
const (
	focusParts  = 1_000_000
	focusDigits = 6
)

// focusOf reads the point that an editor has set in a photo as seen: "0.3,0.6" is at three
// tenths of the width from the left and six of the height from the top. Both are from 0 to 1
// with at most six decimals, and nothing else is there. The point is in millionths.
func focusOf(text string) (at image.Point, err error) {
	x, y, both := strings.Cut(text, ",")
	var okX, okY bool
	at.X, okX = millionths(x)
	at.Y, okY = millionths(y)
	if !both || !okX || !okY {
		return image.Point{}, fmt.Errorf("focus: %.40q, expected two numbers from 0 to 1 with at most %d decimals, as 0.3,0.6", text, focusDigits)
	}
	return at, nil
}

// millionths reads a number from 0 to 1.
func millionths(text string) (n int, ok bool) {
	units, decimals, point := strings.Cut(text, ".")
	if len(units) != 1 || point && len(decimals) == 0 || len(decimals) > focusDigits {
		return 0, false
	}
	digits := units + decimals + strings.Repeat("0", focusDigits-len(decimals))
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, n <= focusParts
}

// about is the plan, which is for a part of a photo, that keeps what lies around a point, in
// millionths of the photo, as far as the part reaches. All of it is as seen. Unlike what is
// seen, that is known before anything is decoded.
func (p plan) about(at image.Point, part image.Rectangle, photo image.Point) plan {
	if p.kept == (image.Point{}) {
		return p
	}
	scaled := p.turn.size(p.scaled)
	from := func(at, photo, begins, part, scaled, kept int) int {
		// The nearest pixel, and of two the first, as anchor has it.
		unit := focusParts * part
		first := (2*(at*photo-focusParts*begins)*scaled - kept*unit + unit - 1) / (2 * unit)
		return min(max(first, 0), scaled-kept)
	}
	first := image.Pt(from(at.X, photo.X, part.Min.X, part.Dx(), scaled.X, p.kept.X), from(at.Y, photo.Y, part.Min.Y, part.Dy(), scaled.Y, p.kept.Y))
	return p.keeping(image.Rectangle{Min: first, Max: first.Add(p.kept)})
}
