package nginx

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"prew"
)

// alias is a row of the map $alias: a pattern for $request_uri, in two parts, and what $alias is
// where it matches.
type alias struct {
	Wild  string // up to the last segment that does not count
	Rest  string
	Means string
}

// Pattern is the whole pattern.
func (a alias) Pattern() string { return "^" + a.Wild + a.Rest }

// aliasGroup is a map of rows that begin alike, and a pattern that matches where one of them
// does. Without groups a hit by the last of 500 aliases with a segment that does not count took
// seven times as long as by the first.
type aliasGroup struct {
	Pattern string
	Rows    []alias
}

// longestGroup is the longest pattern of a group. nginx reads words of at most 4,096 bytes
// (NGX_CONF_BUFFER).
const longestGroup = 4000

// grouped puts rows that follow each other into groups.
func grouped(rows []alias) (groups []aliasGroup) {
	for _, row := range rows {
		either := strings.ReplaceAll(row.Rest, "?<spelt_key>", "?:")
		if n := len(groups); n > 0 && groups[n-1].Rows[0].Wild == row.Wild && len(groups[n-1].Pattern)+len("|")+len(either) <= longestGroup {
			last := &groups[n-1]
			last.Pattern = strings.TrimSuffix(last.Pattern, ")") + "|" + either + ")"
			last.Rows = append(last.Rows, row)
			continue
		}
		groups = append(groups, aliasGroup{"^" + row.Wild + "(?:" + either + ")", []alias{row}})
	}
	return groups
}

// aliasedURI is a row of the map $aliased_uri: a pattern for "$alias $uri".
type aliasedURI struct {
	Pattern string
}

// aliases returns the groups of $alias, in the order in which they are tried, and the rows of
// $aliased_uri.
func (s Site) aliases() (groups []aliasGroup, uris []aliasedURI) {
	all := s.Presets.Aliases()
	address := "$client_path"
	if slices.ContainsFunc(all, func(a prew.Alias) bool { return a.Base64 && len(a.Query) > 0 }) {
		address = "$request_uri" // a gateway must see the query, and each query is an address
	}
	numbers := map[[2]string]int{} // of paths
	var rows []alias
	for _, a := range all {
		if a.Base64 {
			// Of texts that begin alike one row is enough.
			if r := row(a, encoded(a.TextBefore), "base64 "+address); !slices.Contains(rows, r) {
				rows = append(rows, r)
			}
			continue
		}
		path := [2]string{a.Before, a.After}
		number, ok := numbers[path]
		if !ok {
			number = len(numbers) + 1
			numbers[path] = number
			uris = append(uris, aliasedURI{fmt.Sprintf("(?s)^%d (?<aliased_preset>/prew/[^/]+)/[^ ]+ %s(?<decoded_key>.+)%s$",
				number, decoded(a.Before), decoded(a.After))})
		}
		rows = append(rows, row(a, spelt+`(?<spelt_key>[^?]+)`, fmt.Sprintf("%d /prew/%s/$spelt_key", number, a.Preset)))
	}
	return grouped(rows), uris
}

const (
	// spelt looks ahead whether the rest of a path has whole escapes, and no fragment.
	spelt = `(?=(?:[^?#% ]|%[0-9A-Fa-f]{2})++(?:\?|$))`
	// wild matches a segment of a path that a key may have.
	wild = `(?!(?:\.|%2[Ee]){1,2}/)(?:[^/?#%\x5c]|%(?![01]|2[Ff]|5[Cc]|7[Ff])[0-9A-Fa-f]{2})++`
)

// row returns the row of an alias. The key's place is matched by key.
func row(a prew.Alias, key, means string) alias {
	r := alias{Means: means}
	literals := strings.Split(a.Before, prew.Wild)
	for _, literal := range literals[:len(literals)-1] {
		r.Wild += quote(literal) + wild
	}
	r.Rest = quote(literals[len(literals)-1]) + key + rest(a)
	return r
}

// rest returns a pattern for what follows the key of an alias.
func rest(a prew.Alias) string {
	var p strings.Builder
	if a.After != "" {
		p.WriteString(`(?<!%)(?<!%.)` + quote(a.After)) // no escape is cut
	}
	if len(a.Query) == 0 {
		p.WriteString(`(?:\?|$)`)
		return p.String()
	}
	p.WriteString(`\?`)
	for _, parameter := range a.Query {
		name, _, _ := strings.Cut(parameter, "=")
		fmt.Fprintf(&p, `(?=(?:(?!%s(?:[=&]|$))[^&]*+&)*+%s(?:&|$))`, quote(name), quote(parameter)) // the first of its name
	}
	return p.String()
}

// fixedDigits is how many digits of a text in base64 are in its pattern at most: enough to
// tell it from other paths.
const fixedDigits = 32

// encoded returns a pattern for a text in base64 that begins with before. It matches other
// texts too: a gateway decodes what it matches.
func encoded(before string) string {
	whole := before[:len(before)/3*3] // later bytes share a digit with the key
	digits := base64.StdEncoding.EncodeToString([]byte(whole))
	var p strings.Builder
	p.WriteString("/*")
	for _, digit := range []byte(digits[:min(len(digits), fixedDigits)]) {
		switch digit {
		case '+':
			p.WriteString(`(?:[-+]|%2[Bb])`)
		case '/':
			p.WriteString(`(?:[_/]|%2[Ff])`)
		default:
			p.WriteByte(digit)
		}
		p.WriteString("/*")
	}
	return p.String() + `[A-Za-z0-9+/_=%-]+`
}

// decoded returns a pattern for a part of a path as it is in $uri: decoded, with each run of
// slashes merged.
func decoded(part string) string {
	var patterns []string
	for _, literal := range strings.Split(part, prew.Wild) {
		path, err := url.PathUnescape(literal)
		if err != nil {
			panic(err) // prew.LoadPresets has refused it
		}
		for strings.Contains(path, "//") {
			path = strings.ReplaceAll(path, "//", "/")
		}
		patterns = append(patterns, quote(path))
	}
	return strings.Join(patterns, "[^/]+")
}

// quote returns a pattern for a text, as it stands between double quotes in nginx's
// configuration.
func quote(text string) string {
	var q strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c <= ' ' || c >= 0x7f || strings.IndexByte(`"'\`, c) >= 0:
			fmt.Fprintf(&q, `\x%02x`, c)
		case strings.IndexByte(`.^$*+?()[]{}|`, c) >= 0:
			q.WriteByte('\\')
			q.WriteByte(c)
		default:
			q.WriteByte(c)
		}
	}
	return q.String()
}
