package viewer

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"

	"prew"
	"prew/nginx/cloudfront"
)

// edge is what the function that nginx/cloudfront writes is written for.
type edge struct {
	presets          prew.Presets
	previews, photos prew.Place
	photoAccess      prew.Access
}

// usual is the edge of most tests.
func usual(t testing.TB, presets string) edge {
	t.Helper()
	read, err := prew.LoadPresets("p.yaml", []byte(presets), nil)
	if err != nil {
		t.Fatal(err)
	}
	return edge{read, prew.Place{Bucket: "b", Prefix: "prew/"}, prew.Place{Bucket: "b", Prefix: "photo/"}, prew.Open}
}

func (e edge) load(t testing.TB) *Function {
	t.Helper()
	source, err := cloudfront.Function(e.presets, e.previews, e.photos, e.photoAccess, "prew")
	if err != nil {
		t.Fatal(err)
	}
	return load(t, string(source))
}

// verdict is what becomes of a request: a refusal with its code, or what S3 and the function
// are asked for.
type verdict struct {
	code                prew.Code
	uri, path           string
	guarded, negotiated bool
}

// want is the verdict of the rules by which a gateway goes.
func (e edge) want(target string, accept []string) verdict {
	path, query, asked := strings.Cut(target, "?")
	path = asUTF8(path)
	if asked {
		path, _ = e.presets.Address(path + "?" + asUTF8(query))
	} else {
		path, _ = e.presets.Address(path)
	}
	if key, err := prew.ParsePhoto(path); err == nil {
		object, err := e.photos.Photo(key, e.previews)
		if err != nil || e.photoAccess == prew.Closed {
			return verdict{code: prew.PathRefused}
		}
		return verdict{uri: "/" + prew.Escape(object), path: prew.PhotoPath(key), guarded: e.photoAccess.Protected()}
	}
	ref, err := prew.ParsePath(path)
	if err != nil {
		return verdict{code: prew.PathRefused}
	}
	ref, negotiated := e.presets.Negotiate(ref, strings.Join(accept, ","), e.previews)
	preset, known := e.presets.Get(ref.Preset)
	_, err = e.previews.Preview(ref)
	if err == nil && preset.Source == "" { // photos of named sources lie in other buckets
		_, err = e.photos.Photo(ref.Key, e.previews)
	}
	switch {
	case err != nil:
		return verdict{code: prew.PathRefused}
	case !known:
		return verdict{code: prew.PresetUnknown}
	}
	uri := "/" + prew.Escape(e.previews.Prefix) + strings.TrimPrefix(ref.Path(), "/prew/")
	return verdict{uri: uri, path: ref.Path(), guarded: e.presets.Access(ref.Preset).Protected(), negotiated: negotiated}
}

// got is the verdict of the function, of both of its steps.
func got(t testing.TB, f *Function, target string, accept []string) verdict {
	t.Helper()
	r := Request{Method: "GET", Header: http.Header{}}
	r.URI, r.Query, _ = strings.Cut(target, "?")
	if accept != nil {
		r.Header["Accept"] = accept
	}
	made, answered, err := f.Request(r)
	if err != nil {
		t.Fatalf("%.300q: %v", target, err)
	}
	if answered != nil {
		code := prew.Code(answered.Header.Get("X-Prew-Error"))
		if answered.Status != 404 || answered.Header.Get("Cache-Control") != "no-store" || answered.Body != nil || !code.Known() {
			t.Errorf("%.300q: answered %+v", target, answered)
		}
		return verdict{code: code}
	}
	v := verdict{uri: made.URI, path: made.Header.Get("X-Prew-Path"), guarded: made.Origin == "function",
		negotiated: made.Header.Get("X-Prew-Negotiated") != ""}
	for _, asked := range []Request{r, *made} {
		h, err := f.Response(asked, 200, http.Header{"Etag": {"e"}})
		if err != nil || (h.Get("Vary") == "Accept") != v.negotiated || h.Get("Etag") != "e" {
			t.Errorf("%.300q: the response to %.300q has %v, %v", target, asked.URI, h, err)
		}
	}
	return v
}

// table reads a table of nginx's tests, whose first column is a Go string or "-".
func table(t *testing.T, file string, atLeast int) (rows [][]string) {
	t.Helper()
	f, err := os.Open("../../../nginx/testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		row := strings.Split(lines.Text(), "\t")
		if row[0] != "-" {
			if row[0], err = strconv.Unquote(row[0]); err != nil {
				t.Fatalf("%q: %v", lines.Text(), err)
			}
		}
		rows = append(rows, row)
	}
	if len(rows) < atLeast {
		t.Fatalf("%s: %d rows, expected at least %d", file, len(rows), atLeast)
	}
	return rows
}

