package main

import (
	"bytes"
	"flag"
	"image"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prew"
	"prew/lambda/peers/look"
)

var update = flag.Bool("update", false, "write the golden file anew")

func TestVerdicts(t *testing.T) {
	rgb, cmyk := theirs{Format: "jpeg", Space: "srgb", Width: 640, Height: 480}, theirs{Format: "jpeg", Space: "cmyk", Width: 640, Height: 480}
	no := theirs{Refused: "Input file contains unsupported image format"}
	damaged := made{code: prew.SourceDamaged, says: "it ends early"}
	unread := made{code: prew.SourceUnsupported, says: "4 components"}
	large := made{code: prew.SourceTooLarge, says: "50 megapixels"}
	differ := func(db, mean, p95 float64) *difference { return &difference{db, mean, p95} }
	for _, test := range []struct {
		name, file string
		ours       made
		theirs     theirs
		difference *difference
		outcome    outcome
		wrong      string
	}{
		{"at the figures", "looks/a.jpg", made{}, rgb, differ(38, 1, 2.5), alike, ""},
		{"below in dB", "looks/a.jpg", made{}, rgb, differ(37.9, 1, 2.5), worse, "37.9 dB, asked at least 38"},
		{"below in the mean", "looks/a.jpg", made{}, rgb, differ(38, 1.01, 2.5), worse, "mean deltaE 1.01, asked at most 1.0"},
		{"below at the end", "looks/a.jpg", made{}, rgb, differ(38, 1, 2.51), worse, "95th percentile of deltaE 2.51, asked at most 2.5"},
		{"CMYK at its figures", "wrong/a.jpg", made{}, cmyk, differ(33, 2, 5), alike, ""},
		{"CMYK below all of them", "wrong/a.jpg", made{}, cmyk, differ(32, 3, 6), worse,
			"32.0 dB, asked at least 33; mean deltaE 3.00, asked at most 2.0; 95th percentile of deltaE 6.00, asked at most 5.0"},
		{"lying where sharp's stands", "looks/a.jpg", made{}, rgb, nil, worse, "480x640, sharp's is 640x480"},
		{"refused", "damage/a.jpg", damaged, rgb, nil, refused, "source_damaged: it ends early"},
		{"refused by both", "looks/a.jpg", unread, no, nil, agreed, ""},
		{"held to nothing", "looks/a.jpg", made{}, no, nil, alone, "sharp refuses it, so it is held to nothing: name a twin in exceptions.go"},
		{"half a picture refused", "jpeg/trunc.jpg", damaged, rgb, nil, meant, ""},
		{"half a picture refused as another kind", "jpeg/trunc.jpg", unread, rgb, nil, refused, "source_unsupported, asked source_damaged: 4 components"},
		{"half a picture rendered", "jpeg/trunc.jpg", made{}, rgb, differ(99, 0, 0), worse, "rendered, asked source_damaged"},
		{"not read yet", "jpeg/arith.jpg", unread, rgb, nil, later, ""},
		{"read by now, and wrong", "jpeg/arith.jpg", made{}, rgb, differ(12, 0, 0), worse, "12.0 dB, asked at least 38"},
		{"another way", "wrong/gif_frame_larger.gif", made{}, rgb, nil, another, ""},
		{"another way, and refused", "wrong/gif_frame_larger.gif", damaged, rgb, nil, refused, "source_damaged: it ends early"},
		{"a bomb refused", "bombs/a.png", large, rgb, nil, meant, ""},
		{"a bomb refused as damaged", "bombs/a.png", damaged, rgb, nil, refused, "source_damaged: it ends early"},
		{"a photo too large", "wrong/a.jpg", large, rgb, nil, refused, "source_too_large: 50 megapixels"},
		{"a crash", "hostile/a.gif", made{fail: true, says: "signal: killed"}, no, nil, failed, "signal: killed"},
		{"right, and too slow", "bombs/a.png", made{time: 3100 * time.Millisecond}, rgb, differ(math.Inf(1), 0, 0), alike, "3.1 s, asked at most 3"},
		{"refused, and too large", "bombs/a.png", made{code: prew.SourceTooLarge, peak: 451e6}, rgb, nil, meant, "451 MB, asked at most 450"},
	} {
		folder, _, _ := strings.Cut(test.file, "/")
		l := looked{file{name: test.file, folder: folder}, test.ours, test.theirs, "480x640", test.difference}
		got := l.verdict()
		if wrong := strings.Join(got.wrong, "; "); got.outcome != test.outcome || wrong != test.wrong {
			t.Errorf("%s: %s, %q, want %s, %q", test.name, got.outcome, wrong, test.outcome, test.wrong)
		}
	}
}

