package render

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"prew"
)

// rgba is a picture in floating point, its colours not multiplied by alpha.
type rgba struct {
	width, height int
	pix           [][4]float64
}

func rgbaOf(m image.Image) rgba {
	size := m.Bounds().Size()
	r := rgba{size.X, size.Y, nil}
	for y := range size.Y {
		for x := range size.X {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			r.pix = append(r.pix, [4]float64{float64(c.R), float64(c.G), float64(c.B), float64(c.A)})
		}
	}
	return r
}

// each is the picture with its colours changed one by one.
func (r rgba) each(change func(c [3]float64) [3]float64) rgba {
	out := rgba{r.width, r.height, nil}
	for _, p := range r.pix {
		c := change([3]float64(p[:3]))
		for i := range c {
			p[i] = min(max(c[i], 0), 255)
		}
		out.pix = append(out.pix, p)
	}
	return out
}

// blurred is the picture under a Gaussian, colours counting as much as their alpha.
func (r rgba) blurred(sigma float64) rgba {
	out := r
	multiplied := make([][4]float64, len(r.pix))
	for i, p := range r.pix {
		multiplied[i] = [4]float64{p[0] * p[3] / 255, p[1] * p[3] / 255, p[2] * p[3] / 255, p[3]}
	}
	reach := int(4 * sigma)
	along := func(src [][4]float64, dx, dy int) [][4]float64 {
		dst := make([][4]float64, len(src))
		for y := range r.height {
			for x := range r.width {
				sum := 0.0
				var at [4]float64
				for d := -reach; d <= reach; d++ {
					w := math.Exp(-float64(d*d) / (2 * sigma * sigma))
					sum += w
					p := src[min(max(y+d*dy, 0), r.height-1)*r.width+min(max(x+d*dx, 0), r.width-1)]
					for c := range at {
						at[c] += w * p[c]
					}
				}
				for c := range at {
					dst[y*r.width+x][c] = at[c] / sum
				}
			}
		}
		return dst
	}
	out.pix = along(along(multiplied, 1, 0), 0, 1)
	for i, p := range out.pix {
		if p[3] > 0 {
			out.pix[i] = [4]float64{p[0] * 255 / p[3], p[1] * 255 / p[3], p[2] * 255 / p[3], p[3]}
		}
	}
	return out
}

func luma(c [3]float64) float64 { return 0.299*c[0] + 0.587*c[1] + 0.114*c[2] }

// sharpened adds to each colour amount times what its luma differs from that of its blur.
func (r rgba) sharpened(amount float64) rgba {
	soft, i := r.blurred(sharpenSigma), -1
	return r.each(func(c [3]float64) [3]float64 {
		i++
		more := amount * (luma(c) - luma([3]float64(soft.pix[i][:3])))
		return [3]float64{c[0] + more, c[1] + more, c[2] + more}
	})
}

// adjusted is CSS's brightness(), contrast() and saturate(), with JFIF's luma.
func (r rgba) adjusted(brightness, contrast, saturation float64) rgba {
	return r.each(func(c [3]float64) [3]float64 {
		y := (luma(c)*brightness-127.5)*contrast + 127.5
		for i := range c {
			c[i] = (c[i]*brightness-127.5)*contrast + 127.5
			c[i] = y + saturation*(c[i]-y)
		}
		return c
	})
}

// seenDecibels is the PSNR of what is seen of a picture on black, and of its alpha.
func seenDecibels(got, want rgba) float64 {
	sum := 0.0
	for i, g := range got.pix {
		w := want.pix[i]
		for c := range 3 {
			d := g[c]*g[3]/255 - w[c]*w[3]/255
			sum += d * d
		}
		sum += (g[3] - w[3]) * (g[3] - w[3])
	}
	return 10 * math.Log10(255*255*float64(4*len(got.pix))/max(sum, 1e-9))
}