const somePresets = `
thumb: {width: 200}
preset_name_1: {width: 320}
card: {width: 640, formats: [webp], dpr: 2}
tall: {height: 900, formats: [png, webp]}
three: {width: 10, formats: [webp, png, jpeg]}
`

// TestPaths holds the function to each row of the table that nginx and ParsePath are held to:
// what they refuse is answered 404, and all else goes on by the one spelling of its object. Of
// two kinds of rows it has to think otherwise: CloudFront hands it bytes that are not UTF-8 as
// if they were ISO-8859-1, and it knows which presets there are.
func TestPaths(t *testing.T) {
	e := usual(t, somePresets)
	f := e.load(t)
	for _, row := range table(t, "paths.tsv", 60) {
		target, room, note := row[0], row[1], row[2]
		verdict := got(t, f, target, nil)
		if want := e.want(target, nil); verdict != want {
			t.Errorf("%.200q (%s): %+v, want %+v", target, note, verdict, want)
		}
		path, _, _ := strings.Cut(target, "?")
		if path != asUTF8(path) {
			continue
		}
		object, _ := url.PathUnescape(path)
		switch {
		case strings.HasPrefix(object, "/prew/nobodys/"):
			if verdict.code != prew.PresetUnknown {
				t.Errorf("%.200q (%s): %+v", target, note, verdict)
			}
		case room == "refused":
			if verdict.code != prew.PathRefused {
				t.Errorf("%.200q (%s): %+v, want it refused", target, note, verdict)
			}
		default:
			asked, err := url.PathUnescape(verdict.uri)
			if err != nil || asked != object || verdict.path != verdict.uri || strings.ContainsAny(verdict.uri, `+"<>^{}|[]`) {
				t.Errorf("%.200q (%s): %+v, want the object %.200q", target, note, verdict, object)
			}
		}
	}
}

// TestAccept holds the function to each row of the table that nginx and Negotiate are held to,
// for one header and for several.
func TestAccept(t *testing.T) {
	e := usual(t, somePresets)
	f := e.load(t)
	for _, row := range table(t, "accept.tsv", 40) {
		accepted, note := strings.Fields(row[1]), row[2]
		var headers [][]string
		if row[0] == "-" {
			headers = [][]string{nil}
		} else {
			headers = [][]string{{row[0]}, strings.Split(row[0], ",")}
		}
		for _, accept := range headers {
			for _, preset := range []string{"card", "card@2x", "tall", "three"} {
				want := preset
				for _, format := range e.presets.Formats(preset) {
					if slices.Contains(accepted, string(format)) {
						want += "." + string(format)
						break
					}
				}
				verdict := got(t, f, "/prew/"+preset+"/a.jpg", accept)
				if verdict.uri != "/prew/"+want+"/a.jpg" || !verdict.negotiated {
					t.Errorf("%s for %.100q (%s): %+v, want %s", preset, accept, note, verdict, want)
				}
			}
			for _, target := range []string{"/prew/card.webp/a.jpg", "/prew/thumb/a.jpg", "/photo/a.jpg"} {
				if verdict := got(t, f, target, accept); verdict.negotiated || verdict.uri != target {
					t.Errorf("%s for %.100q (%s): %+v", target, accept, note, verdict)
				}
			}
		}
	}
}

// TestPresetsThatThereAre asks for variants that are declared and for others, and for what
// every object has in JavaScript.
func TestPresetsThatThereAre(t *testing.T) {
	e := usual(t, somePresets)
	f := e.load(t)
	for _, name := range []string{"card", "card.webp", "card@2x", "card@2x.webp", "card@3x", "card@1x", "card@02x", "card.png", "card.jpeg", "card.", "card@2x.",
		"card@", "card@2", "card.webp.webp", "card.webp@2x", "thumb@2x", "thumb.webp", "preset_name_1", "preset_name", "preset_name_", "car", "ard", "Card",
		"card thumb", "card ", " card", "%63ard", "constructor", "__proto__", "toString", "hasOwnProperty", "tall.png", "tall.webp", "three.jpeg", "фото", "card%00"} {
		for _, accept := range [][]string{nil, {"image/webp,image/png"}} {
			target := "/prew/" + name + "/a.jpg"
			if verdict, want := got(t, f, target, accept), e.want(target, accept); verdict != want {
				t.Errorf("%s for %q: %+v, want %+v", target, accept, verdict, want)
			}
		}
	}
}

const aliasedPresets = `
card:
  width: 640
  formats: [webp]
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
    - /{*}/s3:%2F%2Fphotos%2F{key}1
thumb:
  width: 100
  aliases: ["/profile/{key}", "/h/{key}", "/{*}/{*}/smart/{key}", "/{base64:{key}?}", "/{*}/{base64:s3://фото/{key}}.jpg"]
`

