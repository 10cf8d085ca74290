package importer

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"prew"
)

// serverless are the addresses of Amazon's Serverless Image Handler, since called Dynamic Image
// Transformation for Amazon CloudFront, in its three forms: JSON in base64 with bucket, key and
// edits; thumbor's without a signature; and a key with the edits in the query. A signature is a
// parameter of the query there, and no alias looks at those that it does not name.
type serverless struct{}

func (s serverless) read(target string) (address, error) {
	path, query, _ := strings.Cut(target, "?")
	if encoded := strings.TrimPrefix(path, "/"); isBase64(encoded) {
		if a, err := s.readJSON(encoded); err != errNotBase64 {
			return a, err
		}
	}
	return s.readPath(path, query)
}

// readJSON reads an address that is JSON in base64, and is errNotBase64 if it is none.
func (s serverless) readJSON(encoded string) (address, error) {
	text, err := decodeBase64(encoded, false)
	if err != nil {
		return address{}, errNotBase64
	}
	var a address
	keyStart, keyEnd, seen := -1, -1, 0
	err = members(text, func(name string, start, end int) bool {
		switch name {
		case "key":
			keyStart, keyEnd, seen = start+1, end-1, seen+1
		case "bucket":
			a.bucket = unquote(text[start:end])
		}
		return true
	})
	switch {
	case err != nil:
		return a, errNotBase64
	case seen != 1 || keyEnd <= keyStart || text[keyStart-1] != '"':
		return a, errNoKey
	}
	a.key, a.decoded = text[keyStart:keyEnd], true
	if strings.Contains(a.key, `\`) {
		return a, unsupported("a key with JSON's escapes")
	}
	a.options = text[:keyStart] + "{key}" + text[keyEnd:]
	if !balanced(a.options) || strings.Count(a.options, "{key}") != 1 || !printable(a.options) {
		return a, unsupported("JSON with braces or bytes in its strings that an alias can't have")
	}
	a.alias = "/{base64:" + a.options + "}"
	return a, nil
}

// balanced reports whether each brace of a text is closed again, as an alias's must be.
func balanced(text string) bool {
	depth := 0
	for _, c := range []byte(text) {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

func printable(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) < 0
}

// edited are the parameters of the query that change a picture.
var edited = []string{"format", "fit", "width", "height", "rotate", "flip", "flop", "grayscale", "greyscale"}

// readPath reads an address in thumbor's form, or of a key alone.
func (s serverless) readPath(path, query string) (address, error) {
	options, photo := thumbor{}.cut(strings.TrimPrefix(path, "/"))
	if photo == "" {
		return address{}, errNoAddress
	}
	var a address
	literal := options
	if bucket, ok := strings.CutPrefix(photo, "s3:"); ok {
		name, key, ok := strings.Cut(bucket, "/")
		if !ok || name == "" {
			return a, errNoKey
		}
		a.bucket, literal, photo = name, literal+"s3:"+name+"/", key
	}
	folder, err := cutEscapedFolder(photo)
	if err != nil {
		return a, err
	}
	if folder != "" {
		return a, errMixedEscapes
	}
	if err := checkLiteral(literal); err != nil {
		return a, err
	}
	named := parameters(query, edited)
	if options == "" && len(named) == 0 {
		return a, unsupported("a photo without edits")
	}
	a.key, a.alias, a.options = photo, "/"+literal+"{key}", strings.TrimSuffix(options, "/")
	if len(named) > 0 {
		said := strings.Join(named, "&")
		if err := checkLiteral(said); err != nil {
			return a, err
		}
		a.alias += "?" + said
		a.options += "?" + said
	}
	return a, nil
}

// parameters returns the parameters of a query with one of the names, in the order of the
// names, as they are spelt. The first of a name counts, and one without a value says nothing.
func parameters(query string, names []string) (found []string) {
	if query == "" {
		return nil
	}
	for _, name := range names {
		for parameter := range strings.SplitSeq(query, "&") {
			if other, value, _ := strings.Cut(parameter, "="); other == name {
				if value != "" {
					found = append(found, parameter)
				}
				break
			}
		}
	}
	return found
}

// edits are the edits of the JSON form that are read; any other name is refused. Numbers may be
// strings there. Where a field is json.RawMessage its value changes nothing.
type edits struct {
	Resize *struct {
		Width, Height      any
		Fit                string
		Position, Gravity  any
		Background         any
		Kernel             json.RawMessage
		WithoutEnlargement json.RawMessage
		FastShrinkOnLoad   json.RawMessage
	}
	ToFormat             string
	JPEG, PNG, WebP      *output
	AVIF                 json.RawMessage
	Flatten              *struct{ Background any }
	Rotate               *float64
	Flip, Flop           bool
	Grayscale, Greyscale bool
	Sharpen, SmartCrop   any
	Blur                 any
	StripExif, StripICC  json.RawMessage
	Animated             json.RawMessage
}

type output struct {
	Quality     any
	Progressive bool
}

func (s serverless) means(options string) (m meaning, err error) {
	if strings.HasPrefix(options, "{") {
		return s.meansJSON(options)
	}
	path, query, _ := strings.Cut(options, "?")
	if query == "" {
		return thumbor{}.means(path)
	}
	m, err = thumbor{}.collect(path)
	if err != nil {
		return m, err
	}
	for parameter := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(parameter, "=")
		switch name {
		case "format":
			err = m.format(value)
		case "fit":
			err = m.sharpFit(value)
		case "width":
			m.Width, err = strconv.Atoi(value)
		case "height":
			m.Height, err = strconv.Atoi(value)
		case "rotate":
			if number(value) != 0 {
				err = unsupported("rotating")
			}
		case "grayscale", "greyscale":
			if value != "0" && !strings.EqualFold(value, "false") {
				m.grey()
			}
		default:
			if value != "0" && !strings.EqualFold(value, "false") {
				err = unsupported(name)
			}
		}
		if err != nil {
			return m, err
		}
	}
	if err := m.sides(float64(m.Width), float64(m.Height), 1); err != nil {
		return m, err
	}
	return m, m.finish()
}

func (s serverless) meansJSON(text string) (m meaning, err error) {
	var asked struct {
		Bucket, Key, OutputFormat string
		Headers, Effort           json.RawMessage
		Edits                     json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &asked); err != nil {
		return m, unsupported("JSON that can't be read")
	}
	if asked.Edits == nil {
		return m, unsupported("a photo without edits")
	}
	var e edits
	if err := decodeStrictly(asked.Edits, &e); err != nil {
		return m, err
	}
	m.Fit = prew.Cover
	if r := e.Resize; r != nil {
		width, err := side(r.Width)
		if err != nil {
			return m, err
		}
		height, err := side(r.Height)
		if err != nil {
			return m, err
		}
		if err := m.sides(width, height, 1); err != nil {
			return m, err
		}
		if err := m.sharpFit(r.Fit); err != nil {
			return m, err
		}
		for _, position := range []any{r.Position, r.Gravity} {
			if err := m.sharpPosition(position); err != nil {
				return m, err
			}
		}
		if r.Background != nil && r.Fit == "contain" {
			if err := m.sharpColour(r.Background); err != nil {
				return m, err
			}
		}
	}
	switch {
	case e.Flip || e.Flop:
		return m, unsupported("flipping")
	case e.Rotate != nil && *e.Rotate != 0:
		return m, unsupported("rotating")
	case e.SmartCrop != nil && e.SmartCrop != false:
		return m, unsupported("a crop around faces")
	}
	if e.Grayscale || e.Greyscale {
		m.grey()
	}
	deviation, err := side(e.Blur)
	if err == nil {
		err = m.blur(deviation)
	}
	if err != nil {
		return m, err
	}
	if e.Sharpen != nil && e.Sharpen != false {
		m.note(noteSharpen)
	}
	if e.Flatten != nil && e.Flatten.Background != nil {
		if err := m.sharpColour(e.Flatten.Background); err != nil {
			return m, err
		}
	}
	format := asked.OutputFormat
	if e.ToFormat != "" {
		format = e.ToFormat
	}
	if err := m.format(format); err != nil {
		return m, err
	}
	for _, of := range []struct {
		format prew.Format
		*output
	}{{prew.JPEG, e.JPEG}, {prew.PNG, e.PNG}, {prew.WebP, e.WebP}} {
		if of.output == nil || (m.Format != prew.Auto && m.Format != of.format) {
			continue
		}
		if m.Format == prew.Auto && of.format != prew.JPEG {
			continue // what follows the photo is a JPEG mostly
		}
		if of.Quality != nil {
			if err := m.quality(fmt.Sprint(of.Quality)); err != nil {
				return m, err
			}
		}
		m.Progressive = of.Progressive && of.format == prew.JPEG
	}
	return m, m.finish()
}

// decodeStrictly decodes edits and names one that there is no field for.
func decodeStrictly(text json.RawMessage, e *edits) error {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(e)
	if err == nil {
		return nil
	}
	if _, name, ok := strings.Cut(err.Error(), `unknown field "`); ok {
		name, _, _ = strings.Cut(name, `"`)
		return unknown("edit", name)
	}
	return unsupported("edits that can't be read")
}

