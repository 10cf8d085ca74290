package prew

import (
	"reflect"
	"strings"
	"testing"
)

func TestSourcesAreReadFromTheEnvironment(t *testing.T) {
	sources, err := ReadSources(Places{Bucket: "b", S3Region: "r"}, []string{
		"SOURCE_PROFILES=bucket=people, region=us-east-1,prefix=faces,role=arn:aws:iam::111122223333:role/photos,endpoint=https://s3.test:9000,path_style=1",
		"SOURCE_OLD_SITE=bucket=b,prefix=archive/2001/", "SOURCE_DATE_EPOCH=1700000000", "SOURCE_EMPTY=", "PREW_BUCKET=b",
		"PREW_SOURCES=wide:bucket=landscapes; Tall:bucket=portraits,prefix=2024;",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Place{
		"default":  {Bucket: "b", Prefix: "photo/", Region: "r"},
		"old_site": {Bucket: "b", Prefix: "archive/2001/"},
		"wide":     {Bucket: "landscapes"},
		"tall":     {Bucket: "portraits", Prefix: "2024/"},
		"profiles": {Bucket: "people", Prefix: "faces/", Region: "us-east-1", Role: "arn:aws:iam::111122223333:role/photos", Endpoint: "https://s3.test:9000", PathStyle: true},
	}
	got := map[string]Place{}
	for _, source := range sources.All() {
		got[source.Label()] = source.Photos
	}
	if !reflect.DeepEqual(got, want) || sources.All()[0].Name != "" {
		t.Errorf("%+v, want %+v with the default first", got, want)
	}
	preview, photo, err := sources.Objects(Ref{"t", "a.jpg"}, sources.All()[1])
	if preview != "prew/t/a.jpg" || photo != "archive/2001/a.jpg" || err != nil {
		t.Errorf("%q and %q, %v", preview, photo, err)
	}
	root, err := ReadSources(Places{Bucket: "b"}, []string{"SOURCE_ALL=bucket=b"})
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range root.All() { // the same key is the previews' in one and a photo's in the other
		_, photo, err := root.Objects(Ref{"t", "prew/t/a.jpg"}, source)
		if (photo == "photo/prew/t/a.jpg") != (source.Name == "") || (err == nil) != (source.Name == "") {
			t.Errorf("%s: %q, %v", source.Label(), photo, err)
		}
	}
}

func TestMistakesInSourcesAreNamed(t *testing.T) {
	for _, test := range []struct {
		environ []string
		want    []string // each the start of a line
	}{
		{[]string{"SOURCE_A=prefix=x"}, []string{"SOURCE_A: no bucket, expected bucket=<name>"}},
		{[]string{"SOURCE_A=bucket=x,colour=red"}, []string{"SOURCE_A: colour: unknown field, expected one of bucket, prefix, region, role, endpoint, path_style"}},
		{[]string{"SOURCE_A=x"}, []string{`SOURCE_A: "x", expected field=value,field=value`, "SOURCE_A: no bucket"}},
		{[]string{"SOURCE_A=bucket=x,bucket=y"}, []string{"SOURCE_A: bucket: set twice, expected once"}},
		{[]string{"SOURCE_A=bucket=x,path_style=on"}, []string{`SOURCE_A: path_style: "on", expected 1 or 0`}},
		{[]string{"SOURCE_A=bucket=x,role=photos"}, []string{`SOURCE_A: role: "photos", expected the ARN of a role`}},
		{[]string{"SOURCE_A=bucket=x,endpoint=s3.test"}, []string{`SOURCE_A: endpoint: "s3.test", expected a URL`}},
		{[]string{"SOURCE_A=bucket=x,prefix=/a"}, []string{`SOURCE_A: "/a/", expected none that starts with a slash`}},
		{[]string{"SOURCE_A=bucket=b,prefix=prew/x"}, []string{`SOURCE_A: "prew/x/", expected a folder that is not among the previews`}},
		{[]string{"SOURCE_A=bucket=x", "SOURCE_a=bucket=y"}, []string{"SOURCE_a: source a is SOURCE_A already, expected another name"}},
		{[]string{"SOURCE_A=bucket=x", "PREW_SOURCES=a:bucket=y;b:prefix=x;c"}, []string{"PREW_SOURCES: source a is SOURCE_A already", "PREW_SOURCES: b: no bucket",
			`PREW_SOURCES: c: "", expected field=value`, "PREW_SOURCES: c: no bucket"}},
		{[]string{"SOURCE_DEFAULT=bucket=x"}, []string{`SOURCE_DEFAULT: source "default", expected a name`}},
		{[]string{"SOURCE_=bucket=x"}, []string{`SOURCE_: source "", expected a name`, "SOURCE_: source default is"}},
		{[]string{"SOURCE_B=prefix=x", "SOURCE_A.B=bucket=x"}, []string{`SOURCE_A.B: source "a.b", expected a name`, "SOURCE_B: no bucket"}},
		{[]string{"AWS_ENDPOINT_URL_S3=http://s3.test", "SOURCE_A=bucket=b,prefix=prew/"}, []string{`SOURCE_A: "prew/", expected a folder that is not among`}},
	} {
		places, err := ReadPlaces(func(name string) (string, bool) {
			value := valueIn(append(test.environ, "PREW_BUCKET=b"), name)
			return value, value != ""
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = ReadSources(places, test.environ)
		if err == nil {
			t.Errorf("%q: no mistake, want %q", test.environ, test.want)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		for i, want := range test.want {
			if len(lines) != len(test.want) || !strings.HasPrefix(lines[i], want) {
				t.Errorf("%q: %q, want %q", test.environ, lines, test.want)
				break
			}
		}
	}
}

func TestPresetsNameTheirSource(t *testing.T) {
	const text = "face: {width: 100, formats: [webp], source: profiles}\ncard: {width: 100, source: default}\nthumb: {width: 50}\nlost: {width: 1, source: nowhere}\n"
	presets, err := LoadPresets("p.yaml", []byte(text), []string{"PRESET_THUMB=source=profiles"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"face": "profiles", "face.webp": "profiles", "card": "", "thumb": "profiles"} {
		if p, _ := presets.Get(name); p.Source != want {
			t.Errorf("%s has its photos from %q, want %q", name, p.Source, want)
		}
	}
	sources, err := ReadSources(Places{Bucket: "b"}, []string{"SOURCE_PROFILES=bucket=people"})
	if err != nil {
		t.Fatal(err)
	}
	want := `p.yaml:4: preset lost: source: "nowhere" is unknown, expected SOURCE_NOWHERE to define it, or one of default, profiles`
	if err := sources.CheckPresets(presets); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for _, wrong := range []string{"a: {width: 1, source: A}", "a: {width: 1, source: a b}", "a: {width: 1, dpr: 2}\na@2x: {source: b}"} {
		if _, err := LoadPresets("p.yaml", []byte(wrong), nil); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}
