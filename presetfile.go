package prew

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// EmbeddedPresets is presets.yaml as it was when the program was built. It is
// embedded here because go:embed cannot reach into a parent folder and both
// programs carry the same presets.
//
//go:embed presets.yaml
var EmbeddedPresets []byte

// Presets are the effective presets, with the origin of each of their values.
type Presets struct {
	names   []string // in the file's order, then the environment's
	presets map[string]Preset
	origins map[string]map[string]string // preset, field: where its value was set
}

// Value is one field of an effective preset. Text is empty for a field that is
// left open; Origin is a file and line, a variable, or "default".
type Value struct {
	Field, Text, Origin string
}

// presetName matches the names that a preset may have: they need no escaping in a
// URL or, with _ for -, in the name of a variable.
var presetName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// LoadPresets reads presets from YAML text and applies the PRESET_<NAME> variables
// of an environment in the form of os.Environ. The error joins all mistakes, each
// with its file and line or its variable, the field, and what was expected; file
// is the name of the text in them.
func LoadPresets(file string, text []byte, environ []string) (Presets, error) {
	ps := Presets{presets: map[string]Preset{}, origins: map[string]map[string]string{}}
	errs := ps.readYAML(file, text)
	errs = append(errs, ps.readEnviron(environ)...)
	for _, name := range ps.names {
		resolved, err := ps.presets[name].Resolve()
		// A wrong value has been reported where it was set; what is left are
		// fields that do not go together.
		if err != nil && len(errs) == 0 {
			errs = append(errs, fmt.Errorf("%s: preset %s: %w", ps.origins[name][""], name, err))
		}
		ps.presets[name] = resolved
	}
	if len(ps.names) == 0 && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("%s: no presets, expected at least one", file))
	}
	return ps, errors.Join(errs...)
}

// Names lists the presets, in the file's order, then those of the environment.
func (ps Presets) Names() []string { return slices.Clone(ps.names) }

// Get returns a preset by its name, resolved and checked.
func (ps Presets) Get(name string) (Preset, bool) {
	p, ok := ps.presets[name]
	return p, ok
}

// Explain lists the fields of a preset, each with its value and origin.
func (ps Presets) Explain(name string) []Value {
	var values []Value
	for _, f := range fields {
		origin, ok := ps.origins[name][f.name]
		if !ok {
			origin = "default"
		}
		values = append(values, Value{f.name, f.get(ps.presets[name]), origin})
	}
	return values
}

// define makes room for a preset that was first named at origin.
func (ps *Presets) define(name, origin string) error {
	if !presetName.MatchString(name) {
		return fmt.Errorf("%s: preset %q: expected a name of at most 64 letters, digits, _ and -", origin, name)
	}
	for _, other := range ps.names {
		if variable(other) == variable(name) {
			return fmt.Errorf("%s: preset %s: %s has the same variable %s, expected another name",
				origin, name, other, variable(name))
		}
	}
	ps.names = append(ps.names, name)
	ps.origins[name] = map[string]string{"": origin}
	return nil
}

// set gives a field of a preset the value that origin spells as text.
func (ps *Presets) set(preset, fieldName, text, origin string) error {
	for _, f := range fields {
		if f.name != fieldName {
			continue
		}
		p := ps.presets[preset]
		if !f.set(&p, text) {
			return fmt.Errorf("%s: preset %s: %s: %q, expected %s", origin, preset, fieldName, text, f.expected)
		}
		ps.presets[preset] = p
		ps.origins[preset][fieldName] = origin
		return nil
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return fmt.Errorf("%s: preset %s: %s: unknown field, expected one of %s",
		origin, preset, fieldName, strings.Join(names, ", "))
}

func (ps *Presets) readYAML(file string, text []byte) (errs []error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); err == io.EOF {
		return nil // an empty file leaves everything to the environment
	} else if err != nil {
		return []error{fmt.Errorf("%s: %w", file, err)}
	}
	if err := decoder.Decode(new(yaml.Node)); err != io.EOF {
		return []error{fmt.Errorf("%s: a second document, expected one", file)}
	}
	at := func(n *yaml.Node) string { return fmt.Sprintf("%s:%d", file, n.Line) }
	top := document.Content[0]
	if top.Kind != yaml.MappingNode {
		return []error{fmt.Errorf("%s: expected names of presets, each with its fields", at(top))}
	}
	for i := 0; i+1 < len(top.Content); i += 2 {
		name, body := top.Content[i], top.Content[i+1]
		if err := ps.define(name.Value, at(name)); err != nil {
			errs = append(errs, err)
			continue
		}
		if body.Kind != yaml.MappingNode {
			errs = append(errs, fmt.Errorf("%s: preset %s: expected fields such as width: 640", at(body), name.Value))
			continue
		}
		for j := 0; j+1 < len(body.Content); j += 2 {
			key, value := body.Content[j], body.Content[j+1]
			if _, twice := ps.origins[name.Value][key.Value]; twice {
				errs = append(errs, fmt.Errorf("%s: preset %s: %s: set twice, expected once", at(key), name.Value, key.Value))
				continue
			}
			// A value that is no scalar has no text, and no field takes empty text.
			if err := ps.set(name.Value, key.Value, value.Value, at(key)); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

// variable is the name of the environment variable that overrides a preset.
func variable(preset string) string {
	return "PRESET_" + strings.ToUpper(strings.ReplaceAll(preset, "-", "_"))
}

func (ps *Presets) readEnviron(environ []string) (errs []error) {
	// The order of an environment means nothing; sorting it makes every start
	// print the same.
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		origin, text, _ := strings.Cut(entry, "=")
		suffix, ok := strings.CutPrefix(origin, "PRESET_")
		if !ok || text == "" {
			continue
		}
		i := slices.IndexFunc(ps.names, func(name string) bool { return variable(name) == origin })
		name := strings.ToLower(suffix)
		if i >= 0 {
			name = ps.names[i]
		} else if err := ps.define(name, origin); err != nil {
			errs = append(errs, err)
			continue
		}
		for assignment := range strings.SplitSeq(text, ",") {
			key, value, ok := strings.Cut(assignment, "=")
			if !ok {
				errs = append(errs, fmt.Errorf("%s: %q, expected field=value,field=value", origin, assignment))
				continue
			}
			if err := ps.set(name, strings.TrimSpace(key), strings.TrimSpace(value), origin); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}
