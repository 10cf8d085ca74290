package importer

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"prew"
)

// imgproxy are the addresses of imgproxy (imgproxy's documentation, "Processing an image"):
//
//	/<signature>/<option>:<argument>:.../.../plain/<image>@<extension>
//	/<signature>/<option>:<argument>:.../.../<image in base64url>.<extension>
//
// Its presets are options by a name, which its file of presets has (IMGPROXY_PRESETS_PATH).
type imgproxy struct {
	presets map[string]string // the options of each, with slashes between them
}

func newImgproxy(config io.Reader) (service, error) {
	i := imgproxy{presets: map[string]string{}}
	if config == nil {
		return i, nil
	}
	lines := bufio.NewScanner(config)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, options, ok := strings.Cut(line, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("line %d: %.80q, expected a preset as name=option:argument/option:argument", number, line)
		}
		i.presets[strings.TrimSpace(name)] = strings.TrimSpace(options)
	}
	return i, lines.Err()
}

func (i imgproxy) read(target string) (address, error) {
	path, _, _ := strings.Cut(target, "?")
	signature, rest, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok {
		return address{}, errNoAddress
	}
	if err := checkWild(signature); err != nil {
		return address{}, err
	}
	var a address
	var alias, options strings.Builder
	alias.WriteString("/{*}/")
	for {
		option, after, ok := strings.Cut(rest, "/")
		name, _, isOption := strings.Cut(option, ":")
		if !isOption && !i.isPreset(option) {
			break
		}
		if !ok {
			return a, errNoAddress
		}
		if options.Len() > 0 {
			options.WriteByte('/')
		}
		switch name {
		// What is different in every address, or changes with time, is a segment that does
		// not count.
		case "cachebuster", "cb", "expires", "exp", "filename", "fn":
			if err := checkWild(option); err != nil {
				return a, err
			}
			alias.WriteString("{*}/")
			options.WriteString(name + ":")
		default:
			if err := checkLiteral(option); err != nil {
				return a, err
			}
			alias.WriteString(option + "/")
			options.WriteString(option)
		}
		rest = after
	}
	found, suffix, encoded, err := i.cutPhoto(rest)
	if err != nil {
		return a, err
	}
	if len(suffix) > 1 {
		if options.Len() > 0 {
			options.WriteByte('/')
		}
		options.WriteString("ext:" + suffix[1:])
	}
	if err := checkLiteral(found.literal, suffix); err != nil {
		return a, err
	}
	if encoded {
		alias.WriteString("{base64:" + found.literal + "{key}}" + suffix)
	} else {
		alias.WriteString("plain/" + found.literal + "{key}" + suffix)
	}
	a.alias, a.options = alias.String(), options.String()
	a.place, a.key, a.decoded = found.place, found.key, encoded
	return a, nil
}

// isPreset reports whether a segment without a colon is a preset: the mode of presets alone
// (IMGPROXY_ONLY_PRESETS) has one in place of all options.
func (i imgproxy) isPreset(segment string) bool {
	_, ok := i.presets[segment]
	return ok
}

// cutPhoto reads what stands after the options: the photo, and the extension behind a "@" or a
// dot.
func (i imgproxy) cutPhoto(text string) (found image, suffix string, encoded bool, err error) {
	if plain, ok := strings.CutPrefix(text, "plain/"); ok {
		if at := strings.LastIndexByte(plain, '@'); at >= 0 {
			plain, suffix = plain[:at], plain[at:]
		}
		found, err = cutImage(plain, false)
		return found, suffix, false, err
	}
	if strings.HasPrefix(text, "enc/") {
		return found, "", false, errEncrypted
	}
	if dot := strings.IndexByte(text, '.'); dot >= 0 {
		text, suffix = text[:dot], text[dot:]
	}
	if text == "" || !isBase64(text) {
		return found, "", false, errNoAddress
	}
	decoded, err := decodeBase64(text, true)
	if err != nil {
		return found, "", false, err
	}
	found, err = cutDecoded(decoded, false)
	return found, suffix, true, err
}

