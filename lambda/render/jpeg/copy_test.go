package jpeg

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCopyIsThePicture holds the copies of all sources against them: the same samples
// of the same colours, and no metadata.
func TestCopyIsThePicture(t *testing.T) {
	files, err := filepath.Glob("testdata/sources/*.jpg")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".jpg")
		if name == "arithmetic" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			src := source(t, name)
			full := withSegment(src, markerCOM, "a comment")
			full = withSegment(full, markerAPP1, "Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00")
			full = withSegment(full, markerAPP2, "ICC_PROFILE\x00\x01\x01a profile")
			full = append(full, "a trailer"...)
			copied := Copy(full)
			if len(copied) == 0 || len(copied) > len(src)+len(jfif) {
				t.Fatalf("the copy has %d bytes, the picture %d", len(copied), len(src))
			}
			for _, metadata := range []string{"a comment", "Exif", "ICC_PROFILE", "a trailer"} {
				if bytes.Contains(copied, []byte(metadata)) {
					t.Errorf("the copy has %q", metadata)
				}
			}
			var d Decoder
			want, err := d.ReadHeader(bytes.NewReader(src))
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.ReadHeader(bytes.NewReader(copied))
			if err != nil || got.Colour != want.Colour {
				t.Fatalf("the copy's components are %s (%v), want %s", got.Colour, err, want.Colour)
			}
			o := Options{Scale: scales(8)}
			if !bytes.Equal(samples(whole(t, copied, o)), samples(whole(t, src, o))) {
				t.Error("the copy has other samples")
			}
			if again := Copy(copied); !bytes.Equal(again, copied) {
				t.Error("a copy of the copy is another")
			}
		})
	}
}

// TestCopyLeavesThumbnailsOut has a JFIF header with one of 2x1 pixels.
func TestCopyLeavesThumbnailsOut(t *testing.T) {
	src := source(t, "420")
	with := withSegment(withoutJFIF(src), markerAPP0, "JFIF\x00\x01\x02\x01\x00\x48\x00\x48\x02\x01pixels")
	if got, want := Copy(with), Copy(src); !bytes.Equal(got, want) {
		t.Errorf("%d bytes, want %d", len(got), len(want))
	}
}

// TestCopyOfPieces cuts a file everywhere: a part of it is no picture.
func TestCopyOfPieces(t *testing.T) {
	for _, name := range []string{"small-420", "small-progressive"} {
		src := source(t, name)
		for n := range src {
			if Copy(src[:n]) != nil {
				t.Fatalf("%s: the first %d of %d bytes are copied", name, n, len(src))
			}
		}
	}
}

// TestWhole has what is shown although it is not as it should be.
func TestWhole(t *testing.T) {
	src := source(t, "small-420")
	end := len(src) - 2
	between := func(at int, bytes ...byte) []byte {
		return append(append(append([]byte{}, src[:at]...), bytes...), src[at:]...)
	}
	rst := source(t, "restart-1")
	marker := bytes.Index(rst, []byte{0xff, markerRST0})
	var standard bytes.Buffer // has the standard tables
	if err := jpeg.Encode(&standard, image.NewGray(image.Rect(0, 0, 16, 16)), nil); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		src  []byte
		want bool
	}{
		{"as it should be", src, true},
		{"progressive", source(t, "small-progressive"), true},
		{"restart markers", rst, true},
		{"filled up before a marker", between(end, 0xff, 0xff), true},
		{"a trailer", append(bytes.Clone(src), "a trailer"...), true},
		{"a byte before a segment", between(2, 0), false},
		{"a byte before the end", between(end, 0), false},
		{"a byte before a restart marker", append(append(bytes.Clone(rst[:marker]), 0), rst[marker:]...), false},
		{"without its tables", withoutTables(standard.Bytes()), false},
	}
	var d Decoder
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := decode(&d, bytes.NewReader(test.src), Options{Scale: scales(8)}); err != nil {
				t.Fatal(err)
			}
			if got := d.Whole(); got != test.want {
				t.Errorf("whole: %t, want %t", got, test.want)
			}
		})
	}
	if _, err := decode(&d, bytes.NewReader(src[:len(src)/2+100]), Options{Scale: scales(8), Damaged: true}); err != nil {
		t.Fatal(err)
	}
	if d.Whole() {
		t.Error("what is cut off is whole")
	}
}

// TestCorpusDamagedPicturesAreNotWhole has real ones.
func TestCorpusDamagedPicturesAreNotWhole(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	for name, want := range map[string]bool{
		"damage/dahua608.jpg": false, "damage/pad16.jpg": false, "wrong/mjpeg_huffman.jpg": false, "wrong/no_dht.jpg": false,
		"colour/p3_small.jpg": true,
	} {
		src, err := os.ReadFile(filepath.Join(corpus, "..", "pictures", name))
		if corpus == "" || err != nil {
			t.Skipf("beside CORPUS, which is %q, is no picture: %v", corpus, err)
		}
		var d Decoder
		if _, err := decode(&d, bytes.NewReader(src), Options{Scale: scales(8)}); err != nil {
			t.Fatal(err)
		}
		if got := d.Whole() && Copy(src) != nil; got != want {
			t.Errorf("%s is whole: %t, want %t", name, got, want)
		}
	}
}
