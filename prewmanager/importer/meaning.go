package importer

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"prew"
)

// meaning is what an address asks for, in the fields of a preset, and how a preview of them
// will differ from what the other service sent.
type meaning struct {
	prew.Preset
	notes []string
}

// note adds a difference that the pages will bear: the preview shows the same photo in the
// same box.
func (m *meaning) note(text string) {
	if !slices.Contains(m.notes, text) {
		m.notes = append(m.notes, text)
	}
}

const (
	noteSmart    = "smart cropping: what is kept is found in another way"
	noteEnlarge  = "enlarging: a small photo stays small"
	notePadding  = "a border that fills the box: it is left out"
	noteJPEGXL   = "JPEG XL: AVIF in its place"
	noteQuality  = "the quality of AVIF: it is left out, its number is measured in another way"
	noteSharpen  = "sharpening: it is left out, its amount is measured in another way"
	noteGrey     = "grey: by luma, some colours are lighter or darker"
	noteTrim     = "trimming: its tolerance is measured in another way"
	noteMaxBytes = "a limit on bytes: there is none"
	noteExpires  = "an expiry in the address: it does not expire"
	noteFileName = "a file name or attachment: the answer has neither"
	noteOffset   = "an offset of the crop: there is none"
	noteFocus    = "a focal point: the crop does not follow it"
	noteAuto     = "fill or fit by the photo's orientation: it is fitted"
	noteLarge    = "a size over the limit of a preset: the limit"
	noteWhole    = "the size of the photo: at most the limit of a preset"
)

// unsupported is the error of an address whose preview no preset can have: it shows something
// else than the photo, or another part of it.
type unsupported string

func (u unsupported) Error() string { return string(u) + ": no preset has it" }

var errNumber = errors.New("a number that can't be read")

// maxNamed is how much of a word of a log a reason repeats.
const maxNamed = 30

// unknown is the error of an option, filter or edit that this program does not know.
func unknown(what, name string) error {
	if len(name) > maxNamed {
		name = name[:maxNamed] + "..."
	}
	return unsupported(fmt.Sprintf("%s %q", what, name))
}

// sides sets width and height, of which 0 leaves a side free, scaled for a pixel ratio.
func (m *meaning) sides(width, height, ratio float64) error {
	for _, side := range []struct {
		of *int
		n  float64
	}{{&m.Width, width}, {&m.Height, height}} {
		n := math.Round(side.n * ratio)
		if !(0 <= n && n < 1<<31) {
			return errNumber
		}
		if n > prew.MaxPresetSide {
			m.note(noteLarge)
			n = prew.MaxPresetSide
		}
		*side.of = int(n)
	}
	return nil
}

// finish makes a preset that is checked: where neither side is set the photo keeps its size, and
// where one is free the fit has no meaning.
func (m *meaning) finish() error {
	if m.Width == 0 && m.Height == 0 {
		m.Width, m.Height, m.Fit = prew.MaxPresetSide, prew.MaxPresetSide, ""
		m.note(noteWhole)
	}
	if m.Fit == prew.Contain || m.Width == 0 || m.Height == 0 {
		m.Fit = ""
	}
	if m.Fit != prew.Cover || m.Gravity == prew.Center {
		m.Gravity = ""
	}
	if m.Gravity == prew.Smart || m.Gravity == prew.Face {
		m.note(noteSmart)
	}
	if m.Format == prew.PNG {
		m.Quality = 0
	}
	if m.Format == prew.AVIF && m.Quality != 0 {
		m.Quality = 0
		m.note(noteQuality)
	}
	_, err := m.Resolve()
	return err
}

// format sets the format by its name in an address. "" and "auto" leave it to the photo.
func (m *meaning) format(name string) error {
	switch strings.ToLower(name) {
	case "", "auto", "best":
	case "jpg", "jpeg":
		m.Format = prew.JPEG
	case "png":
		m.Format = prew.PNG
	case "webp":
		m.Format = prew.WebP
	case "avif":
		m.Format = prew.AVIF
	case "jxl":
		m.Format = prew.AVIF
		m.note(noteJPEGXL)
	default:
		return unknown("format", name)
	}
	return nil
}

