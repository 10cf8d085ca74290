package main

import (
	"strings"
	"testing"
)

func TestPresetsCommandSaysWhereValuesComeFrom(t *testing.T) {
	out, err := itself(t, []string{"PRESET_THUMB=width=64,height=64"}, "presets").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const want = `thumb
  width        64       PRESET_THUMB
  height       64       PRESET_THUMB
  fit          cover    built-in presets.yaml:33
`
	if !strings.HasPrefix(string(out), want) {
		t.Errorf("%s\nwant it to begin\n%s", out, want)
	}
}