// retouches are the fields that change more than the size, each with what it should make
// of a picture.
var retouches = []struct {
	preset prew.Preset
	want   func(rgba) rgba
}{
	{prew.Preset{Blur: 0.5}, func(r rgba) rgba { return r.blurred(0.5) }},
	{prew.Preset{Blur: 2.5}, func(r rgba) rgba { return r.blurred(2.5) }},
	{prew.Preset{Blur: 9}, func(r rgba) rgba { return r.blurred(9) }},
	{prew.Preset{Sharpen: 80}, func(r rgba) rgba { return r.sharpened(0.8) }},
	{prew.Preset{Sharpen: 300}, func(r rgba) rgba { return r.sharpened(3) }},
	{prew.Preset{Brightness: -30}, func(r rgba) rgba { return r.adjusted(0.7, 1, 1) }},
	{prew.Preset{Brightness: 20}, func(r rgba) rgba { return r.adjusted(1.2, 1, 1) }},
	{prew.Preset{Contrast: -40}, func(r rgba) rgba { return r.adjusted(1, 0.6, 1) }},
	{prew.Preset{Contrast: 20}, func(r rgba) rgba { return r.adjusted(1, 1.2, 1) }},
	{prew.Preset{Saturation: -100}, func(r rgba) rgba { return r.adjusted(1, 1, 0) }},
	{prew.Preset{Saturation: 40}, func(r rgba) rgba { return r.adjusted(1, 1, 1.4) }},
	{prew.Preset{Brightness: 10, Contrast: -20, Saturation: 30}, func(r rgba) rgba { return r.adjusted(1.1, 0.8, 1.3) }},
	{prew.Preset{Tone: prew.Grey}, func(r rgba) rgba { return r.adjusted(1, 1, 0) }},
	{prew.Preset{Tone: prew.Sepia}, func(r rgba) rgba {
		return r.each(func(c [3]float64) [3]float64 { y := luma(c); return [3]float64{1.351 * y, 1.203 * y, 0.937 * y} })
	}},
	{prew.Preset{Tone: "#3060c0"}, func(r rgba) rgba {
		tone := [3]float64{0x30, 0x60, 0xc0}
		return r.each(func(c [3]float64) [3]float64 {
			y, light := luma(c), luma(tone)
			for i := range c {
				c[i] = min(y/light, 1)*tone[i] + max((y-light)/(255-light), 0)*(255-tone[i])
			}
			return c
		})
	}},
	// In this order, whatever that of the fields.
	{prew.Preset{Tone: "#3060c0", Saturation: 50, Contrast: 10, Sharpen: 60, Blur: 1}, func(r rgba) rgba {
		r = r.blurred(1).sharpened(0.6).adjusted(1, 1.1, 1.5)
		tone := [3]float64{0x30, 0x60, 0xc0}
		return r.each(func(c [3]float64) [3]float64 {
			y, light := luma(c), luma(tone)
			for i := range c {
				c[i] = min(y/light, 1)*tone[i] + max((y-light)/(255-light), 0)*(255-tone[i])
			}
			return c
		})
	}},
}

// TestRetouchesAreWhatTheySay compares with the same operations in floating point on the
// preview without them, for a photo of luma and chroma, one of grey alone, pixels, and pixels
// that let light through.
func TestRetouchesAreWhatTheySay(t *testing.T) {
	for name, src := range map[string][]byte{
		"planes": asJPEG(sign(120, 80)),
		"grey":   asJPEG(greyOf(sign(120, 80))),
		"pixels": asPNG(sign(120, 80)),
		"alpha":  asPNG(glass(120, 80)),
	} {
		_, plain := rendered(t, src, prew.Preset{Width: 91, Format: prew.PNG})
		for _, retouch := range retouches {
			preset := retouch.preset
			preset.Width, preset.Format = 91, prew.PNG
			_, got := rendered(t, src, preset)
			db := seenDecibels(rgbaOf(got), retouch.want(rgbaOf(plain)))
			if db < 38 {
				t.Errorf("%s: %s: %.1f dB, want 38", name, textOf(retouch.preset), db)
			}
			// Twice the same is not a look at what was left in a buffer.
			if _, again := rendered(t, src, preset); sumOf(again) != sumOf(got) {
				t.Errorf("%s: %s: rendered again it is another", name, textOf(retouch.preset))
			}
		}
	}
}

