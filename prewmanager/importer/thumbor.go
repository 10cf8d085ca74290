package importer

import (
	"strconv"
	"strings"

	"prew"
)

// thumbor are the addresses of thumbor, and of those that took them over (thumbor's
// documentation, "Usage"):
//
//	/<hash or unsafe>/trim/AxB:CxD/fit-in/-Ex-F/left/top/smart/filters:name(value):.../<image>
//
// imagor adds stretch, a padding and images in base64 (imagor's documentation, "Image
// Endpoint").
type thumbor struct {
	signed bool // the first segment is a signature, or unsafe
	imagor bool
}

// shortestSignature is the shortest that imagor makes, whose length can be set; thumbor's have
// 28 characters.
const shortestSignature = 8

func (t thumbor) read(target string) (address, error) {
	path, _, _ := strings.Cut(target, "?")
	rest := strings.TrimPrefix(path, "/")
	var a address
	a.alias = "/"
	if t.signed {
		signature, after, ok := strings.Cut(rest, "/")
		switch {
		case !ok:
			return a, errNoAddress
		case signature == "unsafe":
			a.alias = "/unsafe/"
		case len(signature) >= shortestSignature && isSignature(signature):
			if err := checkWild(signature); err != nil {
				return a, err
			}
			a.alias = "/{*}/"
		default:
			return a, errNoAddress
		}
		rest = after
	}
	options, photo := t.cut(rest)
	if err := checkLiteral(options); err != nil {
		return a, err
	}
	a.options, a.alias = strings.TrimSuffix(options, "/"), a.alias+options
	if t.imagor {
		if encoded, ok := strings.CutPrefix(photo, "b64:"); ok {
			return t.readBase64(a, encoded)
		}
		if strings.HasPrefix(photo, "color:") {
			return a, unsupported("a picture of one colour")
		}
	}
	found, err := cutImage(photo, true)
	if err != nil {
		return a, err
	}
	if err := checkLiteral(found.literal); err != nil {
		return a, err
	}
	a.place, a.key, a.alias = found.place, found.key, a.alias+found.literal+"{key}"
	return a, nil
}

func (t thumbor) readBase64(a address, encoded string) (address, error) {
	text, err := decodeBase64(encoded, false)
	if err != nil {
		return a, err
	}
	found, err := cutDecoded(text, true)
	if err != nil {
		return a, err
	}
	if err := checkLiteral(found.literal); err != nil {
		return a, err
	}
	a.place, a.key, a.decoded = found.place, found.key, true
	a.alias += "b64:{base64:" + found.literal + "{key}}"
	return a, nil
}

// isSignature reports whether a segment is of base64url's characters, padded or not.
func isSignature(segment string) bool {
	for _, c := range []byte(segment) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '=' || c == '%') {
			return false
		}
	}
	return true
}

// cut divides an address after its last option. Options have an order, so a folder of a key
// that is called like one is an option only where one can stand.
func (t thumbor) cut(path string) (options, photo string) {
	at := 0
	for next := 0; ; {
		segment, _, ok := strings.Cut(path[at:], "/")
		if strings.HasPrefix(segment, "filters:") {
			end := endOfFilters(path[at:])
			if end < 0 {
				break
			}
			segment, ok = path[at:at+end], true
		}
		kind := t.kind(segment, next)
		if !ok || kind < next {
			break
		}
		at += len(segment) + 1
		if next = kind + 1; kind == filters && !t.signed {
			next = filters // the serverless image handler takes several
		}
	}
	return path[:at], path[at:]
}

// The kinds of options, in the order that they have in an address.
const (
	noOption = iota - 1
	debug
	meta
	trim
	crop
	fitIn
	stretch
	size
	padding
	horizontal
	vertical
	smart
	filters
)

// kind is the kind of an option, of which next is the first that can stand where it does.
func (t thumbor) kind(segment string, next int) int {
	switch segment {
	case "debug":
		return debug
	case "meta":
		return meta
	case "fit-in", "full-fit-in", "adaptive-fit-in", "adaptive-full-fit-in":
		return fitIn
	case "stretch":
		if t.imagor {
			return stretch
		}
	case "left", "center", "right":
		return t.ifSigned(horizontal)
	case "top", "middle", "bottom":
		return t.ifSigned(vertical)
	case "smart":
		return t.ifSigned(smart)
	case "trim":
		return t.ifSigned(trim)
	}
	switch {
	case strings.HasPrefix(segment, "filters:"):
		return filters
	case strings.HasPrefix(segment, "trim:"):
		return t.ifSigned(trim)
	case t.imagor && next == padding && (isCrop(segment) || isSize(segment)):
		return padding
	case isCrop(segment):
		return crop
	case isSize(segment):
		return size
	}
	return noOption
}

// ifSigned is for what thumbor and imagor have and the serverless image handler has not: there
// it is a folder of the key.
func (t thumbor) ifSigned(kind int) int {
	if t.signed {
		return kind
	}
	return noOption
}

// isSize reports whether a segment is a size such as 300x200, -300x-200 or 300xorig.
func isSize(segment string) bool {
	width, height, ok := strings.Cut(segment, "x")
	if !ok || segment == "x" {
		return false
	}
	side := func(text string) bool {
		text = strings.TrimPrefix(text, "-")
		return text == "orig" || digits(text)
	}
	return side(width) && side(height)
}