func (i imgproxy) means(options string) (meaning, error) {
	var m imgproxyMeaning
	m.ratio, m.fit = 1, "fit"
	if err := i.apply(&m, "preset:default", 0); err != nil {
		return m.meaning, err
	}
	if err := i.apply(&m, options, 0); err != nil {
		return m.meaning, err
	}
	return m.finish()
}

// imgproxyMeaning collects options, of which later ones count, until all are known.
type imgproxyMeaning struct {
	meaning
	width, height, ratio float64
	fit, formatName      string
	formatQuality        map[string]string
}

// deepestPreset is how deep presets may name presets, which stops one that names itself.
const deepestPreset = 8

func (i imgproxy) apply(m *imgproxyMeaning, options string, depth int) error {
	for option := range strings.SplitSeq(options, "/") {
		if option == "" {
			continue
		}
		name, rest, isOption := strings.Cut(option, ":")
		arguments := strings.Split(rest, ":")
		if name == "preset" || name == "pr" || !isOption {
			if !isOption {
				arguments = []string{name}
			}
			for _, preset := range arguments {
				said, ok := i.presets[preset]
				switch {
				case !ok && preset == "default":
				case !ok:
					return unknown("preset", preset)
				case depth == deepestPreset:
					return unknown("a preset that names itself,", preset)
				default:
					if err := i.apply(m, said, depth+1); err != nil {
						return err
					}
				}
			}
			continue
		}
		if err := m.apply(name, arguments); err != nil {
			return err
		}
	}
	return nil
}

// apply reads one option. Arguments that are left out or empty leave what was said before.
func (m *imgproxyMeaning) apply(name string, arguments []string) error {
	argument := func(i int) string {
		if i < len(arguments) {
			return arguments[i]
		}
		return ""
	}
	first := argument(0)
	switch name {
	case "resize", "rs":
		if first != "" {
			m.fit = first
		}
		return m.size(argument(1), argument(2), argument(3), argument(4))
	case "size", "s":
		return m.size(first, argument(1), argument(2), argument(3))
	case "resizing_type", "rt":
		m.fit = first
	case "width", "w":
		return m.size(first, "", "", "")
	case "height", "h":
		return m.size("", first, "", "")
	case "dpr":
		m.ratio *= number(first)
	case "zoom", "z":
		if y := argument(1); y != "" && y != first {
			return unsupported("a zoom of two factors")
		}
		m.ratio *= number(first)
	case "enlarge", "el":
		return m.size("", "", first, "")
	case "extend", "ex", "extend_aspect_ratio", "extend_ar", "exar":
		return m.size("", "", "", first)
	case "gravity", "g":
		return m.gravity(first, argument(1), argument(2))
	case "quality", "q":
		return m.quality(first)
	case "format_quality", "fq":
		if m.formatQuality == nil {
			m.formatQuality = map[string]string{}
		}
		for i := 0; i+1 < len(arguments); i += 2 {
			m.formatQuality[arguments[i]] = arguments[i+1]
		}
	case "format", "f", "ext":
		m.formatName = first
	case "background", "bg":
		return m.colour(arguments)
	case "strip_color_profile", "scp":
		if m.Colour = ""; !yes(first) {
			m.Colour = prew.Keep
		}
	case "auto_rotate", "ar":
		if !yes(first) {
			return unsupported("a photo that is not turned upright")
		}
	case "rotate", "rot":
		if number(first) != 0 {
			return unsupported("rotating")
		}
	case "flip", "fl":
		if yes(first) || yes(argument(1)) {
			return unsupported("flipping")
		}
	case "watermark", "wm":
		if number(first) != 0 {
			return unsupported("a watermark")
		}
	case "blur", "bl":
		return m.blur(number(first))
	case "pixelate", "pix":
		if number(first) > 1 {
			return unsupported(name)
		}
	case "trim", "t":
		if len(arguments) > 1 {
			return unsupported("trimming by a colour, or alike at both sides")
		}
		if m.Trim = 0; first != "" {
			m.trim(number(first))
		}
	case "sharpen", "sh":
		if number(first) != 0 {
			m.note(noteSharpen)
		}
	case "jpeg_options", "jpgo":
		m.Progressive = yes(first)
		if yes(argument(1)) {
			m.Chroma = prew.Chroma444
		}
	case "max_bytes", "mb":
		if number(first) != 0 {
			m.note(noteMaxBytes)
		}
	case "raw":
		if yes(first) {
			return unsupported("the photo as it is (its address is /photo/<key>)")
		}
	case "expires", "exp":
		m.note(noteExpires)
	case "filename", "fn":
		m.note(noteFileName)
	case "return_attachment", "att":
		if yes(first) {
			m.note(noteFileName)
		}
	// These change nothing that a preview shows.
	case "cachebuster", "cb", "strip_metadata", "sm", "keep_copyright", "kcr", "enforce_thumbnail", "eth", "skip_processing", "skp",
		"dpi", "disable_animation", "da", "max_src_resolution", "msr", "max_src_file_size", "msfs", "max_animation_frames", "maf",
		"max_animation_frame_resolution", "mafr", "max_result_dimension", "mrd", "resizing_algorithm", "ra", "png_options", "pngo",
		"webp_options", "webpo", "avif_options", "avifo":
	default:
		return unknown("option", name)
	}
	return nil
}

