package render

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"prew"
)

// spot is a grey picture with a soft red spot about a point, which may lie
// between pixels.
func spot(w, h int, x0, y0 float64) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	const radius = 60
	for y := range h {
		for x := range w {
			d := math.Hypot(float64(x)-x0, float64(y)-y0) / radius
			v := uint8(160 * math.Exp(-d*d))
			m.SetNRGBA(x, y, color.NRGBA{60 + v, 60, 60, 255})
		}
	}
	return m
}

// middle is the centre of mass of what a picture has of a channel above its
// ground.
func middle(m image.Image, channel func(color.YCbCr) uint8) (x, y float64) {
	b := m.Bounds()
	ground := int(channel(color.YCbCrModel.Convert(m.At(b.Min.X, b.Min.Y)).(color.YCbCr)))
	sum := 0.0
	for j := range b.Dy() {
		for i := range b.Dx() {
			v := float64(int(channel(color.YCbCrModel.Convert(m.At(b.Min.X+i, b.Min.Y+j)).(color.YCbCr))) - ground)
			if v < 8 { // noise
				continue
			}
			sum += v
			x += v * float64(i)
			y += v * float64(j)
		}
	}
	return x / sum, y / sum
}

// TestNothingMoves follows a spot through every scale of the decoder, crops and
// turns: in luma and in chroma it stays where it was taken, to what eight bits
// tell of that. Half a sample's shift of the photo or of the preview shows.
func TestNothingMoves(t *testing.T) {
	const w, h, x0, y0 = 1600, 1200, 611.3, 502.7
	seen := spot(w, h, x0, y0)
	sources := map[string][]byte{"png": asPNG(seen)}
	for o := 1; o <= 8; o++ {
		sources[fmt.Sprint("jpeg turned ", o)] = jpegWithEXIF(asJPEG(stored(seen, o)), exif(binary.BigEndian, uint16(o)))
	}
	presets := []prew.Preset{{Width: 200, Height: 199, Fit: prew.Cover}, {Width: 333, Height: 301, Fit: prew.Cover, Gravity: prew.TopLeft}}
	for _, width := range []int{100, 199, 401, 640, 999, 1199, 1600} {
		presets = append(presets, prew.Preset{Width: width})
	}
	for name, src := range sources {
		for _, p := range presets {
			t.Run(fmt.Sprintf("%s/%dx%d", name, p.Width, p.Height), func(t *testing.T) {
				p.Quality = 95
				resolved, err := p.Resolve()
				if err != nil {
					t.Fatal(err)
				}
				scaled, crop := fit(image.Pt(w, h), resolved)
				wantX := (x0+0.5)*float64(scaled.X)/w - 0.5 - float64(crop.Min.X)
				wantY := (y0+0.5)*float64(scaled.Y)/h - 0.5 - float64(crop.Min.Y)
				_, got := rendered(t, src, p)
				x, y := middle(got, func(c color.YCbCr) uint8 { return c.Y })
				if math.Hypot(x-wantX, y-wantY) > 0.15 {
					t.Errorf("luma: the spot is at %.2f,%.2f, want %.2f,%.2f", x, y, wantX, wantY)
				}
				x, y = middle(got, func(c color.YCbCr) uint8 { return c.Cr })
				if math.Hypot(x-wantX, y-wantY) > 0.2 {
					t.Errorf("chroma: the spot is at %.2f,%.2f, want %.2f,%.2f", x, y, wantX, wantY)
				}
			})
		}
	}
}
