package prew

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// An alias has at most so many bytes, so many of them in its query, so many parameters there,
// and so many segments that do not count. nginx reads words of at most 4,096 bytes
// (NGX_CONF_BUFFER), and in the pattern that it gets of an alias a byte of the path is up to
// two, one of the query up to four, each parameter has 50 more, and each such segment 90.
const (
	maxAlias      = 1024
	maxQuery      = 320
	maxParameters = 16
	maxWild       = 4
)

// Alias is another address of a preset, such as "/100x100/{key}" or "/h/{key}?w=300": what
// it matches means /prew/<preset>/<key>. Pages that were written for another service keep
// working by it.
//
// Its literals are matched as they are spelt, byte by byte. {key} is the key, all that is
// left there. {*} is a segment of the path that does not count, such as another service's
// signature. {base64:TEXT} is TEXT, in which {key} stands once, in base64url or base64 (RFC
// 4648, sections 5 and 4).
type Alias struct {
	Preset  string
	Pattern string // as it was written

	// The path: Before, the key, After. In Before a segment may be "{*}".
	Before, After string
	// In base64 the key's place has TextBefore, the key and TextAfter.
	Base64                bool
	TextBefore, TextAfter string
	// The parameters that the query must have, as "w=300" or "crop", each of another name.
	// A query without them is another address; all others are ignored.
	Query []string
}

// Wild stands in Alias.Before for a segment of the path that does not count.
const Wild = "{*}"

// Reserved are the first segments of paths that mean something already, and are no aliases.
var Reserved = []string{PreviewRoot, SourceRoot, "health", "ready", "access", "gallery"}

// isReserved reports whether a path means something already, so that it is no alias.
func isReserved(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return slices.Contains(Reserved, first)
}

// Address returns the path that a request target means, the path as the client spelt it
// with perhaps a query: where it matches an alias, the path of the alias's preset, in which
// the key is spelt as in the target, and else the target's own path. ParsePath decides about
// either, so an alias reaches nothing that its preset's address does not.
//
// Of two aliases that match, the one with more literal bytes in its path decides, then the
// one with more query parameters, then the one that was written first. nginx has the same
// rules (nginx/alias.go).
func (ps Presets) Address(target string) (path string, aliased bool) {
	path, query, _ := strings.Cut(target, "?")
	if isReserved(path) {
		return path, false
	}
	for _, a := range ps.aliases {
		if key, ok := a.match(path, query); ok {
			return "/" + PreviewRoot + "/" + a.Preset + "/" + key, true
		}
	}
	return path, false
}

// Aliases lists the aliases of all presets in the order in which Address tries them.
func (ps Presets) Aliases() []Alias { return slices.Clone(ps.aliases) }

// match returns the key of an address, escaped, where the address matches.
func (a Alias) match(path, query string) (key string, ok bool) {
	rest, ok := cutBefore(path, a.Before)
	if !ok {
		return "", false
	}
	rest, ok = strings.CutSuffix(rest, a.After)
	if !ok || rest == "" || !spelt(rest) {
		return "", false
	}
	for _, parameter := range a.Query {
		if !has(query, parameter) {
			return "", false
		}
	}
	if a.Base64 {
		return a.decode(rest)
	}
	return rest, true
}

// cutBefore returns what follows the literals and segments of before in a path.
func cutBefore(path, before string) (rest string, ok bool) {
	for {
		literal, after, wild := strings.Cut(before, Wild)
		if path, ok = strings.CutPrefix(path, literal); !ok || !wild {
			return path, ok
		}
		n := strings.IndexByte(path, '/')
		if n < 0 || !isSegment(path[:n]) {
			return "", false
		}
		path, before = path[n:], after
	}
}

// isSegment reports whether a segment of a path, escaped, is one that a key may have.
func isSegment(raw string) bool {
	segment, err := url.PathUnescape(raw)
	return err == nil && segment != "" && segment != "." && segment != ".." && !strings.Contains(raw, "#") &&
		!strings.ContainsFunc(segment, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '/' || r == '\\' })
}

