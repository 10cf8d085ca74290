package prew

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MaxDPR is the largest pixel ratio of a preset: no screen has a larger one.
const MaxDPR = 4

// Variants says what a preset comes in beside its own preview: in Formats, the best first,
// for clients that accept them, and for pixel ratios up to DPR.
//
// A variant is a preset by a name, name[@<n>x][.<format>]: card@2x, card.webp, card@2x.webp.
// It has its preset's fields, but is in that format and n times as large. Its previews lie at
// <variant>/<key> among those of presets, and each has a lease of its own. A preset's name can have neither "@"
// nor ".", so no variant has the name of a preset.
type Variants struct {
	Formats []Format
	DPR     int
}

// variant is a variant of a preset: ratio times as large, in a format, which is Auto for the
// preset's own. With a ratio of 1 and Auto it is the preset itself.
type variant struct {
	preset string
	ratio  int
	format Format
}

// String is the variant's name.
func (v variant) String() string {
	name := v.preset
	if v.ratio > 1 {
		name += fmt.Sprintf("@%dx", v.ratio)
	}
	if v.format != Auto {
		name += "." + string(v.format)
	}
	return name
}

// of lists the variants of the preset with a name, the smallest first.
func (of Variants) of(name string) (all []variant) {
	for ratio := 1; ratio <= of.DPR; ratio++ {
		for _, format := range append([]Format{Auto}, of.Formats...) {
			if ratio > 1 || format != Auto {
				all = append(all, variant{name, ratio, format})
			}
		}
	}
	return all
}

// variantName matches the name of a variant, and that of a preset too.
var variantName = regexp.MustCompile(`^([A-Za-z0-9_-]{1,64})(?:@([2-` + strconv.Itoa(MaxDPR) + `])x)?(?:\.([a-z]+))?$`)

// parseVariant reads the name of a variant, which its preset may or may not declare.
func parseVariant(name string) (v variant, ok bool) {
	match := variantName.FindStringSubmatch(name)
	if match == nil {
		return v, false
	}
	v = variant{match[1], 1, Format(match[3])}
	if match[2] != "" {
		v.ratio = int(match[2][0] - '0')
	}
	return v, name != v.preset && (v.format == Auto || slices.Contains(formats, v.format))
}

// variantSuffix matches what follows a preset's variable in that of its variant.
var variantSuffix = regexp.MustCompile(`^(?:([0-9])X)?(?:(?:^|__)([A-Z]+))?$`)

// parseSuffix reads what follows a preset's variable, and two underscores, in the variable of
// a variant: 2X, WEBP or 2X__WEBP.
func parseSuffix(preset, suffix string) (v variant, ok bool) {
	match := variantSuffix.FindStringSubmatch(suffix)
	if match == nil {
		return v, false
	}
	name := preset
	if match[1] != "" {
		name += "@" + match[1] + "x"
	}
	if match[2] != "" {
		name += "." + strings.ToLower(match[2])
	}
	return parseVariant(name)
}