const somePresetsBesideAliased = "tall: {height: 900, formats: [png, webp], dpr: 2}\n"

// inBase64 is an alias's text in base64url.
func inBase64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// aliased are targets that an alias may match, of each kind; those of the table in
// address_test.go are among them.
func aliased() []string {
	dit := base64.StdEncoding.EncodeToString([]byte(`{"bucket":"photos","key":"a/b c.jpg","edits":{"resize":{"width": 640}}}`))
	split := inBase64("s3://photos/2024/a.jpg")
	split = split[:10] + "/" + split[10:]
	const fill = "/unsafe/rs:fill:640:480/"
	return []string{
		"/profile/ios/2024/cat.jpg", "/profile/ios/a%20b.jpg", "/profile/ios/a.jpg?w=1", "/profile/ios/", "/profile/ios", "/profile/%69os/a.jpg",
		"/profile/ios/../a.jpg", "/profile/ios/a#b", "/profile/ios/%", "/profile/ios/%4", "/profile/ios/%%41", "/Profile/ios/a.jpg", "/profile/ios/a%2fb", "/profile/ios/a\\b",
		"/100x100/a.jpg", "/101x100/a.jpg", "/100x100/é+.jpg", "/100x100/%C3", "/100x100/" + strings.Repeat("k", 1018), "/100x100/" + strings.Repeat("k", 1014), "/100x100/" + strings.Repeat("k", 1013),
		"/img/a/b/large.jpg", "/img/a/b/small.jpg", "/img//large.jpg", "/img/large.jpg", "/img/%/large.jpg", "/img/a%2/large.jpg",
		"/h/a.jpg?w=300&h=200&c=true&f=png", "/h/a.jpg?f=png&x=1&c=true&h=200&w=300", "/h/a.jpg?w=300", "/h/a.jpg?w=300&w=400", "/h/a.jpg?w=400&w=300",
		"/h/a.jpg?w=%3300", "/h/a.jpg?W=300", "/h/a.jpg?aw=300", "/h/a.jpg?w=3000", "/h/a.jpg", "/h/a.jpg?", "/h/a.jpg?&&w=300", "/h/a.jpg?w=300?", "/h/a.jpg?é&w=300",
		"/crop/a.jpg?x&crop", "/crop/a.jpg?crop=", "/crop/a.jpg?crop", "/crop/a.jpg?crop&crop=1", "/crop/a.jpg?crop=1&crop",
		fill + "plain/s3://photos/a.jpg@webp", "/x%3D/rs:fill:640:480/plain/s3://photos/a.jpg@webp", "/x%2Fy/rs:fill:640:480/plain/s3://photos/a.jpg@webp",
		"/%2e%2E/rs:fill:640:480/plain/s3://photos/a.jpg@webp", "//rs:fill:640:480/plain/s3://photos/a.jpg@webp", fill + "plain/s3:/photos/a.jpg@webp", fill + "plain/s3://photos/@webp",
		"/%/rs:fill:640:480/plain/s3://photos/a.jpg@webp", "/%5c/rs:fill:640:480/plain/s3://photos/a.jpg@webp", "/%7f/rs:fill:640:480/plain/s3://photos/a.jpg@webp",
		"/.../rs:fill:640:480/plain/s3://photos/a.jpg@webp", "/%ff/rs:fill:640:480/plain/s3://photos/a.jpg@webp", "/#/rs:fill:640:480/plain/s3://photos/a.jpg@webp",
		fill + inBase64("s3://photos/2024/a b.jpg") + ".jpg", fill + split + ".jpg", fill + inBase64("s3://others/a.jpg") + ".jpg", fill + inBase64("s3://photos/") + ".jpg",
		fill + inBase64("s3://photos/../a") + ".jpg", fill + inBase64("s3://photos/a%2fb/\xff") + ".jpg", fill + inBase64("s3://photos/é/+%\"") + ".jpg", fill + ".jpg", fill + "A.jpg", fill + "====.jpg",
		fill + inBase64("s3://photos/a\x00b") + ".jpg", fill + inBase64("s3://photos/a\\b") + ".jpg", fill + inBase64("s3://photos/a#?b") + ".jpg",
		"/x/" + inBase64("s3://фото/фото.jpg") + ".jpg", "/x/" + inBase64("s3://фот\xd0/a") + ".jpg", "/x/" + inBase64("s3://фото") + ".jpg",
		"/" + dit, "/" + strings.TrimRight(dit, "="), "/" + strings.ReplaceAll(dit, "=", "%3D"), "/" + strings.ReplaceAll(dit, "=", "%3d"), "/" + dit[:len(dit)-8], "/%65" + dit[1:], "/" + dit + "=", "/=" + dit,
		"/caf%C3%A9/a.jpg", "/caf%c3%a9/a.jpg", "/café/a.jpg", "/s/300x200/smart/a.jpg", "/prew/smart/smart/a.jpg", "/photo/smart/smart/a.jpg", "/health/x/smart/a.jpg",
		"/gallery/x/smart/a.jpg", "/ready", "/access/x/smart/a", "/healthy/x/smart/a.jpg", "//prew/smart/a.jpg", "/other", "/", "/YT8/YT8_", "/YT8_YT8_", "/YT8%2FYT8%2F", "/YT8/YT8/", "/YT8", "/Pw", "/Pz8",
		"/x/s3:%2F%2Fphotos%2Fa1", "/x/s3:%2F%2Fphotos%2Fa%31", "/x/s3:%2f%2fphotos%2fa1", "/x/s3:%2F%2Fphotos%2F1",
	}
}