// spelt reports whether a part of a path is one by itself: without a fragment, and with
// whole escapes. In "/x%41" there is no key before a literal "1".
func spelt(raw string) bool {
	_, err := url.PathUnescape(raw)
	return err == nil && !strings.Contains(raw, "#")
}

// has reports whether the first parameter of its name in a query is this one.
func has(query, parameter string) bool {
	name, _, _ := strings.Cut(parameter, "=")
	for element := range strings.SplitSeq(query, "&") {
		if other, _, _ := strings.Cut(element, "="); other == name {
			return element == parameter
		}
	}
	return false
}

// toBase64 turns base64url's two characters that base64 has not into those of base64, and
// reads the escapes of those that a path may have only escaped. Other escapes are no base64.
var toBase64 = strings.NewReplacer("-", "+", "_", "/", "%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/", "%3D", "=", "%3d", "=")

// decode returns the key, escaped, of a text in base64. Slashes in it are first taken for
// separators, by which imgproxy keeps segments of a path short, and then for the digit that
// they are in base64.
func (a Alias) decode(raw string) (key string, ok bool) {
	for _, digits := range []string{strings.ReplaceAll(raw, "/", ""), raw} {
		text, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(toBase64.Replace(digits), "="))
		if err != nil {
			continue
		}
		key, ok := strings.CutPrefix(string(text), a.TextBefore)
		if !ok {
			continue
		}
		if key, ok = strings.CutSuffix(key, a.TextAfter); ok && key != "" {
			return Escape(key), true
		}
	}
	return "", false
}

// parseAlias reads an alias as it is written.
func parseAlias(pattern string) (Alias, error) {
	a := Alias{Pattern: pattern}
	if len(pattern) > maxAlias {
		return a, fmt.Errorf("%d bytes, limit is %d", len(pattern), maxAlias)
	}
	if strings.ContainsFunc(pattern, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
		return a, errors.New("a control byte")
	}
	keyed, rest := false, pattern
	for rest != "" && rest[0] != '?' {
		part := &a.Before
		if keyed {
			part = &a.After
		}
		if rest[0] != '{' {
			n := len(rest)
			if i := strings.IndexAny(rest, "{?"); i >= 0 {
				n = i
			}
			*part += rest[:n]
			rest = rest[n:]
			continue
		}
		placeholder, after, ok := cutBraces(rest)
		if !ok {
			return a, errors.New("a brace that is not closed")
		}
		text, isBase64 := strings.CutPrefix(placeholder, "base64:")
		switch {
		case placeholder == "*":
			if keyed || !strings.HasSuffix(a.Before, "/") || !strings.HasPrefix(after, "/") {
				return a, errors.New("{*} that is not a whole segment before the key")
			}
			a.Before += Wild
		case keyed:
			return a, errors.New("something in braces after the key")
		case placeholder == "key":
			keyed = true
		case isBase64:
			keyed, a.Base64 = true, true
			if strings.Count(text, "{key}") != 1 {
				return a, errors.New("{base64:TEXT} in which {key} does not stand once")
			}
			a.TextBefore, a.TextAfter, _ = strings.Cut(text, "{key}")
		default:
			return a, fmt.Errorf("an unknown placeholder {%s}", placeholder)
		}
		rest = after
	}
	if n := strings.Count(a.Before, Wild); n > maxWild {
		return a, fmt.Errorf("%d segments {*}, limit is %d", n, maxWild)
	}
	if !strings.HasPrefix(a.Before, "/") {
		return a, errors.New("no slash at its start")
	}
	if !keyed {
		return a, errors.New("no {key}")
	}
	if isReserved(a.Before) {
		return a, errors.New("the start of an address that there is already")
	}
	if err := checkLiterals(a.Before, a.After); err != nil {
		return a, err
	}
	if query, ok := strings.CutPrefix(rest, "?"); ok {
		if len(query) > maxQuery {
			return a, fmt.Errorf("a query of %d bytes, limit is %d", len(query), maxQuery)
		}
		a.Query = strings.Split(query, "&")
	}
	return a, checkQuery(a.Query)
}

