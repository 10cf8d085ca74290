package prew

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// DefaultSource is what metrics and logs call the source that needs no name, and the word for
// it in a preset.
const DefaultSource = "default"

// Source is a place that presets may have their photos from.
type Source struct {
	Name    string // as in the preset field source; empty for the default one
	Photos  Place
	origin  string            // the variable that defines it
	origins map[string]string // field: the variable that set it
}

// Label is the source's name in metrics and logs.
func (s Source) Label() string {
	if s.Name == "" {
		return DefaultSource
	}
	return s.Name
}

// Sources say where the photos of each preset lie, and where all previews do.
type Sources struct {
	Previews Place
	all      []Source // the default one first, then by name
}

// ReadSources returns the default source, which is the place of the photos in places, and
// those of an environment in the form of os.Environ: one for each SOURCE_<NAME> variable, and
// those of PREW_SOURCES, name:field=value,field=value;name:field=value, which is for a template
// of a stack, where no parameter can name a variable. The error joins all mistakes in the prefixes of
// places and in the variables, each with its variable.
func ReadSources(places Places, environ []string) (Sources, error) {
	s := Sources{Previews: places.Previews(), all: []Source{{Photos: places.Photos(), origin: "the default one", origins: originsOfDefault(environ)}}}
	errs := CheckPrefixes(s.Previews, places.Photos())
	for _, said := range sourcesIn(environ) {
		variable := said.variable
		source := Source{Name: strings.ToLower(said.name), origin: variable, origins: map[string]string{}}
		mistakes := source.read(said.text)
		if endpoint := valueIn(environ, awsEndpoint); source.Photos.Endpoint == "" && endpoint != "" {
			source.Photos.Endpoint, source.origins["endpoint"] = endpoint, awsEndpoint // where the SDK would ask
		}
		if len(mistakes) == 0 {
			mistakes = checkBeside(variable, source.Photos, s.Previews)
		}
		if other, twice := s.Get(source.Name); twice {
			mistakes = append(mistakes, fmt.Errorf("%s: source %s is %s already, expected another name", variable, source.Label(), other.origin))
		}
		errs = append(errs, mistakes...)
		s.all = append(s.all, source)
	}
	return s, errors.Join(errs...)
}

// said is what a variable says of one source.
type said struct {
	variable, name, text string
}

// sourcesIn returns what the variables of an environment say of sources, in an order that is
// the same at every start.
func sourcesIn(environ []string) (all []said) {
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		variable, text, _ := strings.Cut(entry, "=")
		name, ok := strings.CutPrefix(variable, "SOURCE_")
		// SOURCE_DATE_EPOCH is set by builders of packages (reproducible-builds.org,
		// "SOURCE_DATE_EPOCH") and names no place.
		if ok && text != "" && variable != "SOURCE_DATE_EPOCH" {
			all = append(all, said{variable, name, text})
		}
	}
	for one := range strings.SplitSeq(valueIn(environ, severalSources), ";") {
		if one = strings.TrimSpace(one); one != "" {
			name, text, _ := strings.Cut(one, ":")
			all = append(all, said{severalSources, name, text})
		}
	}
	return all
}

// severalSources is the variable that may have several sources.
const severalSources = "PREW_SOURCES"

// awsEndpoint is the SDK's variable for a store other than S3.
const awsEndpoint = "AWS_ENDPOINT_URL_S3"

// originsOfDefault says which variables of an environment set the place of the photos: of
// those for a field the first that is there.
func originsOfDefault(environ []string) map[string]string {
	origins := map[string]string{}
	for field, variables := range map[string][]string{
		"bucket":     {"PREW_SOURCE_BUCKET", "PREW_BUCKET"},
		"prefix":     {"PREW_SOURCE_PREFIX"},
		"region":     {"PREW_SOURCE_REGION", "PREW_S3_REGION", "AWS_REGION"},
		"role":       {"PREW_SOURCE_ROLE", "PREW_S3_ROLE"},
		"endpoint":   {"PREW_SOURCE_ENDPOINT", "PREW_S3_ENDPOINT", awsEndpoint},
		"path_style": {"PREW_SOURCE_PATH_STYLE", "PREW_S3_PATH_STYLE"},
	} {
		for _, variable := range variables {
			empty := field == "prefix" && slices.Contains(environ, variable+"=")
			if origins[field] == "" && (empty || valueIn(environ, variable) != "") {
				origins[field] = variable
			}
		}
	}
	return origins
}

// valueIn is the value of a variable in an environment, of which the last one counts.
func valueIn(environ []string, variable string) (value string) {
	for _, entry := range environ {
		if text, ok := strings.CutPrefix(entry, variable+"="); ok {
			value = text
		}
	}
	return value
}