// side reads a side, or another number, as a number, a string with one, or null.
func side(value any) (float64, error) {
	switch v := value.(type) {
	case nil:
		return 0, nil
	case float64:
		return v, nil
	case string:
		n, err := strconv.ParseFloat(v, 64)
		if err == nil {
			return n, nil
		}
	}
	return 0, errNumber
}

// sharpFit reads the fit in sharp's words (sharp's documentation, "Resizing images").
func (m *meaning) sharpFit(fit string) error {
	switch fit {
	case "", "cover":
		m.Fit = prew.Cover
	case "contain":
		m.Fit = prew.Contain
		m.note(notePadding)
	case "inside":
		m.Fit = prew.Contain
	case "fill":
		m.Fit = prew.Fill
	default:
		return unknown("fit", fit)
	}
	return nil
}

// sharpPosition reads a position or gravity in sharp's words.
func (m *meaning) sharpPosition(value any) error {
	text, ok := value.(string)
	switch {
	case value == nil:
		return nil
	case !ok:
		return unsupported("a position by number")
	}
	switch text {
	case "entropy", "attention":
		m.Gravity = prew.Smart
		return nil
	case "center", "centre":
		return nil
	}
	var vertical, horizontal string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }) {
		switch word {
		case "top", "north":
			vertical = "top"
		case "bottom", "south":
			vertical = "bottom"
		case "left", "west":
			horizontal = "left"
		case "right", "east":
			horizontal = "right"
		case "northeast":
			vertical, horizontal = "top", "right"
		case "northwest":
			vertical, horizontal = "top", "left"
		case "southeast":
			vertical, horizontal = "bottom", "right"
		case "southwest":
			vertical, horizontal = "bottom", "left"
		default:
			return unknown("position", word)
		}
	}
	m.Gravity = gravities(vertical, horizontal)
	return nil
}

// sharpColour reads a colour as a name, hex digits or an object with r, g and b.
func (m *meaning) sharpColour(value any) error {
	switch v := value.(type) {
	case string:
		return m.background(v)
	case map[string]any:
		var rgb [3]int
		for i, name := range []string{"r", "g", "b"} {
			n, _ := v[name].(float64)
			if !(0 <= n && n <= 255) {
				return errNumber
			}
			rgb[i] = int(n)
		}
		m.Background = fmt.Sprintf("#%02x%02x%02x", rgb[0], rgb[1], rgb[2])
		return nil
	}
	return unsupported("a background that can't be read")
}