// checkLiterals returns what is wrong with the literals of a path.
func checkLiterals(before, after string) error {
	whole := strings.ReplaceAll(before, Wild, "wild") + "key" + after
	if i := strings.IndexFunc(whole, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"\\#{}", r) }); i >= 0 {
		return errors.New("a character that a path has only escaped")
	}
	decoded, err := url.PathUnescape(whole)
	if err != nil {
		return errors.New("a percent sign that starts no escape")
	}
	for segment := range strings.SplitSeq(decoded, "/") {
		if segment == "." || segment == ".." {
			return errors.New("a dot segment")
		}
	}
	if strings.ContainsFunc(decoded, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }) {
		return errors.New("a control byte or a backslash")
	}
	return nil
}

// checkQuery returns what is wrong with the parameters of an alias.
func checkQuery(parameters []string) error {
	if len(parameters) > maxParameters {
		return fmt.Errorf("%d query parameters, limit is %d", len(parameters), maxParameters)
	}
	var names []string
	for _, parameter := range parameters {
		name, _, _ := strings.Cut(parameter, "=")
		switch {
		case name == "":
			return errors.New("a query parameter without a name")
		case slices.Contains(names, name):
			return fmt.Errorf("two query parameters %s", name)
		case strings.ContainsFunc(parameter, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"\\#{}", r) }):
			return errors.New("a character that a query has only escaped")
		}
		names = append(names, name)
	}
	return nil
}

// cutBraces returns what stands between the brace that a text begins with and the one that
// closes it, and what follows.
func cutBraces(text string) (inside, after string, ok bool) {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return text[1:i], text[i+1:], true
			}
		}
	}
	return "", "", false
}

// splitAliases splits a text with spaces between its aliases. A space in braces is of the
// alias.
func splitAliases(text string) (aliases []string) {
	depth, from := 0, 0
	for i, c := range []byte(text + " ") {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == ' ' && (depth <= 0 || i == len(text)):
			if i > from {
				aliases = append(aliases, text[from:i])
			}
			from = i + 1
		}
	}
	return aliases
}

// readAliases reads the aliases of all presets, in the order in which they are tried, and
// returns their mistakes.
func (ps *Presets) readAliases() (errs []error) {
	seen := map[string]Alias{} // by what they match
	for _, preset := range ps.names {
		for _, pattern := range ps.serving[preset].Aliases {
			origin := ps.origins[preset]["aliases"]
			a, err := parseAlias(pattern)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: preset %s: aliases: %q has %w, expected paths such as /100x100/{key} or /h/{key}?w=300",
					origin, preset, pattern, err))
				continue
			}
			a.Preset = preset
			if other, twice := seen[a.matches()]; twice {
				errs = append(errs, fmt.Errorf("%s: preset %s: aliases: %q is an address of preset %s already, %q at %s, expected another",
					origin, preset, pattern, other.Preset, other.Pattern, ps.origins[other.Preset]["aliases"]))
				continue
			}
			seen[a.matches()] = a
			ps.aliases = append(ps.aliases, a)
		}
	}
	slices.SortStableFunc(ps.aliases, func(a, b Alias) int {
		return cmp.Or(cmp.Compare(b.literals(), a.literals()), cmp.Compare(len(b.Query), len(a.Query)))
	})
	return errs
}

// matches is the same text for aliases that match the same addresses.
func (a Alias) matches() string {
	return fmt.Sprintf("%q", []any{a.Before, a.Base64, a.TextBefore, a.TextAfter, a.After, slices.Sorted(slices.Values(a.Query))})
}

// literals is how many bytes of a path the alias names.
func (a Alias) literals() int {
	return len(strings.ReplaceAll(a.Before, Wild, "")) + len(a.TextBefore) + len(a.TextAfter) + len(a.After)
}
