package prew

import (
	"slices"
	"strings"
)

// Scope says which previews a purge is about: those of Presets whose photo is one of Photos
// or begins with one of Prefixes. No Presets are all presets, and neither Photos nor Prefixes
// are all photos. A scope with none of the three is about everything if it says All, and
// otherwise about nothing.
type Scope struct {
	Presets  []string `json:"presets,omitempty"`  // names of presets and of variants, each for itself
	Photos   []string `json:"photos,omitempty"`   // keys
	Prefixes []string `json:"prefixes,omitempty"` // of keys; not only whole folders
	All      bool     `json:"all,omitempty"`
}

// Empty reports whether a scope is about nothing.
func (s Scope) Empty() bool {
	return !s.All && len(s.Presets) == 0 && len(s.Photos) == 0 && len(s.Prefixes) == 0
}

// Match reports whether a scope is about a preview.
func (s Scope) Match(ref Ref) bool {
	switch {
	case s.Empty():
		return false
	case len(s.Presets) > 0 && !slices.Contains(s.Presets, ref.Preset):
		return false
	case len(s.Photos) == 0 && len(s.Prefixes) == 0:
		return true
	}
	return slices.Contains(s.Photos, ref.Key) ||
		slices.ContainsFunc(s.Prefixes, func(prefix string) bool { return strings.HasPrefix(ref.Key, prefix) })
}

// The phases of a purge.
const (
	PurgeBegins = "begin" // nothing is deleted yet
	PurgeEnds   = "end"   // everything is
)

// Purge is the message about a purge that every gateway gets, and each of them passes on to
// its nginx: first that it begins and, when all is deleted, that it has ended.
type Purge struct {
	ID     string `json:"id"` // of this purge, the same in both phases
	Phase  string `json:"phase"`
	Bucket string `json:"bucket"` // of the previews
	Scope
}
