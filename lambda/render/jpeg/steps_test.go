package jpeg

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"prew/lambda/peers/ssimulacra2"
	"prew/lambda/render/plane"
)

// The quantisation tables of ITU-T T.81, K.1, row by row, of luma and of chroma.
var k1 = [2][64]uint8{
	{
		16, 11, 10, 16, 24, 40, 51, 61,
		12, 12, 14, 19, 26, 58, 60, 55,
		14, 13, 16, 24, 40, 57, 69, 56,
		14, 17, 22, 29, 51, 87, 80, 62,
		18, 22, 37, 56, 68, 109, 103, 77,
		24, 35, 55, 64, 81, 104, 113, 92,
		49, 64, 78, 87, 103, 121, 120, 101,
		72, 92, 95, 98, 112, 100, 103, 99,
	},
	{
		17, 18, 24, 47, 99, 99, 99, 99,
		18, 21, 26, 66, 99, 99, 99, 99,
		24, 26, 56, 99, 99, 99, 99, 99,
		47, 66, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
	},
}

// ofLibjpeg is a table of K.1 for a quality, by libjpeg's scale (jcparam.c,
// jpeg_quality_scaling).
func ofLibjpeg(table, quality int) (steps [64]uint8) {
	percent := 200 - 2*quality
	if quality < 50 {
		percent = 5000 / quality
	}
	for i, base := range k1[table] {
		steps[i] = uint8(min(max((int(base)*percent+50)/100, 1), 255))
	}
	return steps
}

// encodedByK1 is a picture as it would be with libjpeg's tables.
func encodedByK1(e *Encoder, planes []plane.Plane, o EncodeOptions) []byte {
	e.layOut(planes)
	for i := range e.quantisers {
		steps := ofLibjpeg(i, o.Quality)
		e.quantisers[i].set(&steps)
	}
	return e.encode(o)
}

// stepsOf is the tables of a picture.
func stepsOf(encoding, quality int) (all [2][64]uint8) {
	var e Encoder
	e.layOut(planesOf(16, 16, encodings[encoding].planes, encodings[encoding].sampling, landscape))
	e.chooseSteps(quality)
	for i, q := range e.quantisers {
		all[i] = q.steps
	}
	return all
}

// TestStepsFallWithQuality makes sure that a higher quality has no coarser step.
func TestStepsFallWithQuality(t *testing.T) {
	for encoding := range encodings {
		before := stepsOf(encoding, 1)
		for quality := 2; quality <= 100; quality++ {
			steps := stepsOf(encoding, quality)
			if steps == before && quality < 99 {
				t.Errorf("%s: quality %d has the tables of the one before", encodings[encoding].name, quality)
			}
			for i := range steps {
				for at, step := range steps[i] {
					if step > before[i][at] {
						t.Fatalf("%s: quality %d, table %d: step %d is %d, it was %d", encodings[encoding].name, quality, i, at, step, before[i][at])
					}
				}
			}
			before = steps
		}
		for i := range before {
			for at, step := range before[i] {
				if step != 1 {
					t.Errorf("%s: quality 100, table %d: step %d is %d, want 1", encodings[encoding].name, i, at, step)
				}
			}
		}
	}
}

// shown is the red, green and blue that a browser shows of planes in 4:2:0 or 4:4:4:
// chroma is enlarged by the triangle, as libjpeg-turbo does.
func shown(planes []plane.Plane) []float64 {
	y := planes[0]
	at := func(p plane.Plane, x, line int) float64 {
		if p.Width == y.Width {
			return float64(p.Row(line)[x]) - 128
		}
		near, far := p.Row(line/2), p.Row(min(max(line/2+2*(line&1)-1, 0), p.Height-1))
		beside := min(max(x/2+2*(x&1)-1, 0), p.Width-1)
		return (9*float64(near[x/2])+3*float64(near[beside])+3*float64(far[x/2])+float64(far[beside]))/16 - 128
	}
	rgb := make([]float64, 0, 3*y.Width*y.Height)
	for line := range y.Height {
		for x, luma := range y.Row(line) {
			cb, cr := at(planes[1], x, line), at(planes[2], x, line)
			for _, v := range []float64{1.402 * cr, -0.344136*cb - 0.714136*cr, 1.772 * cb} {
				rgb = append(rgb, min(max(float64(luma)+v, 0), 255))
			}
		}
	}
	return rgb
}

// preview is planes as an Encoder takes them: of 4:2:2, every other row of chroma.
func preview(planes []plane.Plane) []plane.Plane {
	for i := range planes[1:] {
		if p := &planes[1+i]; p.Width < planes[0].Width && p.Height == planes[0].Height {
			p.Stride, p.Height = 2*p.Stride, (p.Height+1)/2
		}
	}
	return planes
}

// TestCorpusTablesLookAsGoodInFewerBytes holds previews of real photos against those by
// libjpeg's tables of the same quality: their bytes, and their likeness to what was
// encoded.
func TestCorpusTablesLookAsGoodInFewerBytes(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if _, err := os.Stat(filepath.Join(corpus, "bench")); corpus == "" || err != nil {
		t.Skipf("CORPUS is %q, which has no folder bench", corpus)
	}
	var e Encoder
	for _, test := range []struct {
		quality          int
		bytes, score, db float64 // at most of libjpeg's bytes; at least more than its likeness
	}{
		{60, 0.99, 0, 0},
		{75, 0.98, 0, 0},
		{90, 0.95, 0, 0},
	} {
		var bytes, score, db float64 // their means; of bytes, of the logarithm
		files := []string{"p20.jpg", "p22_444.jpg", "p8_o6.jpg"}
		for _, file := range files {
			src, err := os.ReadFile(filepath.Join(corpus, "bench", file))
			if err != nil {
				t.Fatal(err)
			}
			planes := preview(whole(t, src, Options{Scale: scales(1)}))
			original := ssimulacra2.New(shown(planes), planes[0].Width, planes[0].Height)
			o := EncodeOptions{Quality: test.quality}
			ours, theirs := e.Encode(planes, o), encodedByK1(&e, planes, o)
			got, peer := whole(t, ours, Options{Scale: scales(8)}), whole(t, theirs, Options{Scale: scales(8)})
			n := float64(len(files))
			bytes += math.Log(float64(len(ours))/float64(len(theirs))) / n
			score += (original.Score(shown(got)) - original.Score(shown(peer))) / n
			db += (psnr(got[0], planes[0]) - psnr(peer[0], planes[0])) / n
		}
		if bytes = math.Exp(bytes); bytes > test.bytes || score < test.score || db < test.db {
			t.Errorf("quality %d: %.3f of the bytes, SSIMULACRA 2 %+.2f, PSNR %+.2f dB; want at most %.3f, at least %+.2f and %+.2f",
				test.quality, bytes, score, db, test.bytes, test.score, test.db)
		}
	}
}