// TestAliases checks that an address means to the function what it means to Presets.Address,
// which routes a gateway's requests, and that its Accept chooses the variant.
func TestAliases(t *testing.T) {
	e := usual(t, aliasedPresets)
	f := e.load(t)
	passed := 0
	for _, target := range aliased() {
		for _, accept := range [][]string{nil, {"image/webp"}} {
			verdict, want := got(t, f, target, accept), e.want(target, accept)
			if verdict != want {
				t.Errorf("%.200q for %q: %+v, want %+v", target, accept, verdict, want)
			}
			if verdict.code == "" {
				passed++
			}
		}
	}
	if passed < 80 {
		t.Errorf("%d are aliases, expected at least 80", passed)
	}
}

// TestPathsThroughAliases sends the key of every row of the table of paths through an alias of
// each form: it means what it means by the preset's own address.
func TestPathsThroughAliases(t *testing.T) {
	e := usual(t, aliasedPresets)
	f := e.load(t)
	for _, row := range table(t, "paths.tsv", 60) {
		path, _, _ := strings.Cut(row[0], "?")
		segments := strings.SplitN(path, "/", 4)
		raw := segments[len(segments)-1]
		if strings.HasPrefix(path, "/photo/") {
			raw = strings.TrimPrefix(path, "/photo/")
		}
		key, _ := url.PathUnescape(raw)
		own := got(t, f, "/prew/card/"+raw, nil)
		for i, target := range []string{"/100x100/" + raw, "/img/" + raw + "/large.jpg", "/h/" + raw + "?a&f=png&c=true&h=200&w=300", "/caf%C3%A9/" + raw,
			"/sig%3D/rs:fill:640:480/plain/s3://photos/" + raw + "@webp", "/x/s3:%2F%2Fphotos%2F" + raw + "1", "/unsafe/rs:fill:640:480/" + inBase64("s3://photos/"+key) + ".jpg"} {
			verdict := got(t, f, target, nil)
			if want := e.want(target, nil); verdict != want || i < 6 && raw == asUTF8(raw) && verdict != own {
				t.Errorf("%.200q (%s): %+v, want %+v; by the preset's own address %+v", target, row[2], verdict, want, own)
			}
		}
	}
}

// TestAgreesOnAnything puts addresses together from pieces that rules are about. The seed is
// fixed: the same addresses each time.
func TestAgreesOnAnything(t *testing.T) {
	e := usual(t, aliasedPresets+somePresetsBesideAliased)
	f := e.load(t)
	plain := []string{"/", "a", "b.jpg", "1", "+", "%2b", "%25", "%20", "%C3%A9", "é", "%F0%9F%93%B7", "📷", "\u2028", "@", "%40", "photo", "prew", "~", ";", "!", "'", "(", ")", "*", "...", "s3://", "h/",
		inBase64("s3://photos/x/y"), strings.Repeat("k", 200), strings.Repeat("%6B", 200)}
	odd := []string{"/", "//", ".", "..", "%2e", "%2E", "%2f", "%5c", "\\", "%", "%2", "%00", "%0a", "%7f", "#", "%C3", "\xc3", "\xa9", "%A9", "\xff", "%ED%A0%80", "%31", "@webp", "/large.jpg",
		"s3://photos/", "caf%C3%A9/", "?", "&", "?w=300", "=", strings.Repeat("m", 1000)}
	starts := []struct{ start, end string }{{"/photo/", ""}, {"/prew/", ""}, {"/prew/thumb/", ""}, {"/prew/card/", ""}, {"/prew/tall@2x/", ""}, {"/", ""}, {"/%70hoto/", ""}, {"/100x100/", ""}, {"/img/", "/large.jpg"},
		{"/h/", "?w=300&h=200&c=true&f=png"}, {"/h/", "?w=300"}, {"/h/", ""}, {"/x/rs:fill:640:480/plain/s3://photos/", "@webp"}, {"/%2e/rs:fill:640:480/plain/s3://photos/", "@webp"},
		{"/x/rs:fill:640:480/" + inBase64("s3://photos/x/yz"), ".jpg"}, {"/x/s3:%2F%2Fphotos%2F", "1"}, {"/a/b/smart/", ""}, {"/crop/", "?crop"}}
	accepts := [][]string{nil, {"image/webp"}, {"image/png;q=0, image/webp;q=1"}, {"image/webp;q=0", "image/png"}}
	random := rand.New(rand.NewPCG(5, 6))
	seen := map[prew.Code]int{}
	for range 5000 {
		at := starts[random.IntN(len(starts))]
		target := at.start
		for range random.IntN(6) {
			pieces := plain
			if random.IntN(8) == 0 {
				pieces = odd
			}
			target += pieces[random.IntN(len(pieces))]
		}
		if random.IntN(3) > 0 {
			target += at.end
		}
		accept := accepts[random.IntN(len(accepts))]
		verdict, want := got(t, f, target, accept), e.want(target, accept)
		if verdict != want {
			t.Errorf("%.300q for %q: %+v, want %+v", target, accept, verdict, want)
		}
		seen[verdict.code]++
	}
	if seen[""] < 500 || seen[prew.PathRefused] < 1000 || seen[prew.PresetUnknown] < 20 {
		t.Errorf("%v, expected many of each", seen)
	}
}

