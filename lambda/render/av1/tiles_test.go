package av1

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"prew/lambda/render/plane"
)

// TestTilesAreDecoded holds pictures of several tiles to what dav1d makes of them, without its
// filters, and with them those of one tile to its planes' sizes.
func TestTilesAreDecoded(t *testing.T) {
	if _, err := exec.LookPath("dav1d"); err != nil {
		t.Skip("there is no dav1d")
	}
	for _, test := range []struct {
		name          string
		width, height int
		extra         [2]int
		tiles         int
	}{
		{"one", 200, 130, [2]int{}, 1},
		{"columns", 200, 70, [2]int{1, 0}, 2},
		{"rows", 70, 200, [2]int{0, 1}, 2},
		{"both", 200, 330, [2]int{1, 2}, 6}, // of 6 rows of superblocks in 4, each tile has 2
		{"most", 260, 190, [2]int{9, 9}, 15},
		{"too wide for one", 4100, 9, [2]int{}, 2},
		{"half a superblock", 4096 + 32, 40, [2]int{0, 1}, 2},
		{"large and wide", 2049, 961, [2]int{}, 2},
		{"large and high", 961, 2049, [2]int{}, 2},
	} {
		for _, mono := range []bool{true, false} {
			var planes []plane.Plane
			for i := range 3 {
				w, h := test.width, test.height
				if i > 0 {
					w, h = (w+1)/2, (h+1)/2
				}
				p := plane.Plane{Pix: make([]uint8, w*h), Stride: w, Width: w, Height: h}
				for j := range p.Pix {
					x, y := j%w, j/w
					p.Pix[j] = uint8(x*3+y*2) ^ uint8((x>>4)*(y>>3)*17)
				}
				planes = append(planes, p)
			}
			if mono {
				planes = planes[:1]
			}
			e := Encoder{extraTiles: test.extra}
			sequence, frame := e.Encode(planes, Options{Quantiser: 120})
			if got := e.tiles.count(); got != test.tiles {
				t.Errorf("%s: %d tiles, want %d", test.name, got, test.tiles)
			}
			in, out := filepath.Join(t.TempDir(), "a.obu"), filepath.Join(t.TempDir(), "a.yuv")
			if err := os.WriteFile(in, bytes.Join([][]byte{{0x12, 0}, sequence, frame}, nil), 0o644); err != nil {
				t.Fatal(err)
			}
			if said, err := exec.Command("dav1d", "--quiet", "--inloopfilters", "none", "-i", in, "-o", out).CombinedOutput(); err != nil {
				t.Errorf("%s, mono %v: dav1d: %v\n%s", test.name, mono, err, said)
				continue
			}
			decoded, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range planes {
				c := &e.channels[i]
				for y := range p.Height {
					if !bytes.Equal(decoded[y*p.Width:][:p.Width], c.rebuilt[y*c.stride:][:p.Width]) {
						t.Errorf("%s, mono %v: other samples in row %d of plane %d", test.name, mono, y, i)
						break
					}
				}
				decoded = decoded[p.Width*p.Height:]
			}
		}
	}
}

// TestTilesAreNoLargerThanAllowed: as many as a picture needs, two of a large one, and no more.
func TestTilesAreNoLargerThanAllowed(t *testing.T) {
	for _, test := range []struct{ width, height, across, all int }{
		{1, 1, 1, 1}, {4096, 2304, 2, 2}, {4097, 64, 2, 2}, {4096, 2305, 1, 2}, {64, 8192, 1, 1}, {8192, 8192, 2, 8},
		{1024, 960, 1, 1}, {1024, 1024, 2, 2}, {960, 1100, 1, 2}, {64, 32_768, 1, 2},
		{16_384, 16_384, 4, 32}, {65_536, 64, 16, 16},
	} {
		var ts tiles
		columns, rows := (test.width+63)/64, (test.height+63)/64
		ts.divide(columns, rows, [2]int{})
		if ts.across() != test.across || ts.count() != test.all {
			t.Errorf("%dx%d: %d tiles beside one another, %d in all, want %d and %d", test.width, test.height, ts.across(), ts.count(), test.across, test.all)
		}
		covered := 0
		for i := range ts.count() {
			at := ts.at(i)
			w, h := (min(at.right, columns*64)-at.left)/64, (min(at.bottom, rows*64)-at.top)/64
			if w < 1 || h < 1 || w > maxTileColumns {
				t.Errorf("%dx%d: tile %d is %dx%d", test.width, test.height, i, w, h)
			}
			covered += w * h
		}
		if covered != columns*rows {
			t.Errorf("%dx%d: tiles have %d superblocks, want %d", test.width, test.height, covered, columns*rows)
		}
	}
}
