package prew

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// EmbeddedPresets is presets.yaml as it was when the program was built. It is
// embedded here because go:embed cannot reach into a parent folder and both
// programs carry the same presets.
//
//go:embed presets.yaml
var EmbeddedPresets []byte

// Fit says how a picture meets the box of its preset, in CSS's words.
type Fit string

const (
	Contain Fit = "contain" // inside the box, whole
	Cover   Fit = "cover"   // fills the box, what is outside is cropped
	Fill    Fit = "fill"    // stretched to the box
)

// Gravity says which part of the picture cover keeps.
type Gravity string

const (
	Center      Gravity = "center"
	Top         Gravity = "top"
	Bottom      Gravity = "bottom"
	Left        Gravity = "left"
	Right       Gravity = "right"
	TopLeft     Gravity = "top-left"
	TopRight    Gravity = "top-right"
	BottomLeft  Gravity = "bottom-left"
	BottomRight Gravity = "bottom-right"
)

// Format is the format of the preview. Auto, the zero value, is JPEG, or PNG
// for a photo with transparency.
type Format string

const (
	Auto Format = ""
	JPEG Format = "jpeg"
	PNG  Format = "png"
)

// Chroma says how many samples the colour of a JPEG has, in the field's notation.
type Chroma string

const (
	Chroma420 Chroma = "4:2:0" // half as many each way as it has pixels
	Chroma444 Chroma = "4:4:4" // as many as it has pixels
)

// Kernel is the function that weighs a photo's pixels when it is shrunk, from
// the sharpest to the softest.
type Kernel string

const (
	Lanczos    Kernel = "lanczos" // three lobes
	CatmullRom Kernel = "catmull-rom"
	Bilinear   Kernel = "bilinear"
	Box        Kernel = "box"
)

// Damaged says what becomes of a JPEG that is cut short or broken.
type Damaged string

const (
	Refuse     Damaged = "refuse" // it is an error
	RenderRest Damaged = "render" // what can be read of it is rendered
)

// MaxOversample is the most a preset may ask for: at eight times the preview's
// size the decoder has nothing more to give that a preview could show.
const MaxOversample = 8

// MaxPresetSide is the longest side a preset may ask for, in pixels: the width
// of an 8K screen and a little more.
const MaxPresetSide = 8192

// Preset says how a preview is made. Width and Height are pixels, zero leaves
// that side free; Quality is 1 to 100 and means JPEG, as Chroma and Progressive
// do; Background is #rrggbb. Oversample, 1 to MaxOversample, is how many times
// larger than the preview a JPEG is decoded at least, before Kernel shrinks it.
type Preset struct {
	Width       int     `json:"width,omitempty"`
	Height      int     `json:"height,omitempty"`
	Fit         Fit     `json:"fit,omitempty"`
	Gravity     Gravity `json:"gravity,omitempty"`
	Format      Format  `json:"format,omitempty"`
	Quality     int     `json:"quality,omitempty"`
	Chroma      Chroma  `json:"chroma,omitempty"`
	Progressive bool    `json:"progressive,omitempty"`
	Background  string  `json:"background,omitempty"`
	Kernel      Kernel  `json:"kernel,omitempty"`
	Oversample  float64 `json:"oversample,omitempty"`
	Damaged     Damaged `json:"damaged,omitempty"`
}

// defaults are what a field is that nobody set. 80 is where most of the field
// keeps JPEG: below it ringing shows, above it bytes grow faster than looks. With
// 1.15 no photo is taken from less than an eighth more than its preview has, which
// is where the decoder's way of shrinking begins to show against Lanczos's: a photo
// of 5760 pixels comes to 640 from 1440 and not from 720.
var defaults = Preset{Fit: Contain, Gravity: Center, Quality: 80, Chroma: Chroma420, Background: "#ffffff",
	Kernel: Lanczos, Oversample: 1.15, Damaged: Refuse}

// field is one field of a preset: how it is read from text, and shown.
type field struct {
	name     string
	expected string
	set      func(p *Preset, text string) bool
	get      func(p Preset) string
}

var hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// fields is the one table that presets.yaml, the environment, requests and
// `prewmanager presets` all go by.
var fields = []field{
	pixels("width", func(p *Preset) *int { return &p.Width }),
	pixels("height", func(p *Preset) *int { return &p.Height }),
	word("fit", func(p *Preset) *Fit { return &p.Fit }, Contain, Cover, Fill),
	word("gravity", func(p *Preset) *Gravity { return &p.Gravity },
		Center, Top, Bottom, Left, Right, TopLeft, TopRight, BottomLeft, BottomRight),
	word("format", func(p *Preset) *Format { return &p.Format }, JPEG, PNG),
	number("quality", func(p *Preset) *int { return &p.Quality }, 100, "a whole number from 1 to 100"),
	word("chroma", func(p *Preset) *Chroma { return &p.Chroma }, Chroma420, Chroma444),
	{
		name: "progressive", expected: "true or false",
		set: func(p *Preset, text string) bool {
			p.Progressive = text == "true"
			return text == "true" || text == "false"
		},
		get: func(p Preset) string { return strconv.FormatBool(p.Progressive) },
	},
	{
		name: "background", expected: "a colour as #rrggbb, in quotes in YAML",
		set: func(p *Preset, text string) bool { p.Background = text; return hexColour.MatchString(text) },
		get: func(p Preset) string { return p.Background },
	},
	word("kernel", func(p *Preset) *Kernel { return &p.Kernel }, Lanczos, CatmullRom, Bilinear, Box),
	{
		name: "oversample", expected: fmt.Sprintf("a number from 1 to %d", MaxOversample),
		set: func(p *Preset, text string) bool {
			n, err := strconv.ParseFloat(text, 64)
			p.Oversample = n
			return err == nil && 1 <= n && n <= MaxOversample
		},
		get: func(p Preset) string {
			if p.Oversample != 0 {
				return strconv.FormatFloat(p.Oversample, 'g', -1, 64)
			}
			return ""
		},
	},
	word("damaged", func(p *Preset) *Damaged { return &p.Damaged }, Refuse, RenderRest),
}

func pixels(name string, at func(*Preset) *int) field {
	return number(name, at, MaxPresetSide, fmt.Sprintf("a whole number of pixels from 1 to %d", MaxPresetSide))
}

func number(name string, at func(*Preset) *int, most int, expected string) field {
	return field{
		name: name, expected: expected,
		set: func(p *Preset, text string) bool {
			n, err := strconv.Atoi(text)
			*at(p) = n
			return err == nil && 1 <= n && n <= most
		},
		get: func(p Preset) string {
			if n := *at(&p); n != 0 {
				return strconv.Itoa(n)
			}
			return ""
		},
	}
}

func word[T ~string](name string, at func(*Preset) *T, words ...T) field {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = string(w)
	}
	return field{
		name: name, expected: "one of " + strings.Join(names, ", "),
		set: func(p *Preset, text string) bool { *at(p) = T(text); return slices.Contains(words, T(text)) },
		get: func(p Preset) string { return string(*at(&p)) },
	}
}

// Resolve fills in the defaults of the fields that are not set and checks every
// field, so that whoever renders the preset needs to check none.
func (p Preset) Resolve() (Preset, error) {
	for _, f := range fields {
		text := f.get(p)
		if text == "" {
			if text = f.get(defaults); text == "" {
				continue // a free side, or the format that follows the photo
			}
		}
		if !f.set(&p, text) {
			return p, fmt.Errorf("%s: %q, expected %s", f.name, text, f.expected)
		}
	}
	if p.Width == 0 && p.Height == 0 {
		return p, errors.New("width: neither it nor height is set, expected at least one of them")
	}
	if p.Fit != Contain && (p.Width == 0 || p.Height == 0) {
		return p, fmt.Errorf("fit: %s with one side free, expected both width and height", p.Fit)
	}
	return p, nil
}

// Presets are the effective presets and where each of their values came from.
type Presets struct {
	names   []string // in the file's order, then the environment's
	presets map[string]Preset
	origins map[string]map[string]string // preset, field: where its value was set
}

// Value is one field of an effective preset. Text is empty for a field that is
// left open; Origin is a file and line, a variable, or "default".
type Value struct {
	Field, Text, Origin string
}

// presetName is what a preset may be called: what stands in a URL and in the
// name of a variable without being escaped.
var presetName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// LoadPresets reads presets from YAML text, under the name its errors shall
// give it, and applies the PRESET_<NAME> variables of an environment in the
// form of os.Environ. Its error joins every mistake found, each with file and
// line or variable, the field, and what was expected.
func LoadPresets(file string, text []byte, environ []string) (Presets, error) {
	ps := Presets{presets: map[string]Preset{}, origins: map[string]map[string]string{}}
	errs := ps.readYAML(file, text)
	errs = append(errs, ps.readEnviron(environ)...)
	for _, name := range ps.names {
		resolved, err := ps.presets[name].Resolve()
		// A field's own mistake has been reported where it was set; what is
		// left are fields that do not go together.
		if err != nil && len(errs) == 0 {
			errs = append(errs, fmt.Errorf("%s: preset %s: %w", ps.origins[name][""], name, err))
		}
		ps.presets[name] = resolved
	}
	if len(ps.names) == 0 && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("%s: no presets, expected at least one", file))
	}
	return ps, errors.Join(errs...)
}