// TestPrefixes asks from places with other prefixes, with keys that are just short enough for
// them and just too long, and previews of what are previews already.
func TestPrefixes(t *testing.T) {
	k := strings.Repeat
	for _, test := range []struct {
		previews, photos, source string // the prefixes, and the photos' bucket
	}{
		{"prew/", "photo/", "b"},
		{"prew/", "", "b"},
		{"p@q/\u2028(é)/", "x/", "b"},
		{"a b/(c)+/\"$x\"/", "a b/", "b"},
		{"p/", "фото/" + k("f", 300) + "/", "b"},
		{k("p", 400) + "/", "photo/", "b"},
		{"small/", "originals/", "c"},
	} {
		e := usual(t, "card: {width: 200, formats: [webp]}\nface: {width: 100, dpr: 2, source: people}\nt: {width: 1}\n")
		e.previews.Prefix, e.photos.Prefix, e.photos.Bucket = test.previews, test.photos, test.source
		f := e.load(t)
		keys := []string{"a.jpg", "%61/b%20c.jpg", "prew/x.jpg", "prew", "prewx/a.jpg", "prew/card/a.jpg", "(c)%2B/%22$x%22/y.jpg", "%28c%29%2b/%22%24x%22/y.jpg", "(c)%2B/", "p@q/a.jpg"}
		for _, behind := range []string{"", "t/", "card/", "card.webp/", "face@2x/", "card/.webp"} { // what else may be in a name
			for _, prefix := range []string{test.photos, test.previews} {
				n := prew.MaxObject - len(prefix) - len(behind)
				keys = append(keys, k("k", n), k("k", n+1), k("é", n/2)+k("%6B", n%2), k("é", n/2)+k("+", n%2+1))
			}
		}
		seen := map[prew.Code]int{}
		for _, key := range keys {
			for _, start := range []string{"/photo/", "/prew/card/", "/prew/card.webp/", "/prew/face@2x/", "/prew/t/", "/prew/unknown/"} {
				for _, accept := range [][]string{nil, {"image/webp"}} {
					verdict, want := got(t, f, start+key, accept), e.want(start+key, accept)
					if verdict != want {
						t.Errorf("%.12q and %.12q in %s: %s%.40s (%d) for %q: %+v, want %+v", test.previews, test.photos, test.source, start, key, len(key), accept, verdict, want)
					}
					seen[verdict.code]++
				}
			}
		}
		if len(seen) != 3 {
			t.Errorf("%.12q and %.12q: %v, expected some of each", test.previews, test.photos, seen)
		}
	}
}

// TestOneCacheForTwoBuckets checks that a photo of one bucket is not asked for by the name of a
// preview of the other: CloudFront's cache would take them for one.
func TestOneCacheForTwoBuckets(t *testing.T) {
	e := usual(t, somePresets)
	e.photos = prew.Place{Bucket: "originals"}
	f := e.load(t)
	for target, want := range map[string]verdict{
		"/photo/prew/card/a.jpg":     {code: prew.PathRefused},
		"/photo/a.jpg":               {uri: "/a.jpg", path: "/photo/a.jpg"},
		"/prew/thumb/prew/card/a":    {uri: "/prew/thumb/prew/card/a", path: "/prew/thumb/prew/card/a"},
		"/photo/%70rew/card.webp/a":  {code: prew.PathRefused},
		"/photo/prewcard/card.webp/": {code: prew.PathRefused}, // by its slash
		"/photo/prewcard/card.webp":  {uri: "/prewcard/card.webp", path: "/photo/prewcard/card.webp"},
	} {
		if verdict := got(t, f, target, nil); verdict != want {
			t.Errorf("%s: %+v, want %+v", target, verdict, want)
		}
	}
}