// textOf names the retouches of a preset.
func textOf(p prew.Preset) string {
	return fmt.Sprintf("blur=%v,sharpen=%d,brightness=%d,contrast=%d,saturation=%d,tone=%s",
		p.Blur, p.Sharpen, p.Brightness, p.Contrast, p.Saturation, p.Tone)
}

// TestRetouchedPhotoIsNotItsOwnPreview has photos that are smaller than any preview of them,
// which would be copied if nothing changed them.
func TestRetouchedPhotoIsNotItsOwnPreview(t *testing.T) {
	grey := func(m image.Image) bool {
		for _, p := range rgbaOf(m).pix {
			if p[0] != p[1] || p[1] != p[2] {
				return false
			}
		}
		return true
	}
	for name, src := range map[string][]byte{"jpeg": coarse(sign(120, 80)), "png": asPNG(indexed(sign(120, 80)))} {
		if plain, _ := rendered(t, src, prew.Preset{Width: 500}); len(plain.Data) > len(src) {
			t.Fatalf("%s: the preview of %d bytes is larger than the photo", name, len(plain.Data))
		}
		if _, m := rendered(t, src, prew.Preset{Width: 500, Tone: prew.Grey}); !grey(m) {
			t.Errorf("%s: it has colours", name)
		}
	}
}

// TestToneLeavesNoProfile has a photo whose profile is kept, but not with a tone, whose
// colours are sRGB's.
func TestToneLeavesNoProfile(t *testing.T) {
	for name, src := range withProfile(even(color.NRGBA{200, 100, 50, 255}), displayP3(t)) {
		for _, tone := range []prew.Tone{prew.Grey, "#3060c0"} {
			_, want := rendered(t, src, prew.Preset{Width: 16, Tone: tone, Format: prew.PNG})
			_, got := rendered(t, src, prew.Preset{Width: 16, Tone: tone, Format: prew.PNG, Colour: prew.Keep})
			near(t, got, want, 0)
			if t.Failed() {
				t.Fatalf("%s, %s", name, tone)
			}
		}
	}
}

// BenchmarkRetouch is what each field costs a preview of 1440 by 960, as planes of luma and
// chroma, as pixels and as pixels that let light through, which are done to again and again.
func BenchmarkRetouch(b *testing.B) {
	for _, retouch := range []prew.Preset{
		{}, {Blur: 0.5}, {Blur: 2}, {Blur: 8}, {Blur: 100}, {Sharpen: 100}, {Brightness: 10, Contrast: 10, Saturation: 10},
		{Tone: prew.Grey}, {Tone: prew.Sepia}, {Tone: "#3060c0"},
	} {
		for _, kind := range []string{"planes", "4:4:4", "pixels", "alpha"} {
			b.Run(kind+"/"+textOf(retouch), func(b *testing.B) {
				var e engine
				m := sign(1440, 960)
				f := frame{form: rgb, pixels: m}
				switch kind {
				case "alpha":
					f.pixels = glass(1440, 960)
				case "planes":
					retouch.Chroma = prew.Chroma420
					f = frame{form: lumaChroma, planes: e.lumaChroma(m, 2)}
				case "4:4:4":
					retouch.Chroma = prew.Chroma444
					f = frame{form: lumaChroma, planes: e.lumaChroma(m, 1)}
				}
				for b.Loop() {
					for _, operation := range []operation{(*engine).blur, (*engine).sharpen, (*engine).adjust, (*engine).tone} {
						if _, err := operation(&e, f, plan{}, retouch); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}
