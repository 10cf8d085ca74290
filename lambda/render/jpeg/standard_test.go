package jpeg

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"testing"
)

// withoutTables leaves the DHT segments of a header away.
func withoutTables(src []byte) []byte {
	stripped := bytes.Clone(src[:2])
	for at := 2; ; {
		end := at + 2 + int(src[at+2])<<8 + int(src[at+3])
		if src[at+1] != markerDHT {
			stripped = append(stripped, src[at:end]...)
		}
		if src[at+1] == markerSOS {
			return append(stripped, src[end:]...)
		}
		at = end
	}
}

// TestStandardTables leaves the tables away from pictures of image/jpeg, which
// always writes the standard ones.
func TestStandardTables(t *testing.T) {
	colours := image.NewYCbCr(image.Rect(0, 0, 67, 45), image.YCbCrSubsampleRatio420)
	grey := image.NewGray(image.Rect(0, 0, 67, 45))
	random := rand.NewPCG(1, 2)
	for _, pix := range [][]uint8{colours.Y, colours.Cb, colours.Cr, grey.Pix} {
		for i := range pix {
			pix[i] = uint8(random.Uint64()) // noise has all the codes
		}
	}
	var d Decoder
	for name, m := range map[string]image.Image{"colours": colours, "grey": grey} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
				t.Fatal(err)
			}
			want := samples(whole(t, b.Bytes(), Options{Scale: scales(8)}))
			// What a picture with other tables leaves behind is not taken for them.
			if _, err := decode(&d, bytes.NewReader(source(t, "420")), Options{Scale: scales(8)}); err != nil {
				t.Fatal(err)
			}
			got, err := decode(&d, bytes.NewReader(withoutTables(b.Bytes())), Options{Scale: scales(8)})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(samples(got), want) {
				t.Error("the samples are others")
			}
		})
	}
	// Tables 2 and 3 have no standard, and progressive pictures neither.
	_, err := decode(&d, bytes.NewReader(withoutTables(source(t, "small-progressive"))), Options{Scale: scales(8)})
	if _, damage := errors.AsType[DamagedError](err); !damage || !strings.Contains(err.Error(), "Huffman table 0 for DC is missing") {
		t.Errorf("a progressive picture without tables gives %v", err)
	}
}
