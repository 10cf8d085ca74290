package render

import (
	"fmt"
	"image"
	"math"
	"testing"

	"prew"
)

// covered is how much of a pixel lies inside a shape, of 255, by a grid of points in it.
func covered(s shape, x, y int) float64 {
	const points = 32
	w, h := float64(s.size.X-2*s.inset), float64(s.size.Y-2*s.inset)
	rx, ry := float64(s.rx)/2, float64(s.ry)/2
	n := 0
	for i := range points {
		for j := range points {
			px := float64(x-s.inset) + (float64(i)+0.5)/points
			py := float64(y-s.inset) + (float64(j)+0.5)/points
			// Distances from the middle of the nearest corner's ellipse.
			dx, dy := max(rx-min(px, w-px), 0), max(ry-min(py, h-py), 0)
			if px > 0 && px < w && py > 0 && py < h && (dx == 0 || dy == 0 || dx*dx/rx/rx+dy*dy/ry/ry < 1) {
				n++
			}
		}
	}
	return float64(n) * 255 / points / points
}

// TestShapesAreAntialiased compares with points in each pixel, for each pixel of a plane and
// for squares of two by two.
func TestShapesAreAntialiased(t *testing.T) {
	for _, s := range []shape{
		{size: image.Pt(40, 30), rx: 20, ry: 20},
		{size: image.Pt(41, 31), rx: 31, ry: 31},
		{size: image.Pt(41, 31), rx: 41, ry: 31},
		{size: image.Pt(31, 41), rx: 31, ry: 41},
		{size: image.Pt(20, 20), rx: 20, ry: 20},
		{size: image.Pt(21, 21), rx: 21, ry: 21},
		{size: image.Pt(1, 1), rx: 1, ry: 1},
		{size: image.Pt(2, 1), rx: 1, ry: 1},
		{size: image.Pt(1, 9), rx: 1, ry: 9},
		{size: image.Pt(24, 17)},
		{size: image.Pt(40, 31), inset: 3},
		{size: image.Pt(40, 31), inset: 4, rx: 11, ry: 9},
		{size: image.Pt(41, 31), inset: 15, rx: 11, ry: 1},
		{size: image.Pt(41, 31), inset: 16},
	} {
		name := fmt.Sprintf("%v, inset %d, radii %d/2, %d/2", s.size, s.inset, s.rx, s.ry)
		for _, step := range []int{1, 2} {
			size := image.Pt((s.size.X+step-1)/step, (s.size.Y+step-1)/step)
			got := make([]uint8, size.X*size.Y)
			seen := map[int]bool{}
			for i := range got {
				got[i] = 255
			}
			s.partly(step, func(x, y int, cover []uint8) {
				for i, covered := range cover {
					at := y*size.X + x + i
					if seen[at] || x+i >= size.X {
						t.Fatalf("%s, step %d: %d,%d is visited twice, or is outside", name, step, x+i, y)
					}
					seen[at], got[at] = true, covered
				}
			})
			for y := range size.Y {
				for x := range size.X {
					want := 0.0
					for i := range step * step {
						want += covered(s, min(step*x+i%step, s.size.X-1), min(step*y+i/step, s.size.Y-1)) / float64(step*step)
					}
					if math.Abs(float64(got[y*size.X+x])-want) > 6 {
						t.Fatalf("%s, step %d: of %d,%d is covered %d, want %.1f", name, step, x, y, got[y*size.X+x], want)
					}
				}
			}
		}
	}
}