// Names lists the presets, in the file's order, then those of the environment.
func (ps Presets) Names() []string { return slices.Clone(ps.names) }

// Get returns a preset by its name, resolved and checked.
func (ps Presets) Get(name string) (Preset, bool) {
	p, ok := ps.presets[name]
	return p, ok
}

// Explain lists the fields of a preset with where each value came from.
func (ps Presets) Explain(name string) []Value {
	var values []Value
	for _, f := range fields {
		origin, ok := ps.origins[name][f.name]
		if !ok {
			origin = "default"
		}
		values = append(values, Value{f.name, f.get(ps.presets[name]), origin})
	}
	return values
}

// define makes room for a preset that was first named at origin.
func (ps *Presets) define(name, origin string) error {
	if !presetName.MatchString(name) {
		return fmt.Errorf("%s: preset %q: expected a name of at most 64 letters, digits, _ and -", origin, name)
	}
	for _, other := range ps.names {
		if variable(other) == variable(name) {
			return fmt.Errorf("%s: preset %s: %s has the same variable %s, expected another name",
				origin, name, other, variable(name))
		}
	}
	ps.names = append(ps.names, name)
	ps.origins[name] = map[string]string{"": origin}
	return nil
}

// set gives a field of a preset the value that origin spells as text.
func (ps *Presets) set(preset, fieldName, text, origin string) error {
	for _, f := range fields {
		if f.name != fieldName {
			continue
		}
		p := ps.presets[preset]
		if !f.set(&p, text) {
			return fmt.Errorf("%s: preset %s: %s: %q, expected %s", origin, preset, fieldName, text, f.expected)
		}
		ps.presets[preset] = p
		ps.origins[preset][fieldName] = origin
		return nil
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return fmt.Errorf("%s: preset %s: %s: unknown field, expected one of %s",
		origin, preset, fieldName, strings.Join(names, ", "))
}

func (ps *Presets) readYAML(file string, text []byte) (errs []error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); err == io.EOF {
		return nil // an empty file leaves everything to the environment
	} else if err != nil {
		return []error{fmt.Errorf("%s: %w", file, err)}
	}
	if err := decoder.Decode(new(yaml.Node)); err != io.EOF {
		return []error{fmt.Errorf("%s: a second document, expected one", file)}
	}
	at := func(n *yaml.Node) string { return fmt.Sprintf("%s:%d", file, n.Line) }
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return []error{fmt.Errorf("%s: expected names of presets, each with its fields", at(top))}
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		name, body := top.Content[i], top.Content[i+1]
		if err := ps.define(name.Value, at(name)); err != nil {
			errs = append(errs, err)
			continue
		}
		if body.Kind != yaml.MappingNode {
			errs = append(errs, fmt.Errorf("%s: preset %s: expected fields such as width: 640", at(body), name.Value))
			continue
		}
		for j := 0; j+1 < len(body.Content); j += 2 {
			key, value := body.Content[j], body.Content[j+1]
			if _, twice := ps.origins[name.Value][key.Value]; twice {
				errs = append(errs, fmt.Errorf("%s: preset %s: %s: set twice, expected once", at(key), name.Value, key.Value))
				continue
			}
			// What is no scalar has no text, and no field takes an empty one.
			if err := ps.set(name.Value, key.Value, value.Value, at(key)); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

// variable is the name of the environment variable that overrides a preset.
func variable(preset string) string {
	return "PRESET_" + strings.ToUpper(strings.ReplaceAll(preset, "-", "_"))
}

func (ps *Presets) readEnviron(environ []string) (errs []error) {
	// The order of an environment means nothing; a fixed one keeps what is
	// printed the same from start to start.
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		origin, text, _ := strings.Cut(entry, "=")
		suffix, ok := strings.CutPrefix(origin, "PRESET_")
		if !ok || text == "" {
			continue
		}
		i := slices.IndexFunc(ps.names, func(name string) bool { return variable(name) == origin })
		name := strings.ToLower(suffix)
		if i >= 0 {
			name = ps.names[i]
		} else if err := ps.define(name, origin); err != nil {
			errs = append(errs, err)
			continue
		}
		for assignment := range strings.SplitSeq(text, ",") {
			key, value, ok := strings.Cut(assignment, "=")
			if !ok {
				errs = append(errs, fmt.Errorf("%s: %q, expected field=value,field=value", origin, assignment))
				continue
			}
			if err := ps.set(name, strings.TrimSpace(key), strings.TrimSpace(value), origin); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}
