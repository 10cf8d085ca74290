package look

import (
	"testing"

	"prew"
)

// TestAllAreOfPresets: a field that there is no more would be found by make looks alone.
func TestAllAreOfPresets(t *testing.T) {
	for _, l := range All {
		if _, err := prew.LoadPresets("", nil, []string{"PRESET_LOOK=width=640,height=640," + l.Preset}); err != nil {
			t.Error(err)
		}
	}
}
