package av1

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"prew/lambda/render/plane"
)

// drawing draws a picture of few colours: boxes, discs and lines of letters on white, with edges a
// sample wide between two colours, and a slope. Its kind is one of 400, 420 and 444.
func drawing(width, height, kind int, seed uint64) []plane.Plane {
	random := rand.New(rand.NewPCG(seed, 19))
	type figure struct {
		x, y, w, h int
		colour     [3]uint8
		disc       bool
	}
	var figures []figure
	for range 4 + width*height/600 {
		figures = append(figures, figure{
			random.IntN(width), random.IntN(height), 1 + random.IntN(40), 1 + random.IntN(12),
			[3]uint8{uint8(random.IntN(8) * 36), uint8(random.IntN(6) * 51), uint8(random.IntN(6) * 51)}, random.IntN(3) == 0,
		})
	}
	var planes []plane.Plane
	for i := range 3 {
		w, h, side := width, height, 1
		if i > 0 && kind == 420 {
			w, h, side = (w+1)/2, (h+1)/2, 2
		}
		p := plane.Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h}
		for y := range h {
			for x := range w {
				v := [3]uint8{255, 128, 128}[i]
				if y*side > height*3/4 {
					v = uint8(x*side/3 + i*20)
				}
				for _, f := range figures {
					dx, dy := x*side-f.x, y*side-f.y
					inside := dx >= 0 && dx < f.w && dy >= 0 && dy < f.h
					edge := dx == 0
					if f.disc {
						d := dx*dx + dy*dy - f.w*f.w/4
						inside, edge = d <= 0, d > -f.w
					}
					if inside && edge {
						v = uint8((int(v) + int(f.colour[i])) / 2)
					} else if inside {
						v = f.colour[i]
					}
				}
				p.Pix[y*w+x] = v
			}
		}
		planes = append(planes, p)
	}
	if kind == 400 {
		return planes[:1]
	}
	return planes
}

// painted reports whether any blocks of the last tile that was encoded have palettes, of luma and of
// chroma: what has written one has other probabilities.
func (e *Encoder) painted() (luma, chroma bool) {
	return e.cdfs.lumaPalette != defaultLumaPalette && e.cdfs.paletteSize[0] != defaultPaletteSize[0],
		e.cdfs.chromaPalette != defaultChromaPalette && e.cdfs.paletteSize[1] != defaultPaletteSize[1]
}

// TestPalettesAreDecoded holds pictures with palettes to the decoders, in all sizes around those of
// blocks and superblocks, with several tiles, with all efforts.
func TestPalettesAreDecoded(t *testing.T) {
	var streams [][]byte
	var want [][]byte
	var names []string
	luma, chroma := 0, 0
	for _, kind := range []int{400, 420, 444} {
		for i, size := range [][2]int{{8, 8}, {9, 70}, {67, 67}, {100, 1}, {128, 64}, {129, 135}, {200, 141}, {257, 90}} {
			for _, quantiser := range []int{1, 30, 90, 255} {
				e := Encoder{}
				if i%2 == 1 {
					e.extraTiles = [2]int{1, 1}
				}
				o := Options{Quantiser: quantiser, Effort: Effort((i + quantiser) % 3)}
				sequence, frame := e.Encode(drawing(size[0], size[1], kind, uint64(i)), o)
				hasLuma, hasChroma := e.painted()
				if hasLuma {
					luma++
				}
				if hasChroma {
					chroma++
				}
				streams = append(streams, slices.Concat([]byte{0x12, 0}, sequence, frame))
				want = append(want, samplesOf(e.Decoded()))
				names = append(names, fmt.Sprintf("%dx%d in %d, %+v", size[0], size[1], kind, o))
			}
		}
	}
	if luma < 50 || chroma < 30 {
		t.Errorf("%d pictures have palettes of luma and %d of chroma, expected 50 and 30 of %d", luma, chroma, len(streams))
	}
	for _, decoder := range decoders {
		t.Run(decoder[0], func(t *testing.T) {
			samples := decodedBy(t, decoder, slices.Concat(streams...))
			for i, w := range want {
				if len(samples) < len(w) || !bytes.Equal(samples[:len(w)], w) {
					t.Fatalf("%s differs", names[i])
				}
				samples = samples[len(w):]
			}
		})
	}
}

// TestPalettesServeDrawings: a drawing has far fewer bytes with palettes, and a photo's samples have
// none.
func TestPalettesServeDrawings(t *testing.T) {
	var e Encoder
	planes := drawing(320, 200, 420, 3)
	_, with := e.Encode(planes, Options{Quantiser: 80})
	if !e.drawn {
		t.Error("a drawing has no palettes")
	}
	if n := len(with); n > 4500 {
		t.Errorf("%d bytes, expected 4500 and fewer: without palettes it has 9000", n)
	}
	e.Encode(scene(320, 200, 420, 3), Options{Quantiser: 80})
	if e.drawn {
		t.Error("a scene of slopes and noise has palettes")
	}
}

// TestColoursAreInOrder holds the place of a colour to the order that the specification sorts by
// scores (section 5.11.50).
func TestColoursAreInOrder(t *testing.T) {
	for n := uint8(2); n <= mostColours; n++ {
		for i := range int(n) * int(n) * int(n) * int(n) {
			of := []uint8{uint8(i) % n, uint8(i/int(n)) % n, uint8(i/int(n)/int(n)) % n, uint8(i / int(n) / int(n) / int(n))}
			for _, has := range [][2]bool{{true, true}, {true, false}, {false, true}} {
				scores, order := [8]int{}, []int{0, 1, 2, 3, 4, 5, 6, 7}
				if has[0] {
					scores[of[2]] += 2
				}
				if has[1] {
					scores[of[1]] += 2
				}
				if has[0] && has[1] {
					scores[of[0]]++
				}
				slices.SortStableFunc(order, func(a, b int) int { return scores[b] - scores[a] })
				hash := scores[order[0]] + 2*scores[order[1]] + 2*scores[order[2]]
				wantContext, wantSymbol := []int{-1, -1, 0, -1, -1, 4, 3, 2, 1}[hash], slices.Index(order, int(of[3]))
				context, symbol := colourOf(of, 3, 2, has[0], has[1])
				if context != wantContext || symbol != wantSymbol {
					t.Fatalf("%d colours, %v %v: context %d, symbol %d, want %d, %d", n, of, has, context, symbol, wantContext, wantSymbol)
				}
			}
		}
	}
}

// TestPalettesAllocateNothing: a drawing takes no more memory for each block than for the picture.
func TestPalettesAllocateNothing(t *testing.T) {
	var e Encoder
	planes := drawing(320, 200, 444, 3)
	e.Encode(planes, Options{Quantiser: 80})
	if n := testing.AllocsPerRun(3, func() { e.Encode(planes, Options{Quantiser: 80}) }); n > 30 {
		t.Errorf("%.0f allocations, expected 30 and fewer", n)
	}
}