func (m *imgproxyMeaning) size(width, height, enlarge, extend string) error {
	if width != "" {
		m.width = number(width)
	}
	if height != "" {
		m.height = number(height)
	}
	if yes(enlarge) {
		m.note(noteEnlarge)
	}
	if yes(extend) {
		m.note(notePadding)
	}
	return nil
}

// compass are imgproxy's words for sides and corners.
var compass = map[string]prew.Gravity{
	"": prew.Center, "ce": prew.Center, "no": prew.Top, "so": prew.Bottom, "ea": prew.Right, "we": prew.Left,
	"noea": prew.TopRight, "nowe": prew.TopLeft, "soea": prew.BottomRight, "sowe": prew.BottomLeft,
}

func (m *imgproxyMeaning) gravity(kind, x, y string) error {
	gravity, ok := compass[kind]
	switch {
	case kind == "obj" && x == "face" && y == "":
		m.Gravity = prew.Face
	case kind == "sm" || kind == "obj" || kind == "objw":
		m.Gravity = prew.Smart
	case kind == "fp":
		m.Gravity = prew.Center
		if x != "0.5" || y != "0.5" {
			m.note(noteFocus)
		}
	case !ok:
		return unknown("gravity", kind)
	default:
		m.Gravity = gravity
		if number(x) != 0 || number(y) != 0 {
			m.note(noteOffset)
		}
	}
	return nil
}

// colour reads a background as three numbers or as hex digits; without any there is none.
func (m *imgproxyMeaning) colour(arguments []string) error {
	switch {
	case len(arguments) == 3:
		var rgb [3]int
		for i, text := range arguments {
			if rgb[i] = int(number(text)); rgb[i] < 0 || 255 < rgb[i] {
				return errNumber
			}
		}
		m.Background = fmt.Sprintf("#%02x%02x%02x", rgb[0], rgb[1], rgb[2])
	case len(arguments) == 1 && arguments[0] == "":
		m.Background = ""
	case len(arguments) == 1:
		return m.background(arguments[0])
	default:
		return errNumber
	}
	return nil
}

func (m *imgproxyMeaning) finish() (meaning, error) {
	switch m.fit {
	case "fit":
		m.Fit = prew.Contain
	case "fill", "fill-down":
		m.Fit = prew.Cover
	case "force":
		if m.Fit = prew.Fill; (m.width == 0) != (m.height == 0) {
			return m.meaning, unsupported("stretching one side alone")
		}
	case "auto":
		m.Fit = prew.Contain
		m.note(noteAuto)
	default:
		return m.meaning, unknown("resizing type", m.fit)
	}
	if err := m.sides(m.width, m.height, m.ratio); err != nil {
		return m.meaning, err
	}
	if err := m.format(m.formatName); err != nil {
		return m.meaning, err
	}
	if quality, ok := m.formatQuality[m.formatName]; ok && m.Quality == 0 {
		if err := m.quality(quality); err != nil {
			return m.meaning, err
		}
	}
	return m.meaning, m.meaning.finish()
}

// yes reads what imgproxy takes for true.
func yes(text string) bool { return text == "1" || text == "t" || text == "true" }
