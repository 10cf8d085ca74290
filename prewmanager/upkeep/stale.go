package upkeep

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Cutoffs returns for each of the names whose previews can be stale since when its present
// ones are stored: older ones are stale. A name that the record has not, or that is no preset
// any more, has none. The error names the presets of which the gateways have other fingerprints
// than the present ones: of them nothing can be said.
func (r Record) Cutoffs(names []string, now map[string]string) (map[string]time.Time, error) {
	cutoffs := map[string]time.Time{}
	var other []string
	for name, fingerprint := range now {
		entry, is := r.Presets[name]
		switch {
		case !is || !slices.Contains(names, name):
		case entry.Fingerprint != fingerprint:
			other = append(other, name)
		case !entry.Since.IsZero():
			cutoffs[name] = entry.Since
		}
	}
	if len(other) > 0 {
		slices.Sort(other)
		return nil, fmt.Errorf("gateways have other fields of %s than this command, or began with another watermark: give it their presets (PREW_PRESETS, PRESET_<NAME>), or restart them with these", strings.Join(other, ", "))
	}
	return cutoffs, nil
}

// Names are the presets and variants of the record, sorted.
func (r Record) Names() []string { return slices.Sorted(maps.Keys(r.Presets)) }