var (
	sourceName = regexp.MustCompile(`^[a-z0-9_-]{1,64}$`)
	roleARN    = regexp.MustCompile(`^arn:[a-z0-9-]+:iam::[0-9]*:role/.+$`)
)

// sourceFields is the table of what the variable of a source may set.
var sourceFields = []field[Place]{
	{name: "bucket", expected: "the name of a bucket", set: text(func(p *Place) *string { return &p.Bucket }, nil), get: func(p Place) string { return p.Bucket }},
	{name: "prefix", expected: "a folder", set: func(p *Place, text string) bool { p.Prefix = folder(&text, ""); return true }, get: func(p Place) string { return p.Prefix }},
	{name: "region", expected: "a region", set: text(func(p *Place) *string { return &p.Region }, nil), get: func(p Place) string { return p.Region }},
	{name: "role", expected: "the ARN of a role, as arn:aws:iam::111122223333:role/photos", set: text(func(p *Place) *string { return &p.Role }, roleARN.MatchString), get: func(p Place) string { return p.Role }},
	{name: "endpoint", expected: "a URL as https://host:port", set: text(func(p *Place) *string { return &p.Endpoint }, isURL), get: func(p Place) string { return p.Endpoint }},
	{
		name: "path_style", expected: "1 or 0",
		set: func(p *Place, text string) bool {
			var err error
			p.PathStyle, err = yes("", func(string) string { return text })
			return err == nil
		},
		get: func(p Place) string { return map[bool]string{true: "1", false: "0"}[p.PathStyle] },
	},
}

// text returns the setter of a field that is any text, or one that a rule allows. Empty text
// leaves it unset.
func text(at func(*Place) *string, allowed func(string) bool) func(*Place, string) bool {
	return func(p *Place, text string) bool {
		*at(p) = text
		return text == "" || allowed == nil || allowed(text)
	}
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// read reads the text of a source's variable, bucket=originals,prefix=2024/, and returns the
// mistakes in it.
func (s *Source) read(text string) (errs []error) {
	wrong := func(format string, args ...any) {
		origin := s.origin
		if origin == severalSources {
			origin += ": " + s.Name
		}
		errs = append(errs, fmt.Errorf("%s: "+format, append([]any{origin}, args...)...))
	}
	if !sourceName.MatchString(s.Name) || s.Name == DefaultSource {
		wrong("source %q, expected a name of at most 64 letters, digits, _ and -, and not %s", s.Name, DefaultSource)
	}
	set := map[string]bool{}
	for assignment := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(assignment, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok {
			wrong("%q, expected field=value,field=value", assignment)
			continue
		}
		expected, known := assign(sourceFields, &s.Photos, name, value)
		switch {
		case !known:
			wrong("%s: unknown field, expected one of %s", name, list(names(sourceFields)))
		case set[name]:
			wrong("%s: set twice, expected once", name)
		case expected != "":
			wrong("%s: %q, expected %s", name, value, expected)
		}
		set[name], s.origins[name] = true, s.origin
	}
	if s.Photos.Bucket == "" {
		wrong("no bucket, expected bucket=<name>")
	}
	return errs
}

// All lists the sources, the default one first.
func (s Sources) All() []Source { return slices.Clone(s.all) }

// Explain lists the fields of a source, each with its value and origin.
func (s Source) Explain() (values []Value) {
	for _, f := range sourceFields {
		values = append(values, Value{f.name, f.get(s.Photos), cmp.Or(s.origins[f.name], "default")})
	}
	return values
}

// Get returns the source with a name, of which empty is the default one's.
func (s Sources) Get(name string) (Source, bool) {
	i := slices.IndexFunc(s.all, func(of Source) bool { return of.Name == name })
	if i < 0 {
		return Source{}, false
	}
	return s.all[i], true
}

// CheckPresets returns an error for each preset whose source there is not.
func (s Sources) CheckPresets(ps Presets) error {
	var errs []error
	for _, name := range ps.names {
		source := ps.presets[name].Source
		if _, ok := s.Get(source); !ok {
			errs = append(errs, fmt.Errorf("%s: preset %s: source: %q is unknown, expected SOURCE_%s to define it, or one of %s",
				ps.origins[name]["source"], name, source, strings.ToUpper(source), s.labels()))
		}
	}
	return errors.Join(errs...)
}

func (s Sources) labels() string {
	var labels []string
	for _, source := range s.all {
		labels = append(labels, source.Label())
	}
	return list(labels)
}

// Objects are the names of a preview's object and of its photo's in a source. The error wraps
// ErrPath.
func (s Sources) Objects(ref Ref, source Source) (preview, photo string, err error) {
	if preview, err = s.Previews.Preview(ref); err == nil {
		photo, err = source.Photos.Photo(ref.Key, s.Previews)
	}
	return preview, photo, err
}
