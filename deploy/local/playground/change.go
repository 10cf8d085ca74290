package playground

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"prew"
)

// Presets are presets as they are written: the text of a file, and the environment beside it.
type Presets struct {
	File    string // the name of the text in mistakes
	Text    []byte
	Environ []string
}

// change is a preset with other values of some of its fields.
type change struct {
	Preset string            `json:"preset"`
	Fields map[string]string `json:"fields"` // as PRESET_<NAME> spells them
}

// mistake is one thing that is wrong with a change, in the words of whoever refuses it.
type mistake struct {
	Field string `json:"field,omitempty"` // empty: none by itself
	Text  string `json:"text"`
}

// read reads the presets with a change in the way in which it would be made for good, by the
// preset's variable.
func (c change) read(written Presets) (prew.Presets, []mistake) {
	var mistakes []mistake
	for _, field := range c.names() {
		if strings.ContainsAny(c.Fields[field], ",\x00") {
			mistakes = append(mistakes, mistake{field, fmt.Sprintf("%q, expected no comma, which %s parts fields by", c.Fields[field], prew.Variable(c.Preset))})
		}
	}
	if mistakes != nil {
		return prew.Presets{}, mistakes
	}
	environ := written.Environ
	if variable := c.variable(written); variable != "" {
		environ = append(slices.DeleteFunc(slices.Clone(environ), c.sets), variable)
	}
	presets, err := prew.LoadPresets(written.File, written.Text, environ)
	if err == nil {
		if !slices.Contains(presets.Names(), c.Preset) {
			return presets, []mistake{{"", fmt.Sprintf("preset %q is unknown", c.Preset)}}
		}
		return presets, nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return presets, []mistake{mistakeOf(err)}
	}
	for _, err := range joined.Unwrap() {
		mistakes = append(mistakes, mistakeOf(err))
	}
	return presets, mistakes
}

// names are the names of the changed fields, in the order of prew.Choices; those that there
// are not come last.
func (c change) names() (names []string) {
	for _, choice := range prew.Choices() {
		if _, ok := c.Fields[choice.Field]; ok {
			names = append(names, choice.Field)
		}
	}
	var unknown []string
	for name := range c.Fields {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return append(names, unknown...)
}

// sets reports whether an entry of an environment is that of the preset.
func (c change) sets(entry string) bool {
	name, _, _ := strings.Cut(entry, "=")
	return name == prew.Variable(c.Preset)
}

// variable is the entry of an environment that makes the change: what the variable says
// already, but for the changed fields, and then these. It is empty if there is nothing to say.
func (c change) variable(written Presets) string {
	var parts []string
	for _, entry := range written.Environ {
		if !c.sets(entry) {
			continue
		}
		_, text, _ := strings.Cut(entry, "=")
		for part := range strings.SplitSeq(text, ",") {
			field, _, _ := strings.Cut(part, "=")
			if _, changed := c.Fields[strings.TrimSpace(field)]; !changed && part != "" {
				parts = append(parts, part)
			}
		}
	}
	for _, field := range c.names() {
		parts = append(parts, field+"="+c.Fields[field])
	}
	if len(c.Fields) == 0 {
		return ""
	}
	return prew.Variable(c.Preset) + "=" + strings.Join(parts, ",")
}

// yaml is the change as lines of presets.yaml, empty if there is none.
func (c change) yaml() (string, error) {
	if len(c.Fields) == 0 {
		return "", nil
	}
	scalar := func(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }
	body := &yaml.Node{Kind: yaml.MappingNode}
	for _, field := range c.names() {
		value := scalar(c.Fields[field])
		if slices.ContainsFunc(prew.Choices(), func(choice prew.Choice) bool { return choice.Field == field && choice.Several }) {
			value = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			for word := range strings.FieldsSeq(c.Fields[field]) {
				value.Content = append(value.Content, scalar(word))
			}
		}
		body.Content = append(body.Content, scalar(field), value)
	}
	text, err := yaml.Marshal(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar(c.Preset), body}})
	return strings.ReplaceAll(string(text), "\n    ", "\n  "), err // as presets.yaml is indented
}

// located matches a mistake that prew.LoadPresets finds: where, in which preset, the field, and
// what is wrong with it.
var located = regexp.MustCompile(`(?s)^.*?: preset [^:]+: ([a-z_-]+): (.*)$`)

// mistakeOf takes out of a mistake where it is, which is in the change.
func mistakeOf(err error) mistake {
	if parts := located.FindStringSubmatch(err.Error()); parts != nil {
		return mistake{parts[1], parts[2]}
	}
	return mistake{"", err.Error()}
}
