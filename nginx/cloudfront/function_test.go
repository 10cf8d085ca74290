package cloudfront_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prew"
	"prew/nginx/cloudfront"
)

var update = flag.Bool("update", false, "write the golden files")

// presetsOf reads presets that a test writes.
func presetsOf(t *testing.T, text string) prew.Presets {
	t.Helper()
	presets, err := prew.LoadPresets("p.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return presets
}

var previews, photos = prew.Place{Bucket: "b", Prefix: "prew/"}, prew.Place{Bucket: "b", Prefix: "photo/"}

const everything = `
thumb: {width: 200, formats: [webp], dpr: 2, aliases: ["/100x100/{key}", "/img/{key}/large.jpg", "/h/{key}?w=300&h=200"]}
face: {width: 96, source: people, aliases: ["/{*}/plain/s3://photos/{key}@webp", "/{*}/{base64:s3://фото/{key}}.jpg"]}
card: {width: 640, formats: [webp], dpr: 2, access: token, aliases: ['/{base64:{"key":"{key}"}}?v=2']}
tall: {width: 640, formats: [png, webp]}
wide: {width: 640, formats: [webp], dpr: 2}
modern: {width: 640, formats: [avif, webp]}
`

// TestGolden shows what is written, for the project's own presets and for everything that
// presets and places may say.
func TestGolden(t *testing.T) {
	own, err := prew.ReadPresets("../../presets.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file             string
		presets          prew.Presets
		previews, photos prew.Place
		access           prew.Access
	}{
		{"presets.js", own, previews, photos, prew.Open},
		{"everything.js", presetsOf(t, everything), prew.Place{Bucket: "b", Prefix: "a b/\u2028(c)+/"}, prew.Place{Bucket: "b", Prefix: "a b/"}, prew.Closed},
	} {
		got, err := cloudfront.Function(test.presets, test.previews, test.photos, test.access, "prew")
		if err != nil {
			t.Errorf("%s: %v", test.file, err)
			continue
		}
		file := filepath.Join("testdata", test.file)
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what is written now, see go test -update:\n%s", file, got)
		}
	}
}

// TestModuleIsImportedInTheFirstLine checks that CloudFront finds the module where something is
// protected, and that nothing depends on it where nothing is.
func TestModuleIsImportedInTheFirstLine(t *testing.T) {
	const first = "import cf from 'cloudfront';\n"
	for _, test := range []struct {
		presets string
		access  prew.Access
		want    bool
	}{
		{"a: {width: 1}", prew.Open, false},
		{"a: {width: 1}", prew.Closed, false},
		{"a: {width: 1}", prew.Signed, true},
		{"a: {width: 1}\nb: {width: 1, access: token}", prew.Open, true},
	} {
		got, err := cloudfront.Function(presetsOf(t, test.presets), previews, photos, test.access, "prew")
		if err != nil || strings.HasPrefix(string(got), first) != test.want || strings.Count(string(got), first) > 1 {
			t.Errorf("%s, photos %s: %v, begins with\n%.100s", test.presets, test.access, err, got)
		}
	}
}

// TestMistakes checks that every mistake is named, by its variable.
func TestMistakes(t *testing.T) {
	place := func(bucket, prefix string) prew.Place { return prew.Place{Bucket: bucket, Prefix: prefix} }
	for _, test := range []struct {
		name, presets    string
		previews, photos prew.Place
		access           prew.Access
		cookie           string
		want             []string
	}{
		{"none", "a: {width: 1}", previews, photos, prew.Open, "prew", nil},
		{"a prefix", "a: {width: 1}", place("b", "/p/"), photos, prew.Open, "prew", []string{`PREW_PREFIX: "/p/", expected none that starts with a slash`}},
		{"photos among the previews", "a: {width: 1}", place("b", "p/"), place("b", "p/q/"), prew.Open, "prew", []string{`PREW_SOURCE_PREFIX: "p/q/", expected a folder that is not among the previews`}},
		{"in one cache, from two buckets", "a: {width: 1}", place("b", ""), place("c", ""), prew.Open, "prew", []string{`PREW_PREFIX: "", expected a folder in which "" of PREW_SOURCE_PREFIX is not`}},
		{"photos that nobody sees are not in it", "a: {width: 1}", place("b", ""), place("c", ""), prew.Closed, "prew", nil},
		{"a cookie", "a: {width: 1}", previews, photos, prew.Open, "a;b", []string{`PREW_TOKEN_COOKIE: "a;b", expected at most 64 letters, digits, _ and -`}},
		{"an alias with a credential, and more", "a: {width: 1, access: token, aliases: ['/x/{key}?t=1']}", place("b", "/"), photos, prew.Open, "", []string{
			"PREW_PREFIX", "PREW_TOKEN_COOKIE", `aliases: "/x/{key}?t=1" has the parameter t`}},
	} {
		_, err := cloudfront.Function(presetsOf(t, test.presets), test.previews, test.photos, test.access, test.cookie)
		if (err == nil) != (test.want == nil) {
			t.Errorf("%s: %v", test.name, err)
		}
		for _, want := range test.want {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", test.name, err, want)
			}
		}
	}
}

// many writes so many presets with so many aliases each, as an import writes them.
func many(presets, aliases int) string {
	var text strings.Builder
	for i := range presets {
		fmt.Fprintf(&text, "preset_%d: {width: %d, formats: [webp], dpr: 2, aliases: [", i, i+1)
		for j := range aliases {
			fmt.Fprintf(&text, "'/fit-in/%dx%d/filters:quality(80)/{key}', ", i+1, j+1)
		}
		text.WriteString("]}\n")
	}
	return text.String()
}

// TestWhatFits checks that many presets and aliases have room, and that what has none is said
// with what takes it.
func TestWhatFits(t *testing.T) {
	for _, test := range []struct {
		presets, aliases int
		want             string
	}{
		{50, 0, ""},
		{10, 6, ""},
		{10, 10, "limit is 10240: 4364 of them for 100 aliases, 128 for 10 presets"},
	} {
		got, err := cloudfront.Function(presetsOf(t, many(test.presets, test.aliases)), previews, photos, prew.Open, "prew")
		if test.want == "" && (err != nil || len(got) > cloudfront.Largest) || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%d presets with %d aliases each: %d bytes, %v; want %q", test.presets, test.aliases, len(got), err, test.want)
		}
	}
}
