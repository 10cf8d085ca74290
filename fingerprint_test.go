package prew

import "testing"

func TestFingerprintIsOfWhatMakesAPreview(t *testing.T) {
	fingerprint := func(text string) string {
		t.Helper()
		presets, err := LoadPresets("p.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		preset, _ := presets.Get("a")
		return preset.Fingerprint()
	}
	// Bare: it must not change from version to version, or everything would be purged.
	const want = "76f8f91059ca9cd8456e7161f6a2461f"
	if got := fingerprint("a: {width: 640}\n"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for text, same := range map[string]bool{
		"a: {fit: contain, width: 640, quality: 80}\n":               true, // the defaults
		"a: {width: 640, formats: [webp], dpr: 3}\n":                 true, // what it comes in
		"b: {width: 1}\na: {width: 640}\n":                           true,
		"a: {width: 640, blur: 0, tone: none}\n":                     true,
		"a: {width: 640, blur: 2}\n":                                 false,
		"a: {width: 640, sharpen: 50}\n":                             false,
		"a: {width: 640, brightness: -5}\n":                          false,
		"a: {width: 640, contrast: 5}\n":                             false,
		"a: {width: 640, saturation: 5}\n":                           false,
		"a: {width: 640, tone: sepia}\n":                             false,
		"a: {width: 640, trim: 10}\n":                                false,
		"a: {width: 640, border: 2}\n":                               false,
		"a: {width: 640, radius: 8}\n":                               false,
		"a: {width: 640, circle: true}\n":                            false,
		"a: {width: 640, radius: 0, circle: false}\n":                true,
		"a: {width: 640, height: 640, fit: pad, background: blur}\n": false,
		"a: {width: 641}\n":                                          false,
		"a: {height: 640}\n":                                         false,
		"a: {width: 640, quality: 81}\n":                             false,
		"a: {width: 640, background: \"#000000\"}\n":                 false,
		"a: {width: 640, animate: false}\n":                          true,
		"a: {width: 640, animate: true}\n":                           false,
		"a: {width: 640, dither: false}\n":                           true,
		"a: {width: 640, dither: true}\n":                            false,
	} {
		if got := fingerprint(text); (got == want) != same {
			t.Errorf("%q: %s", text, got)
		}
	}
}
