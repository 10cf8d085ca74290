package render

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"testing"

	"prew"
)

// TestQualityIsTheLowestThatHolds: of losses that fall as those of photographs do, by another
// factor and in another way, the lowest quality is found that loses no more, in no more tries
// than there are; or one beside it.
func TestQualityIsTheLowestThatHolds(t *testing.T) {
	for _, wanted := range []int{5_000, 10_000, 30_000, 60_000, 150_000} {
		for _, factor := range []float64{0.3, 0.7, 1, 1.4, 3} {
			for _, power := range []float64{0.8, 1, 1.25} {
				lossAt := func(quality int) int {
					return int(30_000 * factor * math.Pow(float64(typicalLossOf(quality))/30_000, power))
				}
				want := leastAuto
				for want < mostAuto && lossAt(want) > wanted {
					want++
				}
				tried := 0
				got := searchQuality(wanted, func(quality int) int {
					tried++
					return lossAt(quality)
				})
				if got < want-1 || got > want+1 || tried > 4 {
					t.Errorf("wanted %d of %v times the typical loss to the power of %v: quality %d after %d tries, want %d", wanted, factor, power, got, tried, want)
				}
			}
		}
	}
}

// TestQualityStaysWithinItsBounds where nothing is lost at all, or everything, or where losses
// don't fall as they should.
func TestQualityStaysWithinItsBounds(t *testing.T) {
	for _, test := range []struct {
		loss        func(quality int) int
		least, most int
	}{
		{func(int) int { return 0 }, 15, 15},
		{func(int) int { return 1 << 40 }, 98, 98},
		{func(quality int) int { return 1000 * quality }, 15, 98},
		{func(quality int) int { return quality % 2 * 1e6 }, 15, 98},
	} {
		for wanted := 5_000; wanted <= 150_000; wanted += 5_000 {
			if got := searchQuality(wanted, test.loss); got < test.least || got > test.most {
				t.Errorf("wanted %d: quality %d, want from %d to %d", wanted, got, test.least, test.most)
			}
		}
	}
}

// slope is a picture without edges.
func slope(w, h int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(x * 255 / w), uint8(y * 255 / h), 128, 255})
		}
	}
	return m
}

// TestAutomaticQuality: in each format a preview of quality auto is, byte for byte, the one of a
// number; more likeness is a higher one; and pictures of another kind have another one.
func TestAutomaticQuality(t *testing.T) {
	numberOf := func(src []byte, preset prew.Preset) int {
		t.Helper()
		got, _ := rendered(t, src, preset)
		preset.Likeness = 0
		for quality := leastAuto; quality <= mostAuto; quality++ {
			preset.Quality = quality
			if same, _ := rendered(t, src, preset); bytes.Equal(same.Data, got.Data) {
				return quality
			}
		}
		t.Fatalf("%s: the preview of %v has no number", preset.Format, preset.Likeness)
		return 0
	}
	for _, format := range []prew.Format{prew.JPEG, prew.WebP, prew.AVIF} {
		preset := prew.Preset{Width: 72, Format: format, Quality: prew.AutoQuality, Effort: prew.Fast, Likeness: 0.9}
		src := asPNG(sign(96, 64))
		low := numberOf(src, preset)
		preset.Likeness = 0.97
		usual := numberOf(src, preset)
		preset.Likeness = 0.99
		if high := numberOf(src, preset); low >= usual || usual >= high {
			t.Errorf("%s: likeness 0.9, 0.97 and 0.99 are the qualities %d, %d and %d", format, low, usual, high)
		}
		preset.Likeness = 0.97
		if other := numberOf(asPNG(slope(96, 64)), preset); other == usual {
			t.Errorf("%s: a slope and a sign have the quality %d", format, usual)
		}
	}
}

// TestAutomaticQualityOfEveryFrame: whatever the form and the size of a frame, there is a preview.
func TestAutomaticQualityOfEveryFrame(t *testing.T) {
	for name, src := range map[string][]byte{
		"planes": asJPEG(sign(120, 80)), "grey": asJPEG(greyOf(sign(120, 80))), "pixels": asPNG(sign(120, 80)), "alpha": asPNG(glass(120, 80)),
		"a pixel": asPNG(sign(1, 1)), "a line": asPNG(sign(70, 1)), "a column": asJPEG(sign(1, 70)), "unseen": asPNG(image.NewNRGBA(image.Rect(0, 0, 40, 30))),
	} {
		for _, format := range []prew.Format{prew.Auto, prew.JPEG, prew.PNG, prew.WebP, prew.AVIF, prew.ThumbHash} {
			for _, chroma := range []prew.Chroma{prew.Chroma420, prew.Chroma444} {
				p, err := prew.Preset{Width: 100, Format: format, Quality: prew.AutoQuality, Chroma: chroma}.Resolve()
				if err != nil {
					t.Fatal(err)
				}
				if preview, err := Render(bytes.NewReader(src), p); err != nil || len(preview.Data) == 0 {
					t.Errorf("%s, %s %s: %v", name, format, chroma, err)
				}
			}
		}
	}
}

// TestAutomaticQualityOfWhatMoves: a film has the quality that its first frame needs, and a GIF none.
func TestAutomaticQualityOfWhatMoves(t *testing.T) {
	for name, src := range map[string][]byte{"GIF": square(90, 60, 3).asMovingGIF(), "WebP": square(90, 60, 3).asMovingWebP(nil)} {
		preset := prew.Preset{Width: 70, Format: prew.WebP, Animate: true, Quality: prew.AutoQuality, Likeness: 0.95}
		got, f := animated(t, src, preset)
		if len(f.canvases) != 3 {
			t.Errorf("%s: there are %d frames, want 3", name, len(f.canvases))
		}
		found := 0
		for quality := leastAuto; quality <= mostAuto && found == 0; quality++ {
			preset.Quality = quality
			if same, _ := animated(t, src, preset); bytes.Equal(same.Data, got.Data) {
				found = quality
			}
		}
		if found == 0 || found == leastAuto {
			t.Errorf("%s: its quality is %d, want one that is found", name, found)
		}
		preset.Format, preset.Quality = prew.Auto, prew.AutoQuality
		if _, f := animated(t, src, preset); len(f.canvases) != 3 {
			t.Errorf("%s: the GIF has %d frames, want 3", name, len(f.canvases))
		}
	}
}
