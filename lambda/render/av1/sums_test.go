package av1

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"prew/lambda/render/plane"
)

var update = flag.Bool("update", false, "write testdata/sums.txt")

// drawn is a plane of what encoders meet: slopes, an even area, edges at all angles, fine stripes
// and noise. Its samples are of whole numbers alone.
func drawn(width, height int, seed uint32) plane.Plane {
	p := plane.Plane{Pix: make([]uint8, width*height), Stride: width, Width: width, Height: height}
	for y := range height {
		for x := range width {
			seed = seed*1664525 + 1013904223
			v := x + y/2 + 40
			switch dx, dy := x-width/3, y-height/3; {
			case x > width*3/4 && y < height/2:
				v = 90
			case dx*dx+dy*dy < width*height/16:
				v = 200 - dx*dy/64
			case y > height*3/4:
				v = 128 + 96*(x/3&1) - x/2
			case x < width/4:
				v = int(seed >> 24)
			case x > width/2 && y > height/2:
				v = 60 + (x*x/32+y*y/48)&63 + int(seed>>30)
			}
			p.Pix[y*width+x] = uint8(min(max(v, 0), 255))
		}
	}
	return p
}

// even is a plane of slopes and wide waves, of which blocks are as large as they may be.
func even(width, height int) plane.Plane {
	p := plane.Plane{Pix: make([]uint8, width*height), Stride: width, Width: width, Height: height}
	for y := range height {
		for x := range width {
			wave := x % 128 * (128 - x%128) / 128 * (y % 96 * (96 - y%96)) / 256
			p.Pix[y*width+x] = uint8(40 + x/3 + y/5 + wave/4)
		}
	}
	return p
}

// TestSums holds the bytes of pictures to those in testdata/sums.txt, whatever the processor.
func TestSums(t *testing.T) {
	var text strings.Builder
	var e Encoder
	encode := func(name string, planes []plane.Plane) {
		for _, o := range []Options{{Quantiser: 1}, {Quantiser: 40}, {Quantiser: 120}, {Quantiser: 200}, {Quantiser: 255}, {Quantiser: 80, Effort: Fast}, {Quantiser: 80, Effort: Small}} {
			sequence, frame := e.Encode(planes, o)
			fmt.Fprintf(&text, "%s %+v: %d bytes, %x\n", name, o, len(sequence)+len(frame), sha256.Sum256(append(sequence, frame...)))
		}
	}
	encode("even", []plane.Plane{even(192, 128)})
	encode("drawing", drawing(200, 136, 420, 1))
	encode("drawing, whole", drawing(136, 72, 444, 2))
	for _, size := range [][2]int{{1, 1}, {67, 35}, {200, 136}} {
		for _, chroma := range []string{"mono", "halved", "whole"} {
			w, h := size[0], size[1]
			planes := []plane.Plane{drawn(w, h, 1)}
			switch chroma {
			case "halved":
				planes = append(planes, drawn((w+1)/2, (h+1)/2, 2), drawn((w+1)/2, (h+1)/2, 3))
			case "whole":
				planes = append(planes, drawn(w, h, 2), drawn(w, h, 3))
			}
			encode(fmt.Sprintf("%dx%d %s", w, h, chroma), planes)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/sums.txt", []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile("testdata/sums.txt")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(text.String(), "\n")
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(got) || got[i] != line {
			t.Errorf("got  %s\nwant %s", got[min(i, len(got)-1)], line)
		}
	}
}
