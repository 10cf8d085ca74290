package nginx

import (
	"slices"
	"strings"

	"prew"
)

// negotiated is a row of the map $formats: names of presets and variants whose paths are
// negotiated among the same formats, as a pattern, and these formats.
type negotiated struct {
	Names, Formats string
}

// mostNames is how many names stand in one pattern. nginx reads words of at most 4,096 bytes
// (NGX_CONF_BUFFER), and a name has at most 67.
const mostNames = 50

// negotiated returns the rows of $formats, and all formats that are in them.
func (s Site) negotiated() (rows []negotiated, formats []prew.Format) {
	names := map[string][]string{} // by their formats
	var lists []string
	for _, preset := range s.Presets.Names() {
		for _, name := range append([]string{preset}, s.Presets.Variants(preset)...) {
			var words []string
			for _, format := range s.Presets.Formats(name) {
				words = append(words, string(format))
				if !slices.Contains(formats, format) {
					formats = append(formats, format)
				}
			}
			list := strings.Join(words, " ")
			if list == "" {
				continue
			}
			if names[list] == nil {
				lists = append(lists, list)
			}
			names[list] = append(names[list], name)
		}
	}
	for _, list := range lists {
		for some := range slices.Chunk(names[list], mostNames) {
			rows = append(rows, negotiated{strings.Join(some, "|"), list})
		}
	}
	return rows, formats
}
