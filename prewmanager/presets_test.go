package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestPresetsCommandSaysWhereValuesComeFrom(t *testing.T) {
	out, err := itself(t, []string{"PRESET_THUMB=width=64,height=64"}, "presets").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const want = `thumb
  width        64        PRESET_THUMB
  height       64        PRESET_THUMB
  fit          cover     built-in presets.yaml:46
`
	if !strings.HasPrefix(string(out), want) {
		t.Errorf("%s\nwant it to begin\n%s", out, want)
	}
}

// TestPresetsCommandShowsVariants checks that a variant is shown with what it has of its own,
// and where that comes from.
func TestPresetsCommandShowsVariants(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yaml")
	const presets = "card:\n  width: 640\n  quality: 80\n  formats: [webp]\n  dpr: 2\nplain:\n  width: 10\ncard.webp:\n  quality: 70\n"
	if err := os.WriteFile(file, []byte(presets), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := itself(t, []string{"PREW_PRESETS=" + file, "PRESET_CARD__2X__WEBP=quality=50"}, "presets").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	spaces := regexp.MustCompile(` +`)
	got := strings.ReplaceAll(spaces.ReplaceAllString(string(out), " "), file, "p.yaml")
	for _, want := range []string{
		" formats webp p.yaml:4\n dpr 2 p.yaml:5\n" +
			"card.webp\n format webp its name\n quality 70 p.yaml:9\n" +
			"card@2x\n width 1280 its name\n" +
			"card@2x.webp\n width 1280 its name\n format webp its name\n quality 50 PRESET_CARD__2X__WEBP\n" +
			"plain\n",
		" formats - default\n dpr 1 default\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant it to have\n%s", got, want)
		}
	}
}
