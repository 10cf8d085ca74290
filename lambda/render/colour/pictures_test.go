package colour

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestCorpusProfilesOfRealPictures holds colours to what sharp 0.35.5 made of them with
// the profiles of pictures in and beside the folder that CORPUS names.
func TestCorpusProfilesOfRealPictures(t *testing.T) {
	corpus := os.Getenv("CORPUS")
	if _, err := os.Stat(corpus); corpus == "" || err != nil {
		t.Skipf("CORPUS is %q, which is no folder", corpus)
	}
	tests := []struct {
		file string
		want [12][3]uint8
	}{
		{"../pictures/colour/generic_rgb.jpg", [12][3]uint8{{0, 0, 0}, {255, 255, 255}, {146, 146, 146}, {255, 38, 0}, {0, 249, 0}, {4, 51, 255}, {212, 121, 64}, {39, 78, 109}, {251, 240, 0}, {5, 13, 8}, {195, 52, 176}, {74, 209, 219}}},
		{"../pictures/colour/p3_2mp.jpg", [12][3]uint8{{0, 0, 0}, {255, 255, 255}, {128, 128, 128}, {255, 0, 0}, {0, 255, 0}, {2, 0, 255}, {215, 93, 32}, {17, 61, 93}, {252, 240, 0}, {6, 12, 9}, {197, 0, 165}, {0, 203, 212}}},
		{"../pictures/colour/p3_small.jpg", [12][3]uint8{{0, 0, 0}, {255, 255, 255}, {140, 160, 169}, {198, 0, 0}, {44, 230, 34}, {0, 49, 65}, {204, 113, 49}, {0, 64, 77}, {220, 209, 50}, {0, 0, 4}, {143, 60, 144}, {59, 208, 210}}},
		{"../pictures/colour/profile_big.jpg", [12][3]uint8{{0, 0, 0}, {255, 255, 255}, {140, 140, 140}, {255, 0, 7}, {53, 252, 14}, {0, 46, 254}, {207, 112, 67}, {43, 76, 104}, {253, 239, 32}, {19, 26, 22}, {185, 46, 169}, {77, 206, 215}}},
		{"../pictures/colour/prophoto.png", [12][3]uint8{{0, 0, 0}, {255, 255, 255}, {146, 146, 146}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 80, 46}, {0, 83, 113}, {255, 241, 0}, {0, 15, 7}, {249, 0, 187}, {0, 228, 220}}},
		{"jpeg/p3.jpg", [12][3]uint8{{0, 0, 0}, {255, 255, 255}, {128, 128, 128}, {255, 0, 0}, {0, 255, 0}, {2, 0, 255}, {215, 93, 32}, {17, 61, 93}, {252, 240, 0}, {6, 12, 9}, {197, 0, 165}, {0, 203, 212}}},
		{"looks/p3.png", [12][3]uint8{{0, 0, 0}, {255, 255, 255}, {128, 128, 128}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {215, 93, 31}, {17, 61, 93}, {252, 240, 0}, {6, 12, 9}, {197, 0, 165}, {0, 203, 212}}},
		{"jpeg/cmyk_icc.jpg", [12][3]uint8{{255, 255, 255}, {0, 0, 0}, {35, 31, 32}, {0, 174, 239}, {236, 0, 140}, {255, 242, 0}, {137, 171, 199}, {77, 80, 83}, {172, 157, 61}, {152, 145, 143}, {232, 91, 47}, {0, 94, 101}}},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(corpus, test.file))
			if err != nil {
				t.Skip(err)
			}
			data := embedded(t, file)
			transform, err := FromProfile(data, spaces[string(data[16:20])])
			if err != nil {
				t.Fatal(err)
			}
			hold(t, transform, test.want, 2)
		})
	}
}

// embedded is the profile of a JPEG, whose segments are in order, or of a PNG.
func embedded(t *testing.T, file []byte) (data []byte) {
	t.Helper()
	if bytes.HasPrefix(file, []byte("\x89PNG")) {
		at := bytes.Index(file, []byte("iCCP"))
		size := binary.BigEndian.Uint32(file[at-4:])
		_, deflated, _ := bytes.Cut(file[at+4:at+4+int(size)], []byte{0, 0})
		r, err := zlib.NewReader(bytes.NewReader(deflated))
		if err != nil {
			t.Fatal(err)
		}
		if data, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		return data
	}
	for at := 2; file[at] == 0xff && file[at+1] != 0xda; {
		size := int(binary.BigEndian.Uint16(file[at+2:]))
		segment := file[at+4 : at+2+size]
		if file[at+1] == 0xe2 && bytes.HasPrefix(segment, []byte("ICC_PROFILE\x00")) {
			data = append(data, segment[14:]...)
		}
		at += 2 + size
	}
	return data
}

// TestInksWithoutProfile holds mixtures to what sharp makes of them.
func TestInksWithoutProfile(t *testing.T) {
	hold(t, Inks(), [12][3]uint8{
		{255, 255, 255}, {0, 0, 0}, {20, 5, 0}, {0, 153, 227}, {234, 0, 128}, {255, 240, 0},
		{128, 158, 187}, {68, 66, 71}, {167, 149, 49}, {147, 138, 134}, {227, 71, 29}, {0, 84, 94},
	}, 12)
	var row [4]uint8
	Inks().PixelsOfInks(row[:], []uint8{0}, []uint8{0}, []uint8{0}, []uint8{0})
	if row != [4]uint8{255, 255, 255, 255} {
		t.Errorf("no ink is %v, want white", row)
	}
}

// hold holds the results of colours, or of mixtures, to within a tolerance.
func hold(t *testing.T, transform *Transform, want [12][3]uint8, tolerance int) {
	t.Helper()
	for i := range want {
		var row []uint8
		if transform.Channels() == 4 {
			m := mixtures[i]
			row = make([]uint8, 4)
			transform.PixelsOfInks(row, m[:1], m[1:2], m[2:3], m[3:])
		} else {
			row = slices.Concat(colours[i][:], []uint8{77})
			transform.Pixels(row)
		}
		if got := [3]uint8(row[:3]); !near(got, want[i], tolerance) {
			t.Errorf("colour %d is %v, want %v", i, got, want[i])
		}
	}
}