// isCrop reports whether a segment is a rectangle such as 10x20:300x200.
func isCrop(segment string) bool {
	from, to, ok := strings.Cut(segment, ":")
	return ok && isPoint(from) && isPoint(to)
}

func isPoint(text string) bool {
	x, y, ok := strings.Cut(text, "x")
	return ok && x != "" && y != "" && digits(strings.Replace(x, ".", "", 1)) && digits(strings.Replace(y, ".", "", 1))
}

// endOfFilters returns where a segment of filters ends: at the first slash that is in no
// brackets, or -1 where there is none.
func endOfFilters(path string) int {
	depth := 0
	for i := range len(path) {
		switch path[i] {
		case '(':
			depth++
		case ')':
			depth--
		case '/':
			if depth <= 0 {
				return i
			}
		}
	}
	return -1
}

func (t thumbor) means(options string) (meaning, error) {
	m, err := t.collect(options)
	if err != nil {
		return m, err
	}
	return m, m.finish()
}

// collect reads the options of an address, which may have more elsewhere.
func (t thumbor) collect(options string) (m meaning, err error) {
	m.Fit = prew.Cover
	var vertically, horizontally string
	var smartly bool
	for rest, next := options, 0; rest != ""; {
		segment, after, _ := strings.Cut(rest, "/")
		if strings.HasPrefix(rest, "filters:") {
			if end := endOfFilters(rest); end >= 0 {
				segment, after = rest[:end], rest[end+1:]
			} else {
				segment, after = rest, ""
			}
		}
		rest = after
		kind := t.kind(segment, next)
		next = kind + 1
		switch kind {
		case meta, debug:
			return m, unsupported("an answer that is no picture")
		case trim:
			if err := m.thumborTrim(segment); err != nil {
				return m, err
			}
		case crop:
			return m, unsupported("a crop by coordinates")
		case padding:
			return m, unsupported("padding")
		case fitIn:
			if segment != "fit-in" {
				return m, unsupported(segment)
			}
			m.Fit = prew.Contain
		case stretch:
			m.Fit = prew.Fill
		case size:
			if err := m.thumborSize(segment); err != nil {
				return m, err
			}
		case horizontal:
			horizontally = segment
		case vertical:
			vertically = segment
		case smart:
			smartly = true
		case filters:
			if err := t.filters(&m, segment); err != nil {
				return m, err
			}
		}
	}
	if horizontally == "center" {
		horizontally = ""
	}
	if vertically == "middle" {
		vertically = ""
	}
	if m.Gravity = gravities(vertically, horizontally); smartly {
		m.Gravity = prew.Smart
	}
	return m, nil
}

// thumborTrim reads trim:corner:tolerance, of which each may be left out.
func (m *meaning) thumborTrim(segment string) error {
	rest := strings.TrimPrefix(strings.TrimPrefix(segment, "trim"), ":")
	corner, tolerance, _ := strings.Cut(rest, ":")
	if digits(corner) {
		corner, tolerance = "", corner
	}
	if corner != "" && corner != "top-left" {
		return unsupported("trimming by the corner " + corner)
	}
	m.trim(number(tolerance))
	return nil
}

func (m *meaning) thumborSize(segment string) error {
	if strings.Contains(segment, "-") {
		return unsupported("flipping")
	}
	width, height, _ := strings.Cut(segment, "x")
	if width == "orig" || height == "orig" {
		return unsupported("a side as long as the photo's own")
	}
	return m.sides(number(width), number(height), 1)
}

// filters reads filters:name(value):name(value).
func (t thumbor) filters(m *meaning, segment string) error {
	for rest := strings.TrimPrefix(segment, "filters:"); rest != ""; {
		name, after, ok := strings.Cut(rest, "(")
		if !ok {
			return unknown("filter", rest)
		}
		depth, end := 1, 0
		for ; end < len(after) && depth > 0; end++ {
			switch after[end] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		if depth > 0 {
			return unknown("filter", name)
		}
		if err := m.filter(name, after[:end-1]); err != nil {
			return err
		}
		rest = strings.TrimPrefix(after[end:], ":")
	}
	return nil
}

// filter reads one filter. Those that only say how a photo is stored, or what is the case
// anyway, change nothing.
func (m *meaning) filter(name, value string) error {
	switch name {
	case "quality":
		return m.quality(value)
	case "format":
		return m.format(value)
	case "autojpg":
		return m.format("jpeg")
	case "background_color":
		return m.background(value)
	case "fill":
		m.note(notePadding)
		colour, _, _ := strings.Cut(value, ",")
		if m.background(colour) != nil {
			m.Background = "" // "auto", "blur" and "none" are no colours of a background
		}
	case "stretch":
		if m.Fit != prew.Contain {
			m.Fit = prew.Fill
		}
	case "upscale":
		m.note(noteEnlarge)
	case "sharpen":
		m.note(noteSharpen)
	case "blur":
		// All of these services blur about as by a Gaussian of half of a radius that stands
		// alone: thumbor, whose own is as wide as the radius, leaves out what lies outside.
		radius, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return unknown("blur", value)
		}
		return m.blur(radius / 2)
	case "grayscale":
		m.grey()
	case "max_bytes":
		m.note(noteMaxBytes)
	case "focal", "extract_focal":
		m.note(noteFocus)
	case "attachment":
		m.note(noteFileName)
	case "no_upscale", "strip_exif", "strip_icc", "strip_metadata", "cover", "dpi", "max_frames":
	default:
		return unknown("filter", name)
	}
	return nil
}