// checkVariants returns the mistakes that only show when all is read: what is set for a
// variant that no preset declares, a format that is the preset's own already, others
// than that of a stand-in, and a variable that two names have.
func (ps *Presets) checkVariants() (errs []error) {
	declared := map[string]bool{}
	for _, preset := range ps.names {
		of := ps.serving[preset]
		own := ps.presets[preset].Format
		if own.StandsIn() && len(of.Formats) > 0 {
			errs = append(errs, fmt.Errorf("%s: preset %s: formats: its own is %s, which comes in no others, expected none", ps.origins[preset]["formats"], preset, own))
		}
		if own.StandsIn() && of.DPR > 1 {
			errs = append(errs, fmt.Errorf("%s: preset %s: dpr: its format is %s, which has no size, expected 1", ps.origins[preset]["dpr"], preset, own))
		}
		if slices.Contains(of.Formats, own) {
			errs = append(errs, fmt.Errorf("%s: preset %s: formats: %s is its own format, expected others", ps.origins[preset]["formats"], preset, own))
		}
		for _, v := range of.of(preset) {
			declared[v.String()] = true
			if other := ps.byVariable(Variable(v.String())); other != v.String() {
				errs = append(errs, fmt.Errorf("%s: preset %s: %s has the same variable %s as its variant %s, expected another name",
					ps.origins[preset][""], preset, other, Variable(v.String()), v))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ps.origins)) {
		v, ok := parseVariant(name)
		if !ok || declared[name] {
			continue
		}
		expected := "a preset " + v.preset
		if _, ok := ps.serving[v.preset]; ok {
			expected = "formats and dpr of " + v.preset + " to name it"
		}
		errs = append(errs, fmt.Errorf("%s: preset %s: no preset has this variant, expected %s", ps.origins[name][""], name, expected))
	}
	return errs
}

// derive returns the fields of a variant, or of the preset itself, as they are set. What is
// set for the variant of the same format holds here too, then what is set for that of the
// same pixel ratio, and at last what is set for this very name: the later one counts.
func (ps *Presets) derive(v variant) (p Preset, origins map[string]string) {
	p, origins = ps.presets[v.preset], maps.Clone(ps.origins[v.preset])
	if v.format != Auto {
		p.Format, origins["format"] = v.format, "its name"
		ps.override(&p, origins, variant{v.preset, 1, v.format})
	}
	if v.ratio > 1 {
		for _, side := range []struct {
			name string
			of   *int
		}{{"width", &p.Width}, {"height", &p.Height}} {
			if *side.of != 0 {
				*side.of, origins[side.name] = *side.of*v.ratio, "its name"
			}
		}
		if p.Blur != 0 {
			p.Blur, origins["blur"] = min(p.Blur*float64(v.ratio), MaxBlur), "its name"
		}
		for _, width := range []struct {
			name string
			of   *int
		}{{"border", &p.Border}, {"radius", &p.Radius}} {
			if *width.of != 0 {
				*width.of, origins[width.name] = min(*width.of*v.ratio, MaxPresetSide), "its name"
			}
		}
		ps.override(&p, origins, variant{v.preset, v.ratio, Auto})
		ps.override(&p, origins, v)
	}
	return p, origins
}

// override sets the fields that are set for the name of a variant.
func (ps *Presets) override(p *Preset, origins map[string]string, v variant) {
	said := ps.presets[v.String()]
	for name, origin := range ps.origins[v.String()] {
		origins[name] = origin
		if i := slices.Index(names(fields), name); i >= 0 {
			fields[i].set(p, fields[i].get(said))
		}
	}
}

// Variants lists the names of a preset's variants, the smallest first.
func (ps Presets) Variants(preset string) (names []string) {
	for _, v := range ps.serving[preset].of(preset) {
		names = append(names, v.String())
	}
	return names
}

// Formats lists the formats among which the addresses of a preset or a variant are
// negotiated, the best first. They are those of the preset, unless the name has a format in
// it: the addresses of card.webp are one file for everybody.
func (ps Presets) Formats(name string) []Format {
	if _, ok := ps.presets[name]; !ok {
		return nil
	}
	v, isVariant := parseVariant(name)
	if !isVariant {
		return ps.serving[name].Formats
	}
	if v.format != Auto {
		return nil
	}
	return ps.serving[v.preset].Formats
}

// LongestFormat is as long as the part of a variant's name that names its format can be.
const LongestFormat = len(".webp")

// Negotiate returns the preview that a request with an Accept header (RFC 9110, section
// 12.5.1) is answered with: in the first of the preset's formats that it accepts, or else in
// the preset's own. Where negotiated is false the header decides nothing, and the preview is
// the one that is asked for: the name has no formats, or the preview's name, at the place of
// previews, would have no room for one in S3's limit. nginx has the same rules
// (site.conf.tmpl, variant.conf).
func (ps Presets) Negotiate(ref Ref, accept string, previews Place) (chosen Ref, negotiated bool) {
	formats := ps.Formats(ref.Preset)
	if len(formats) == 0 || len(previews.Prefix+ref.String())+LongestFormat > MaxObject {
		return ref, false
	}
	for _, format := range formats {
		if accepts(accept, format) {
			return Ref{ref.Preset + "." + string(format), ref.Key}, true
		}
	}
	return ref, true
}

// accepts reports whether an Accept header names the media type of a format outright and
// does not refuse it with a weight of 0. "*/*" and "image/*" name none: clients send them
// that have never heard of the format. Weights other than 0 do not count, because clients
// give all formats that they name the same. A weight that can't be read counts as no weight,
// and a comma in quotes as any other comma: no client sends either, and it only matters that
// nginx reads them in the same way.
func accepts(header string, format Format) bool {
	for element := range strings.SplitSeq(header, ",") {
		mediaType, parameters, _ := strings.Cut(element, ";")
		if strings.EqualFold(strings.Trim(mediaType, " \t"), format.MediaType()) && !refused(parameters) {
			return true
		}
	}
	return false
}

// refused reports whether one of the parameters of a media type is a weight of 0 (RFC 9110,
// section 12.4.2).
func refused(parameters string) bool {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.Trim(name, " \t"), "q") {
			continue
		}
		whole, fraction, _ := strings.Cut(strings.Trim(value, " \t"), ".")
		if whole == "0" && strings.Trim(fraction, "0") == "" {
			return true
		}
	}
	return false
}
