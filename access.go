package prew

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Access says who may see the previews of a preset, or the photos.
type Access string

const (
	Open   Access = "open"   // everybody
	Signed Access = "signed" // who has a signed address
	Token  Access = "token"  // who has a token
	Closed Access = "closed" // nobody; for photos alone, whose previews are shown all the same
)

// presetAccess is what a preset may say of it, and photoAccess what may be said of photos.
var (
	presetAccess = []Access{Open, Signed, Token}
	photoAccess  = append(slices.Clone(presetAccess), Closed)
)

// UnmarshalText implements encoding.TextUnmarshaler for the value of PREW_PHOTO_ACCESS.
func (a *Access) UnmarshalText(text []byte) error {
	if !slices.Contains(photoAccess, Access(text)) {
		return fmt.Errorf("%q, expected one of %s", text, list(photoAccess))
	}
	*a = Access(text)
	return nil
}

// Protected reports whether a request has to show that it may see something.
func (a Access) Protected() bool { return a == Signed || a == Token }

// Access says who may see the previews of a preset, or of a variant, which has its preset's.
// Of a name that is unknown there are no previews to see, and it is open.
func (ps Presets) Access(name string) Access {
	if of, ok := ps.serving[PresetOf(name)]; ok {
		return of.Access
	}
	return Open
}

// PresetOf is the preset that a name is of: the preset itself, or that of the variant.
func PresetOf(name string) string {
	if v, ok := parseVariant(name); ok {
		return v.preset
	}
	return name
}

// AskedAs lists the names under which a client may ask for the previews of a preset or a
// variant: its own, and the one whose addresses are negotiated to it, as those of card are
// to card.webp.
func (ps Presets) AskedAs(name string) []string {
	v, isVariant := parseVariant(name)
	if !isVariant || v.format == Auto {
		return []string{name}
	}
	negotiated := variant{v.preset, v.ratio, Auto}.String()
	if !slices.Contains(ps.Formats(negotiated), v.format) {
		return []string{name}
	}
	return []string{name, negotiated}
}

// credentials are the query parameters that a request may carry for each way (package
// lambda/access).
var credentials = map[Access][]string{Signed: {"e", "s"}, Token: {"t"}}

// CheckAccess returns the mistakes of what only some may see: each preset, and the photos,
// where private is false, because a public bucket would show them to everybody who knows its
// name; and each alias that takes a parameter which says who may see it for itself.
func CheckAccess(presets Presets, photos Access, private bool) error {
	var errs []error
	for _, name := range presets.Names() {
		if access := presets.Access(name); access.Protected() && !private {
			errs = append(errs, fmt.Errorf("%s: preset %s: access: %s in a public bucket, expected PREW_PRIVATE=1",
				presets.origins[name]["access"], name, access))
		}
	}
	for _, a := range presets.Aliases() {
		access := presets.Access(a.Preset)
		for _, parameter := range a.Query {
			if parameter, _, _ := strings.Cut(parameter, "="); slices.Contains(credentials[access], parameter) {
				errs = append(errs, fmt.Errorf("%s: preset %s: aliases: %q has the parameter %s, which says who may see it where access is %s, expected another",
					presets.origins[a.Preset]["aliases"], a.Preset, a.Pattern, parameter, access))
			}
		}
	}
	if photos.Protected() && !private {
		errs = append(errs, fmt.Errorf("PREW_PHOTO_ACCESS: %s in a public bucket, expected PREW_PRIVATE=1", photos))
	}
	return errors.Join(errs...)
}