func TestVerdictsOfLooks(t *testing.T) {
	rgb := theirs{Format: "jpeg", Space: "srgb"}
	held, shown := &look.Look{Preset: "blur=2"}, &look.Look{Preset: "tone=grey", Unlike: "of linear light"}
	for _, test := range []struct {
		look       *look.Look
		code       prew.Code
		difference difference
		outcome    outcome
		wrong      string
	}{
		{held, "", difference{35, 2, 8}, alike, ""},
		{held, "", difference{34.9, 2, 8}, worse, "34.9 dB, asked at least 35"},
		{shown, "", difference{20, 9, 19}, another, ""},
		{shown, prew.SourceDamaged, difference{}, refused, "source_damaged: "},
	} {
		l := looked{file{name: "p.jpg " + test.look.Preset, folder: "look", look: test.look}, made{code: test.code}, rgb, "640x480", &test.difference}
		if got := l.verdict(); got.outcome != test.outcome || strings.Join(got.wrong, "; ") != test.wrong || l.class() != "look" {
			t.Errorf("%s, %+v: %+v of %s, want %s, %q", test.look.Preset, test.difference, got, l.class(), test.outcome, test.wrong)
		}
	}
}

func TestVerdictsOfAVIFs(t *testing.T) {
	for _, test := range []struct {
		difference difference
		wrong      string
	}{
		{difference{32, 3, 8}, ""},
		{difference{31.9, 3.1, 8.1}, "31.9 dB, asked at least 32; mean deltaE 3.10, asked at most 3.0; 95th percentile of deltaE 8.10, asked at most 8.0"},
	} {
		l := looked{file{name: "bench/p.jpg as AVIF", folder: "as AVIF", avif: true}, made{}, theirs{Format: "jpeg", Space: "srgb"}, "640x480", &test.difference}
		if got := l.verdict(); strings.Join(got.wrong, "; ") != test.wrong || l.class() != "as AVIF" {
			t.Errorf("%+v: %+v of %s, want %q", test.difference, got, l.class(), test.wrong)
		}
	}
	f := file{name: "bench/p.jpg as AVIF"}
	if got, want := f.avifFile(), filepath.Join(scratch, "previews", "bench-p.jpg-as-AVIF.ours.avif"); got != want {
		t.Errorf("the file is %s, want %s", got, want)
	}
}

func TestClasses(t *testing.T) {
	for _, test := range []struct {
		file   string
		theirs theirs
		want   string
	}{
		{"looks/a.jpg", theirs{Format: "jpeg", Space: "srgb", Orientation: 1}, "jpeg"},
		{"looks/a.jpg", theirs{Format: "jpeg", Space: "srgb", Orientation: 6}, "orientation"},
		{"colour/a.jpg", theirs{Format: "jpeg", Space: "cmyk", Profile: true}, "cmyk"},
		{"colour/a.jpg", theirs{Format: "jpeg", Space: "srgb", Profile: true, Orientation: 6}, "profile"},
		{"looks/a.png", theirs{Format: "png", Space: "rgb16", Depth: "ushort"}, "16 bits"},
		{"looks/a.avif", theirs{Format: "heif", Space: "srgb"}, "avif"},
		{"looks/a.b.avif", theirs{Refused: "unsupported"}, "avif"},
		{"looks/a.heic", theirs{Format: "png", Space: "srgb", Profile: true}, "heic"},
		{"wrong/a.jpg", theirs{Format: "jpeg", Space: "cmyk"}, "wrong"},
	} {
		folder, _, _ := strings.Cut(test.file, "/")
		l := looked{file: file{name: test.file, folder: folder}, theirs: test.theirs}
		if got := l.class(); got != test.want {
			t.Errorf("%s, %+v: %s, want %s", test.file, test.theirs, got, test.want)
		}
	}
}

// TestMoving moves one thing at a time away from what is asked.
func TestMoving(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(m *moved)
		wrong string
	}{
		{"nothing", func(*moved) {}, ""},
		{"refused", func(m *moved) { m.ours = made{code: prew.SourceDamaged, says: "it ends early"} }, "source_damaged: it ends early"},
		{"failed", func(m *moved) { m.ours = made{fail: true, says: "signal: killed"} }, "signal: killed"},
		{"refused by sharp", func(m *moved) { m.theirs.Refused = "no frames" }, "sharp: no frames"},
		{"another size", func(m *moved) { m.theirs.Ours.Width = 159 }, "(159,120), sharp's is (160,120)"},
		{"a frame less", func(m *moved) { m.theirs.Ours.Frames = 1 }, "1 frames, sharp's has 2"},
		{"another time", func(m *moved) { m.theirs.Ours.Delays = []int{100, 60} }, "delays [100 60], sharp's [10 50]"},
		{"another end", func(m *moved) { m.theirs.Ours.Loops = 0 }, "0 loops, sharp's 3"},
		{"as bad as it may be", func(m *moved) { m.db = 31.5 }, ""},
		{"worse", func(m *moved) { m.db = 31.4 }, "31.4 dB, asked at least 31.5"},
		{"slower", func(m *moved) { m.ours.time = 4 * time.Second }, "4.0 s, 0 MB"},
	} {
		m := moving()
		test.spoil(m)
		if got := strings.Join(m.wrong(), "; "); got != test.wrong {
			t.Errorf("%s: %q, want %q", test.name, got, test.wrong)
		}
	}
}

