package nginx_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prew"
	"prew/deploy/local/stack"
	"prew/nginx"
)

// presetsOf reads presets that a test writes.
func presetsOf(t *testing.T, text string) prew.Presets {
	t.Helper()
	presets, err := prew.LoadPresets("p.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return presets
}

const somePresets = `
card: {width: 640, formats: [webp], dpr: 2}
tall: {height: 900, formats: [png, webp]}
three: {width: 10, formats: [webp, png, jpeg]}
modern: {width: 10, formats: [avif, webp]}
plain: {width: 100, dpr: 2}
`

// negotiating starts nginx with presets between an S3 and a gateway.
func negotiating(t *testing.T, presets prew.Presets, s3, gateway http.HandlerFunc) (*front, *upstream, *upstream) {
	t.Helper()
	s, g := newUpstream(t, s3), newUpstream(t, gateway)
	return start(t, nginx.Site{Previews: stack.StoreAt(s.addr, "photos"), Gateways: []string{g.addr}, Presets: presets}), s, g
}

// acceptRow is one line of testdata/accept.tsv, which says what the columns are.
type acceptRow struct {
	headers []string // none, or Accept
	formats []string
	note    string
}

func acceptRows(t *testing.T) (rows []acceptRow) {
	t.Helper()
	file, err := os.Open("testdata/accept.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		row := acceptRow{nil, strings.Fields(columns[1]), columns[2]}
		if columns[0] != "-" {
			accept, err := strconv.Unquote(columns[0])
			if err != nil {
				t.Fatalf("%q: %v", lines.Text(), err)
			}
			row.headers = []string{"Accept: " + accept}
		}
		rows = append(rows, row)
	}
	if len(rows) < 40 {
		t.Fatalf("%d rows, expected at least 40", len(rows))
	}
	return rows
}

// TestAcceptChoosesTheVariant sends every row of the table for presets with one format and
// with several. What is asked for is what the answer is.
func TestAcceptChoosesTheVariant(t *testing.T) {
	presets := presetsOf(t, somePresets)
	front, s3, _ := negotiating(t, presets, decodes, nil)
	closed := start(t, nginx.Site{Private: true, Gateways: []string{newUpstream(t, decodes).addr}, Presets: presets})
	for i, row := range acceptRows(t) {
		for _, preset := range []string{"card", "card@2x", "tall", "three", "modern"} {
			want := preset
			for _, format := range presets.Formats(preset) {
				if slices.Contains(row.formats, string(format)) {
					want += "." + string(format)
					break
				}
			}
			target, object := fmt.Sprintf("/prew/%s/%d.jpg", preset, i), fmt.Sprintf("/prew/%s/%d.jpg", want, i)
			what := fmt.Sprintf("%s for %.100q (%s)", target, row.headers, row.note)
			got := front.get(t, target, row.headers...)
			got.check(t, what, 200, map[string]string{"Vary": "Accept"})
			if got.body != object {
				t.Errorf("%s: %q, want %q", what, got.body, object)
			}
			for _, r := range s3.took() {
				if r.target != "/photos"+object || r.header.Get("Accept") != "" {
					t.Errorf("%s: S3 got %q with Accept %q, want %q without", what, r.target, r.header.Get("Accept"), "/photos"+object)
				}
			}
			if got := closed.get(t, target, row.headers...); got.body != object || got.header.Get("Vary") != "Accept" {
				t.Errorf("%s, private: %q with Vary %q, want %q", what, got.body, got.header.Get("Vary"), object)
			}
		}
	}
}

// TestNginxAndGatewayAgreeOnAccept puts headers together from pieces that rules are about.
// The seed is fixed: the same headers each time.
func TestNginxAndGatewayAgreeOnAccept(t *testing.T) {
	presets := presetsOf(t, somePresets)
	front, _, _ := negotiating(t, presets, decodes, nil)
	types := []string{"image/webp", "image/webp", "image/png", "IMAGE/Webp", "image/*", "*/*", "", "image/webp+x", "image /webp", "x image/png"}
	parameters := []string{";q=0", ";q=0.0", ";q=0.1", "; q = 0 ", ";Q=0", ";q=1", ";v=1", ";q=\"0\"", ";q=0.000x", ";q=0;v", ";", ";q", ";q=", ";=0", ";q=00", ";qq=0", ";q=0."}
	spaces := []string{"", "", "", "", " ", "\t ", "  "}
	random := rand.New(rand.NewPCG(1, 2))
	one := func(of []string) string { return of[random.IntN(len(of))] }
	seen := map[string]int{}
	for range 3000 {
		var elements []string
		for range random.IntN(4) {
			element := one(spaces) + one(types) + one(spaces)
			for range random.IntN(3) {
				element += one(parameters) + one(spaces)
			}
			elements = append(elements, element)
		}
		accept := strings.Join(elements, ",")
		chosen, _ := presets.Negotiate(prew.Ref{Preset: "tall", Key: "a.jpg"}, strings.Trim(accept, " \t"), usual)
		if got := front.get(t, "/prew/tall/a.jpg", "Accept: "+accept); got.body != "/prew/"+chosen.String() {
			t.Errorf("%q: nginx %q, gateway %q", accept, got.body, "/prew/"+chosen.String())
		}
		seen[chosen.Preset]++
	}
	if seen["tall"] < 200 || seen["tall.webp"] < 200 || seen["tall.png"] < 200 {
		t.Errorf("%v, expected many of each", seen)
	}
}

// TestPathsOfVariants sends every row of the table of paths for who accepts WebP: the rules
// for paths are the same, and the preset's segment names the variant, in the client's own
// spelling.
func TestPathsOfVariants(t *testing.T) {
	presets := presetsOf(t, "thumb: {width: 200, formats: [webp]}")
	front, s3, gateway := negotiating(t, presets, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.RequestURI, "/photos/photo/") {
			decodes(w, r)
			return
		}
		failing(404)(w, r)
	}, decodes)
	cached, chosenRows := map[string]bool{}, 0
	for _, row := range rows(t) {
		path, _, _ := strings.Cut(row.target, "?")
		object, vary := "", ""
		if ref, err := prew.ParsePath(path); err == nil {
			chosen, negotiated := presets.Negotiate(ref, "image/webp", usual)
			object = "/prew/" + chosen.String()
			if negotiated {
				vary = "Accept"
			}
			if chosen != ref {
				segments := strings.SplitN(path, "/", 4)
				path = strings.Join([]string{"", segments[1], segments[2] + ".webp", segments[3]}, "/")
				chosenRows++
			}
		} else if key, err := prew.ParsePhoto(path); err == nil {
			object = "/photo/" + key
		}
		for time := range 2 {
			var atS3, atGateway []string
			switch {
			case row.room == "refused" || cached[object]:
			case row.room == "photo":
				atS3 = []string{inStore(path, usual, besideUsual)}
			case row.room == "prew":
				atS3, atGateway = []string{inStore(path, usual, besideUsual)}, []string{path}
			case row.room == "respell":
				atGateway = []string{path}
			}
			got := front.get(t, row.target, "Accept: image/webp")
			what := fmt.Sprintf("%.80q (%s), time %d", row.target, row.note, time+1)
			if targets := targetsOf(s3.took()); !slices.Equal(targets, atS3) {
				t.Errorf("%s: S3 got %q, want %q", what, targets, atS3)
			}
			if targets := targetsOf(gateway.took()); !slices.Equal(targets, atGateway) {
				t.Errorf("%s: the gateway got %q, want %q", what, targets, atGateway)
			}
			if row.room == "refused" {
				got.check(t, what, 404, map[string]string{"Vary": ""})
				continue
			}
			got.check(t, what, 200, map[string]string{"Vary": vary})
			if got.body != object {
				t.Errorf("%s: %q, want %q", what, got.body, object)
			}
			cached[object] = true
		}
	}
	if chosenRows < 15 {
		t.Errorf("%d rows are negotiated, expected at least 15", chosenRows)
	}
}

