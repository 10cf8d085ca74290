package prew

import (
	"slices"
	"testing"
)

func TestVariantsAreSeenByThoseWhoSeeTheirPreset(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte("card:\n  width: 10\n  access: signed\n  formats: [webp]\n  dpr: 2\nplain:\n  width: 10\n"),
		[]string{"PRESET_LATE=width=10,access=token"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		access  Access
		askedAs []string
	}{
		{"card", Signed, []string{"card"}},
		{"card.webp", Signed, []string{"card.webp", "card"}},
		{"card@2x", Signed, []string{"card@2x"}},
		{"card@2x.webp", Signed, []string{"card@2x.webp", "card@2x"}},
		{"card.png", Signed, []string{"card.png"}}, // no preset declares it
		{"card@3x.webp", Signed, []string{"card@3x.webp"}},
		{"plain", Open, []string{"plain"}},
		{"late", Token, []string{"late"}},
		{"nope", Open, []string{"nope"}},
	} {
		if got := presets.Access(test.name); got != test.access {
			t.Errorf("%s is %s, want %s", test.name, got, test.access)
		}
		if got := presets.AskedAs(test.name); !slices.Equal(got, test.askedAs) {
			t.Errorf("%s is asked for as %q, want %q", test.name, got, test.askedAs)
		}
	}
	const want = "p.yaml:3: preset card: access: signed in a public bucket, expected PREW_PRIVATE=1\n" +
		"PRESET_LATE: preset late: access: token in a public bucket, expected PREW_PRIVATE=1\n" +
		"PREW_PHOTO_ACCESS: token in a public bucket, expected PREW_PRIVATE=1"
	if err := CheckAccess(presets, Token, false); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	if err := CheckAccess(presets, Token, true); err != nil {
		t.Error(err)
	}
	if err := CheckAccess(Presets{}, Closed, false); err != nil {
		t.Error(err)
	}
	presets, err = LoadPresets("p.yaml", []byte("a:\n  width: 1\n  access: signed\n  aliases: [\"/a/{key}?s=3\", \"/a/{key}?t=3&S=1\"]\nb:\n  width: 1\n  access: token\n  aliases: [\"/b/{key}?e=3&t\"]\nc:\n  width: 1\n  aliases: [\"/c/{key}?e=3&s=3&t=3\"]\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	const taken = `p.yaml:8: preset b: aliases: "/b/{key}?e=3&t" has the parameter t, which says who may see it where access is token, expected another` + "\n" +
		`p.yaml:4: preset a: aliases: "/a/{key}?s=3" has the parameter s, which says who may see it where access is signed, expected another`
	if err := CheckAccess(presets, Open, true); err == nil || err.Error() != taken {
		t.Errorf("%v\nwant %s", err, taken)
	}
}

func TestAccessIsOneOfFewWords(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"a:\n  width: 1\n  access: closed\n", `p.yaml:3: preset a: access: "closed", expected one of open, signed, token`},
		{"a:\n  width: 1\n  formats: [webp]\na.webp:\n  access: token\n", "p.yaml:5: preset a.webp: access: a variant has it by its name, expected another field"},
	} {
		if _, err := LoadPresets("p.yaml", []byte(test.file), nil); err == nil || err.Error() != test.want {
			t.Errorf("%v\nwant %s", err, test.want)
		}
	}
	var photos Access
	if err := photos.UnmarshalText([]byte("closed")); err != nil || photos != Closed {
		t.Errorf("%q, %v", photos, err)
	}
	const want = `"shut", expected one of open, signed, token, closed`
	if err := photos.UnmarshalText([]byte("shut")); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
