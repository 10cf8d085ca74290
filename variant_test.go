package prew

import (
	"bufio"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const variantsFile = `card:
  width: 640
  height: 360
  fit: cover
  formats: [webp, png]
  dpr: 3
card.webp:
  quality: 55
card@2x:
  quality: 60
  kernel: box
card@2x.png: {width: 999}
hero:
  width: 1440
plain:
  height: 100
  dpr: 2
`

func TestVariantsAreAsTheirPresetSays(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte(variantsFile), []string{
		"PRESET_CARD__3X__WEBP=quality=40", "PRESET_HERO=formats=webp,width=1000", "PRESET_HERO__WEBP=quality=70",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := presets.Names(), []string{"card", "hero", "plain"}; !slices.Equal(got, want) {
		t.Errorf("names = %v, want %v", got, want)
	}
	for name, want := range map[string][]string{
		"card": {"card.webp", "card.png", "card@2x", "card@2x.webp", "card@2x.png", "card@3x", "card@3x.webp", "card@3x.png"},
		"hero": {"hero.webp"}, "plain": {"plain@2x"}, "card@2x": nil, "nope": nil,
	} {
		if got := presets.Variants(name); !slices.Equal(got, want) {
			t.Errorf("variants of %s = %v, want %v", name, got, want)
		}
	}
	card := func(change func(*Preset)) Preset {
		p := defaults
		p.Width, p.Height, p.Fit = 640, 360, Cover
		change(&p)
		return p
	}
	for name, want := range map[string]Preset{
		"card":         card(func(*Preset) {}),
		"card.webp":    card(func(p *Preset) { p.Format, p.Quality = WebP, 55 }),
		"card.png":     card(func(p *Preset) { p.Format = PNG }),
		"card@2x":      card(func(p *Preset) { p.Width, p.Height, p.Quality, p.Kernel = 1280, 720, 60, Box }),
		"card@2x.webp": card(func(p *Preset) { p.Width, p.Height, p.Quality, p.Kernel, p.Format = 1280, 720, 60, Box, WebP }),
		"card@2x.png":  card(func(p *Preset) { p.Width, p.Height, p.Quality, p.Kernel, p.Format = 999, 720, 60, Box, PNG }),
		"card@3x":      card(func(p *Preset) { p.Width, p.Height = 1920, 1080 }),
		"card@3x.webp": card(func(p *Preset) { p.Width, p.Height, p.Quality, p.Format = 1920, 1080, 40, WebP }),
		"hero.webp":    card(func(p *Preset) { p.Width, p.Height, p.Fit, p.Format, p.Quality = 1000, 0, Contain, WebP, 70 }),
		"plain@2x":     card(func(p *Preset) { p.Width, p.Height, p.Fit = 0, 200, Contain }),
	} {
		if got, ok := presets.Get(name); !ok || got != want {
			t.Errorf("%s = %+v, %v; want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{"card@4x", "card@1x", "card@2x.jpeg", "card.jpeg", "card.avif", "hero@2x", "hero.png", "plain.webp", "card@2x@2x", "card.webp@2x", "card.", "@2x", ".webp", "card@02x", "CARD.webp"} {
		if p, ok := presets.Get(name); ok {
			t.Errorf("%s is there: %+v", name, p)
		}
	}
	for field, want := range map[string]Value{
		"width": {"width", "1280", "its name"}, "format": {"format", "webp", "its name"}, "quality": {"quality", "60", "p.yaml:10"},
		"fit": {"fit", "cover", "p.yaml:4"}, "chroma": {"chroma", "4:2:0", "default"},
	} {
		if got := presets.Explain("card@2x.webp"); !slices.Contains(got, want) {
			t.Errorf("%s: %v\nwant %v", field, got, want)
		}
	}
	if got, want := presets.Explain("card"), []Value{{"formats", "webp png", "p.yaml:5"}, {"dpr", "3", "p.yaml:6"}, {"aliases", "", "default"}, {"access", "open", "default"}}; !slices.Equal(got[len(got)-4:], want) {
		t.Errorf("%v, want %v at its end", got, want)
	}
}

// TestLooksOfFinerScreensAreAsWide has previews with more pixels, of which a blur, a border and
// corners take as many more, and none where that is said.
func TestLooksOfFinerScreensAreAsWide(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte("a: {width: 100, blur: 30, tone: grey, border: 2, radius: 3000, dpr: 4}\na@3x: {blur: 0, tone: none, border: 0, radius: 0}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Preset{
		"a":    {Blur: 30, Tone: Grey, Border: 2, Radius: 3000},
		"a@2x": {Blur: 60, Tone: Grey, Border: 4, Radius: 6000},
		"a@3x": {},
		"a@4x": {Blur: MaxBlur, Tone: Grey, Border: 8, Radius: MaxPresetSide},
	} {
		if got, ok := presets.Get(name); !ok || got.Blur != want.Blur || got.Tone != want.Tone || got.Radius != want.Radius || got.Border != want.Border {
			t.Errorf("%s: blur %v, tone %q, border %d, radius %d; want %v, %q, %d, %d", name, got.Blur, got.Tone, got.Border, got.Radius, want.Blur, want.Tone, want.Border, want.Radius)
		}
	}
	if got, want := presets.Explain("a@2x"), (Value{"blur", "60", "its name"}); !slices.Contains(got, want) {
		t.Errorf("%v, want %v among them", got, want)
	}
}

// TestVariantsCanBeTakenAway checks that the environment can make a preset plain.
func TestVariantsCanBeTakenAway(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte("card:\n  width: 640\n  formats: [webp]\n  dpr: 2\nnone:\n  width: 1\n  formats: []\n"), []string{"PRESET_CARD=formats=,dpr=1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range presets.Names() {
		if got := presets.Variants(name); got != nil {
			t.Errorf("%s has %v", name, got)
		}
		if ref, negotiated := presets.Negotiate(Ref{name, "a.jpg"}, "image/webp", Place{Prefix: "prew/"}); negotiated || ref.Preset != name {
			t.Errorf("%s: %v, %v", name, ref, negotiated)
		}
	}
}

func TestMistakesInVariants(t *testing.T) {
	tests := []struct {
		name, file string
		environ    []string
		want       string
	}{
		{"format", "a:\n  width: 1\n  formats: [webp, jpg]\n", nil, `p.yaml:3: preset a: formats: "webp jpg", expected one or more of jpeg, png, webp, avif, each once, the best first`},
		{"format twice", "a:\n  width: 1\n  formats: [webp, webp]\n", nil, `p.yaml:3: preset a: formats: "webp webp", expected`},
		{"its own format", "a:\n  width: 1\n  format: png\n  formats: [webp, png]\n", nil, "p.yaml:4: preset a: formats: png is its own format, expected others"},
		{"ratio", "a:\n  width: 1\n  dpr: 5\n", nil, `p.yaml:3: preset a: dpr: "5", expected a whole number from 1 to 4`},
		{"fraction", "a:\n  width: 1\n  dpr: 1.5\n", nil, `p.yaml:3: preset a: dpr: "1.5", expected a whole number from 1 to 4`},
		{"too large", "a:\n  width: 3000\n  dpr: 3\n", nil, `p.yaml:1: preset a@3x: width: "9000", expected a whole number of pixels from 1 to 8192`},
		{"too large by itself", "a:\n  width: 3000\n  dpr: 3\na@3x:\n  width: 8000\n  fit: cover\n", nil, "p.yaml:4: preset a@3x: fit: cover with one side free"},
		{"undeclared format", "a:\n  width: 1\na.webp:\n  quality: 1\n", nil, "p.yaml:3: preset a.webp: no preset has this variant, expected formats and dpr of a to name it"},
		{"undeclared ratio", "a:\n  width: 1\n  dpr: 2\na@3x:\n  quality: 1\n", nil, "p.yaml:4: preset a@3x: no preset has this variant, expected formats and dpr of a to name it"},
		{"no preset", "a:\n  width: 1\nb.webp:\n  quality: 1\n", nil, "p.yaml:3: preset b.webp: no preset has this variant, expected a preset b"},
		{"no format", "a:\n  width: 1\na.jpg:\n  quality: 1\n", nil, `p.yaml:3: preset "a.jpg": expected a name of at most 64 letters, digits, _ and -, or a variant as card@2x.webp`},
		{"named twice", "a:\n  width: 1\n  dpr: 2\na@2x:\n  quality: 1\na@2x:\n  quality: 2\n", nil, "p.yaml:6: preset a@2x: named twice, expected once"},
		{"set twice", "a:\n  width: 1\n  dpr: 2\na@2x:\n  quality: 1\n  quality: 2\n", nil, "p.yaml:6: preset a@2x: quality: set twice, expected once"},
		{"format of a variant", "a:\n  width: 1\n  formats: [webp]\na.webp:\n  format: png\n", nil, "p.yaml:5: preset a.webp: format: a variant has it by its name, expected another field"},
		{"variants of a variant", "a:\n  width: 1\n  formats: [webp]\na.webp:\n  dpr: 2\n", nil, "p.yaml:5: preset a.webp: dpr: a variant has it by its name, expected another field"},
		{"aliases of a variant", "a:\n  width: 1\n  formats: [webp]\na.webp:\n  aliases: [\"/x/{key}\"]\n", nil, "p.yaml:5: preset a.webp: aliases: its preset has it, expected another field"},
		{"value", "a:\n  width: 1\n  formats: [webp]\na.webp:\n  quality: 0\n", nil, `p.yaml:5: preset a.webp: quality: "0", expected a whole number from 1 to 100`},
		{"variable, undeclared", "a:\n  width: 1\n", []string{"PRESET_A__WEBP=quality=50"}, "PRESET_A__WEBP: preset a.webp: no preset has this variant"},
		{"variable, no format", "a:\n  width: 1\n", []string{"PRESET_A__WEPB=quality=50"}, "PRESET_A__WEPB: preset a__wepb: width: neither it nor height is set"},
		{"same variable", "a:\n  width: 1\n  dpr: 2\na__2x:\n  width: 1\n", nil, "p.yaml:1: preset a: a__2x has the same variable PRESET_A__2X as its variant a@2x, expected another name"},
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

// acceptRow is one line of nginx/testdata/accept.tsv, which says what the columns are.
type acceptRow struct {
	accept  string
	formats []string
	note    string
}

func acceptRows(t testing.TB) (rows []acceptRow) {
	t.Helper()
	file, err := os.Open("nginx/testdata/accept.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		accept := ""
		if columns[0] != "-" {
			if accept, err = strconv.Unquote(columns[0]); err != nil {
				t.Fatalf("%q: %v", lines.Text(), err)
			}
		}
		rows = append(rows, acceptRow{accept, strings.Fields(columns[1]), columns[2]})
	}
	return rows
}

func TestAccept(t *testing.T) {
	rows := acceptRows(t)
	if len(rows) < 40 {
		t.Fatalf("%d rows, expected at least 40", len(rows))
	}
	for _, row := range rows {
		for _, format := range []Format{"avif", "webp", "png", "jpeg"} {
			if got, want := accepts(row.accept, format), slices.Contains(row.formats, string(format)); got != want {
				t.Errorf("%.100q (%s) accepts %s: %t, want %t", row.accept, row.note, format, got, want)
			}
		}
	}
}

// TestFirstAcceptedFormatIsChosen checks that the order of the preset counts, for the preset
// and its pixel ratios, and that names of a format are nobody's choice.
func TestFirstAcceptedFormatIsChosen(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte(variantsFile+"modern: {width: 100, formats: [avif, webp], dpr: 2}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		preset, accept, want string
		negotiated           bool
	}{
		{"card", "image/png,image/webp", "card.webp", true},
		{"card", "image/png", "card.png", true},
		{"card", "image/webp;q=0,image/png", "card.png", true},
		{"card", "image/jpeg,*/*", "card", true},
		{"card", "", "card", true},
		{"card@2x", "image/webp", "card@2x.webp", true},
		{"card@3x", "*/*", "card@3x", true},
		{"card.webp", "image/png", "card.webp", false},
		{"card@2x.png", "image/webp", "card@2x.png", false},
		{"card@4x", "image/webp", "card@4x", false},
		{"hero", "image/webp", "hero", false},
		{"plain@2x", "image/webp", "plain@2x", false},
		{"nope", "image/webp", "nope", false},
		{"modern", "image/webp,image/avif", "modern.avif", true},
		{"modern@2x", "image/avif;q=0,image/webp", "modern@2x.webp", true},
		{"modern", "image/*,*/*", "modern", true},
		{"modern.avif", "image/webp", "modern.avif", false},
	}
	for _, test := range tests {
		got, negotiated := presets.Negotiate(Ref{test.preset, "a/b.jpg"}, test.accept, Place{Prefix: "prew/"})
		if got != (Ref{test.want, "a/b.jpg"}) || negotiated != test.negotiated {
			t.Errorf("%s for %q: %v, %v; want %s, %v", test.preset, test.accept, got, negotiated, test.want, test.negotiated)
		}
	}
}

// TestLongestKeysAreNotNegotiated checks that the choice never makes a key too long for S3.
func TestLongestKeysAreNotNegotiated(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte(variantsFile), nil)
	if err != nil {
		t.Fatal(err)
	}
	longest := Ref{"card", strings.Repeat("k", MaxObject-len("prew/card.webp/"))}
	if chosen, negotiated := presets.Negotiate(longest, "image/webp", Place{Prefix: "prew/"}); !negotiated || len("prew/"+chosen.String()) != MaxObject {
		t.Errorf("a key of %d bytes, %v", len("prew/"+chosen.String()), negotiated)
	}
	longest.Key += "k"
	if chosen, negotiated := presets.Negotiate(longest, "image/webp", Place{Prefix: "prew/"}); negotiated || chosen != longest {
		t.Errorf("a key of %d bytes, %v", len("prew/"+chosen.String()), negotiated)
	}
}

func TestHTML(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte(variantsFile+"thumb:\n  width: 200\n  height: 200\nwide:\n  width: 800\n  formats: [webp]\n  dpr: 2\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ preset, img, picture string }{
		{"card", `<img src="/prew/card/a%20b.jpg" srcset="/prew/card/a%20b.jpg, /prew/card@2x/a%20b.jpg 2x, /prew/card@3x/a%20b.jpg 3x" width="640" height="360" alt="">`,
			`<picture>
  <source type="image/webp" srcset="/prew/card.webp/a%20b.jpg, /prew/card@2x.webp/a%20b.jpg 2x, /prew/card@3x.webp/a%20b.jpg 3x">
  <source type="image/png" srcset="/prew/card.png/a%20b.jpg, /prew/card@2x.png/a%20b.jpg 2x, /prew/card@3x.png/a%20b.jpg 3x">
  <img src="/prew/card/a%20b.jpg" srcset="/prew/card/a%20b.jpg, /prew/card@2x/a%20b.jpg 2x, /prew/card@3x/a%20b.jpg 3x" width="640" height="360" alt="">
</picture>`},
		{"hero", `<img src="/prew/hero/a%20b.jpg" width="1440" alt="">`, "<picture>\n" + `  <img src="/prew/hero/a%20b.jpg" width="1440" alt="">` + "\n</picture>"},
		{"plain", `<img src="/prew/plain/a%20b.jpg" srcset="/prew/plain/a%20b.jpg, /prew/plain@2x/a%20b.jpg 2x" height="100" alt="">`, ""},
		{"thumb", `<img src="/prew/thumb/a%20b.jpg" alt="">`, ""},
		{"wide", `<img src="/prew/wide/a%20b.jpg" srcset="/prew/wide/a%20b.jpg 800w, /prew/wide@2x/a%20b.jpg 1600w" sizes="(max-width: 800px) 100vw, 800px" width="800" alt="">`,
			`<picture>
  <source type="image/webp" srcset="/prew/wide.webp/a%20b.jpg 800w, /prew/wide@2x.webp/a%20b.jpg 1600w" sizes="(max-width: 800px) 100vw, 800px">
  <img src="/prew/wide/a%20b.jpg" srcset="/prew/wide/a%20b.jpg 800w, /prew/wide@2x/a%20b.jpg 1600w" sizes="(max-width: 800px) 100vw, 800px" width="800" alt="">
</picture>`},
	}
	for _, test := range tests {
		ref := Ref{test.preset, "a b.jpg"}
		if got := presets.Img(ref, Outline{}); got != test.img {
			t.Errorf("%s: %s\nwant %s", test.preset, got, test.img)
		}
		if got := presets.Picture(ref, Outline{}); test.picture != "" && got != test.picture {
			t.Errorf("%s: %s\nwant %s", test.preset, got, test.picture)
		}
	}
}

// TestHTMLKeepsThePlace: the size of a preview whose sides its preset leaves open is the one that
// it is rendered in, and of the others that of the preset.
func TestHTMLKeepsThePlace(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte("wide: {width: 800}\nhigh: {height: 300}\nbox: {width: 200, height: 100}\ncard: {width: 640, height: 360, fit: cover}\nframe: {width: 640, height: 360, fit: pad}\n"+
		"trimmed: {width: 800, trim: 20}\ntrimmed_box: {width: 200, height: 100, trim: 20}\nbordered: {width: 200, height: 100, border: 8}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		preset  string
		outline Outline
		want    string
	}{
		{"wide", Outline{Width: 4032, Height: 3024, Colour: "#a0b1c2"}, `width="800" height="600" style="background: #a0b1c2"`},
		{"wide", Outline{Width: 3024, Height: 4032}, `width="800" height="1067"`},
		{"wide", Outline{Width: 400, Height: 300}, `width="400" height="300"`},
		{"wide", Outline{Width: 65500, Height: 1}, `width="800" height="1"`},
		{"wide", Outline{Width: 4032}, `width="800"`},
		{"high", Outline{Width: 4032, Height: 3024}, `width="400" height="300"`},
		{"high", Outline{Width: 400, Height: 200}, `width="400" height="200"`},
		{"high", Outline{}, `height="300"`},
		{"box", Outline{Width: 4032, Height: 3024}, `width="133" height="100"`},
		{"box", Outline{Width: 4000, Height: 1000}, `width="200" height="50"`},
		{"box", Outline{Width: 4000, Height: 2000}, `width="200" height="100"`},
		{"box", Outline{Width: 150, Height: 3000}, `width="5" height="100"`},
		{"box", Outline{Width: 3000, Height: 90}, `width="200" height="6"`},
		{"box", Outline{Width: 30, Height: 20}, `width="30" height="20"`},
		{"box", Outline{Colour: "#a0b1c2"}, `style="background: #a0b1c2"`},
		{"trimmed", Outline{Width: 4032, Height: 3024, Colour: "#a0b1c2"}, `width="800" style="background: #a0b1c2"`},
		{"trimmed_box", Outline{Width: 4032, Height: 3024, Colour: "#a0b1c2"}, `style="background: #a0b1c2"`},
		{"bordered", Outline{Width: 4032, Height: 3024}, `width="133" height="100"`},
		{"card", Outline{Width: 4032, Height: 3024, Colour: "#a0b1c2"}, `width="640" height="360" style="background: #a0b1c2"`},
		{"frame", Outline{Width: 4032, Height: 3024}, `width="640" height="360"`},
	} {
		want := `<img src="/prew/` + test.preset + `/a.jpg" ` + test.want + ` alt="">`
		if got := presets.Img(Ref{test.preset, "a.jpg"}, test.outline); got != want {
			t.Errorf("%s, %+v: %s\nwant %s", test.preset, test.outline, got, want)
		}
	}
}

// TestEmbeddedPresetsComeInBetterFormatsAndTwiceAsLarge checks what make run shows.
func TestEmbeddedPresetsComeInBetterFormatsAndTwiceAsLarge(t *testing.T) {
	presets, err := LoadPresets("presets.yaml", EmbeddedPresets, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"thumb":         {"thumb.webp", "thumb@2x", "thumb@2x.webp"},
		"card":          {"card.webp", "card@2x", "card@2x.webp"},
		"hero":          {"hero.avif", "hero.webp", "hero@2x", "hero@2x.avif", "hero@2x.webp"},
		"preset_name_1": nil,
	} {
		if got := presets.Variants(name); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", name, got, want)
		}
	}
}

// FuzzVariantNames checks that a name which is read is the one that is written.
func FuzzVariantNames(f *testing.F) {
	for _, name := range []string{"card@2x.webp", "card.webp", "card@2x", "card", "card@9x", "a.b@2x"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		v, ok := parseVariant(name)
		if ok && (v.String() != name || presetName.MatchString(name)) {
			t.Errorf("%q is read as %q", name, v)
		}
		if again, _ := parseVariant(v.String()); ok && again != v {
			t.Errorf("%q: %+v, then %+v", name, v, again)
		}
	})
}
