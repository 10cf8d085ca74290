package faces

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	pigo "github.com/esimov/pigo/core"

	"prew/lambda/render/plane"
)

// portrait is testdata/face.png: the photo of a face that pigo tests itself with, under its
// licence, in 72 by 72 samples. The face has 58 of them and its middle is in the middle.
func portrait(t testing.TB) *image.Gray {
	t.Helper()
	file, err := os.Open("testdata/face.png")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := png.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*image.Gray)
}

// crowd is a grey picture with the face in it, in so many samples from a place on.
func crowd(t testing.TB, w, h int, at ...image.Rectangle) plane.Plane {
	t.Helper()
	p := plane.Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h}
	for i := range p.Pix {
		p.Pix[i] = 200
	}
	face := portrait(t)
	for _, r := range at {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if image.Pt(x, y).In(image.Rect(0, 0, w, h)) {
					c := face.At((x-r.Min.X)*72/r.Dx(), (y-r.Min.Y)*72/r.Dy())
					p.Pix[y*w+x] = color.GrayModel.Convert(c).(color.Gray).Y
				}
			}
		}
	}
	return p
}

// TestFind: a face is found in every size and place, to a sixth of its side.
func TestFind(t *testing.T) {
	for side := 36; side <= 192; side += 12 {
		for _, at := range []image.Point{{64, 0}, {0, 0}, {255 - side, 191 - side}} {
			at = image.Pt(max(at.X, 0), max(at.Y, 0))
			p := crowd(t, 256, 192, image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))})
			found, want := Find(p), Face{at.X + side/2, at.Y + side/2, side * 58 / 72}
			if len(found) != 1 {
				t.Errorf("%d at %v: found %v, want %v", side, at, found, want)
				continue
			}
			got, off := found[0], side/6
			if far(got.X, want.X, off) || far(got.Y, want.Y, off) || far(got.Side, want.Side, off) {
				t.Errorf("%d at %v: found %v, want %v", side, at, got, want)
			}
		}
	}
}

func far(a, b, off int) bool { return a-b > off || b-a > off }

// TestFindIsTheSameEverywhere holds what is found to the sample, on every architecture.
func TestFindIsTheSameEverywhere(t *testing.T) {
	got := fmt.Sprint(Find(crowd(t, 256, 192, image.Rect(10, 10, 82, 82), image.Rect(180, 100, 230, 150), image.Rect(95, 40, 195, 140))))
	if want := "[{46 46 64} {147 90 97} {206 125 45}]"; got != want {
		t.Errorf("found %s, want %s", got, want)
	}
}

// TestNobody: what is not a face is none, whatever there is of it.
func TestNobody(t *testing.T) {
	pictures := map[string]func(x, y int) int{
		"even":   func(x, y int) int { return 120 },
		"black":  func(x, y int) int { return 0 },
		"chess":  func(x, y int) int { return (x/8 + y/8) % 2 * 255 },
		"slope":  func(x, y int) int { return x },
		"stripe": func(x, y int) int { return y % 16 * 16 },
		"noise":  func(x, y int) int { return (x*7919 + y*104729 + x*y*31) % 251 },
	}
	for name, value := range pictures {
		p := crowd(t, 256, 192)
		for i := range p.Pix {
			p.Pix[i] = uint8(value(i%256, i/256))
		}
		if found := Find(p); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
	half := crowd(t, 200, 150, image.Rect(50, 30, 150, 130))
	for i := 99 * 200; i < len(half.Pix); i++ {
		half.Pix[i] = 200
	}
	if found := Find(half); len(found) > 0 {
		t.Errorf("without the mouth: %v", found)
	}
	upsideDown := crowd(t, 100, 100, image.Rect(10, 10, 82, 82))
	for i, j := 0, len(upsideDown.Pix)-1; i < j; i, j = i+1, j-1 {
		upsideDown.Pix[i], upsideDown.Pix[j] = upsideDown.Pix[j], upsideDown.Pix[i]
	}
	if found := Find(upsideDown); len(found) > 0 {
		t.Errorf("upside down: %v", found)
	}
}

// TestEverySize: pigo is asked for nothing that lies outside of a picture, in pictures whose
// memory ends with their last sample.
func TestEverySize(t *testing.T) {
	for _, w := range []int{1, 2, 23, 24, 25, 26, 27, 40, 72, 73, 255, 256} {
		for _, h := range []int{1, 2, 23, 24, 25, 26, 27, 40, 71, 72, 256} {
			p := crowd(t, w, h, image.Rect(0, 0, 72, 72), image.Rect(w-60, h-60, w, h))
			Find(p)
			p.Stride, p.Width = w, w-w/3 // a part of a wider one
			p.Height = h - h/3
			p.Pix = p.Pix[:(p.Height-1)*p.Stride+p.Width]
			for _, f := range Find(p) {
				if f.X < 0 || f.X >= p.Width || f.Y < 0 || f.Y >= p.Height || f.Side < least-least/8 {
					t.Errorf("%dx%d: %v", p.Width, p.Height, f)
				}
			}
		}
	}
}

// FuzzFind: no picture makes pigo panic.
func FuzzFind(f *testing.F) {
	f.Add(uint8(72), portrait(f).Pix)
	f.Add(uint8(1), []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, width uint8, pix []byte) {
		w := int(width)
		if w == 0 || len(pix) < w || len(pix) > Side*Side {
			return
		}
		p := plane.Plane{Pix: pix, Stride: w, Width: w, Height: len(pix) / w}
		for _, face := range Find(p) {
			if face.X < 0 || face.X >= p.Width || face.Y < 0 || face.Y >= p.Height {
				t.Errorf("%v lies outside of %dx%d", face, p.Width, p.Height)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	p := crowd(b, 256, 192, image.Rect(10, 10, 82, 82))
	Find(p)
	for b.Loop() {
		Find(p)
	}
}

func BenchmarkUnpack(b *testing.B) {
	for b.Loop() {
		pigo.NewPigo().Unpack(cascade)
	}
}
