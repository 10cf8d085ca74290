package prew

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Fit says how a photo fits the box of its preset, in CSS's words.
type Fit string

const (
	Contain Fit = "contain" // inside the box, whole
	Cover   Fit = "cover"   // fills the box; what lies outside is cropped
	Fill    Fit = "fill"    // stretched to the box
	Pad     Fit = "pad"     // inside the box, whole, and Background fills the rest
)

// Gravity says which part of the photo Cover keeps.
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
	Smart       Gravity = "smart" // what people look at: skin, detail and strong colours
	Face        Gravity = "face"  // the faces that there are, or the largest; Smart where there are none
	Focus       Gravity = "focus" // what an editor has pointed at; Smart where nobody has
)

// Format is the format of the preview. Auto, the zero value, is JPEG, or PNG
// for a photo with transparency, or for one that its preset leaves as it is and
// that would be larger as a JPEG.
type Format string

const (
	Auto Format = ""
	JPEG Format = "jpeg"
	PNG  Format = "png"
	WebP Format = "webp"
	AVIF Format = "avif"

	ThumbHash Format = "thumbhash" // in base64
	BlurHash  Format = "blurhash"
)

// formats are the formats of pictures but Auto, and standIns those of texts that stand in for
// one until it has arrived. A page draws a blur from such a text. Only a preset's own format may
// be one: no client accepts them by a name, and they have no sizes.
var (
	formats  = []Format{JPEG, PNG, WebP, AVIF}
	standIns = []Format{ThumbHash, BlurHash}
)

// StandsIn reports whether a format is that of a text.
func (f Format) StandsIn() bool { return slices.Contains(standIns, f) }

// MediaType is the media type of a picture's format other than Auto (IANA, "Media Types", image).
func (f Format) MediaType() string { return "image/" + string(f) }

// Chroma is the chroma subsampling of a JPEG or AVIF, in the usual notation.
type Chroma string

const (
	Chroma420 Chroma = "4:2:0" // half as many samples as pixels, each way
	Chroma444 Chroma = "4:4:4" // as many samples as pixels
)

// Effort says how much is tried to make a WebP or AVIF small.
type Effort string

const (
	Fast     Effort = "fast"
	Balanced Effort = "balanced"
	Small    Effort = "small"
)

// Colour says what becomes of a photo whose colours are not sRGB's.
type Colour string

