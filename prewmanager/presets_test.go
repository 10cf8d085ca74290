package main

import (
	"bytes"
	"image"
	"image/png"
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
  width              64        PRESET_THUMB
  height             64        PRESET_THUMB
  fit                cover     built-in presets.yaml:`
	if !strings.HasPrefix(string(out), want) {
		t.Errorf("%s\nwant it to begin\n%s", out, want)
	}
}

// TestPresetsCommandShowsVariants checks that a variant is shown with what it has of its own,
// and where that comes from.
func TestPresetsCommandShowsVariants(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yaml")
	const presets = "card:\n  width: 640\n  quality: 80\n  formats: [webp]\n  dpr: 2\n  aliases: [\"/c/{key}\", \"/h/{key}?w=640\"]\nplain:\n  width: 10\ncard.webp:\n  quality: 70\n"
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
		" formats webp p.yaml:4\n dpr 2 p.yaml:5\n aliases /c/{key} /h/{key}?w=640 p.yaml:6\n access open default\n" +
			"card.webp\n format webp its name\n quality 70 p.yaml:10\n" +
			"card@2x\n width 1280 its name\n" +
			"card@2x.webp\n width 1280 its name\n format webp its name\n quality 50 PRESET_CARD__2X__WEBP\n" +
			"plain\n",
		" formats - default\n dpr 1 default\n aliases - default\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant it to have\n%s", got, want)
		}
	}
}

// TestPresetsCommandDecodesWatermarks: what only a decoder finds in one stops the command, and a
// start, and keeps no address from being printed.
func TestPresetsCommandDecodesWatermarks(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "p.yaml")
	if err := os.WriteFile(file, []byte("card:\n  width: 640\n  watermark: logo.png\n  dpr: 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var logo bytes.Buffer
	if err := png.Encode(&logo, image.NewNRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		logo []byte
		want string
	}{
		{logo.Bytes(), "watermark          logo.png      " + file + ":3\n  watermark-gravity  bottom-right  default\n  watermark-width    20            default\n"},
		{logo.Bytes()[:45], file + ":3: preset card: watermark: logo.png: damaged PNG: "},
		{nil, file + ":3: preset card: watermark: " + filepath.Join(dir, "logo.png") + ": empty, expected a PNG or a WebP"},
	} {
		if err := os.WriteFile(filepath.Join(dir, "logo.png"), test.logo, 0o600); err != nil {
			t.Fatal(err)
		}
		environ := []string{"PREW_PRESETS=" + file}
		out, err := itself(t, environ, "presets").CombinedOutput()
		if strings.Count(string(out), test.want) != 1 || (err == nil) != strings.Contains(test.want, "default") {
			t.Errorf("%v\n%s\nwant once %s", err, out, test.want)
		}
		if out, err := itself(t, environ, "html", "card", "a.jpg").CombinedOutput(); err != nil {
			t.Errorf("html: %v\n%s", err, out)
		}
	}
}

func TestPresetsCommandShowsSources(t *testing.T) {
	environ := []string{"PREW_BUCKET=b", "PREW_SOURCE_PREFIX=", "SOURCE_PEOPLE=bucket=people,prefix=faces", "PRESET_CARD=source=people"}
	out, err := itself(t, environ, "presets").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got := regexp.MustCompile(` +`).ReplaceAllString(string(out), " ")
	for _, want := range []string{
		" source people PRESET_CARD\n",
		"source default\n bucket b PREW_BUCKET\n prefix - PREW_SOURCE_PREFIX\n region - default\n role - default\n endpoint - default\n path_style 0 default\n" +
			"source people\n bucket people SOURCE_PEOPLE\n prefix faces/ SOURCE_PEOPLE\n region - default\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant it to have\n%s", got, want)
		}
	}
	out, err = itself(t, append(environ[:3], "PRESET_CARD=source=nowhere", "SOURCE_A=x"), "presets").CombinedOutput()
	for _, want := range []string{`SOURCE_A: "x", expected field=value`, "SOURCE_A: no bucket", `PRESET_CARD: preset card: source: "nowhere" is unknown`} {
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v\n%s\nwant %s", err, out, want)
		}
	}
}
