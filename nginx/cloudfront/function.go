// Package cloudfront writes the CloudFront Function of an edition without servers: the rules
// that nginx holds where there is one, which paths are refused, which variant a client gets,
// what an alias means. What it does there is in function.js.
package cloudfront

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"prew"
)

//go:embed function.js
var source string

// Largest is how many bytes a function may have (Amazon CloudFront Developer Guide, "Quotas
// on CloudFront Functions").
const Largest = 10_240

var cookieName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Function returns the function for presets and for the places of previews and photos, as
// source for the JavaScript runtime 2.0. It is for both events, viewer-request and
// viewer-response. tokenCookie is the cookie that may hold a token. The error joins all
// mistakes, each with its variable; what is too large for CloudFront is one of them.
func Function(presets prew.Presets, previews, photos prew.Place, photoAccess prew.Access, tokenCookie string) ([]byte, error) {
	errs := prew.CheckPrefixes(previews, photos)
	// CloudFront's cache knows an object by its name alone, whichever bucket it is from: no
	// photo that is shown may have the name that a preview could have in another bucket.
	inOneCache := photos
	if photoAccess != prew.Closed {
		inOneCache.Bucket, inOneCache.Endpoint = previews.Bucket, previews.Endpoint
	}
	if inOneCache != photos && strings.HasPrefix(photos.Prefix, previews.Prefix) {
		errs = append(errs, fmt.Errorf("PREW_PREFIX: %q, expected a folder in which %q of PREW_SOURCE_PREFIX is not, although that is in another bucket: "+
			"CloudFront has one cache for both", previews.Prefix, photos.Prefix))
	}
	if !cookieName.MatchString(tokenCookie) {
		errs = append(errs, fmt.Errorf("PREW_TOKEN_COOKIE: %q, expected at most 64 letters, digits, _ and -", tokenCookie))
	}
	if err := prew.CheckAccess(presets, photoAccess, true); err != nil { // the bucket is CloudFront's alone
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}

	rows, guarded := presetRows(presets)
	aliases, texts := aliasRows(presets)
	var f bytes.Buffer
	if guarded || photoAccess.Protected() {
		f.WriteString("import cf from 'cloudfront';\n") // which has to be the first line
	} else {
		f.WriteString("var cf;\n")
	}
	f.WriteString("// Written by prewnginx cloudfront.\n")
	variable(&f, "photoAccess", photoAccess)
	variable(&f, "cookie", tokenCookie)
	variable(&f, "previews", "/"+prew.Escape(previews.Prefix))
	variable(&f, "previewRoom", prew.MaxObject-len(previews.Prefix))
	variable(&f, "longestFormat", prew.LongestFormat)
	variable(&f, "photos", "/"+prew.Escape(photos.Prefix))
	variable(&f, "photoRoom", prew.MaxObject-len(photos.Prefix))
	variable(&f, "noPhotos", inOneCache.Reserved(previews))
	variable(&f, "noKeys", photos.Reserved(previews))
	ofPresets := variable(&f, "presets", rows)
	ofAliases := list(&f, "aliases", aliases) + variable(&f, "texts", texts)
	for line := range strings.Lines(source) {
		if line = strings.TrimLeft(line, " "); line != "\n" && !strings.HasPrefix(line, "//") {
			f.WriteString(line)
		}
	}
	if n := f.Len(); n > Largest {
		return nil, fmt.Errorf("PREW_PRESETS: a CloudFront Function of %d bytes, limit is %d: %d of them for %d aliases, %d for %d presets",
			n, Largest, ofAliases, len(presets.Aliases()), ofPresets, len(presets.Names()))
	}
	return f.Bytes(), nil
}

// variable declares a variable, and returns how many bytes that takes.
func variable(f *bytes.Buffer, name string, value any) int {
	before := f.Len()
	fmt.Fprintf(f, "var %s = ", name)
	encoder := json.NewEncoder(f) // JSON is ECMAScript where U+2028 and U+2029 are escaped, as here
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // only strings, numbers and lists of them
	}
	f.Truncate(f.Len() - len("\n"))
	f.WriteString(";\n")
	return f.Len() - before
}

// list declares a variable that is a list of words, in as few bytes as it takes. It returns how
// many.
func list(f *bytes.Buffer, name string, words []string) int {
	if len(words) == 0 {
		return variable(f, name, words)
	}
	n := variable(f, name, strings.Join(words, " "))
	const split = `.split(" ");`
	f.Truncate(f.Len() - len(";\n"))
	f.WriteString(split + "\n")
	return n + len(split) - len(";")
}

// said is what is said of a preset.
type said struct {
	ratio          int    // the largest pixel ratio
	formats        string // with a space before and behind each; empty for none
	guarded, named bool   // only some may see its previews; its photos are from a named source
}

// presetRows returns a row for all presets of which the same is said: their names, with a
// space before and behind each, and what is said. guarded is true if only some may see the
// previews of any.
func presetRows(presets prew.Presets) (rows [][]any, guarded bool) {
	names := map[said]string{}
	var order []said
	for _, name := range presets.Names() {
		preset, _ := presets.Get(name)
		of := said{
			// Each ratio comes in the preset's own format and in all others.
			ratio:   (1 + len(presets.Variants(name))) / (1 + len(presets.Formats(name))),
			guarded: presets.Access(name).Protected(),
			named:   preset.Source != "",
		}
		for _, format := range presets.Formats(name) {
			of.formats = strings.TrimSuffix(of.formats, " ") + " " + string(format) + " "
		}
		if names[of] == "" {
			order = append(order, of)
			names[of] = " "
		}
		names[of] += name + " "
		guarded = guarded || of.guarded
	}
	rows = [][]any{}
	for _, of := range order {
		rows = append(rows, []any{names[of], of.ratio, of.formats, bit(of.guarded), bit(of.named)})
	}
	return rows, guarded
}

// bit is a truth value in one character.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// aliasRows returns two words for each alias, in the order in which they are tried. One is what
// its path begins with, up to the key or the first segment that does not count. The other is
// the preset, the rest of the path before the key, in which "}" is a segment that does not
// count, "{" for the key, of one in base64 the number of its text and "#", the path behind the
// key and the query. No literal has a brace, a "#" or a space in it (address.go). A text has
// what stands before the key in base64 and behind it, in hexadecimal digits.
func aliasRows(presets prew.Presets) (rows []string, texts [][2]string) {
	rows, texts = []string{}, [][2]string{}
	for _, a := range presets.Aliases() {
		start, rest, wild := strings.Cut(a.Before, prew.Wild)
		if wild {
			rest = "}" + strings.ReplaceAll(rest, prew.Wild, "}")
		}
		row := a.Preset + rest + "{"
		if a.Base64 {
			text := [2]string{fmt.Sprintf("%x", a.TextBefore), fmt.Sprintf("%x", a.TextAfter)}
			number := slices.Index(texts, text)
			if number < 0 {
				number = len(texts)
				texts = append(texts, text)
			}
			row += fmt.Sprintf("%d#", number)
		}
		row += a.After
		if len(a.Query) > 0 {
			row += "?" + strings.Join(a.Query, "&")
		}
		rows = append(rows, start, row)
	}
	return rows, texts
}