const (
	SRGB Colour = "srgb" // they are converted
	Keep Colour = "keep" // the preview carries the photo's colour profile, if that is not too large
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

// Damaged says what happens to a JPEG that is cut short or broken.
type Damaged string

const (
	Refuse     Damaged = "refuse" // it is an error
	RenderRest Damaged = "render" // the part that can be read is rendered
)

// Blurred is the Background that is the photo itself, covering the box and blurred.
const Blurred = "blur"

// Tone is what the colours of a preview are made of: none for its own, Grey, Sepia, or a
// colour as #rrggbb, from black over it to white.
type Tone string

const (
	Grey  Tone = "grey"
	Sepia Tone = "sepia"
)

const (
	// MinBlur and MaxBlur bound Blur: less can't be seen, and more leaves nothing to see.
	MinBlur = 0.3
	MaxBlur = 100
)

// AutoQuality is the Quality of a preset that says how like its photo a preview shall be and not
// with which number.
const AutoQuality = -1

// LeastLikeness and MostLikeness bound Likeness: below it anybody sees the loss, and above it
// nobody does.
const (
	LeastLikeness = 0.85
	MostLikeness  = 0.995
)

// MaxOversample is the largest Oversample of a preset: a JPEG decoded larger than
// eight times the preview's size adds nothing that the preview could show.
const MaxOversample = 8

// MaxPresetSide is the longest side a preset may ask for, in pixels: the width
// of an 8K screen and a little more.
const MaxPresetSide = 8192

// MaxStandInSide is the longest side of what a stand-in is made from, in pixels, and what a side
// that is left free has. It is ThumbHash's own limit: a text has a few waves, and more than their
// pixels would not show.
const MaxStandInSide = 100

// Preset says how a preview is made. Width and Height are pixels; zero leaves that
// side free. With Animate a photo that moves gives a preview that moves, where Format is WebP,
// or Auto, which is a GIF then, whose colours Dither mixes. Quality, 1 to 100, is for JPEG, WebP and AVIF, in which a number looks
// about the same, or is AutoQuality: then it is the lowest one at which the preview is as like
// what is encoded as Likeness says, which is zero without it; Chroma is for JPEG and AVIF, Progressive for JPEG alone, and Effort for WebP and AVIF. Background is
// #rrggbb or Blurred.
// A JPEG is decoded at least Oversample times as large as the preview, 1 to
// MaxOversample, before Kernel shrinks it. Trim takes away a border of the photo whose pixels
// differ by so much, of 255, at most from the one at its top left; zero takes none. Blur is
// the standard deviation of a Gaussian in pixels of the preview. Sharpen is in per cent of what
// a blur of one pixel takes from luma. Brightness, Contrast and Saturation are per cent more or
// less, from -100 to 100. Watermark names the picture that is put on the preview, Mark is its
// file where that travels with the preset, and the fields beside them, zero without it, say
// where it goes and how: its width and margin are per cent of the preview's width, and the
// margin is a text because it may be 0. Border is the width of a border inside the preview, in
// its pixels; BorderColour is #rrggbb, and black where it is empty. Radius is that of the
// preview's corners in its pixels, at most half of its shorter side, and Circle leaves an
// ellipse that touches all four sides. All of them, and Tone, are zero for a preview that is
// left as it is, and are done in this order. Source names where the photo lies (source.go);
// empty is the default source.
type Preset struct {
	Width       int     `json:"width,omitempty"`
	Height      int     `json:"height,omitempty"`
	Fit         Fit     `json:"fit,omitempty"`
	Gravity     Gravity `json:"gravity,omitempty"`
	Format      Format  `json:"format,omitempty"`
	Animate     bool    `json:"animate,omitempty"`
	Dither      bool    `json:"dither,omitempty"`
	Quality     int     `json:"quality,omitempty"`
	Likeness    float64 `json:"likeness,omitempty"`
	Chroma      Chroma  `json:"chroma,omitempty"`
	Progressive bool    `json:"progressive,omitempty"`
	Effort      Effort  `json:"effort,omitempty"`
	Background  string  `json:"background,omitempty"`
	Colour      Colour  `json:"colour,omitempty"`
	Kernel      Kernel  `json:"kernel,omitempty"`
	Oversample  float64 `json:"oversample,omitempty"`
	Damaged     Damaged `json:"damaged,omitempty"`
	Trim        int     `json:"trim,omitempty"`
	Blur        float64 `json:"blur,omitempty"`
	Sharpen     int     `json:"sharpen,omitempty"`
	Brightness  int     `json:"brightness,omitempty"`
	Contrast    int     `json:"contrast,omitempty"`
	Saturation  int     `json:"saturation,omitempty"`
	Tone        Tone    `json:"tone,omitempty"`

	Watermark        string  `json:"watermark,omitempty"`
	WatermarkGravity Gravity `json:"watermark-gravity,omitempty"`
	WatermarkWidth   int     `json:"watermark-width,omitempty"`
	WatermarkMargin  string  `json:"watermark-margin,omitempty"`
	WatermarkOpacity int     `json:"watermark-opacity,omitempty"`
	WatermarkTile    bool    `json:"watermark-tile,omitempty"`
	Mark             Mark    `json:"watermark-file,omitempty"`

	Border       int    `json:"border,omitempty"`
	BorderColour string `json:"border-colour,omitempty"`
	Radius       int    `json:"radius,omitempty"`
	Circle       bool   `json:"circle,omitempty"`
	Source       string `json:"source,omitempty"`
}

// defaults holds the values of fields that are not set. Quality 80 is the usual
// choice for JPEG: below it ringing shows, above it the bytes grow faster than the
// looks. Oversample 1.15 is just above an eighth more than the preview's size, where
// the decoder's own scaling begins to look worse than Lanczos: for a preview of 640
// pixels a photo of 5760 is decoded to 1440 and not to 720.
var defaults = Preset{Fit: Contain, Gravity: Center, Quality: 80, Chroma: Chroma420, Effort: Balanced, Background: "#ffffff",
	Colour: SRGB, Kernel: Lanczos, Oversample: 1.15, Damaged: Refuse}

// field is one field of a preset: how it is read from text and written as text.
type field[T any] struct {
	name     string
	expected string
	list     bool // of words: a list in YAML, with spaces between them as text
	words    []string
	limits   limits
	set      func(of *T, text string) bool
	get      func(of T) string
}

// limits are those of a number, of which people choose multiples of step. The zero limits are
// those of what is no number.
type limits struct{ least, most, step float64 }

var hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// fields is the table of all fields that say how a preview is made. presets.yaml, the
// environment, requests and `prewmanager presets` use this one. What a preset says beside
// that is in servingFields (serving.go).
var fields = []field[Preset]{
	pixels("width", func(p *Preset) *int { return &p.Width }),
	pixels("height", func(p *Preset) *int { return &p.Height }),
	word("fit", func(p *Preset) *Fit { return &p.Fit }, Contain, Cover, Fill, Pad),
	word("gravity", func(p *Preset) *Gravity { return &p.Gravity },
		Center, Top, Bottom, Left, Right, TopLeft, TopRight, BottomLeft, BottomRight, Smart, Face, Focus),
	word("format", func(p *Preset) *Format { return &p.Format }, slices.Concat(formats, standIns)...),
	truth("animate", func(p *Preset) *bool { return &p.Animate }),
	truth("dither", func(p *Preset) *bool { return &p.Dither }),
	{
		name: "quality", expected: "a whole number from 1 to 100, or auto", limits: limits{1, 100, 1}, words: []string{"auto"},
		set: func(p *Preset, text string) bool {
			if text == "auto" {
				p.Quality = AutoQuality
				return true
			}
			n, err := strconv.Atoi(text)
			p.Quality = n
			return err == nil && 1 <= n && n <= 100
		},
		get: func(p Preset) string {
			switch p.Quality {
			case AutoQuality:
				return "auto"
			case 0:
				return ""
			}
			return strconv.Itoa(p.Quality)
		},
	},
	{
		name: "likeness", expected: fmt.Sprintf("a number from %v to %v", LeastLikeness, MostLikeness), limits: limits{LeastLikeness, MostLikeness, 0.005},
		set: func(p *Preset, text string) bool {
			n, err := strconv.ParseFloat(text, 64)
			p.Likeness = n
			return err == nil && LeastLikeness <= n && n <= MostLikeness
		},
		get: func(p Preset) string { return decimal(p.Likeness) },
	},
	word("chroma", func(p *Preset) *Chroma { return &p.Chroma }, Chroma420, Chroma444),
	truth("progressive", func(p *Preset) *bool { return &p.Progressive }),
	word("effort", func(p *Preset) *Effort { return &p.Effort }, Fast, Balanced, Small),
	{
		name: "background", expected: "a colour as #rrggbb, in quotes in YAML, or blur", words: []string{Blurred},
		set: func(p *Preset, text string) bool {
			p.Background = text
			return text == Blurred || hexColour.MatchString(text)
		},
		get: func(p Preset) string { return p.Background },
	},
	word("colour", func(p *Preset) *Colour { return &p.Colour }, SRGB, Keep),
	word("kernel", func(p *Preset) *Kernel { return &p.Kernel }, Lanczos, CatmullRom, Bilinear, Box),
	{
		name: "oversample", expected: fmt.Sprintf("a number from 1 to %d", MaxOversample), limits: limits{1, MaxOversample, 0.05},
		set: func(p *Preset, text string) bool {
			n, err := strconv.ParseFloat(text, 64)
			p.Oversample = n
			return err == nil && 1 <= n && n <= MaxOversample
		},
		get: func(p Preset) string { return decimal(p.Oversample) },
	},
	word("damaged", func(p *Preset) *Damaged { return &p.Damaged }, Refuse, RenderRest),
	wholeOrNone("trim", func(p *Preset) *int { return &p.Trim }, 0, 255, "a whole number"),
	{
		name: "blur", expected: fmt.Sprintf("a number from %v to %d, or 0 for none", MinBlur, MaxBlur), limits: limits{0, MaxBlur, 0.1},
		set: func(p *Preset, text string) bool {
			n, err := strconv.ParseFloat(text, 64)
			p.Blur = n
			return err == nil && (n == 0 || MinBlur <= n && n <= MaxBlur)
		},
		get: func(p Preset) string { return decimal(p.Blur) },
	},
	percent("sharpen", func(p *Preset) *int { return &p.Sharpen }, 0, 500),
	percent("brightness", func(p *Preset) *int { return &p.Brightness }, -100, 100),
	percent("contrast", func(p *Preset) *int { return &p.Contrast }, -100, 100),
	percent("saturation", func(p *Preset) *int { return &p.Saturation }, -100, 100),
	{
		name: "tone", expected: "none, grey, sepia or a colour as #rrggbb, in quotes in YAML", words: []string{"none", string(Grey), string(Sepia)},
		set: func(p *Preset, text string) bool {
			p.Tone = Tone(text)
			if text == "none" {
				p.Tone = ""
			}
			return p.Tone == "" && text != "" || p.Tone == Grey || p.Tone == Sepia || hexColour.MatchString(text)
		},
		get: func(p Preset) string { return string(p.Tone) },
	},
	{
		name: "watermark", expected: "none, a PNG or WebP file beside the presets', as logo.png, or an object of the previews' bucket, as s3:" + MarkFolder + "logo.png",
		set: func(p *Preset, text string) bool {
			p.Watermark = text
			if text == "none" {
				p.Watermark = ""
			}
			return text == "none" || isMark(text)
		},
		get: func(p Preset) string { return p.Watermark },
	},
	word("watermark-gravity", func(p *Preset) *Gravity { return &p.WatermarkGravity },
		Center, Top, Bottom, Left, Right, TopLeft, TopRight, BottomLeft, BottomRight),
	number("watermark-width", func(p *Preset) *int { return &p.WatermarkWidth }, 100, "a whole number of per cent from 1 to 100"),
	{
		name: "watermark-margin", expected: fmt.Sprintf("a whole number of per cent from 0 to %d", maxMarkMargin), limits: limits{0, maxMarkMargin, 1},
		set: func(p *Preset, text string) bool {
			n, err := strconv.Atoi(text)
			p.WatermarkMargin = strconv.Itoa(n)
			return err == nil && 0 <= n && n <= maxMarkMargin
		},
		get: func(p Preset) string { return p.WatermarkMargin },
	},
	number("watermark-opacity", func(p *Preset) *int { return &p.WatermarkOpacity }, 100, "a whole number of per cent from 1 to 100"),
	truth("watermark-tile", func(p *Preset) *bool { return &p.WatermarkTile }),
	fewPixels("border", func(p *Preset) *int { return &p.Border }),
	{
		name: "border-colour", expected: "a colour as #rrggbb, in quotes in YAML",
		set: func(p *Preset, text string) bool { p.BorderColour = text; return hexColour.MatchString(text) },
		get: func(p Preset) string { return p.BorderColour },
	},
	fewPixels("radius", func(p *Preset) *int { return &p.Radius }),
	truth("circle", func(p *Preset) *bool { return &p.Circle }),
	{
		name: "source", expected: "the name of a SOURCE_<NAME> variable in lower case",
		set: func(p *Preset, text string) bool {
			p.Source = text
			if text == DefaultSource {
				p.Source = ""
			}
			return sourceName.MatchString(text)
		},
		get: func(p Preset) string { return p.Source },
	},
}

func pixels(name string, at func(*Preset) *int) field[Preset] {
	return number(name, at, MaxPresetSide, fmt.Sprintf("a whole number of pixels from 1 to %d", MaxPresetSide))
}

// fewPixels is a field of pixels of the preview, of which 0 changes nothing.
func fewPixels(name string, at func(*Preset) *int) field[Preset] {
	return wholeOrNone(name, at, 0, MaxPresetSide, "a whole number of pixels")
}

// percent is a field of per cent, of which 0 changes nothing.
func percent(name string, at func(*Preset) *int, least, most int) field[Preset] {
	return wholeOrNone(name, at, least, most, "a whole number of per cent")
}

// wholeOrNone is a field of a whole number, of which 0 changes nothing.
func wholeOrNone(name string, at func(*Preset) *int, least, most int, what string) field[Preset] {
	return field[Preset]{
		name: name, expected: fmt.Sprintf("%s from %d to %d", what, least, most), limits: limits{float64(least), float64(most), 1},
		set: func(p *Preset, text string) bool {
			n, err := strconv.Atoi(text)
			*at(p) = n
			return err == nil && least <= n && n <= most
		},
		get: func(p Preset) string {
			if n := *at(&p); n != 0 {
				return strconv.Itoa(n)
			}
			return ""
		},
	}
}

// truth is a field that is true or false.
func truth(name string, at func(*Preset) *bool) field[Preset] {
	return field[Preset]{
		name: name, expected: "true or false",
		set: func(p *Preset, text string) bool {
			*at(p) = text == "true"
			return text == "true" || text == "false"
		},
		get: func(p Preset) string { return strconv.FormatBool(*at(&p)) },
	}
}

// decimal writes a number, and nothing for 0.
func decimal(n float64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

func number[T any](name string, at func(*T) *int, most int, expected string) field[T] {
	return field[T]{
		name: name, expected: expected, limits: limits{1, float64(most), 1},
		set: func(of *T, text string) bool {
			n, err := strconv.Atoi(text)
			*at(of) = n
			return err == nil && 1 <= n && n <= most
		},
		get: func(of T) string {
			if n := *at(&of); n != 0 {
				return strconv.Itoa(n)
			}
			return ""
		},
	}
}

func word[T any, W ~string](name string, at func(*T) *W, words ...W) field[T] {
	return field[T]{
		name: name, expected: "one of " + list(words), words: texts(words),
		set: func(of *T, text string) bool { *at(of) = W(text); return slices.Contains(words, W(text)) },
		get: func(of T) string { return string(*at(&of)) },
	}
}

// list writes words with commas between them.
func list[T ~string](words []T) string { return strings.Join(texts(words), ", ") }

func texts[T ~string](words []T) []string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return texts
}

// Resolve fills in the defaults of the fields that are not set and checks every
// field, so that the renderer needs to check none.
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
	p.resolveWatermark()
	p.resolveLikeness()
	if p.Format.StandsIn() {
		if err := p.resolveStandIn(); err != nil {
			return p, err
		}
	}
	if p.Width == 0 && p.Height == 0 {
		return p, errors.New("width: neither it nor height is set, expected at least one of them")
	}
	if p.Fit != Contain && (p.Width == 0 || p.Height == 0) {
		return p, fmt.Errorf("fit: %s with one side free, expected both width and height", p.Fit)
	}
	if p.Background == Blurred && p.Fit != Pad {
		return p, fmt.Errorf("background: %s with fit %s, expected fit %s", Blurred, p.Fit, Pad)
	}
	if p.Animate && p.Trim != 0 {
		return p, errors.New("trim: with animate, expected one of them") // the frames' borders may differ
	}
	if p.Radius != 0 && p.Circle {
		return p, errors.New("circle: with a radius, expected one of them")
	}
	if p.Rounds() && p.Format == Auto {
		p.Format = PNG // its corners are transparent whatever the photo is
	}
	return p, nil
}