// TestVariantsAreInTheCacheOnce checks that paths and headers which mean one variant share
// one entry, and that variants do not.
func TestVariantsAreInTheCacheOnce(t *testing.T) {
	front, s3, gateway := negotiating(t, presetsOf(t, somePresets), failing(404), func(w http.ResponseWriter, r *http.Request) {
		picture(r.RequestURI, "X-Prew: rendered")(w, r)
	})
	const chrome, firefox = "Accept: image/avif,image/webp,image/apng,*/*;q=0.8", "Accept: image/webp,*/*"
	for _, test := range []struct {
		target  string
		headers []string
		object  string
		prew    string
		vary    string
	}{
		{"/prew/card/a.jpg", []string{chrome}, "/prew/card.webp/a.jpg", "rendered", "Accept"},
		{"/prew/card/a.jpg", []string{chrome}, "/prew/card.webp/a.jpg", "cached", "Accept"},
		{"/prew/card/a.jpg", []string{firefox}, "/prew/card.webp/a.jpg", "cached", "Accept"},
		{"/prew/c%61rd/%61.jpg", []string{firefox}, "/prew/card.webp/a.jpg", "cached", "Accept"},
		{"/prew/card.webp/a.jpg", nil, "/prew/card.webp/a.jpg", "cached", ""},
		{"/prew/card.webp/a.jpg", []string{"Accept: image/webp;q=0"}, "/prew/card.webp/a.jpg", "cached", ""},
		{"/prew/card/a.jpg", nil, "/prew/card/a.jpg", "rendered", "Accept"},
		{"/prew/card/a.jpg", []string{"Accept: image/png,*/*"}, "/prew/card/a.jpg", "cached", "Accept"},
		{"/prew/card@2x/a.jpg", []string{chrome}, "/prew/card@2x.webp/a.jpg", "rendered", "Accept"},
		{"/prew/card%402x/a.jpg", []string{chrome}, "/prew/card@2x.webp/a.jpg", "cached", "Accept"},
		{"/prew/card@2x.webp/a.jpg", nil, "/prew/card@2x.webp/a.jpg", "cached", ""},
		{"/prew/card@2x/a.jpg", nil, "/prew/card@2x/a.jpg", "rendered", "Accept"},
		{"/prew/card@3x/a.jpg", []string{chrome}, "/prew/card@3x/a.jpg", "rendered", ""}, // no preset has it
		{"/prew/plain/a.jpg", []string{chrome}, "/prew/plain/a.jpg", "rendered", ""},
		{"/prew/plain@2x/a.jpg", []string{chrome}, "/prew/plain@2x/a.jpg", "rendered", ""},
		{"/prew/CARD/a.jpg", []string{chrome}, "/prew/CARD/a.jpg", "rendered", ""},
		{"/prew/card2/a.jpg", []string{chrome}, "/prew/card2/a.jpg", "rendered", ""},
		{"/prew/xcard/a.jpg", []string{chrome}, "/prew/xcard/a.jpg", "rendered", ""},
		{"/prew/xcard/card/a.jpg", []string{chrome}, "/prew/xcard/card/a.jpg", "rendered", ""},
	} {
		what := fmt.Sprintf("%s for %q", test.target, test.headers)
		got := front.get(t, test.target, test.headers...)
		got.check(t, what, 200, map[string]string{"X-Prew": test.prew, "Vary": test.vary, "ETag": strconv.Quote(test.object)})
		if got.body != test.object {
			t.Errorf("%s: %q, want %q", what, got.body, test.object)
		}
		asked := []string{test.object}
		if test.prew == "cached" {
			asked = nil
		}
		for _, r := range gateway.took() {
			if r.header.Get("Accept") != "" {
				t.Errorf("%s: the gateway got Accept: %s", what, r.header.Get("Accept"))
			}
			asked = slices.DeleteFunc(asked, func(target string) bool { return target == r.target })
		}
		if len(asked) != 0 || (len(s3.took()) == 0) != (test.prew == "cached") {
			t.Errorf("%s: the gateway did not get %q", what, asked)
		}
	}
}

