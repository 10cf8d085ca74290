package prew

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestPhotosLieWherePreviewsDoUnlessTheEnvironmentSays(t *testing.T) {
	previews := Place{Bucket: "p", Prefix: "prew/", Region: "eu-west-1", Endpoint: "https://r2.test", PathStyle: true, Role: "arn:previews"}
	environ := map[string]string{
		"PREW_BUCKET": "p", "AWS_REGION": "eu-west-2",
		"PREW_S3_REGION": "eu-west-1", "PREW_S3_ENDPOINT": "https://r2.test", "PREW_S3_PATH_STYLE": "1", "PREW_S3_ROLE": "arn:previews",
	}
	lookup := func(name string) (string, bool) { value, ok := environ[name]; return value, ok }
	photos := previews
	photos.Prefix = "photo/"
	for _, yes := range []string{"1", "true", "yes"} {
		environ["PREW_S3_PATH_STYLE"] = yes
		if p, err := ReadPlaces(lookup); p.Photos() != photos || p.Previews() != previews || err != nil {
			t.Errorf("%+v and %+v, %v, want %+v and %+v", p.Photos(), p.Previews(), err, photos, previews)
		}
	}
	environ["PREW_SOURCE_BUCKET"], environ["PREW_SOURCE_REGION"], environ["PREW_SOURCE_ENDPOINT"] = "o", "us-west-2", "https://ceph.test"
	environ["PREW_SOURCE_PATH_STYLE"], environ["PREW_SOURCE_ROLE"] = "0", "arn:photos"
	photos = Place{Bucket: "o", Prefix: "photo/", Region: "us-west-2", Endpoint: "https://ceph.test", Role: "arn:photos"}
	if p, err := ReadPlaces(lookup); p.Photos() != photos || p.Previews() != previews || err != nil {
		t.Errorf("%+v and %+v, %v, want %+v and %+v", p.Photos(), p.Previews(), err, photos, previews)
	}
	for _, name := range []string{"PREW_SOURCE_PATH_STYLE", "PREW_S3_PATH_STYLE"} {
		environ[name] = "on"
		if _, err := ReadPlaces(lookup); err == nil || err.Error() != name+`: "on", expected 1 or 0` {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRegionAndEndpointAreAWSsWhereNoneIsNamed(t *testing.T) {
	environ := map[string]string{"AWS_REGION": "eu-west-2", "AWS_ENDPOINT_URL_S3": "http://s3.test"}
	p, err := ReadPlaces(func(name string) (string, bool) { value, ok := environ[name]; return value, ok })
	previews := Place{Region: "eu-west-2", Endpoint: "http://s3.test", Prefix: "prew/"}
	photos := Place{Region: "eu-west-2", Endpoint: "http://s3.test", Prefix: "photo/"}
	if err != nil || p.Previews() != previews || p.Photos() != photos {
		t.Errorf("%+v, %v, want %+v and %+v", p, err, previews, photos)
	}
}

func TestFunctionIsToldWhereTheGatewayLooks(t *testing.T) {
	virtual := false
	root := ""
	got := Places{SourcePrefix: &root, S3Region: "r", S3Endpoint: "http://e", S3PathStyle: true, SourcePathStyle: &virtual, SourceRole: "a"}.Environ()
	want := []string{
		"PREW_S3_REGION=r", "PREW_S3_ENDPOINT=http://e", "PREW_S3_PATH_STYLE=true", "PREW_S3_ROLE=",
		"PREW_SOURCE_REGION=r", "PREW_SOURCE_ENDPOINT=http://e", "PREW_SOURCE_PATH_STYLE=false", "PREW_SOURCE_ROLE=a",
		"PREW_PREFIX=prew/", "PREW_SOURCE_PREFIX=",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPrefixThatIsEmptyIsTheRoot(t *testing.T) {
	for _, test := range []struct {
		environ          map[string]string
		previews, photos string
	}{
		{nil, "prew/", "photo/"},
		{map[string]string{"PREW_SOURCE_PREFIX": ""}, "prew/", ""},
		{map[string]string{"PREW_PREFIX": "", "PREW_SOURCE_PREFIX": "a/b"}, "", "a/b/"},
		{map[string]string{"PREW_PREFIX": "a/b/"}, "a/b/", "photo/"},
	} {
		p, err := ReadPlaces(func(name string) (string, bool) { value, ok := test.environ[name]; return value, ok })
		if err != nil || p.Previews().Prefix != test.previews || p.Photos().Prefix != test.photos {
			t.Errorf("%v: %q and %q, %v; want %q and %q", test.environ, p.Previews().Prefix, p.Photos().Prefix, err, test.previews, test.photos)
		}
	}
}

// at is a place in a bucket.
func at(bucket, prefix string) Place { return Place{Bucket: bucket, Prefix: prefix} }

func TestNamesOfObjects(t *testing.T) {
	k := strings.Repeat
	for _, test := range []struct {
		photos, previews Place
		ref              Ref
		photo, preview   string // empty: refused
	}{
		{at("b", "photo/"), at("b", "prew/"), Ref{"t", "a.jpg"}, "photo/a.jpg", "prew/t/a.jpg"},
		{at("b", ""), at("b", "prew/"), Ref{"t", "2024/cat.jpg"}, "2024/cat.jpg", "prew/t/2024/cat.jpg"},
		{at("b", ""), at("b", "prew/"), Ref{"t", "prew/t/a.jpg"}, "", "prew/t/prew/t/a.jpg"},
		{at("b", ""), at("b", "prew/"), Ref{"t", "prew"}, "prew", "prew/t/prew"},
		{at("b", ""), at("b", "prew/"), Ref{"t", "prewx/a.jpg"}, "prewx/a.jpg", "prew/t/prewx/a.jpg"},
		{at("b", ""), at("c", "prew/"), Ref{"t", "prew/t/a.jpg"}, "prew/t/a.jpg", "prew/t/prew/t/a.jpg"},
		{at("b", "in/"), at("b", "in/out/"), Ref{"t", "out/a.jpg"}, "", "in/out/t/out/a.jpg"},
		{at("b", "in/"), at("b", "out/"), Ref{"t", "out/a.jpg"}, "in/out/a.jpg", "out/t/out/a.jpg"},
		{at("b", "photo/"), at("b", "prew/"), Ref{"t", k("k", 1017)}, "photo/" + k("k", 1017), "prew/t/" + k("k", 1017)},
		{at("b", "photo/"), at("b", "prew/"), Ref{"t", k("k", 1018)}, "photo/" + k("k", 1018), ""},
		{at("b", ""), at("c", ""), Ref{"t", k("k", 1022)}, k("k", 1022), "t/" + k("k", 1022)},
		{at("b", "long/"+k("f", 94)+"/"), at("b", "prew/"), Ref{"t", k("k", 924)}, "long/" + k("f", 94) + "/" + k("k", 924), "prew/t/" + k("k", 924)},
		{at("b", "long/"+k("f", 94)+"/"), at("b", "prew/"), Ref{"t", k("k", 925)}, "", "prew/t/" + k("k", 925)},
	} {
		photo, errPhoto := test.photos.Photo(test.ref.Key, test.previews)
		preview, errPreview := test.previews.Preview(test.ref)
		if photo != test.photo || preview != test.preview {
			t.Errorf("%.50s in %q and %q: %.50q and %.50q, want %.50q and %.50q", test.ref, test.photos.Prefix, test.previews.Prefix, photo, preview, test.photo, test.preview)
		}
		if (errPhoto != nil) != errors.Is(errPhoto, ErrPath) || (errPreview != nil) != errors.Is(errPreview, ErrPath) {
			t.Errorf("%.50s: %v and %v, want ErrPath", test.ref, errPhoto, errPreview)
		}
		if key, err := test.photos.ParsePhoto(test.photos.Prefix+test.ref.Key, test.previews); (err == nil) != (test.photo != "") || err == nil && key != test.ref.Key {
			t.Errorf("%.50s is the photo %.50q, %v", test.photos.Prefix+test.ref.Key, key, err)
		}
		if ref, err := test.previews.ParsePreview(test.previews.Prefix + test.ref.String()); (err == nil) != (test.preview != "") || err == nil && ref != test.ref {
			t.Errorf("%.50s is the preview %.50s, %v", test.previews.Prefix+test.ref.String(), ref, err)
		}
	}
}

func TestNamesOfObjectsAreHeldToTheRulesForPaths(t *testing.T) {
	photos, previews := at("b", "photo/"), at("b", "prew/")
	for _, object := range []string{"", "photo", "photo/", "photo//a.jpg", "photo/../a.jpg", "prew/t/a.jpg", "/photo/a.jpg", "photo/a\\b", "photo/a\x00", "photo/\xff", "PHOTO/a.jpg"} {
		if key, err := photos.ParsePhoto(object, previews); !errors.Is(err, ErrPath) {
			t.Errorf("%q is the photo %q, %v; want ErrPath", object, key, err)
		}
	}
	for _, object := range []string{"", "prew/", "prew/t", "prew/t/", "prew//a.jpg", "prew/t/../a.jpg", "photo/t/a.jpg", "prew/t/a\n"} {
		if ref, err := previews.ParsePreview(object); !errors.Is(err, ErrPath) {
			t.Errorf("%q is the preview %s, %v; want ErrPath", object, ref, err)
		}
	}
}

func TestPrefixesAreChecked(t *testing.T) {
	for _, test := range []struct {
		previews, photos Place
		want             string
	}{
		{at("b", "prew/"), at("b", "photo/"), ""},
		{at("b", "prew/"), at("b", ""), ""},
		{at("b", ""), at("c", ""), ""},
		{at("", ""), at("", ""), ""}, // nobody has said which
		{at("b", "a/"), at("b", "ab/"), ""},
		{at("b", "/prew/"), at("c", ""), `PREW_PREFIX: "/prew/", expected none that starts with a slash`},
		{at("b", "prew//x/"), at("c", ""), `PREW_PREFIX: "prew//x/", expected folders`},
		{at("b", "../"), at("c", "a/./"), "PREW_PREFIX: \"../\", expected folders of a bucket without empty and dot segments, control bytes and backslashes, and a slash at the end\nPREW_SOURCE_PREFIX: \"a/./\", expected folders"},
		{at("b", "p/"), at("b", "a\\/"), `PREW_SOURCE_PREFIX: "a\\/", expected folders`},
		{at("b", "p/"), at("b", "\xff/"), `PREW_SOURCE_PREFIX: "\xff/", expected folders`},
		{at("b", "p/"), at("b", "photo"), `PREW_SOURCE_PREFIX: "photo", expected folders`},
		{at("b", "p/"), at("b", strings.Repeat("k", 512)+"/"), `PREW_SOURCE_PREFIX: "` + strings.Repeat("k", 512) + `/", expected at most 512 bytes`},
		{at("b", ""), at("b", "photo/"), `PREW_PREFIX: "", expected a folder: the photos of PREW_SOURCE_PREFIX lie in the same bucket, b`},
		{at("b", "x/"), at("b", "x/"), `PREW_SOURCE_PREFIX: "x/", expected a folder that is not among the previews, in x/ of the same bucket`},
		{at("b", "x/"), at("b", "x/y/"), `PREW_SOURCE_PREFIX: "x/y/", expected a folder that is not among the previews`},
		{at("b", "x/"), Place{Bucket: "b", Prefix: "x/y/", Endpoint: "https://other.test"}, ""},
	} {
		got := ""
		if err := errors.Join(CheckPrefixes(test.previews, test.photos)...); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%q and %q: %s, want %s", test.previews.Prefix, test.photos.Prefix, got, test.want)
		}
	}
}
