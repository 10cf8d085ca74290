package avif

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"prew/lambda/peers/ssimulacra2"
	"prew/lambda/render/jpeg"
)

// TestQuantisersFallWithQuality makes sure that a higher quality has no coarser quantiser, and alpha
// no coarser one than colours.
func TestQuantisersFallWithQuality(t *testing.T) {
	before := 255
	for quality := 1; quality <= 100; quality++ {
		q := quantiserOf(quality)
		if q < 1 || q > before {
			t.Errorf("quality %d has the quantiser %d, the one before %d", quality, q, before)
		}
		if a := alphaQuantiser(q); a < 1 || a > q {
			t.Errorf("quality %d has the quantiser %d, and alpha %d", quality, q, a)
		}
		before = q
	}
}

// TestCorpusLooksLikeJPEGs measures alike over the PNGs of the folder that PHOTOS names, made smaller
// to 640 pixels: what it should be, and what the AVIFs have of the JPEGs' bytes. They come without
// loss, because JPEGs hold what was a JPEG before better than other pictures. A photo is held to its
// planes, so that what chroma loses by its size counts for neither.
func TestCorpusLooksLikeJPEGs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(os.Getenv("PHOTOS"), "*.png"))
	if os.Getenv("PHOTOS") == "" || err != nil || len(files) == 0 {
		t.Skipf("PHOTOS is %q, which is no folder of photos", os.Getenv("PHOTOS"))
	}
	needs(t, "dav1d")
	inner := alike[1 : len(alike)-1]
	type made struct {
		size  int
		score float64
	}
	quantisers, bytes := make([][]float64, len(inner)), make([][]float64, len(inner))
	var e Encoder
	var j jpeg.Encoder
	for _, file := range files {
		planes := openPhoto(t, file, 640).planes()
		original := ssimulacra2.New(coloursOf(planes, false), planes[0].Width, planes[0].Height)
		var avifs, jpegs []made
		for i, a := range alike {
			it := e.item(planes, a.quantiser, Balanced)
			avifs = append(avifs, made{it.size(), original.Score(coloursOf(dav1d(t, it, planes), false))})
			if i == 0 || i == len(alike)-1 {
				continue
			}
			data := j.Encode(planes, jpeg.EncodeOptions{Quality: a.quality})
			jpegs = append(jpegs, made{len(data), original.Score(coloursOf(planesOfJPEG(t, data), false))})
		}
		for i, want := range jpegs {
			// Between which two AVIFs it lies, or the last ones.
			at := 1
			for at < len(avifs)-1 && avifs[at].score < want.score {
				at++
			}
			a, b := avifs[at-1], avifs[at]
			part := min(max((want.score-a.score)/(b.score-a.score), 0), 1)
			between := func(from, to float64) float64 { return from + (to-from)*part }
			quantisers[i] = append(quantisers[i], between(float64(alike[at-1].quantiser), float64(alike[at].quantiser)))
			size := math.Exp(between(math.Log(float64(a.size)), math.Log(float64(b.size))))
			bytes[i] = append(bytes[i], size/float64(want.size))
			t.Logf("%s: quality %d: JPEG %d bytes, %.1f; AVIF %d bytes, %.1f", filepath.Base(file), inner[i].quality, want.size, want.score, avifs[i+1].size, avifs[i+1].score)
		}
	}
	for i, a := range inner {
		mean := 0.0
		for _, q := range quantisers[i] {
			mean += q / float64(len(files))
		}
		slices.Sort(quantisers[i])
		slices.Sort(bytes[i])
		n := len(files)
		t.Logf("quality %d: quantiser %d, should be %.1f (%.0f, %.0f to %.0f); %.3f of the bytes", a.quality, a.quantiser, mean,
			quantisers[i][n/2], quantisers[i][n/10], quantisers[i][n-1-n/10], bytes[i][n/2])
		if math.Abs(mean-float64(a.quantiser)) > 3 {
			t.Errorf("quality %d: quantiser is %d, should be %.1f", a.quality, a.quantiser, mean)
		}
	}
}