// TestLongestKeysAreNegotiatedAlike compares with the gateway's rule where a variant's key
// has just room in S3's limit, and where it has not.
func TestLongestKeysAreNegotiatedAlike(t *testing.T) {
	presets := presetsOf(t, somePresets)
	front, _, _ := negotiating(t, presets, decodes, nil)
	for _, preset := range []string{"card", "card@2x"} {
		for length := 1014; length <= 1024; length++ {
			ref := prew.Ref{Preset: preset}
			ref.Key = strings.Repeat("k", length-len("prew/"+ref.String()))
			chosen, negotiated := presets.Negotiate(ref, "image/webp", usual)
			got := front.get(t, ref.Path(), "Accept: image/webp")
			if got.status != 200 || got.body != "/prew/"+chosen.String() || (got.header.Get("Vary") == "Accept") != negotiated {
				t.Errorf("a key of %d bytes: %d, %.30q, Vary %q; want %.30q, %t", length, got.status, got.body, got.header.Get("Vary"), "/prew/"+chosen.String(), negotiated)
			}
		}
	}
}

// TestVaryWhereItIsTrue asks for every kind of answer of a path that is negotiated, and of
// some that are not.
func TestVaryWhereItIsTrue(t *testing.T) {
	const webp = "Accept: image/webp"
	presets := presetsOf(t, somePresets)
	s3 := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.RequestURI, "missing"), strings.Contains(r.RequestURI, "rendered"):
			failing(404)(w, r)
		case strings.Contains(r.RequestURI, "broken"):
			failing(500)(w, r)
		case strings.Contains(r.RequestURI, "busy"):
			failing(503)(w, r)
		default:
			picture(object, "Vary: Cookie")(w, r)
		}
	})
	gateway := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "missing") {
			sourceMissing(w, r)
			return
		}
		rendered(object)(w, r)
	})
	for _, site := range []struct {
		allow     []string
		otherwise string // Vary of what is not negotiated
		want      string
	}{{nil, "", "Accept"}, {[]string{"*"}, "", "Accept"}, {[]string{"https://a.test"}, "Origin", "Accept, Origin"}} {
		front := start(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{gateway.addr}, Presets: presets, AllowOrigin: site.allow, MissesPerSecond: 1})
		for _, test := range []struct {
			what, method, target string
			headers              []string
			status               int
		}{
			{"a miss", "GET", "/prew/card/a.jpg", []string{webp}, 200},
			{"a hit", "GET", "/prew/card/a.jpg", []string{webp}, 200},
			{"its own format", "GET", "/prew/card/a.jpg", nil, 200},
			{"HEAD", "HEAD", "/prew/card/a.jpg", []string{webp}, 200},
			{"HEAD, a miss", "HEAD", "/prew/card@2x/a.jpg", []string{webp}, 200},
			{"304", "GET", "/prew/card/a.jpg", []string{webp, `If-None-Match: "` + object + `"`}, 304},
			{"304, a miss", "GET", "/prew/card/304.jpg", []string{webp, `If-None-Match: "` + object + `"`}, 304},
			{"206", "GET", "/prew/card/a.jpg", []string{webp, "Range: bytes=0-1"}, 206},
			{"412", "GET", "/prew/card/a.jpg", []string{webp, `If-Match: "other"`}, 412},
			{"416", "GET", "/prew/card/a.jpg", []string{webp, "Range: bytes=99-"}, 416},
			{"rendered", "GET", "/prew/card/rendered.jpg", []string{webp}, 200},
			{"respelt", "GET", "/prew/card/a+b.jpg", []string{webp}, 200},
			{"missing", "GET", "/prew/card/missing.jpg", []string{webp}, 404},
			{"missing, its own format", "GET", "/prew/card/missing.jpg", nil, 404},
			{"broken", "GET", "/prew/card/broken.jpg", []string{webp}, 502},
			{"busy", "GET", "/prew/card/busy.jpg", []string{webp}, 503},
		} {
			front.ask(t, test.method, test.target, test.headers...).check(t, test.what, test.status, map[string]string{"Vary": site.want})
		}
		for _, target := range []string{
			"/prew/card.webp/a.jpg", "/prew/card.webp/missing.jpg", "/prew/card.webp/broken.jpg", "/prew/plain/a.jpg", "/prew/nope/missing.jpg",
			"/photo/a.jpg", "/photo/missing.jpg", "/photo/card/a.jpg", "/prew/card", "/prew/card/", "/prew/card//a.jpg", "/prew/card/../a.jpg", "/prew/card/%", "/elsewhere", "/health",
		} {
			got := front.get(t, target, webp)
			got.check(t, target, got.status, map[string]string{"Vary": site.otherwise})
		}
		limited := false
		for i := 0; i < 300 && !limited; i++ {
			got := front.get(t, fmt.Sprintf("/prew/card/missing/%d.jpg", i), webp)
			got.check(t, "one of many misses", got.status, map[string]string{"Vary": site.want})
			limited = got.status == 429
		}
		if !limited {
			t.Error("no miss was refused")
		}
	}
}

