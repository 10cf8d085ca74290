//go:build amd64 || arm64

package colour

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"prew/lambda/render/plane"
)

// TestMatrixVectorsArePlain converts all luma and chroma there is by one profile, and
// random planes and pixels by all of a matrix.
func TestMatrixVectorsArePlain(t *testing.T) {
	if !vectors {
		t.Skip("the processor has no vectors")
	}
	defer func() { vectors = true }()
	profiles := synthetic()
	quadratic := 0
	for name, data := range profiles {
		transform, err := FromProfile(data, spaces[string(data[16:20])])
		if err != nil {
			t.Fatal(err)
		}
		if transform.matrix == nil {
			continue
		}
		if transform.matrix.vectors.quadratic {
			quadratic++
		}
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(9, 10))
			step := 1
			if name != "matrix, parametric 3" {
				step = 51
			}
			for cr := 0; cr < 256; cr += step {
				planes := make([]plane.Plane, 3)
				for i := range planes {
					planes[i] = plane.Plane{Pix: make([]uint8, 256*256), Stride: 256, Width: 256, Height: 256}
					for j := range planes[i].Pix {
						planes[i].Pix[j] = [3]uint8{uint8(j), uint8(j >> 8), uint8(cr)}[i]
					}
				}
				holdVectors(t, transform, planes)
			}
			for range 100 {
				width, height, step := 1+random.IntN(200), 1+random.IntN(9), 1+random.IntN(2)
				planes := []plane.Plane{newPlane(width, height), newPlane((width+step-1)/step, (height+step-1)/step), newPlane((width+step-1)/step, (height+step-1)/step)}
				for _, p := range planes {
					for i := range p.Pix {
						p.Pix[i] = uint8(random.IntN(256))
					}
				}
				row := bytes.Clone(planes[0].Pix[:len(planes[0].Pix)/4*4])
				want := bytes.Clone(row)
				vectors = true
				transform.Pixels(row)
				vectors = false
				transform.Pixels(want)
				if !bytes.Equal(row, want) {
					t.Fatalf("%d pixels are %v in vectors, plain %v", len(row)/4, row, want)
				}
				holdVectors(t, transform, planes)
			}
		})
	}
	if quadratic < 6 {
		t.Errorf("quadratics are near enough to %d of the synthetic profiles, want at least 6", quadratic)
	}
}

// TestConvertVectorIsPlain converts all light that there is, and light and weights at random.
func TestConvertVectorIsPlain(t *testing.T) {
	if !vectors {
		t.Skip("the processor has no vectors")
	}
	defer func() { vectors = true }()
	random := rand.New(rand.NewPCG(11, 12))
	hold := func(weights [6]int16, p rgb) {
		t.Helper()
		tables := &matrixTables{weights: weights, vectors: newMatrixVectors(new([3]*segments), &weights)}
		got, want := p, p
		vectors = true
		tables.convert(&got)
		vectors = false
		tables.convert(&want)
		if got != want {
			t.Fatalf("weights %v of %v:\n%v in vectors, plain\n%v", weights, p, got, want)
		}
	}
	for first := 0; first <= lightWhite; first += rgbCount {
		var p rgb
		for i := range rgbCount {
			p.red[i], p.green[i], p.blue[i] = int16(first+i), int16(lightWhite-first-i), int16(first+i)
		}
		hold([6]int16{}, p)
	}
	ends := []int16{0, 1, lightBlack - 1, lightBlack, lightBlack + 1, lightWhite - 1, lightWhite}
	for range 20_000 {
		var weights [6]int16
		for i := range weights {
			weights[i] = []int16{-32767, 32767, 0, int16(random.IntN(65535) - 32767), int16(random.IntN(16384) - 8192)}[random.IntN(5)]
		}
		var p rgb
		for i := range rgbCount {
			for _, light := range []*int16{&p.red[i], &p.green[i], &p.blue[i]} {
				if *light = int16(random.IntN(1 << 15)); random.IntN(4) == 0 {
					*light = ends[random.IntN(len(ends))]
				}
			}
		}
		hold(weights, p)
	}
}

func holdVectors(t *testing.T, transform *Transform, planes []plane.Plane) {
	t.Helper()
	plain := make([]plane.Plane, len(planes))
	for i, p := range planes {
		plain[i] = p
		plain[i].Pix = bytes.Clone(p.Pix)
	}
	vectors = true
	transform.Planes(planes)
	vectors = false
	transform.Planes(plain)
	for i := range planes {
		for j, want := range plain[i].Pix {
			if got := planes[i].Pix[j]; got != want {
				t.Fatalf("%d by %d: plane %d at %d is %d in vectors, plain %d", planes[0].Width, planes[0].Height, i, j, got, want)
			}
		}
	}
}
