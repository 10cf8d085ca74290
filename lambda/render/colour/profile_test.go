package colour

import (
	"bytes"
	"encoding/binary"
	"strings"
	"sync"
	"testing"
)

// changed is a profile with some bytes written over.
func changed(data []byte, at int, b ...byte) []byte {
	data = bytes.Clone(data)
	copy(data[at:], b)
	return data
}

// tagAt is where the data of a profile's tag begins.
func tagAt(data []byte, signature string) int {
	at := headerSize + 4
	for string(data[at:at+4]) != signature {
		at += tagSize
	}
	return int(binary.BigEndian.Uint32(data[at+4:]))
}

func TestBrokenProfile(t *testing.T) {
	all := synthetic()
	good, table := all["matrix, gamma"], all["mft2 to Lab"]
	a2b := tagAt(table, "A2B0")
	mAB := all["mAB to Lab, 8 bits"]
	tests := []struct {
		name     string
		data     []byte
		channels int
		want     string
	}{
		{"nothing", nil, 3, "profile has no header"},
		{"too large", make([]byte, MaxProfile+1), 3, "profile has 4194305 bytes, limit is 4194304"},
		{"no signature", changed(good, 36, 'x'), 3, "profile has no header"},
		{"version 5", changed(good, 8, 5), 3, "profile is of version 5, expected 2 or 4"},
		{"device link", changed(good, 12, 'l', 'i', 'n', 'k'), 3, `profile of class "link" is no device's`},
		{"six inks", changed(good, 16, '6', 'C', 'L', 'R'), 3, `profile of colour space "6CLR", expected GRAY, RGB or CMYK`},
		{"connected by light", changed(good, 20, 'L', 'u', 'v', ' '), 3, `profile connects by "Luv ", expected XYZ or Lab`},
		{"many tags", changed(good, headerSize, 0, 0, 1, 0), 3, "profile has 256 tags, limit is 100"},
		{"cut off", good[:300], 3, "profile has no "},
		{"for grey", all["grey, gamma"], 3, "profile is for 1 channels, the picture has 3"},
		{"for red, green and blue", good, 1, "profile is for 3 channels, the picture has 1"},
		{"matrix to Lab", changed(good, 20, 'L', 'a', 'b', ' '), 3, "profile of red, green and blue has no A2B0"},
		{"inks without a table", changed(all["inks, mft2"], headerSize+4, 'X'), 4, "profile of four inks has no A2B0"},
		{"colourant of 16384", changed(good, tagAt(good, "rXYZ")+8, 0x40), 3, "profile's rXYZ is 16384.5"},
		{"curve of another type", changed(good, tagAt(good, "rTRC"), 'x'), 3, `profile's rTRC: curve of type "xurv"`},
		{"curve of 4 billion points", changed(good, tagAt(good, "rTRC")+8, 255, 255, 255, 255), 3, "profile's rTRC: curve of 4294967295 points, limit is 65536"},
		{"curve of 65,536 points", changed(good, tagAt(good, "rTRC")+8, 0, 1, 0, 0), 3, "profile's rTRC: curve of 65536 points is cut off"},
		{"parametric curve 5", changed(all["matrix, parametric 0"], tagAt(all["matrix, parametric 0"], "rTRC")+9, 5), 3, "profile's rTRC: parametric curve of function type 5"},
		{"table of another type", changed(table, a2b, 'x'), 3, `profile's A2B0: table of type "xft2"`},
		{"table of 15 inks", changed(table, a2b+8, 15), 3, "profile's A2B0: table from 15 to 3 channels, expected 3 to 3"},
		{"table to four channels", changed(table, a2b+9, 4), 3, "profile's A2B0: table from 3 to 4 channels, expected 3 to 3"},
		{"table of a point", changed(table, a2b+10, 1), 3, "profile's A2B0: table of 1 points a side, expected 2 or more"},
		{"table of 255 points", changed(table, a2b+10, 255), 3, "profile's A2B0: table of [255 255 255] points is cut off"},
		{"curves of 5,000 points", changed(table, a2b+48, 0x13, 0x88), 3, "profile's A2B0: curves of 5000 and 2 points, expected 2 to 4096"},
		{"part beyond the end", changed(mAB, tagAt(mAB, "A2B0")+24, 0x7f), 3, "profile's A2B0: part of a table is cut off"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			transform, err := FromProfile(test.data, test.channels)
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("%v and %v, want %q", transform, err, test.want)
			}
		})
	}
}

// TestEveryCutProfile sees every profile cut off anywhere refused or read.
func TestEveryCutProfile(t *testing.T) {
	for name, data := range synthetic() {
		for n := 0; n < len(data); n += 1 + n/16 {
			p, err := parse(data[:n:n])
			if err == nil {
				_, err = p.device()
			}
			if err == nil && n < len(data)/2 {
				t.Errorf("%s: %d of %d bytes are taken for a profile", name, n, len(data))
			}
		}
	}
}

func TestProfilesThatMeanSRGB(t *testing.T) {
	srgb := matrix{{0.4360, 0.3851, 0.1431}, {0.2225, 0.7169, 0.0606}, {0.0139, 0.0971, 0.7139}}
	p3, _ := displayP.colourants()
	tests := []struct {
		name string
		data []byte
		want bool
	}{
		{"parametric curve", matrixProfile(4, srgb, parametricTag(3, srgbParameters[:5]...)), true},
		{"1,024 points", matrixProfile(2, srgb, points(1024, srgbCurve)), true},
		{"gamma 2.2", matrixProfile(2, srgb, gamma(2.2)), false},
		{"linear", matrixProfile(2, srgb, points(0, nil)), false},
		{"Display P3", matrixProfile(4, p3, parametricTag(3, srgbParameters[:5]...)), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			transform, err := FromProfile(test.data, 3)
			if err != nil {
				t.Fatal(err)
			}
			if got := transform == nil; got != test.want {
				t.Errorf("it means sRGB: %v, want %v", got, test.want)
			}
		})
	}
}

func TestRecentTransformsAreKept(t *testing.T) {
	data := synthetic()["mft1 to Lab"]
	first, err := FromProfile(data, 3)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := FromProfile(bytes.Clone(data), 3); again != first {
		t.Error("a transform was made again")
	}
	c := cache{size: 3}
	keys := make([]cacheKey, 5)
	for i := range keys {
		keys[i].channels = i
		c.put(keys[i], nil)
		c.get(keys[0])
	}
	for i, want := range []bool{true, false, false, true, true} {
		if _, has := c.get(keys[i]); has != want {
			t.Errorf("entry %d is kept: %v, want %v", i, has, want)
		}
	}
}

func TestTransformsAreForSeveralGoroutines(t *testing.T) {
	profiles := synthetic()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, name := range []string{"matrix, gamma", "mft1 to Lab", "grey, gamma", "inks, mft1"} {
				data := profiles[name]
				transform, err := FromProfile(data, spaces[string(data[16:20])])
				if err != nil {
					t.Errorf("%s: %v", name, err)
				} else if transform.Channels() != 4 {
					transform.Pixels(make([]uint8, 400))
				}
			}
		})
	}
	group.Wait()
}
