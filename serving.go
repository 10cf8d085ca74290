package prew

import (
	"fmt"
	"slices"
	"strings"
)

// Serving is what a preset says beside how a preview is made: what it comes in, and how it is
// asked for. A variant has all of it from its preset.
type Serving struct {
	Variants
	Aliases []string // other addresses, as they are written (address.go)
	Access  Access   // who may see the previews
}

// unserved are the values of a preset that says nothing of it.
var unserved = Serving{Variants: Variants{DPR: 1}, Access: Open}

// servingFields is the table of its fields.
var servingFields = []field[Serving]{
	{
		name: "formats", expected: "one or more of " + list(formats) + ", each once, the best first", list: true, words: texts(formats),
		set: func(of *Serving, text string) bool {
			of.Formats = nil
			for word := range strings.FieldsSeq(text) {
				if !slices.Contains(formats, Format(word)) || slices.Contains(of.Formats, Format(word)) {
					return false
				}
				of.Formats = append(of.Formats, Format(word))
			}
			return true // none is none, so that a variable can take them away
		},
		get: func(of Serving) string { return strings.ReplaceAll(list(of.Formats), ",", "") },
	},
	number("dpr", func(of *Serving) *int { return &of.DPR }, MaxDPR, fmt.Sprintf("a whole number from 1 to %d", MaxDPR)),
	{
		name: "aliases", expected: "paths such as /100x100/{key}", list: true,
		set: func(of *Serving, text string) bool {
			of.Aliases = splitAliases(text)
			return true // readAliases says what is wrong with which
		},
		get: func(of Serving) string { return strings.Join(of.Aliases, " ") },
	},
	word("access", func(of *Serving) *Access { return &of.Access }, presetAccess...),
}