// quality sets the quality, of which 0 and less mean the service's own.
func (m *meaning) quality(text string) error {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return errNumber
	}
	m.Quality = 0
	if n >= 1 {
		m.Quality = int(math.Round(min(n, 100)))
	}
	return nil
}

// blur sets the blur by its standard deviation in pixels of the preview.
func (m *meaning) blur(deviation float64) error {
	switch {
	case !(deviation >= 0):
		return errNumber
	case deviation > prew.MaxBlur:
		return unsupported(fmt.Sprintf("a blur of more than %d pixels", prew.MaxBlur))
	case deviation < prew.MinBlur:
		deviation = 0 // it could not be seen
	}
	m.Blur = math.Round(10*deviation) / 10
	return nil
}

// grey takes the colours away.
func (m *meaning) grey() {
	m.Tone = prew.Grey
	m.note(noteGrey)
}

// trim takes a border of one colour away, up to a tolerance, of which 0 is that of a photo
// whose border has no noise.
func (m *meaning) trim(tolerance float64) {
	m.Trim = 1
	if tolerance > 1 {
		m.Trim = int(math.Round(min(tolerance, 255)))
	}
	m.note(noteTrim)
}

// colours are the basic names of CSS (CSS Color Module Level 4, "Named Colors").
var colours = map[string]string{
	"aqua": "#00ffff", "black": "#000000", "blue": "#0000ff", "fuchsia": "#ff00ff", "gray": "#808080", "grey": "#808080",
	"green": "#008000", "lime": "#00ff00", "maroon": "#800000", "navy": "#000080", "olive": "#808000", "orange": "#ffa500",
	"purple": "#800080", "red": "#ff0000", "silver": "#c0c0c0", "teal": "#008080", "white": "#ffffff", "yellow": "#ffff00",
}

// background sets the background by a name of CSS or by hex digits, with or without # before
// them. Others are no colour of a preview's background, such as blur or transparent.
func (m *meaning) background(text string) error {
	text = strings.ToLower(text)
	if _, digits, ok := strings.Cut(text, "%23"); ok {
		text = digits
	}
	text = strings.TrimPrefix(text, "#")
	if named, ok := colours[text]; ok {
		m.Background = named
		return nil
	}
	for _, c := range []byte(text) {
		if !strings.ContainsRune("0123456789abcdef", rune(c)) {
			return unknown("background", text)
		}
	}
	switch len(text) {
	case 3:
		m.Background = "#" + string([]byte{text[0], text[0], text[1], text[1], text[2], text[2]})
	case 6:
		m.Background = "#" + text
	default:
		return unknown("background", text)
	}
	return nil
}

// gravities joins a vertical and a horizontal part, each of which may be empty.
func gravities(vertical, horizontal string) prew.Gravity {
	switch {
	case vertical == "":
		return prew.Gravity(horizontal)
	case horizontal == "":
		return prew.Gravity(vertical)
	}
	return prew.Gravity(vertical + "-" + horizontal)
}

// name makes a preset's name of what it is, such as w300h200_cover.
func (m meaning) name() string {
	var name strings.Builder
	if m.Width == prew.MaxPresetSide && m.Height == prew.MaxPresetSide {
		name.WriteString("whole")
	} else {
		if m.Width != 0 {
			fmt.Fprintf(&name, "w%d", m.Width)
		}
		if m.Height != 0 {
			fmt.Fprintf(&name, "h%d", m.Height)
		}
	}
	for _, part := range []string{string(m.Fit), strings.ReplaceAll(string(m.Gravity), "-", ""), string(m.Format)} {
		if part != "" {
			name.WriteString("_" + part)
		}
	}
	if m.Quality != 0 {
		fmt.Fprintf(&name, "_q%d", m.Quality)
	}
	if m.Background != "" {
		name.WriteString("_" + strings.TrimPrefix(m.Background, "#"))
	}
	if m.Trim != 0 {
		fmt.Fprintf(&name, "_trim%d", m.Trim)
	}
	if m.Blur != 0 {
		name.WriteString("_blur" + strings.ReplaceAll(decimal(m.Blur), ".", "_"))
	}
	if m.Tone != "" {
		name.WriteString("_" + string(m.Tone))
	}
	return name.String()
}
