package render

import (
	"image"
	"testing"

	"prew"
)

func TestFit(t *testing.T) {
	const (
		contain = prew.Contain
		cover   = prew.Cover
		fill    = prew.Fill
	)
	pt, rect := image.Pt, image.Rect
	tests := []struct {
		size   image.Point
		box    image.Point
		fit    prew.Fit
		g      prew.Gravity
		scaled image.Point
		crop   image.Rectangle
	}{
		{pt(3000, 2000), pt(300, 300), contain, "", pt(300, 200), rect(0, 0, 300, 200)},
		{pt(2000, 3000), pt(300, 300), contain, "", pt(200, 300), rect(0, 0, 200, 300)},
		{pt(3000, 2000), pt(300, 0), contain, "", pt(300, 200), rect(0, 0, 300, 200)},
		{pt(3000, 2000), pt(0, 300), contain, "", pt(450, 300), rect(0, 0, 450, 300)},
		{pt(300, 200), pt(0, 300), contain, "", pt(300, 200), rect(0, 0, 300, 200)},
		{pt(300, 200), pt(300, 200), contain, "", pt(300, 200), rect(0, 0, 300, 200)},
		{pt(300, 200), pt(8192, 8192), contain, "", pt(300, 200), rect(0, 0, 300, 200)},
		{pt(1, 10000), pt(200, 200), contain, "", pt(1, 200), rect(0, 0, 1, 200)},
		{pt(10000, 1), pt(200, 200), contain, "", pt(200, 1), rect(0, 0, 200, 1)},
		{pt(1, 1), pt(1, 1), contain, "", pt(1, 1), rect(0, 0, 1, 1)},
		{pt(1000, 667), pt(100, 100), contain, "", pt(100, 67), rect(0, 0, 100, 67)},
		{pt(1000, 664), pt(100, 100), contain, "", pt(100, 66), rect(0, 0, 100, 66)},
		{pt(16384, 3051), pt(8192, 8192), contain, "", pt(8192, 1526), rect(0, 0, 8192, 1526)},

		{pt(3000, 2000), pt(200, 200), cover, prew.Center, pt(300, 200), rect(50, 0, 250, 200)},
		{pt(3000, 2000), pt(200, 200), cover, prew.Left, pt(300, 200), rect(0, 0, 200, 200)},
		{pt(3000, 2000), pt(200, 200), cover, prew.Right, pt(300, 200), rect(100, 0, 300, 200)},
		{pt(3000, 2000), pt(200, 200), cover, prew.Top, pt(300, 200), rect(50, 0, 250, 200)},
		{pt(3000, 2000), pt(200, 200), cover, prew.TopLeft, pt(300, 200), rect(0, 0, 200, 200)},
		{pt(3000, 2000), pt(200, 200), cover, prew.BottomRight, pt(300, 200), rect(100, 0, 300, 200)},
		{pt(2000, 3000), pt(200, 200), cover, prew.Center, pt(200, 300), rect(0, 50, 200, 250)},
		{pt(2000, 3000), pt(200, 200), cover, prew.Top, pt(200, 300), rect(0, 0, 200, 200)},
		{pt(2000, 3000), pt(200, 200), cover, prew.Bottom, pt(200, 300), rect(0, 100, 200, 300)},
		{pt(2000, 3000), pt(200, 200), cover, prew.TopRight, pt(200, 300), rect(0, 0, 200, 200)},
		{pt(2000, 3000), pt(200, 200), cover, prew.BottomLeft, pt(200, 300), rect(0, 100, 200, 300)},
		{pt(2000, 3000), pt(200, 200), cover, prew.Left, pt(200, 300), rect(0, 50, 200, 250)},
		{pt(200, 200), pt(200, 200), cover, prew.Center, pt(200, 200), rect(0, 0, 200, 200)},
		{pt(500, 500), pt(640, 360), cover, prew.Center, pt(500, 500), rect(0, 109, 500, 390)},
		{pt(100, 300), pt(200, 200), cover, prew.Center, pt(100, 300), rect(0, 100, 100, 200)},
		{pt(640, 100), pt(640, 360), cover, prew.Center, pt(640, 100), rect(231, 0, 409, 100)},
		{pt(1, 10000), pt(200, 200), cover, prew.Center, pt(1, 10000), rect(0, 4999, 1, 5000)},
		{pt(10000, 1), pt(200, 100), cover, prew.Right, pt(10000, 1), rect(9998, 0, 10000, 1)},
		{pt(2, 10000), pt(1, 1), cover, prew.Top, pt(1, 5000), rect(0, 0, 1, 1)},

		{pt(3000, 2000), pt(100, 300), fill, "", pt(100, 300), rect(0, 0, 100, 300)},
		{pt(300, 200), pt(300, 400), fill, "", pt(150, 200), rect(0, 0, 150, 200)},
		{pt(300, 200), pt(600, 100), fill, "", pt(300, 50), rect(0, 0, 300, 50)},
		{pt(1, 10000), pt(200, 100), fill, "", pt(1, 1), rect(0, 0, 1, 1)},
	}
	for _, test := range tests {
		scaled, crop := fit(test.size, prew.Preset{Width: test.box.X, Height: test.box.Y, Fit: test.fit, Gravity: test.g})
		if scaled != test.scaled || crop != test.crop {
			t.Errorf("%v in %v, %s %s: scaled to %v, cut to %v, want %v and %v",
				test.size, test.box, test.fit, test.g, scaled, crop, test.scaled, test.crop)
		}
	}
}

// TestFitHoldsItsPromises tries sizes around every corner of the arithmetic.
func TestFitHoldsItsPromises(t *testing.T) {
	sides := []int{1, 2, 3, 7, 99, 100, 101, 4999, 16383, 16384}
	boxes := []int{1, 2, 5, 100, 101, 8191, 8192}
	for _, w := range sides {
		for _, h := range sides {
			for _, bw := range append(boxes, 0) {
				for _, bh := range append(boxes, 0) {
					for _, f := range []prew.Fit{prew.Contain, prew.Cover, prew.Fill} {
						if bw == 0 && bh == 0 || f != prew.Contain && bw*bh == 0 {
							continue // refused by Resolve
						}
						scaled, crop := fit(image.Pt(w, h), prew.Preset{Width: bw, Height: bh, Fit: f, Gravity: prew.BottomRight})
						within := image.Rectangle{Max: scaled}
						out := crop.Size()
						switch {
						case scaled.X > w || scaled.Y > h:
							t.Fatalf("%dx%d in %dx%d %s: enlarged to %v", w, h, bw, bh, f, scaled)
						case crop.Empty() || !crop.In(within):
							t.Fatalf("%dx%d in %dx%d %s: cut to %v of %v", w, h, bw, bh, f, crop, scaled)
						case bw > 0 && out.X > bw || bh > 0 && out.Y > bh:
							t.Fatalf("%dx%d in %dx%d %s: %v is larger than the box", w, h, bw, bh, f, out)
						case f != prew.Contain && bw <= w && bh <= h && out != image.Pt(bw, bh):
							t.Fatalf("%dx%d in %dx%d %s: %v does not fill the box", w, h, bw, bh, f, out)
						}
					}
				}
			}
		}
	}
}