// TestWhatPasses checks what of a request's query, cookies and headers goes on to an origin.
func TestWhatPasses(t *testing.T) {
	carried := http.Header{"Accept": {"image/webp"}, "Authorization": {"Bearer x", "Bearer y"}, "Cookie": {"other=1; prew=c; prew=d"}, "Range": {"bytes=0-1"}, "If-None-Match": {`"e"`},
		"X-Prew-Path": {"/photo/secret", "/photo/other"}, "X-Prew-Authorization": {"Bearer z"}, "X-Prew-Negotiated": {"1"}, "Host": {"h"}}
	passed := http.Header{"Accept": {"image/webp"}, "Range": {"bytes=0-1"}, "If-None-Match": {`"e"`}, "Host": {"h"}}
	const query = "w=1&s=x&e=1&t=%31&s=y&e=2&again=2&again&download"
	for _, test := range []struct {
		name, target, path string
		access             prew.Access
		guarded            bool
		negotiated         bool
	}{
		{"an open preview", "/prew/open/a.jpg", "/prew/open/a.jpg", prew.Open, false, false},
		{"an open photo", "/photo/a.jpg", "/photo/a.jpg", prew.Open, false, false},
		{"one by token", "/prew/token/a.jpg", "/prew/token.webp/a.jpg", prew.Open, true, true},
		{"one by signature", "/prew/signed@2x/a.jpg", "/prew/signed@2x/a.jpg", prew.Open, true, false},
		{"a variant", "/prew/token.webp/a.jpg", "/prew/token.webp/a.jpg", prew.Open, true, false},
		{"an alias", "/x/a.jpg", "/prew/signed/a.jpg", prew.Open, true, false},
		{"a photo by token", "/photo/a+b.jpg", "/photo/a%2Bb.jpg", prew.Token, true, false},
		{"a photo by signature", "/photo/a.jpg", "/photo/a.jpg", prew.Signed, true, false},
	} {
		e := usual(t, "open: {width: 1}\ntoken: {width: 1, access: token, formats: [webp]}\nsigned: {width: 1, access: signed, dpr: 2, aliases: ['/x/{key}']}\n")
		e.photoAccess = test.access
		for _, method := range []string{"GET", "HEAD"} {
			made, answered, err := e.load(t).Request(Request{Method: method, URI: test.target, Query: query, Header: carried.Clone()})
			if err != nil || answered != nil {
				t.Fatalf("%s: %+v, %v", test.name, answered, err)
			}
			want := Request{Method: method, URI: test.path, Query: "again=", Header: passed.Clone()}
			want.Header["X-Prew-Path"] = []string{test.path}
			if test.guarded {
				want.Origin, want.Query = "function", "again=&e=1&s=x&t=%31"
				want.Header["X-Prew-Authorization"], want.Header["Cookie"] = []string{"Bearer x"}, []string{"prew=c"}
			}
			if test.negotiated {
				want.Header["X-Prew-Negotiated"] = []string{"1"}
			}
			if !reflect.DeepEqual(*made, want) {
				t.Errorf("%s:\ngot  %+v\nwant %+v", test.name, *made, want)
			}
		}
		made, _, err := e.load(t).Request(Request{Method: "GET", URI: test.target})
		if err != nil || made.Query != "" || made.Header.Get("X-Prew-Authorization") != "" || made.Header.Get("Cookie") != "" {
			t.Errorf("%s, without credentials: %+v, %v", test.name, made, err)
		}
	}
}

// TestRefusals checks the answers that the function gives by itself.
func TestRefusals(t *testing.T) {
	open, closed := usual(t, somePresets), usual(t, somePresets)
	closed.photoAccess = prew.Closed
	for _, test := range []struct {
		of                          edge
		method, target, code, allow string
		status                      int
	}{
		{open, "POST", "/photo/a.jpg", "request_refused", "GET, HEAD", 405},
		{open, "OPTIONS", "/photo//", "request_refused", "GET, HEAD", 405},
		{open, "get", "/photo/a.jpg", "request_refused", "GET, HEAD", 405},
		{open, "HEAD", "/photo/..", "path_refused", "", 404},
		{open, "GET", "/", "path_refused", "", 404},
		{open, "GET", "/gallery/", "path_refused", "", 404},
		{open, "GET", "/health", "path_refused", "", 404},
		{open, "GET", "/prew/nobodys/a.jpg", "preset_unknown", "", 404},
		{closed, "GET", "/photo/a.jpg", "path_refused", "", 404},
	} {
		made, answered, err := test.of.load(t).Request(Request{Method: test.method, URI: test.target})
		if err != nil || made != nil || answered.Status != test.status || answered.Body != nil || answered.Header.Get("X-Prew-Error") != test.code ||
			answered.Header.Get("Allow") != test.allow || answered.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %+v, %+v, %v", test.method, test.target, made, answered, err)
		}
	}
}