// TestVaryWhereNobodyAnswers goes on with what the cache has, and with nothing.
func TestVaryWhereNobodyAnswers(t *testing.T) {
	front, s3, gateway := negotiating(t, presetsOf(t, somePresets), picture(object), rendered(object))
	front.get(t, "/prew/card/a.jpg", "Accept: image/webp")
	front.expire(t)
	s3.down()
	gateway.down()
	for target, status := range map[string]int{"/prew/card/a.jpg": 200, "/prew/card/b.jpg": 502} {
		front.get(t, target, "Accept: image/webp").check(t, target, status, map[string]string{"Vary": "Accept"})
	}
	front.get(t, "/prew/card.webp/a.jpg").check(t, "the variant itself", 200, map[string]string{"Vary": ""})
	front.get(t, "/prew/card/a.jpg").check(t, "its own format", 502, map[string]string{"Vary": "Accept"})
}

// TestManyPresets checks that nginx takes as many presets as anybody has, with the longest
// names.
func TestManyPresets(t *testing.T) {
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "%s%03d: {width: 100, formats: [%s], dpr: 4}\n", strings.Repeat("n", 61), i, []string{"webp", "webp, png", "png"}[i%3])
	}
	presets := presetsOf(t, text.String())
	front, _, _ := negotiating(t, presets, decodes, nil)
	for i, name := range presets.Names() {
		name += []string{"", "@4x"}[i%2]
		ref := prew.Ref{Preset: name, Key: "a.jpg"}
		chosen, _ := presets.Negotiate(ref, "image/webp", usual)
		if got := front.get(t, ref.Path(), "Accept: image/webp"); got.body != "/prew/"+chosen.String() {
			t.Fatalf("%s: %d, %q", name, got.status, got.body)
		}
	}
}