// TestRoundedIsThePreviewInAShape compares with the preview that is not cut, for a photo of
// luma and chroma, one of grey alone, pixels, and pixels that let light through.
func TestRoundedIsThePreviewInAShape(t *testing.T) {
	for name, src := range map[string][]byte{
		"planes": asJPEG(sign(120, 80)),
		"grey":   asJPEG(greyOf(sign(120, 80))),
		"pixels": asPNG(sign(120, 80)),
		"alpha":  asPNG(glass(120, 80)),
	} {
		for _, preset := range []prew.Preset{{Radius: 9}, {Radius: 8000}, {Circle: true}} {
			preset.Width, preset.Background = 91, "#c03080"
			plain := prew.Preset{Width: 91, Background: "#c03080", Format: prew.PNG}
			_, m := rendered(t, src, plain)
			s, whole := outline(m.Bounds().Size(), preset), rgbaOf(m)
			preview, got := rendered(t, src, preset) // no format: a PNG
			if preview.ContentType != "image/png" {
				t.Fatalf("%s: it is %s", name, preview.ContentType)
			}
			// On a background, as a JPEG, its chroma as fine.
			preset.Format, preset.Chroma, preset.Quality = prew.JPEG, prew.Chroma444, 100
			_, painted := rendered(t, src, preset)
			want, under := rgba{whole.width, whole.height, nil}, rgba{whole.width, whole.height, nil}
			for i, p := range whole.pix {
				p[3] *= covered(*s, i%whole.width, i/whole.width) / 255
				want.pix = append(want.pix, p)
				q := [4]float64{0, 0, 0, 255}
				for c, b := range [3]float64{0xc0, 0x30, 0x80} {
					q[c] = (p[c]*p[3] + b*(255-p[3])) / 255
				}
				under.pix = append(under.pix, q)
			}
			if db := seenDecibels(rgbaOf(got), want); db < 45 {
				t.Errorf("%s, radius %d, circle %v: %.1f dB, want 45", name, preset.Radius, preset.Circle, db)
			}
			if db := seenDecibels(rgbaOf(painted), under); db < 35 {
				t.Errorf("%s, radius %d, circle %v: on a background %.1f dB, want 35", name, preset.Radius, preset.Circle, db)
			}
		}
	}
}

// TestBorderFollowsTheShape compares with the preview that has none, inside the inner edge of
// the border, on its colour, and that in the shape of the outer edge.
func TestBorderFollowsTheShape(t *testing.T) {
	for name, src := range map[string][]byte{
		"planes": asJPEG(sign(120, 80)),
		"grey":   asJPEG(greyOf(sign(120, 80))),
		"pixels": asPNG(sign(120, 80)),
		"alpha":  asPNG(glass(120, 80)),
	} {
		_, m := rendered(t, src, prew.Preset{Width: 91, Format: prew.PNG})
		for _, test := range []struct {
			preset prew.Preset
			inner  shape
		}{
			{prew.Preset{Border: 3}, shape{inset: 3}},
			{prew.Preset{Border: 3, Radius: 9}, shape{inset: 3, rx: 12, ry: 12}},
			{prew.Preset{Border: 5, Radius: 2}, shape{inset: 5}},
			{prew.Preset{Border: 4, Circle: true}, shape{inset: 4, rx: 91 - 8, ry: 61 - 8}},
			{prew.Preset{Border: 30, Radius: 9}, shape{inset: 30}},
			{prew.Preset{Border: 8000, Radius: 9}, shape{inset: 8000}},
		} {
			test.inner.size = m.Bounds().Size()
			outer, whole := outline(test.inner.size, test.preset), rgbaOf(m)
			want := rgba{whole.width, whole.height, nil}
			for i, p := range whole.pix {
				x, y := i%whole.width, i/whole.width
				in, out := covered(test.inner, x, y)/255, covered(*outer, x, y)/255
				alpha := p[3]*in + 255*(1-in)
				for c, b := range [3]float64{0xc0, 0x30, 0x80} {
					p[c] = (p[c]*p[3]*in + b*255*(1-in)) / max(alpha, 1)
				}
				p[3] = alpha * out
				want.pix = append(want.pix, p)
			}
			preset := test.preset
			preset.Width, preset.Format, preset.BorderColour = 91, prew.PNG, "#c03080"
			_, got := rendered(t, src, preset)
			if db := seenDecibels(rgbaOf(got), want); db < 43 {
				t.Errorf("%s, border %d, radius %d, circle %v: %.1f dB, want 43", name, preset.Border, preset.Radius, preset.Circle, db)
			}
		}
	}
}

// BenchmarkShape is what a border and cutting corners off cost a preview of 1440 by 960.
func BenchmarkShape(b *testing.B) {
	for _, preset := range []prew.Preset{{Radius: 24}, {Circle: true}, {Border: 12, Radius: 24}} {
		for _, format := range []prew.Format{prew.JPEG, prew.WebP} {
			for _, kind := range []string{"planes", "pixels"} {
				b.Run(fmt.Sprintf("%s/%s/border=%d,radius=%d", kind, format, preset.Border, preset.Radius), func(b *testing.B) {
					var e engine
					m := sign(1440, 960)
					f := frame{form: rgb, pixels: m}
					if kind == "planes" {
						f = frame{form: lumaChroma, planes: e.lumaChroma(m, 2)}
					}
					preset.Format, preset.Chroma = format, prew.Chroma420
					for b.Loop() {
						framed, err := e.border(f, plan{}, preset)
						if err == nil {
							_, err = e.round(framed, plan{}, preset)
						}
						if err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
