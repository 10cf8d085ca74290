package prew

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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

// Presets are the effective presets and their variants, with the origin of each of their
// values.
type Presets struct {
	names   []string                     // of the presets, in the file's order, then the environment's
	presets map[string]Preset            // variants too
	serving map[string]Serving           // of each preset
	aliases []Alias                      // in the order in which they are tried
	origins map[string]map[string]string // preset or variant, field: where its value was set
}

// Value is one field of an effective preset. Text is empty for a field that is
// left open; Origin is a file and line, a variable, or "default".
type Value struct {
	Field, Text, Origin string
}

// presetName matches the names that a preset may have: they need no escaping in a
// URL or, with _ for -, in the name of a variable.
var presetName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ReadPresets loads the presets of a file, or those that are built in where no file is
// named, as LoadPresets does, and reads the files of their watermarks. Their paths begin in the
// folder of the presets' file, or in the working directory where none is named.
func ReadPresets(file string, environ []string) (Presets, error) {
	presets, err := ReadUnmarked(file, environ)
	if err != nil {
		return presets, err
	}
	return presets, presets.readMarks(filepath.Dir(file))
}

// ReadUnmarked is ReadPresets without the files of watermarks, for programs that only need to
// know which presets there are. They may run where those files are not.
func ReadUnmarked(file string, environ []string) (Presets, error) {
	if file == "" {
		return LoadPresets("built-in presets.yaml", EmbeddedPresets, environ)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return Presets{}, fmt.Errorf("PREW_PRESETS: %w", err)
	}
	return LoadPresets(file, text, environ)
}

// LoadPresets reads presets from YAML text and applies the PRESET_<NAME> variables
// of an environment in the form of os.Environ. The error joins all mistakes, each
// with its file and line or its variable, the field, and what was expected; file
// is the name of the text in them.
func LoadPresets(file string, text []byte, environ []string) (Presets, error) {
	written := noPresets() // as they are set, in which a variant has what is set for it alone
	errs := written.readYAML(file, text)
	errs = append(errs, written.readEnviron(environ)...)
	if len(written.names) == 0 && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("%s: no presets, expected at least one", file))
	}
	errs = append(errs, written.checkVariants()...)
	errs = append(errs, written.readAliases()...)
	ps := noPresets()
	ps.names, ps.serving, ps.aliases = written.names, written.serving, written.aliases
	for _, name := range ps.names {
		for _, v := range append([]variant{{name, 1, Auto}}, ps.serving[name].of(name)...) {
			preset, origins := written.derive(v)
			resolved, err := preset.Resolve()
			if err == nil {
				err = written.checkLikeness(v, resolved, origins)
			}
			// A wrong value has been reported where it was set; what is left are
			// fields that do not go together.
			if err != nil && len(errs) == 0 {
				errs = append(errs, fmt.Errorf("%s: preset %s: %w", origins[""], v, err))
			}
			ps.presets[v.String()], ps.origins[v.String()] = resolved, origins
		}
	}
	return ps, errors.Join(errs...)
}

// checkLikeness returns the mistake of saying how alike previews shall be whose quality is a number.
// Where that is said later, by the environment or for a variant, it counts alone.
func (ps *Presets) checkLikeness(v variant, p Preset, origins map[string]string) error {
	said := func(field string) (bySomebody, byVariable, here bool) {
		origin := origins[field]
		return origin != "", strings.HasPrefix(origin, "PRESET_"), origin != ps.origins[v.preset][field]
	}
	likeness, byVariable, here := said("likeness")
	_, qualityByVariable, qualityHere := said("quality")
	if p.Quality == AutoQuality || !likeness || qualityByVariable && !byVariable || qualityHere && !here {
		return nil
	}
	return fmt.Errorf("likeness: with quality %d, expected quality auto", p.Quality)
}

func noPresets() Presets {
	return Presets{presets: map[string]Preset{}, serving: map[string]Serving{}, origins: map[string]map[string]string{}}
}

// Names lists the presets, in the file's order, then those of the environment.
func (ps Presets) Names() []string { return slices.Clone(ps.names) }

// Get returns a preset or a variant by its name, resolved and checked.
func (ps Presets) Get(name string) (Preset, bool) {
	p, ok := ps.presets[name]
	return p, ok
}

// Explain lists the fields of a preset or a variant, each with its value and origin.
func (ps Presets) Explain(name string) []Value {
	values := explain(fields, ps.presets[name], ps.origins[name])
	if of, ok := ps.serving[name]; ok {
		values = append(values, explain(servingFields, of, ps.origins[name])...)
	}
	return values
}

func explain[T any](fields []field[T], of T, origins map[string]string) (values []Value) {
	for _, f := range fields {
		values = append(values, Value{f.name, f.get(of), cmp.Or(origins[f.name], "default")})
	}
	return values
}