// resolveLikeness fills in how like its photo a preview shall be, and leaves nothing of that
// where the quality is a number. 0.97 is what previews of the default quality have in the mean.
func (p *Preset) resolveLikeness() {
	if p.Quality != AutoQuality {
		p.Likeness = 0
		return
	}
	p.Likeness = cmp.Or(p.Likeness, 0.97)
}

// resolveStandIn sets the sides that a stand-in leaves free, and refuses what a text can't have.
// A cropped one has both sides, as any preset.
func (p *Preset) resolveStandIn() error {
	for _, side := range []struct {
		name string
		of   *int
	}{{"width", &p.Width}, {"height", &p.Height}} {
		if *side.of == 0 && p.Fit == Contain {
			*side.of = MaxStandInSide
		}
		if *side.of > MaxStandInSide {
			return fmt.Errorf("%s: %d, expected at most %d for format %s", side.name, *side.of, MaxStandInSide, p.Format)
		}
	}
	if p.Animate {
		return fmt.Errorf("animate: true, expected false for format %s, which does not move", p.Format)
	}
	if p.Colour == Keep {
		return fmt.Errorf("colour: %s, expected %s for format %s, which has no profile", p.Colour, SRGB, p.Format)
	}
	return nil
}

// Retouches says whether the preset changes more of a photo than its size.
func (p Preset) Retouches() bool {
	return p.Trim != 0 || p.Blur != 0 || p.Sharpen != 0 || p.Brightness != 0 || p.Contrast != 0 || p.Saturation != 0 || p.Tone != "" || p.Watermark != "" || p.Border != 0 || p.Rounds()
}

// Rounds says whether the preset cuts the preview's corners off.
func (p Preset) Rounds() bool { return p.Radius != 0 || p.Circle }
