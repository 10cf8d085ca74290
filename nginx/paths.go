package nginx

import (
	"fmt"
	"slices"
	"strings"

	"prew"
)

// refused returns the patterns of decoded paths whose objects S3 can't have below the
// prefixes of a site's places, or must not. The rules are those of Place.Preview and
// Place.Photo in place.go. nginx doesn't know named sources, so that a gateway alone goes by
// the second for their previews; their paths have "named" before them.
func (s Site) refused() (patterns []string) {
	room := func(p prew.Place) int { return prew.MaxObject - len(p.Prefix) }
	patterns = append(patterns,
		fmt.Sprintf("^/photo/.{%d}", room(s.Photos)+1),
		fmt.Sprintf("^(?:named)?/prew/.{%d}", room(s.Previews)+1))
	const ofDefault = "^/prew/[^/]+/"
	// The shortest preset has a letter and a slash: where that leaves a photo's key its
	// room, the second pattern has refused what is too long.
	if room(s.Photos) < room(s.Previews)-2 {
		patterns = append(patterns, fmt.Sprintf("%s.{%d}", ofDefault, room(s.Photos)+1))
	}
	if reserved := s.Photos.Reserved(s.Previews); reserved != "" {
		patterns = append(patterns, "^/photo/"+literal(reserved), ofDefault+literal(reserved))
	}
	return patterns
}

// ofNamedSources returns patterns of the names of presets that have their photos from a named
// source.
func (s Site) ofNamedSources() (patterns []string) {
	var names []string
	for _, preset := range s.Presets.Names() {
		if p, _ := s.Presets.Get(preset); p.Source != "" {
			names = append(names, preset)
		}
	}
	for some := range slices.Chunk(names, mostNames) {
		patterns = append(patterns, strings.Join(some, "|"))
	}
	return patterns
}

// literal spells text as a pattern that matches it alone, in characters that mean nothing to
// nginx's own reader.
func literal(text string) string {
	var pattern strings.Builder
	for _, b := range []byte(text) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', b == '/', b == '-', b == '_':
			pattern.WriteByte(b)
		default:
			fmt.Fprintf(&pattern, `\x%02x`, b)
		}
	}
	return pattern.String()
}
