package prew

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestEmbeddedPresetsAreSound(t *testing.T) {
	presets, err := LoadPresets("presets.yaml", EmbeddedPresets, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := presets.Names(), []string{"thumb", "card", "hero", "avatar", "preset_name_1"}; !slices.Equal(got, want) {
		t.Errorf("names = %v, want %v", got, want)
	}
	thumb, _ := presets.Get("thumb")
	if want := (Preset{Width: 200, Height: 200, Fit: Cover, Gravity: Center, Quality: 76,
		Chroma: Chroma420, Effort: Balanced, Background: "#ffffff", Colour: SRGB, Kernel: Lanczos, Oversample: 1.15, Damaged: Refuse}); thumb != want {
		t.Errorf("thumb = %+v, want %+v", thumb, want)
	}
}

func TestEnvironmentOverridesFieldsAndDefinesPresets(t *testing.T) {
	const file = "thumb:\n  width: 200\n  height: 100\nbig-card:\n  width: 640\n"
	presets, err := LoadPresets("p.yaml", []byte(file), []string{
		"HOME=/root",
		"PRESET_THUMB=width=64, height=64,fit=cover",
		"PRESET_BIG_CARD=quality=75",
		"PRESET_OG_IMAGE=width=1200,height=630,fit=fill,format=png",
		"PRESET_EMPTY=",
		"PRESET_FINE=height=900,chroma=4:4:4,progressive=true,kernel=catmull-rom,oversample=1.5,damaged=render,blur=2.5,sharpen=60,brightness=-10,contrast=5,saturation=100,tone=#c03080,trim=10,border=2,border-colour=#c03080,radius=8",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := presets.Names(), []string{"thumb", "big-card", "fine", "og_image"}; !slices.Equal(got, want) {
		t.Errorf("names = %v, want %v", got, want)
	}
	for name, change := range map[string]func(*Preset){
		"thumb":    func(p *Preset) { p.Width, p.Height, p.Fit = 64, 64, Cover },
		"big-card": func(p *Preset) { p.Width, p.Quality = 640, 75 },
		"og_image": func(p *Preset) { p.Width, p.Height, p.Fit, p.Format = 1200, 630, Fill, PNG },
		"fine": func(p *Preset) {
			p.Height, p.Chroma, p.Progressive = 900, Chroma444, true
			p.Kernel, p.Oversample, p.Damaged = CatmullRom, 1.5, RenderRest
			p.Blur, p.Sharpen, p.Brightness, p.Contrast, p.Saturation, p.Tone = 2.5, 60, -10, 5, 100, "#c03080"
			p.Trim, p.Border, p.BorderColour, p.Radius, p.Format = 10, 2, "#c03080", 8, PNG
		},
	} {
		want := defaults
		change(&want)
		if got, ok := presets.Get(name); !ok || got != want {
			t.Errorf("%s = %+v, %v; want %+v", name, got, ok, want)
		}
	}
	if got, want := presets.Explain("big-card")[:3], []Value{
		{"width", "640", "p.yaml:5"}, {"height", "", "default"}, {"fit", "contain", "default"},
	}; !slices.Equal(got, want) {
		t.Errorf("Explain = %v, want %v", got, want)
	}
	if got, want := presets.Explain("thumb")[0], (Value{"width", "64", "PRESET_THUMB"}); got != want {
		t.Errorf("Explain = %v, want %v", got, want)
	}
	if _, ok := presets.Get("nope"); ok {
		t.Error("a preset that nobody defined is there")
	}
}

// TestLikenessIsOfAutomaticQuality: it has a value where the quality is auto and there alone, and
// a quality that is said later takes it away.
func TestLikenessIsOfAutomaticQuality(t *testing.T) {
	const file = "usual: {width: 9, quality: auto}\nfine: {width: 9, quality: auto, likeness: 0.99, formats: [webp, avif]}\nfine.webp: {quality: 70}\nfine.avif: {likeness: 0.98}\nset: {width: 9, quality: auto, likeness: 0.9}\nplain: {width: 9}\n"
	presets, err := LoadPresets("p.yaml", []byte(file), []string{"PRESET_SET=quality=60", "PRESET_NEW=width=9,likeness=0.95,quality=auto"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		quality  int
		likeness float64
	}{
		"usual": {AutoQuality, 0.97}, "fine": {AutoQuality, 0.99}, "fine.webp": {70, 0}, "fine.avif": {AutoQuality, 0.98},
		"set": {60, 0}, "plain": {80, 0}, "new": {AutoQuality, 0.95},
	} {
		got, _ := presets.Get(name)
		if got.Quality != want.quality || got.Likeness != want.likeness {
			t.Errorf("%s: quality %d and likeness %v, want %+v", name, got.Quality, got.Likeness, want)
		}
		again, err := got.Resolve() // as the function does
		if err != nil || again != got {
			t.Errorf("%s: resolved once more it is %+v, %v, want %+v", name, again, err, got)
		}
	}
	if usual, _ := presets.Get("usual"); usual.Fingerprint() == defaults.Fingerprint() {
		t.Error("quality auto has the fingerprint of 80")
	}
}

// TestStandInsNeedNoSize checks that what a stand-in leaves free is as large as is of use.
func TestStandInsNeedNoSize(t *testing.T) {
	const file = "dot:\n  format: thumbhash\nwide:\n  format: blurhash\n  width: 64\n  height: 36\n  fit: cover\nlow:\n  height: 50\n  format: thumbhash\n"
	presets, err := LoadPresets("p.yaml", []byte(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Preset){
		"dot":  func(p *Preset) { p.Width, p.Height, p.Format = 100, 100, ThumbHash },
		"wide": func(p *Preset) { p.Width, p.Height, p.Fit, p.Format = 64, 36, Cover, BlurHash },
		"low":  func(p *Preset) { p.Width, p.Height, p.Format = 100, 50, ThumbHash },
	} {
		want := defaults
		change(&want)
		if got, _ := presets.Get(name); got != want {
			t.Errorf("%s = %+v, want %+v", name, got, want)
		}
	}
	if got, want := presets.Explain("dot")[0], (Value{"width", "100", "default"}); got != want {
		t.Errorf("Explain = %v, want %v", got, want)
	}
}

func TestMistakesNamePlaceFieldAndExpectation(t *testing.T) {
	tests := []struct {
		name, file string
		environ    []string
		want       string
	}{
		{"unknown field", "a:\n  width: 1\n  widht: 2\n", nil,
			"p.yaml:3: preset a: widht: unknown field, expected one of width, height, fit, gravity, format, animate, dither, quality, likeness, chroma, progressive, effort, background, colour, kernel, oversample, damaged"},
		{"word", "a:\n  width: 1\n  fit: crop\n", nil, `p.yaml:3: preset a: fit: "crop", expected one of contain, cover, fill, pad`},
		{"fraction", "a:\n  width: 1.5\n", nil, `p.yaml:2: preset a: width: "1.5", expected a whole number of pixels from 1 to 8192`},
		{"too large", "a:\n  width: 8193\n", nil, `p.yaml:2: preset a: width: "8193", expected a whole number of pixels from 1 to 8192`},
		{"zero", "a:\n  width: 0\n", nil, `p.yaml:2: preset a: width: "0", expected a whole number of pixels from 1 to 8192`},
		{"quality", "a:\n  quality: 101\n", nil, `p.yaml:2: preset a: quality: "101", expected a whole number from 1 to 100`},
		{"quality in words", "a:\n  quality: best\n", nil, `p.yaml:2: preset a: quality: "best", expected a whole number from 1 to 100, or auto`},
		{"likeness", "a:\n  quality: auto\n  likeness: 97\n", nil, `p.yaml:3: preset a: likeness: "97", expected a number from 0.85 to 0.995`},
		{"likeness that is none", "a:\n  quality: auto\n  likeness: nan\n", nil, `p.yaml:3: preset a: likeness: "nan", expected a number from 0.85 to 0.995`},
		{"likeness of a quality", "a:\n  width: 1\n  likeness: 0.97\n", nil, "p.yaml:1: preset a: likeness: with quality 80, expected quality auto"},
		{"likeness of a variant's quality", "a:\n  width: 1\n  formats: [webp]\na.webp:\n  likeness: 0.97\n", nil, "preset a.webp: likeness: with quality 80, expected quality auto"},
		{"chroma", "a:\n  chroma: 4:1:1\n", nil, `p.yaml:2: preset a: chroma: "4:1:1", expected one of 4:2:0, 4:4:4`},
		{"progressive", "a:\n  progressive: yes\n", nil, `p.yaml:2: preset a: progressive: "yes", expected true or false`},
		{"kernel", "a:\n  kernel: sinc\n", nil, `p.yaml:2: preset a: kernel: "sinc", expected one of lanczos, catmull-rom, bilinear, box`},
		{"oversample", "a:\n  oversample: 0.5\n", nil, `p.yaml:2: preset a: oversample: "0.5", expected a number from 1 to 8`},
		{"oversample that is none", "a:\n  oversample: nan\n", nil, `p.yaml:2: preset a: oversample: "nan", expected a number from 1 to 8`},
		{"damaged", "a:\n  damaged: keep\n", nil, `p.yaml:2: preset a: damaged: "keep", expected one of refuse, render`},
		{"trim", "a:\n  trim: 256\n", nil, `p.yaml:2: preset a: trim: "256", expected a whole number from 0 to 255`},
		{"blur", "a:\n  blur: 0.2\n", nil, `p.yaml:2: preset a: blur: "0.2", expected a number from 0.3 to 100, or 0 for none`},
		{"blur that is none", "a:\n  blur: nan\n", nil, `p.yaml:2: preset a: blur: "nan", expected a number from 0.3 to 100, or 0 for none`},
		{"sharpen", "a:\n  sharpen: -1\n", nil, `p.yaml:2: preset a: sharpen: "-1", expected a whole number of per cent from 0 to 500`},
		{"brightness", "a:\n  brightness: 1.1\n", nil, `p.yaml:2: preset a: brightness: "1.1", expected a whole number of per cent from -100 to 100`},
		{"contrast", "a:\n  contrast: 101\n", nil, `p.yaml:2: preset a: contrast: "101", expected a whole number of per cent from -100 to 100`},
		{"saturation", "a:\n  saturation: -101\n", nil, `p.yaml:2: preset a: saturation: "-101", expected a whole number of per cent from -100 to 100`},
		{"tone", "a:\n  tone: gray\n", nil, `p.yaml:2: preset a: tone: "gray", expected none, grey, sepia or a colour as #rrggbb, in quotes in YAML`},
		{"tone as comment", "a:\n  tone: #c03080\n", nil, `p.yaml:2: preset a: tone: "", expected none, grey, sepia or a colour as #rrggbb, in quotes in YAML`},
		{"watermark", "a:\n  watermark: /etc/logo.png\n", nil, `p.yaml:2: preset a: watermark: "/etc/logo.png", expected none, a PNG or WebP file beside the presets', as logo.png, or an object of the previews' bucket, as s3:marks/logo.png`},
		{"watermark's gravity", "a:\n  watermark-gravity: smart\n", nil, `p.yaml:2: preset a: watermark-gravity: "smart", expected one of center, top, bottom, left, right, top-left, top-right, bottom-left, bottom-right`},
		{"watermark's width", "a:\n  watermark-width: 101\n", nil, `p.yaml:2: preset a: watermark-width: "101", expected a whole number of per cent from 1 to 100`},
		{"watermark's margin", "a:\n  watermark-margin: 2.5\n", nil, `p.yaml:2: preset a: watermark-margin: "2.5", expected a whole number of per cent from 0 to 40`},
		{"watermark's opacity", "a:\n  watermark-opacity: 0\n", nil, `p.yaml:2: preset a: watermark-opacity: "0", expected a whole number of per cent from 1 to 100`},
		{"watermark's tile", "a:\n  watermark-tile: yes\n", nil, `p.yaml:2: preset a: watermark-tile: "yes", expected true or false`},
		{"border", "a:\n  border: thin\n", nil, `p.yaml:2: preset a: border: "thin", expected a whole number of pixels from 0 to 8192`},
		{"border-colour", "a:\n  border-colour: red\n", nil, `p.yaml:2: preset a: border-colour: "red", expected a colour as #rrggbb, in quotes in YAML`},
		{"radius", "a:\n  radius: -1\n", nil, `p.yaml:2: preset a: radius: "-1", expected a whole number of pixels from 0 to 8192`},
		{"circle", "a:\n  circle: round\n", nil, `p.yaml:2: preset a: circle: "round", expected true or false`},
		{"trim of what moves", "a:\n  width: 1\n  trim: 10\n  animate: true\n", nil, `p.yaml:1: preset a: trim: with animate, expected one of them`},
		{"circle with a radius", "a:\n  width: 1\n  radius: 1\n  circle: true\n", nil, `p.yaml:1: preset a: circle: with a radius, expected one of them`},
		{"colour as comment", "a:\n  width: 1\n  background: #ffffff\n", nil,
			`p.yaml:3: preset a: background: "", expected a colour as #rrggbb, in quotes in YAML, or blur`},
		{"background without pad", "a:\n  width: 1\n  height: 1\n  fit: cover\n  background: blur\n", nil, `p.yaml:1: preset a: background: blur with fit cover, expected fit pad`},
		{"list", "a:\n  width: [1, 2]\n", nil, `p.yaml:2: preset a: width: "", expected a whole number of pixels from 1 to 8192`},
		{"twice", "a:\n  width: 1\n  width: 2\n", nil, "p.yaml:3: preset a: width: set twice, expected once"},
		{"same preset twice", "a:\n  width: 1\na:\n  width: 2\n", nil, "p.yaml:3: preset a: a has the same variable PRESET_A, expected another name"},
		{"same variable", "a-b:\n  width: 1\na_b:\n  width: 2\n", nil, "p.yaml:3: preset a_b: a-b has the same variable PRESET_A_B, expected another name"},
		{"name", "a/b:\n  width: 1\n", nil, `p.yaml:1: preset "a/b": expected a name of at most 64 letters, digits, _ and -`},
		{"format", "a:\n  format: gif\n", nil, `p.yaml:2: preset a: format: "gif", expected one of jpeg, png, webp, avif, thumbhash, blurhash`},
		{"wide stand-in", "a:\n  format: thumbhash\n  width: 101\n", nil, "p.yaml:1: preset a: width: 101, expected at most 100 for format thumbhash"},
		{"tall stand-in", "a:\n  format: blurhash\n  height: 640\n  width: 9\n  fit: fill\n", nil, "p.yaml:1: preset a: height: 640, expected at most 100 for format blurhash"},
		{"stand-in with one side", "a:\n  format: thumbhash\n  width: 9\n  fit: cover\n", nil, "p.yaml:1: preset a: fit: cover with one side free, expected both width and height"},
		{"stand-in with a profile", "a:\n  format: thumbhash\n  colour: keep\n", nil, "p.yaml:1: preset a: colour: keep, expected srgb for format thumbhash, which has no profile"},
		{"stand-in that moves", "a:\n  format: thumbhash\n  animate: true\n", nil, "p.yaml:1: preset a: animate: true, expected false for format thumbhash, which does not move"},
		{"animate", "a:\n  width: 1\n  animate: 1\n", nil, `p.yaml:3: preset a: animate: "1", expected true or false`},
		{"stand-in with formats", "a:\n  format: thumbhash\n  formats: [webp]\n", nil, "p.yaml:3: preset a: formats: its own is thumbhash, which comes in no others, expected none"},
		{"stand-in with ratios", "a:\n  format: blurhash\n  dpr: 2\n", nil, "p.yaml:3: preset a: dpr: its format is blurhash, which has no size, expected 1"},
		{"negotiated stand-in", "a:\n  width: 1\n  formats: [thumbhash]\n", nil, `p.yaml:3: preset a: formats: "thumbhash", expected one or more of jpeg, png, webp, avif, each once`},
		{"stand-in as a variant", "a:\n  width: 1\na.thumbhash:\n  quality: 1\n", nil, `p.yaml:3: preset "a.thumbhash": expected a name of`},
		{"no size", "a:\n  quality: 80\n", nil, "p.yaml:1: preset a: width: neither it nor height is set, expected at least one of them"},
		{"free side", "a:\n  width: 1\n  fit: cover\n", nil, "p.yaml:1: preset a: fit: cover with one side free, expected both width and height"},
		{"no fields", "a:\n", nil, "p.yaml:1: preset a: expected fields such as width: 640"},
		{"no mapping", "- a\n", nil, "p.yaml:1: expected names of presets, each with its fields"},
		{"no YAML", "a: {\n", nil, "p.yaml: yaml: line "},
		{"nothing", "", nil, "p.yaml: no presets, expected at least one"},
		{"two documents", "a:\n  width: 1\n---\nb:\n  width: 1\n", nil, "p.yaml: a second document, expected one"},
		{"variable field", "a:\n  width: 1\n", []string{"PRESET_A=hight=2"}, "PRESET_A: preset a: hight: unknown field"},
		{"variable form", "a:\n  width: 1\n", []string{"PRESET_A=640x480"}, `PRESET_A: "640x480", expected field=value,field=value`},
		{"variable alone", "a:\n  width: 1\n", []string{"PRESET_B=quality=1"}, "PRESET_B: preset b: width: neither it nor height is set"},
		{"variable case", "a:\n  width: 1\n", []string{"PRESET_a=width=2"}, "PRESET_a: preset a: a has the same variable PRESET_A"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := LoadPresets("p.yaml", []byte(test.file), test.environ)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v\nwant     %s", err, test.want)
			}
		})
	}
}

// TestDocumentedMistakeIsTheRealOne makes the mistake that docs/configuration.md shows.
func TestDocumentedMistakeIsTheRealOne(t *testing.T) {
	page, err := os.ReadFile("docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	mistaken := strings.Replace(string(EmbeddedPresets), "fit: cover\n  formats: [webp]\n  dpr: 2\n\nhero:", "fit: covr\n  formats: [webp]\n  dpr: 2\n\nhero:", 1)
	if _, err = LoadPresets("presets.yaml", []byte(mistaken), nil); err == nil || !strings.Contains(string(page), "\nprewmanager: "+err.Error()+"\n") {
		t.Errorf("%v is not what the page shows", err)
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	_, err := LoadPresets("p.yaml", []byte("a:\n  width: x\n  fit: y\n"), []string{"PRESET_A=quality=z"})
	for _, want := range []string{"p.yaml:2: ", "p.yaml:3: ", "PRESET_A: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
}

// TestEveryFieldIsDocumented holds the table of docs/configuration.md against the fields: it has
// each in one row, with the values and the default that the programs know.
func TestEveryFieldIsDocumented(t *testing.T) {
	page, err := os.ReadFile("docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	type row struct{ values, otherwise string }
	documented := map[string]row{}
	_, table, _ := strings.Cut(string(page), "\n| field | values | default | what it does |\n|---|---|---|---|\n")
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 {
			break // the table's end
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		name := strings.Trim(cells[1], "`")
		if _, twice := documented[name]; twice || cells[4] == "" {
			t.Errorf("%s has two rows, or one that says nothing", name)
		}
		documented[name] = row{strings.ReplaceAll(cells[2], "`", ""), cells[3]}
	}
	known := map[string]row{}
	for _, f := range fields {
		known[f.name] = row{f.expected, f.get(defaults)}
	}
	for _, f := range servingFields {
		known[f.name] = row{f.expected, f.get(unserved)}
	}
	for name, want := range known {
		if got := documented[name]; got != want {
			t.Errorf("its row is %+v, want\n| `%s` | %s | %s | ... |", got, name, want.values, want.otherwise)
		}
	}
	for name := range documented {
		if _, ok := known[name]; !ok {
			t.Errorf("%s is documented and unknown", name)
		}
	}
}

// FuzzLoadPresets checks that no text crashes the reader and that what it
// accepts needs no further check.
func FuzzLoadPresets(f *testing.F) {
	f.Add(EmbeddedPresets, "width=64,height=64")
	f.Add([]byte("a: &x\n  width: 1\nb: *x\n"), "fit=cover")
	f.Add([]byte("a:\n  ? [1]\n  : 2\n"), "")
	f.Fuzz(func(t *testing.T, file []byte, variable string) {
		presets, err := LoadPresets("p.yaml", file, []string{"PRESET_THUMB=" + variable})
		if err != nil {
			return
		}
		for _, name := range presets.Names() {
			p, ok := presets.Get(name)
			if again, err := p.Resolve(); !ok || err != nil || again != p {
				t.Errorf("%s: %+v resolves to %+v, %v", name, p, again, err)
			}
		}
	})
}