// moving is a GIF that is as asked.
func moving() *moved {
	return &moved{name: "looks/a.gif", format: "gif", db: 33, peers: 32, theirs: film{
		Ours:  strip{Frames: 2, Width: 160, Height: 120, Delays: []int{100, 50}, Loops: 3, Bytes: 900},
		Sharp: strip{Frames: 2, Width: 160, Height: 120, Delays: []int{10, 50}, Loops: 3, Bytes: 1000},
	}}
}

// TestFrames has a preview of two frames, a black one above a white one.
func TestFrames(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll(filepath.Join(scratch, "previews"), 0o777); err != nil {
		t.Fatal(err)
	}
	m := moving()
	m.theirs.Ours.Width, m.theirs.Ours.Height = 3, 2
	both := image.NewNRGBA(image.Rect(0, 0, 3, 4))
	draw.Draw(both, image.Rect(0, 0, 3, 2), image.Black, image.Point{}, draw.Src)
	draw.Draw(both, image.Rect(0, 2, 3, 4), image.White, image.Point{}, draw.Src)
	if err := writePNG(m.base()+".ours.png", both); err != nil {
		t.Fatal(err)
	}
	frames, err := m.frames("ours")
	if err != nil || len(frames) != 2 || frames[0].NRGBAAt(2, 1).R != 0 || frames[1].NRGBAAt(0, 0).R != 255 {
		t.Errorf("%v, %v, want a black frame and a white one", frames, err)
	}
	if line, err := m.row(); err != nil || len(line.cells) != 3 {
		t.Errorf("%d pictures, %v, want the first, the middle and the last frame of ours", len(line.cells), err)
	}
	m.theirs.Ours.Frames = 3
	if _, err := m.frames("ours"); err == nil {
		t.Error("four rows are three frames of two")
	}
}

// TestReport is a report of three pictures: one alike, one worse, one refused; and of what
// moves and what gravities keep.
func TestReport(t *testing.T) {
	picture := func(folder, name string, ours made, space string, d *difference) looked {
		return looked{file{name: folder + "/" + name, path: name, folder: folder}, ours, theirs{Format: "jpeg", Space: space}, "640x480", d}
	}
	r := report{
		date:   time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC),
		peer:   "sharp 0.35.5, libvips 8.18.7",
		moving: []*moved{moving()},
		cropped: []*cropped{
			{photo: "bench/a.jpg", shape: cropShapes[0]},
			{photo: "bench/d.jpg", shape: cropShapes[1], wrong: []string{"attention: bad extract area"}},
		},
		all: []looked{
			picture("looks", "a.jpg", made{time: 30 * time.Millisecond, peak: 17e6}, "srgb", &difference{math.Inf(1), 0, 0}),
			picture("colour", "b.jpg", made{time: 20 * time.Millisecond, peak: 15e6}, "cmyk", &difference{23.12, 9.861, 14.21}),
			picture("damage", "c.jpg", made{code: prew.SourceDamaged, says: "it ends early"}, "srgb", nil),
		},
	}
	got := r.markdown()
	// The exceptions are a table of the program, not of the report.
	start, end := bytes.Index(got, []byte("## Not held")), bytes.Index(got, []byte("## Every"))
	got = append(got[:start:start], got[end:]...)
	const golden = "testdata/looks.md"
	if *update {
		if err := os.WriteFile(golden, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs, see it with -update and git diff:\n%s", golden, got)
	}

	var said bytes.Buffer
	if err := r.tell(&said); err == nil {
		t.Error("two pictures are not as asked, and there is no error")
	}
	for _, line := range []string{
		"\ncolour/b.jpg, worse: 23.1 dB, asked at least 33; mean deltaE 9.86",
		"\ndamage/c.jpg, refused: source_damaged: it ends early\n",
		"\nd.jpg gravity wide: attention: bad extract area\n",
		"\n3 of 6 pictures as asked\n",
	} {
		if !strings.Contains(said.String(), line) {
			t.Errorf("said %q, want %q in it", &said, line)
		}
	}
}

func TestAbsentFolderIsNamed(t *testing.T) {
	_, err := find("none", "none", "")
	if err == nil || !strings.Contains(err.Error(), `CORPUS is "none", which has no folder looks`) {
		t.Errorf("got %v", err)
	}
}