// TestVaryIsAdded checks that what else an answer varies by stays.
func TestVaryIsAdded(t *testing.T) {
	f := usual(t, somePresets).load(t)
	for _, test := range []struct {
		target, negotiated string
		vary, want         []string
	}{
		{"/prew/card/a", "", nil, []string{"Accept"}},
		{"/prew/card/a", "", []string{"Accept"}, []string{"Accept"}},
		{"/prew/card/a", "", []string{"Origin, accept"}, []string{"Origin, accept"}},
		{"/prew/card/a", "", []string{"Origin", "Accept-Encoding"}, []string{"Origin,Accept-Encoding, Accept"}},
		{"/prew/card.webp/a", "1", nil, []string{"Accept"}},
		{"/prew/card.webp/a", "", []string{"Origin"}, []string{"Origin"}},
		{"/prew/thumb/a", "", nil, nil},
		{"/photo/a", "", nil, nil},
		{"/prew/card//a", "", nil, nil},
	} {
		r, h := Request{Method: "GET", URI: test.target, Header: http.Header{}}, http.Header{}
		if test.negotiated != "" {
			r.Header.Set("X-Prew-Negotiated", test.negotiated)
		}
		if test.vary != nil {
			h["Vary"] = test.vary
		}
		after, err := f.Response(r, 200, h)
		if err != nil || !slices.Equal(after["Vary"], test.want) {
			t.Errorf("%+v: %v, %v", test, after, err)
		}
	}
}

// TestOutline: S3's metadata become the headers that gateways send, of previews alone and as far
// as they mean something; the function's own stay. The request may be the viewer's or what became
// of it.
func TestOutline(t *testing.T) {
	f := usual(t, aliasedPresets).load(t)
	stored := http.Header{"X-Amz-Meta-Prew-Width": {"4032"}, "X-Amz-Meta-Prew-Height": {"3024"}, "X-Amz-Meta-Prew-Colour": {"#a0b1c2"}, "X-Amz-Meta-Prew-Crop": {"100,0,640,480"}, "X-Amz-Meta-Other": {"1"}}
	known := http.Header{"X-Prew-Width": {"4032"}, "X-Prew-Height": {"3024"}, "X-Prew-Colour": {"#a0b1c2"}, "X-Prew-Crop": {"100,0,640,480"}, "X-Amz-Meta-Other": {"1"}}
	other := http.Header{"X-Amz-Meta-Other": {"1"}}
	wrong := http.Header{"X-Amz-Meta-Prew-Width": {"0"}, "X-Amz-Meta-Prew-Height": {"1000000"}, "X-Amz-Meta-Prew-Colour": {"red"}, "X-Amz-Meta-Prew-Crop": {"0,00,640,480"}, "X-Amz-Meta-Other": {"1"}}
	for _, test := range []struct {
		target, path string // what the viewer-request step says is asked for; empty: the request is the viewer's
		status       int
		have, want   http.Header
	}{
		{"/prew/thumb/a", "", 200, stored, known},
		{"/some/prefix/a", "/prew/thumb/a", 206, stored, known},
		{"/prew/thumb/a", "", 200, known, known},
		{"/prew/thumb/a", "", 200, wrong, other},
		{"/prew/thumb/a", "", 200, nil, nil},
		{"/photo/a", "", 200, stored, stored},
		{"/prew/thumb/a", "/photo/a", 200, stored, stored},
		{"/elsewhere", "", 200, stored, stored},
	} {
		r := Request{Method: "GET", URI: test.target, Header: http.Header{}}
		if test.path != "" {
			r.Header.Set("X-Prew-Path", test.path)
		}
		after, err := f.Response(r, test.status, test.have.Clone())
		if err != nil || len(after) != len(test.want) {
			t.Errorf("%+v: %v, %v", test, after, err)
		}
		for name := range test.want {
			if after.Get(name) != test.want.Get(name) {
				t.Errorf("%+v: %s is %q", test, name, after.Get(name))
			}
		}
	}
}

