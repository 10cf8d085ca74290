package prew

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestAddresses checks which preset and key an address means.
func TestAddresses(t *testing.T) {
	const file = `
card:
  width: 640
  aliases:
    - /profile/ios/{key}
    - /100x100/{key}
    - /img/{key}/large.jpg
    - /h/{key}?w=300&h=200&c=true&f=png
    - /h/{key}?w=300
    - /{*}/rs:fill:640:480/plain/s3://photos/{key}@webp
    - /{*}/rs:fill:640:480/{base64:s3://photos/{key}}.jpg
    - '/{base64:{"bucket":"photos","key":"{key}","edits":{"resize":{"width": 640}}}}'
    - /caf%C3%A9/{key}
    - /crop/{key}?crop
thumb:
  width: 100
  aliases: ["/profile/{key}", "/h/{key}", "/{*}/{*}/smart/{key}"]
`
	presets, err := LoadPresets("p.yaml", []byte(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	dit := base64.StdEncoding.EncodeToString([]byte(`{"bucket":"photos","key":"a/b c.jpg","edits":{"resize":{"width": 640}}}`))
	split := encode("s3://photos/2024/a.jpg")
	split = split[:10] + "/" + split[10:]
	tests := []struct{ target, want string }{ // want is empty where the target is no alias
		{"/profile/ios/2024/cat.jpg", "/prew/card/2024/cat.jpg"},
		{"/profile/ios/a%20b.jpg", "/prew/card/a%20b.jpg"},
		{"/profile/ios/a.jpg?w=1", "/prew/card/a.jpg"},
		{"/profile/ios/", "/prew/thumb/ios/"}, // which ParsePath refuses
		{"/profile/ios", "/prew/thumb/ios"},
		{"/profile/%69os/a.jpg", "/prew/thumb/%69os/a.jpg"}, // another spelling is another address
		{"/profile/ios/../a.jpg", "/prew/card/../a.jpg"},    // which ParsePath refuses
		{"/profile/ios/a#b", ""},
		{"/profile/ios/%", ""},
		{"/Profile/ios/a.jpg", ""},
		{"/100x100/a.jpg", "/prew/card/a.jpg"},
		{"/101x100/a.jpg", ""},
		{"/img/a/b/large.jpg", "/prew/card/a/b"},
		{"/img/a/b/small.jpg", ""},
		{"/img//large.jpg", ""},
		{"/h/a.jpg?w=300&h=200&c=true&f=png", "/prew/card/a.jpg"},
		{"/h/a.jpg?f=png&x=1&c=true&h=200&w=300", "/prew/card/a.jpg"},
		{"/h/a.jpg?w=300", "/prew/card/a.jpg"},
		{"/h/a.jpg?w=300&w=400", "/prew/card/a.jpg"},
		{"/h/a.jpg?w=400&w=300", "/prew/thumb/a.jpg"}, // the first of a name counts
		{"/h/a.jpg?w=%3300", "/prew/thumb/a.jpg"},
		{"/h/a.jpg?W=300", "/prew/thumb/a.jpg"},
		{"/h/a.jpg?aw=300", "/prew/thumb/a.jpg"},
		{"/h/a.jpg?w=3000", "/prew/thumb/a.jpg"},
		{"/h/a.jpg", "/prew/thumb/a.jpg"},
		{"/crop/a.jpg?x&crop", "/prew/card/a.jpg"},
		{"/crop/a.jpg?crop=", ""},
		{"/unsafe/rs:fill:640:480/plain/s3://photos/a.jpg@webp", "/prew/card/a.jpg"},
		{"/x%3D/rs:fill:640:480/plain/s3://photos/a.jpg@webp", "/prew/card/a.jpg"},
		{"/x%2Fy/rs:fill:640:480/plain/s3://photos/a.jpg@webp", ""},
		{"/%2e%2E/rs:fill:640:480/plain/s3://photos/a.jpg@webp", ""},
		{"//rs:fill:640:480/plain/s3://photos/a.jpg@webp", ""},
		{"/unsafe/rs:fill:640:480/plain/s3:/photos/a.jpg@webp", ""},
		{"/unsafe/rs:fill:640:480/" + encode("s3://photos/2024/a b.jpg") + ".jpg", "/prew/card/2024/a%20b.jpg"},
		{"/unsafe/rs:fill:640:480/" + split + ".jpg", "/prew/card/2024/a.jpg"},
		{"/unsafe/rs:fill:640:480/" + encode("s3://others/a.jpg") + ".jpg", ""},
		{"/unsafe/rs:fill:640:480/" + encode("s3://photos/") + ".jpg", ""},
		{"/unsafe/rs:fill:640:480/" + encode("s3://photos/../a") + ".jpg", "/prew/card/../a"},
		{"/" + dit, "/prew/card/a/b%20c.jpg"},
		{"/" + strings.TrimRight(dit, "="), "/prew/card/a/b%20c.jpg"},
		{"/" + strings.ReplaceAll(dit, "=", "%3D"), "/prew/card/a/b%20c.jpg"},
		{"/" + dit[:len(dit)-8], ""},
		{"/%65" + dit[1:], ""}, // only what base64 has beside letters and digits may be escaped
		{"/caf%C3%A9/a.jpg", "/prew/card/a.jpg"},
		{"/caf%c3%a9/a.jpg", ""},
		{"/s/300x200/smart/a.jpg", "/prew/thumb/a.jpg"},
		{"/prew/smart/smart/a.jpg", ""}, // this is an address of its own
		{"/photo/smart/smart/a.jpg", ""},
		{"/other", ""},
	}
	for _, test := range tests {
		path, aliased := presets.Address(test.target)
		want, _, _ := strings.Cut(test.target, "?")
		if test.want != "" {
			want = test.want
		}
		if path != want || aliased != (test.want != "") {
			t.Errorf("Address(%q) = %q, %v; want %q, %v", test.target, path, aliased, want, test.want != "")
		}
	}
}

// TestBase64HasSlashes checks that a slash in base64 is a digit where it does not separate.
func TestBase64HasSlashes(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte("a:\n  width: 1\n  aliases: ['/{base64:{key}?}']\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/YT8/YT8_", "/YT8_YT8_", "/YT8%2FYT8%2F", "/YT8/YT8/"} {
		if path, _ := presets.Address(target); !strings.HasPrefix(path, "/prew/a/") {
			t.Errorf("Address(%q) = %q, want one of preset a", target, path)
		}
	}
}

// TestMistakesInAliases checks what stops a start.
func TestMistakesInAliases(t *testing.T) {
	tests := []struct{ name, aliases, want string }{
		{"no slash", `["100x100/{key}"]`, `p.yaml:3: preset a: aliases: "100x100/{key}" has no slash at its start, expected paths such as /100x100/{key} or /h/{key}?w=300`},
		{"no key", `["/100x100/"]`, `p.yaml:3: preset a: aliases: "/100x100/" has no {key}, expected`},
		{"two keys", `["/{key}/{key}"]`, "has something in braces after the key"},
		{"a wild segment after the key", `["/{key}/{*}"]`, "has {*} that is not a whole segment before the key"},
		{"half a wild segment", `["/a{*}/{key}"]`, "has {*} that is not a whole segment before the key"},
		{"unknown", `["/{name}"]`, "has an unknown placeholder {name}"},
		{"open", `["/{key"]`, "has a brace that is not closed"},
		{"closed twice", `["/{key}}"]`, "has a character that a path has only escaped"},
		{"base64 without a key", `["/{base64:s3://x}"]`, "has {base64:TEXT} in which {key} does not stand once"},
		{"base64 with two", `["/{base64:{key}{key}}"]`, "has {base64:TEXT} in which {key} does not stand once"},
		{"previews", `["/prew/x/{key}"]`, "has the start of an address that there is already"},
		{"photos", `["/photo/{key}"]`, "has the start of an address that there is already"},
		{"photos without a slash", `["/photo{key}"]`, "has the start of an address that there is already"},
		{"health", `["/health/{key}"]`, "has the start of an address that there is already"},
		{"the gallery", `["/gallery/{key}"]`, "has the start of an address that there is already"},
		{"dots", `["/a/../{key}"]`, "has a dot segment"},
		{"escaped dots", `["/a/%2e%2E/{key}"]`, "has a dot segment"},
		{"percent", `["/100%/{key}"]`, "has a percent sign that starts no escape"},
		{"percent before the key", `["/100%2{key}"]`, "has a percent sign that starts no escape"},
		{"fragment", `["/{key}#a"]`, "has a character that a path has only escaped"},
		{"raw Unicode", `["/é/{key}"]`, "has a character that a path has only escaped"},
		{"control byte", `["/a\t/{key}"]`, "has a control byte"},
		{"escaped control byte", `["/%00/{key}"]`, "has a control byte or a backslash"},
		{"an empty query", `["/{key}?"]`, "has a query parameter without a name"},
		{"no name", `["/{key}?=1"]`, "has a query parameter without a name"},
		{"two of a name", `["/{key}?w=1&w=2"]`, "has two query parameters w"},
		{"the key in the query", `["/{key}?w={key}"]`, "has a character that a query has only escaped"},
		{"only a query", `["?url={key}"]`, "has no slash at its start"},
		{"many parameters", `["/{key}?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q"]`, "has 17 query parameters, limit is 16"},
		{"a long query", `["/{key}?w=` + strings.Repeat("a", 319) + `"]`, "has a query of 321 bytes, limit is 320"},
		{"many wild segments", `["/{*}/{*}/{*}/{*}/{*}/{key}"]`, "has 5 segments {*}, limit is 4"},
		{"long", `["/` + strings.Repeat("a", 1020) + `{key}"]`, "has 1026 bytes, limit is 1024"},
		{"twice", `["/x/{key}", "/x/{key}"]`, `p.yaml:3: preset a: aliases: "/x/{key}" is an address of preset a already, "/x/{key}" at p.yaml:3, expected another`},
		{"of another preset", `["/x/{key}?w=1&h=2"]` + "\nb:\n  width: 2\n  aliases: [\"/x/{key}?h=2&w=1\"]",
			`p.yaml:6: preset b: aliases: "/x/{key}?h=2&w=1" is an address of preset a already, "/x/{key}?w=1&h=2" at p.yaml:3, expected another`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := LoadPresets("p.yaml", []byte("a:\n  width: 1\n  aliases: "+test.aliases+"\n"), nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v\nwant     %s", err, test.want)
			}
		})
	}
}

// TestAliasesOfTheEnvironment checks that a variable has the aliases with spaces between
// them, and that spaces in braces are of an alias.
func TestAliasesOfTheEnvironment(t *testing.T) {
	presets, err := LoadPresets("p.yaml", []byte("a:\n  width: 1\n  aliases: [\"/x/{key}\"]\n"),
		[]string{`PRESET_A=aliases=/y/{key} /{base64:{"k": "{key}"}}  /z/{key}`})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range presets.Aliases() {
		got = append(got, a.Pattern)
	}
	if want := `/{base64:{"k": "{key}"}} /y/{key} /z/{key}`; strings.Join(got, " ") != want {
		t.Errorf("aliases = %q, want %q", got, want)
	}
}

// FuzzAlias checks that no alias and no address makes the parser or the matcher fail, that
// what an alias means is an address of its preset, and that an address of its own stays one.
func FuzzAlias(f *testing.F) {
	for _, alias := range []string{"/100x100/{key}", "/img/{key}/large.jpg", "/h/{key}?w=300&h=200", "/{*}/plain/s3://b/{key}@webp",
		"/{*}/{base64:s3://b/{key}}.jpg", `/{base64:{"key":"{key}"}}`, "/{key}", "/%41{key}1"} {
		for _, target := range []string{"/100x100/a.jpg", "/prew/card/a.jpg", "/x/czM6Ly9iL2E.jpg", "/h/a?w=300&h=200", "/%41x%41", "/photo/a"} {
			f.Add(alias, target)
		}
	}
	f.Fuzz(func(t *testing.T, alias, target string) {
		a, err := parseAlias(alias)
		if err != nil {
			return
		}
		a.Preset = "card"
		presets := Presets{aliases: []Alias{a}}
		path, aliased := presets.Address(target)
		own, _, _ := strings.Cut(target, "?")
		if !aliased {
			if path != own {
				t.Fatalf("%q means %q without an alias", target, path)
			}
			return
		}
		if isReserved(own) {
			t.Fatalf("%q is an address of its own and means %q", target, path)
		}
		if !strings.HasPrefix(path, "/prew/card/") || len(path) == len("/prew/card/") {
			t.Fatalf("%q means %q by %q", target, path, alias)
		}
		if ref, err := ParsePath(path); err == nil && (ref.Preset != "card" || ref.Key == "") {
			t.Fatalf("%q means %v by %q", target, ref, alias)
		}
	})
}
