//go:build !amd64 && !arm64

package resample

// lanes are weights as vector code reads them, of which there is none for this
// processor.
type lanes struct{}

func (*lanes) forget() {}

func vertical(dst, src []uint8, stride int, w []int16) {
	if len(w) == 1 {
		copy(dst, src)
		return
	}
	verticalPlain(dst, src, stride, w)
}

func horizontal(dst, line []uint8, t *weights) { horizontalPlain(dst, line, t) }

func split(c0, c1, c2, c3, pixels []uint8) { splitPlain(c0, c1, c2, c3, pixels) }

func premultiply(pix []uint8) { premultiplyPlain(pix) }