// es5 are the nodes of a program in ECMAScript 5.1.
var es5 = strings.Fields(`
	ArrayLiteral AssignExpression Binding BinaryExpression BlockStatement BooleanLiteral BracketExpression BranchStatement
	CallExpression CaseStatement CatchStatement ConditionalExpression DoWhileStatement DotExpression EmptyStatement
	ExpressionStatement ForInStatement ForIntoExpression ForIntoVar ForLoopInitializerExpression ForLoopInitializerVarDeclList
	ForStatement FunctionDeclaration FunctionLiteral Identifier IfStatement NewExpression NullLiteral NumberLiteral ObjectLiteral
	ParameterList Program PropertyKeyed RegExpLiteral ReturnStatement SequenceExpression StringLiteral SwitchStatement
	ThrowStatement TryStatement UnaryExpression VariableDeclaration VariableStatement WhileStatement`)

// TestLanguage checks that the function needs no more of the language than ECMAScript 5.1 has,
// that no group of a pattern looks behind, which CloudFront does not list, and that every
// group which is repeated has an end.
func TestLanguage(t *testing.T) {
	e := usual(t, aliasedPresets)
	e.photoAccess = prew.Token
	source, err := cloudfront.Function(e.presets, e.previews, e.photos, e.photoAccess, "prew")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimPrefix(string(source), importsCF)
	program, err := parser.ParseFile(nil, "function", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	nodes(reflect.ValueOf(program), seen, func(pattern string) {
		pattern = class.ReplaceAllString(pattern, "[]")
		if strings.Contains(pattern, "(?<") || strings.Contains(pattern, ")*") || strings.Contains(pattern, ")+") {
			t.Errorf("the pattern %s", pattern)
		}
	})
	for node, times := range seen {
		if !slices.Contains(es5, node) {
			t.Errorf("%d times %s, which ECMAScript 5.1 has not", times, node)
		}
	}
	if seen["FunctionDeclaration"] < 5 || seen["RegExpLiteral"] < 5 {
		t.Errorf("%v, expected more", seen)
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return r > 0x7e }); i >= 0 {
		t.Errorf("%q is not ASCII", text[i:i+10])
	}
}

var class = regexp.MustCompile(`\[[^\]]*\]`)

// nodes counts the nodes below one by their types, and shows the patterns among them.
func nodes(v reflect.Value, seen map[string]int, pattern func(string)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*ast.Program]() && seen["Program"] > 0 || strings.Contains(v.Type().String(), "file.") {
			return
		}
		if literal, ok := v.Interface().(*ast.RegExpLiteral); ok {
			pattern(literal.Literal)
		}
		nodes(v.Elem(), seen, pattern)
	case reflect.Slice:
		for i := range v.Len() {
			nodes(v.Index(i), seen, pattern)
		}
	case reflect.Struct:
		seen[v.Type().Name()]++
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Type().Field(i).Name != "DeclarationList" {
				nodes(v.Field(i), seen, pattern)
			}
		}
	}
}

// FuzzFunction holds the function to the rules of a gateway, for any target and any Accept.
func FuzzFunction(f *testing.F) {
	e := usual(f, aliasedPresets+somePresetsBesideAliased)
	function := e.load(f)
	for _, target := range append(aliased(), "/photo/a b", "/prew/tall@2x/é", "/prew/card.webp/%C3%A9", "/photo/\xff") {
		f.Add(target, "image/webp;q=0.5, image/png;q=0")
	}
	f.Fuzz(func(t *testing.T, target, accept string) {
		if !strings.HasPrefix(target, "/") || len(target) > 7000 {
			return
		}
		// A header has no line ends, and CloudFront hands on no others than in UTF-8.
		if strings.ContainsAny(accept, "\r\n") || accept != asUTF8(accept) {
			return
		}
		if verdict, want := got(t, function, target, []string{accept}), e.want(target, []string{accept}); verdict != want {
			t.Errorf("%q for %q: %+v, want %+v", target, accept, verdict, want)
		}
	})
}

// BenchmarkFunction says how long the function takes beside one that does nothing.
func BenchmarkFunction(b *testing.B) {
	var imported strings.Builder
	imported.WriteString(aliasedPresets + "wide:\n  width: 1\n  aliases:\n")
	for i := range 40 {
		fmt.Fprintf(&imported, "    - /fit-in/%dx%d/filters:quality(80)/{key}\n", i+1, i+2)
	}
	for _, of := range []struct {
		name     string
		function *Function
	}{
		{"nothing", load(b, "function handler(event) { return event.request; }")},
		{"presets", usual(b, somePresets).load(b)},
		{"aliases", usual(b, imported.String()).load(b)},
	} {
		for _, target := range []string{"/prew/card/2024/06/a.jpg", "/fit-in/40x41/filters:quality(80)/2024/06/a.jpg"} {
			b.Run(of.name+target[:5], func(b *testing.B) {
				r := Request{Method: "GET", URI: target, Header: http.Header{"Accept": {"image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"}}}
				for b.Loop() {
					if _, _, err := of.function.Request(r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
