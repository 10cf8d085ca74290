package jpeg

import (
	"bytes"
	"image"
	"image/jpeg"
	"path/filepath"
	"strings"
	"testing"

	"prew/lambda/render/plane"
)

// fuzzPixels is the largest picture that is fuzzed: larger ones only take longer.
const fuzzPixels = 128 * 128

func addSources(f *testing.F, add func(src []byte)) {
	files, err := filepath.Glob(filepath.Join("testdata", "sources", "*.jpg"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no sources: %v", err)
	}
	for _, file := range files {
		add(source(f, strings.TrimSuffix(filepath.Base(file), ".jpg")))
	}
}

// FuzzDecode holds the planes against image/jpeg's, where both take a picture.
func FuzzDecode(f *testing.F) {
	addSources(f, func(src []byte) { f.Add(src) })
	small := source(f, "small-420")
	f.Add(small[:len(small)-2])
	f.Add(withoutTables(small))
	f.Add(withProfile(small, "\x02\x02b", "\x01\x02a"))
	f.Add(append(bytes.Clone(small[:len(small)-2]), make([]byte, 2000)...))

	// A transform of sixteen bits has room for all that are of samples, but not
	// for everything that can be written: those that it may have no room for are
	// no samples, and not compared.
	extreme := false
	transform := inverse8
	inverse8 = func(coef *coefficients, quant *[64]int16, m int, dst []uint8, stride int) {
		sum := 0
		for at := range quant {
			product := int(coef[at]) * int(uint16(quant[at]))
			sum += max(product, -product)
		}
		extreme = extreme || sum > 5900 // times sqrt(2), in two places, below 1<<15
		transform(coef, quant, m, dst, stride)
	}
	f.Cleanup(func() { inverse8 = transform })

	f.Fuzz(func(t *testing.T, src []byte) {
		var d Decoder
		h, err := d.ReadHeader(bytes.NewReader(src))
		if err != nil || h.Width*h.Height > fuzzPixels {
			return
		}
		o := Options{Scale: scales(8)}
		memory := d.Memory(o)
		extreme = false
		planes, err := d.Decode(o)
		taken := 0
		for i := range d.components {
			c := &d.components[i]
			taken += cap(c.pix) + 2*cap(c.dcs) + 2*cap(c.coefs) + 8*cap(c.masks)
		}
		if taken > memory {
			t.Fatalf("took %d bytes, said %d", taken, memory)
		}
		if err != nil {
			return
		}
		if len(h.ICC) > maxProfile {
			t.Fatalf("the profile has %d bytes", len(h.ICC))
		}
		// What follows a whole picture changes nothing.
		followed := whole(t, append(bytes.Clone(src), "\x00 a trailer"...), o)
		if !bytes.Equal(samples(followed), samples(planes)) {
			t.Fatal("with a trailer the samples are others")
		}
		// So does what a copy leaves out.
		if copied := Copy(src); copied != nil && d.Whole() {
			if got := whole(t, copied, o); !bytes.Equal(samples(got), samples(planes)) {
				t.Fatal("the copy's samples are others")
			}
		}
		for _, q := range d.quant {
			extreme = extreme || q.values[0] > 16 // times boundDC, below 1<<15
		}
		m, err := jpeg.Decode(bytes.NewReader(src))
		if err != nil || extreme {
			return
		}
		if _, rgb := m.(*image.RGBA); rgb && h.Colour != RGB {
			return // by the names of the components, where libjpeg believes Adobe's segment
		}
		if len(planes) == 4 && bytes.Contains(src, []byte{0xff, markerAPPE}) && bytes.LastIndex(src, []byte{0xff, markerAPPE}) > bytes.Index(src, []byte{0xff, markerSOS}) {
			return // image/jpeg believes an Adobe segment between scans too
		}
		near(t, planes, h.Colour, m)
	})
}

// FuzzScales looks for what makes the decoder panic or hang.
func FuzzScales(f *testing.F) {
	addSources(f, func(src []byte) {
		f.Add(src, byte(7), byte(2), byte(4), byte(5), 10, 12, 30, 31, false)
		f.Add(src[:len(src)/2], byte(0), byte(1), byte(3), byte(2), 0, 0, 0, 0, true)
		f.Add(src[:len(src)/2], byte(6), byte(3), byte(3), byte(130), 10, 12, 30, 31, true)
	})
	var d Decoder // one for all, so that what one leaves behind meets the next
	f.Fuzz(func(t *testing.T, src []byte, y, cb, cr, k byte, x0, y0, x1, y1 int, damaged bool) {
		h, err := d.ReadHeader(bytes.NewReader(src))
		if err != nil || h.Width*h.Height > fuzzPixels {
			return
		}
		o := Options{
			Scale:   [4]int{int(y%8) + 1, int(cb%8) + 1, int(cr%8) + 1, int(k%8) + 1},
			Region:  image.Rect(x0, y0, x1, y1),
			Damaged: damaged,
		}
		if k >= 128 {
			o.Region, o.Choose = image.Rectangle{}, func(eighth []plane.Plane) image.Rectangle {
				samples(eighth)
				return image.Rect(x0, y0, x1, y1)
			}
		}
		planes, err := d.Decode(o)
		if (err == nil) != (len(planes) == len(h.Components)) {
			t.Fatalf("%d planes and %v", len(planes), err)
		}
	})
}
