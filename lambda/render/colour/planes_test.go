package colour

import (
	"bytes"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"prew/lambda/render/plane"
)

func newPlane(width, height int) plane.Plane {
	return plane.Plane{Pix: make([]uint8, (width+3)*height), Stride: width + 3, Width: width, Height: height}
}

// TestPlanesAreConvertedAsPixels holds planes of every small size to their pixels,
// converted one by one.
func TestPlanesAreConvertedAsPixels(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	profiles := synthetic()
	for _, name := range []string{"matrix, gamma", "mft2 to Lab"} {
		transform, err := FromProfile(profiles[name], 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []int{1, 2} {
			for width := 1; width < 40; width += 1 + width/9 {
				for height := 1; height < 6; height++ {
					planes := []plane.Plane{newPlane(width, height), newPlane((width+step-1)/step, (height+step-1)/step), newPlane((width+step-1)/step, (height+step-1)/step)}
					for _, p := range planes {
						for i := range p.Pix {
							p.Pix[i] = uint8(random.IntN(256))
						}
					}
					holdPlanes(t, transform, planes, step)
				}
			}
		}
	}
}

func holdPlanes(t *testing.T, transform *Transform, planes []plane.Plane, step int) {
	t.Helper()
	before := make([]plane.Plane, len(planes))
	for i, p := range planes {
		before[i] = p
		before[i].Pix = bytes.Clone(p.Pix)
	}
	transform.Planes(planes)
	at := func(x, y int) [3]uint8 {
		x, y = min(x, planes[0].Width-1), min(y, planes[0].Height-1)
		luma, cb, cr := float64(before[0].Row(y)[x]), float64(before[1].Row(y / step)[x/step])-128, float64(before[2].Row(y / step)[x/step])-128
		eight := func(x float64) uint8 { return uint8(math.Round(min(max(x, 0), 255))) }
		return transform.ofColour(eight(luma+1.402*cr), eight(luma-0.344136*cb-0.714136*cr), eight(luma+1.772*cb))
	}
	off := func(a, b uint8) bool { return a > b+1 && a-b > 1 || b > a && b-a > 1 }
	for y := range planes[0].Height {
		for x := range planes[0].Width {
			c := at(x, y)
			if want, _, _ := color.RGBToYCbCr(c[0], c[1], c[2]); off(planes[0].Row(y)[x], want) {
				t.Fatalf("%d by %d in steps of %d: luma at %d, %d is %d, want %d",
					planes[0].Width, planes[0].Height, step, x, y, planes[0].Row(y)[x], want)
			}
		}
	}
	for y := range planes[1].Height {
		for x := range planes[1].Width {
			var sum [3]int
			for i := range step * step {
				for j, v := range at(step*x+i%step, step*y+i/step) {
					sum[j] += int(v)
				}
			}
			for j := range sum {
				sum[j] = (sum[j] + step*step/2) / (step * step)
			}
			_, cb, cr := color.RGBToYCbCr(uint8(sum[0]), uint8(sum[1]), uint8(sum[2]))
			if gotB, gotR := planes[1].Row(y)[x], planes[2].Row(y)[x]; off(gotB, cb) || off(gotR, cr) {
				t.Fatalf("%d by %d in steps of %d: chroma at %d, %d is %d and %d, want %d and %d",
					planes[0].Width, planes[0].Height, step, x, y, gotB, gotR, cb, cr)
			}
		}
	}
	for i, p := range planes {
		for y := range p.Height - 1 {
			beyond := p.Pix[y*p.Stride+p.Width : (y+1)*p.Stride]
			if !bytes.Equal(beyond, before[i].Pix[y*p.Stride+p.Width:(y+1)*p.Stride]) {
				t.Fatalf("%d by %d in steps of %d: plane %d was written beyond row %d", planes[0].Width, planes[0].Height, step, i, y)
			}
		}
	}
}

func TestGreyPlane(t *testing.T) {
	profiles := synthetic()
	for name, channels := range map[string]int{"grey, gamma": 1, "matrix, gamma": 3} {
		t.Run(name, func(t *testing.T) {
			transform, err := FromProfile(profiles[name], channels)
			if err != nil {
				t.Fatal(err)
			}
			p := newPlane(3, 1)
			copy(p.Pix, []uint8{0, 128, 255})
			transform.Planes([]plane.Plane{p})
			if got, want := p.Row(0), []uint8{0, 146, 255}; !bytes.Equal(got, want) {
				t.Errorf("grey is %v, want %v", got, want)
			}
		})
	}
}

func TestNothingToDo(t *testing.T) {
	var transform *Transform
	row := []uint8{1, 2, 3, 4}
	transform.Pixels(row)
	transform.Planes([]plane.Plane{{Pix: row, Stride: 4, Width: 4, Height: 1}})
	if want := []uint8{1, 2, 3, 4}; !bytes.Equal(row, want) || transform.Channels() != 3 || transform.Embed() != nil {
		t.Errorf("a row of sRGB became %v, want %v", row, want)
	}
}

// TestFullBlueAndRedStay holds the chroma of the colours that have most of it: beyond 255
// it would begin again at 0.
func TestFullBlueAndRedStay(t *testing.T) {
	profiles := synthetic()
	for _, name := range []string{"matrix, gamma", "mft2 to XYZ"} {
		transform, err := FromProfile(profiles[name], 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range [][3]uint8{{29, 255, 107}, {76, 85, 255}} {
			for _, size := range []int{1, 2} {
				planes := []plane.Plane{newPlane(2, 2), newPlane(size, size), newPlane(size, size)}
				for i, p := range planes {
					for j := range p.Pix {
						p.Pix[j] = c[i]
					}
				}
				transform.Planes(planes)
				if got := [3]uint8{planes[0].Pix[0], planes[1].Pix[0], planes[2].Pix[0]}; !near(got, c, 2) {
					t.Errorf("%s: %v with %d by %d of chroma is %v", name, c, size, size, got)
				}
			}
		}
	}
}