// define makes room for a preset, or for what is set for a variant, that was first named
// at origin.
func (ps *Presets) define(name, origin string) error {
	if _, ok := parseVariant(name); ok {
		if _, twice := ps.origins[name]; twice {
			return fmt.Errorf("%s: preset %s: named twice, expected once", origin, name)
		}
		ps.origins[name] = map[string]string{"": origin}
		return nil
	}
	if !presetName.MatchString(name) {
		return fmt.Errorf("%s: preset %q: expected a name of at most 64 letters, digits, _ and -, or a variant as card@2x.webp", origin, name)
	}
	for _, other := range ps.names {
		if Variable(other) == Variable(name) {
			return fmt.Errorf("%s: preset %s: %s has the same variable %s, expected another name",
				origin, name, other, Variable(name))
		}
	}
	ps.names = append(ps.names, name)
	ps.serving[name] = unserved
	ps.origins[name] = map[string]string{"": origin}
	return nil
}

// set gives a field of a preset, or of a variant, the value that origin spells as text.
func (ps *Presets) set(preset, fieldName, text, origin string) error {
	p, of := ps.presets[preset], ps.serving[preset]
	expected, known := assign(fields, &p, fieldName, text)
	if !known {
		expected, known = assign(servingFields, &of, fieldName, text)
	}
	_, isVariant := parseVariant(preset)
	switch {
	case !known:
		return fmt.Errorf("%s: preset %s: %s: unknown field, expected one of %s",
			origin, preset, fieldName, list(append(names(fields), names(servingFields)...)))
	case isVariant && fieldName == "aliases":
		return fmt.Errorf("%s: preset %s: %s: its preset has it, expected another field", origin, preset, fieldName)
	case isVariant && (fieldName == "format" || slices.Contains(names(servingFields), fieldName)):
		return fmt.Errorf("%s: preset %s: %s: a variant has it by its name, expected another field", origin, preset, fieldName)
	case isVariant && fieldName == "source":
		return fmt.Errorf("%s: preset %s: %s: its preset has it, expected another field", origin, preset, fieldName)
	case expected != "":
		return fmt.Errorf("%s: preset %s: %s: %q, expected %s", origin, preset, fieldName, text, expected)
	}
	ps.presets[preset] = p
	if !isVariant {
		ps.serving[preset] = of
	}
	ps.origins[preset][fieldName] = origin
	return nil
}

// assign gives the field with a name the value of a text. Where the text is none of the
// field's values, it returns what was expected.
func assign[T any](fields []field[T], of *T, name, text string) (expected string, known bool) {
	for _, f := range fields {
		if f.name != name {
			continue
		}
		if !f.set(of, text) {
			return f.expected, true
		}
		return "", true
	}
	return "", false
}

func names[T any](fields []field[T]) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
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
			if err := ps.set(name.Value, key.Value, textOf(key.Value, value), at(key)); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

// textOf is the text of a field's value: where the field takes a list of words, the words
// with spaces between them. Any other value that is no scalar has no text, which no such
// field takes.
func textOf(fieldName string, value *yaml.Node) string {
	takesList := slices.ContainsFunc(servingFields, func(f field[Serving]) bool { return f.name == fieldName && f.list })
	if value.Kind != yaml.SequenceNode || !takesList {
		return value.Value
	}
	words := make([]string, len(value.Content))
	for i, word := range value.Content {
		words[i] = word.Value
	}
	return strings.Join(words, " ")
}

// Variable is the name of the environment variable that overrides a preset or a variant:
// card@2x.webp has PRESET_CARD__2X__WEBP.
func Variable(preset string) string {
	return "PRESET_" + strings.ToUpper(strings.NewReplacer("-", "_", "@", "__", ".", "__").Replace(preset))
}

// byVariable returns the preset, or the variant of one, that a variable overrides. The
// variant may be one that the preset does not declare. The name is empty if there is none.
func (ps *Presets) byVariable(origin string) (name string) {
	for _, preset := range ps.names {
		if Variable(preset) == origin {
			return preset
		}
	}
	for _, preset := range ps.names {
		if suffix, ok := strings.CutPrefix(origin, Variable(preset)+"__"); ok {
			if v, ok := parseSuffix(preset, suffix); ok {
				return v.String()
			}
		}
	}
	return ""
}

func (ps *Presets) readEnviron(environ []string) (errs []error) {
	// The order of an environment means nothing; sorting it makes every start
	// print the same, and reads a preset before its variants.
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		origin, text, _ := strings.Cut(entry, "=")
		suffix, ok := strings.CutPrefix(origin, "PRESET_")
		if !ok || text == "" {
			continue
		}
		name := ps.byVariable(origin)
		_, defined := ps.origins[name]
		if name == "" {
			name = strings.ToLower(suffix)
		}
		if !defined {
			if err := ps.define(name, origin); err != nil {
				errs = append(errs, err)
				continue
			}
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
