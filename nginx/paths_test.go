package nginx_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prew"
	"prew/nginx"
)

// row is one line of testdata/paths.tsv, which says what the rooms are.
type row struct {
	target, room, note string
}

func rows(t *testing.T) []row {
	t.Helper()
	file, err := os.Open("testdata/paths.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var table []row
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		if len(columns) != 3 || !slices.Contains([]string{"photo", "prew", "respell", "refused"}, columns[1]) {
			t.Fatalf("%q, expected a target, a room and a note", lines.Text())
		}
		target, err := strconv.Unquote(columns[0])
		if err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		table = append(table, row{target, columns[1], columns[2]})
	}
	if len(table) < 60 {
		t.Fatalf("%d rows, expected at least 60", len(table))
	}
	return table
}

// usual is the place of the previews in most tests, and beside that of the photos, as far as
// its prefix goes.
var usual, besideUsual = prew.Place{Prefix: "prew/"}, prew.Place{Prefix: "photo/"}

// accepted says what ParsePath and ParsePhoto, and the two places, think of a target.
func accepted(target string, previews, photos prew.Place) bool {
	path, _, _ := strings.Cut(target, "?")
	if ref, err := prew.ParsePath(path); err == nil {
		_, errPreview := previews.Preview(ref)
		_, errPhoto := photos.Photo(ref.Key, previews)
		return errPreview == nil && errPhoto == nil
	}
	key, err := prew.ParsePhoto(path)
	if err == nil {
		_, err = photos.Photo(key, previews)
	}
	return err == nil
}

// inStore is what a store in which the bucket photos is named in the path is asked for: the
// place's prefix takes the stead of the path's first segment.
func inStore(path string, previews, photos prew.Place) string {
	prefix := photos.Prefix
	if _, err := prew.ParsePath(path); err == nil {
		prefix = previews.Prefix
	}
	_, name, _ := strings.Cut(path[1:], "/")
	return "/photos/" + prew.Escape(prefix) + name
}

// decodes answers with the path as the server reads it, so that the body says
// which object a request came to.
func decodes(w http.ResponseWriter, r *http.Request) {
	path, err := url.PathUnescape(r.RequestURI)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	picture(strings.TrimPrefix(path, "/photos"))(w, r)
}

// TestPaths sends every row twice. The first time it arrives where its room
// says, in the client's own spelling; the second time, and also when another
// spelling of it came before, the cache has it under its one key.
func TestPaths(t *testing.T) {
	nginx, s3, gateway := recording(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.RequestURI, "/photos/photo/") {
			decodes(w, r)
			return
		}
		failing(404)(w, r)
	}, decodes)
	cached := map[string]bool{}
	for _, row := range rows(t) {
		path, _, _ := strings.Cut(row.target, "?")
		object, _ := url.PathUnescape(path)
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
			got := nginx.get(t, row.target)
			what := strconv.Quote(row.target) + " (" + row.note + "), time " + strconv.Itoa(time+1)
			if targets := targetsOf(s3.took()); !slices.Equal(targets, atS3) {
				t.Errorf("%s: S3 got %q, want %q", what, targets, atS3)
			}
			if targets := targetsOf(gateway.took()); !slices.Equal(targets, atGateway) {
				t.Errorf("%s: the gateway got %q, want %q", what, targets, atGateway)
			}
			if row.room == "refused" {
				got.checkPicture(t, what, 404, "path_refused", "not-found.png")
				continue
			}
			if got.status != 200 || got.body != object {
				t.Errorf("%s: status %d with %q, want 200 with %q", what, got.status, got.body, object)
			}
			cached[object] = true
		}
	}
}

func targetsOf(requests []asked) []string {
	var targets []string
	for _, r := range requests {
		targets = append(targets, r.target)
	}
	return targets
}

// TestNginxAndGatewayAgree holds the table, and so nginx, to the rules that the
// gateway goes by.
func TestNginxAndGatewayAgree(t *testing.T) {
	for _, row := range rows(t) {
		if got, want := accepted(row.target, usual, besideUsual), row.room != "refused"; got != want {
			t.Errorf("%q (%s) has the room %s, but ParsePath or ParsePhoto accepts it: %t", row.target, row.note, row.room, got)
		}
	}
}

// TestNginxAndGatewayAgreeOnAnything puts paths together from pieces that rules
// are about. The seed is fixed: the same paths each time.
func TestNginxAndGatewayAgreeOnAnything(t *testing.T) {
	nginx, _, _ := recording(t, picture("object"), picture("object"))
	plain := []string{
		"/", "a", "b.jpg", "+", "%2b", "%25", "%C3%A9", "é", "%F0%9F%93%B7", "📷", "?", "@", "%40", "photo", "prew", "~", ";", "|",
		"...", strings.Repeat("k", 200), strings.Repeat("%6B", 200),
	}
	odd := []string{
		"/", "//", ".", "..", "%2e", "%2E", "%2f", "%5c", "\\", "%", "%2", "%00", "%0a", "%7f", "#",
		"%C3", "\xc3", "\xa9", "%A9", "\xff", "%ED%A0%80", strings.Repeat("m", 1000),
	}
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[bool]int{}
	for range 2000 {
		target := []string{"/photo/", "/prew/", "/prew/thumb/", "/", "/%70hoto/", "/prew/thumb"}[random.IntN(6)]
		for range random.IntN(7) {
			pieces := plain
			if random.IntN(8) == 0 {
				pieces = odd
			}
			target += pieces[random.IntN(len(pieces))]
		}
		if target == "/" || strings.HasPrefix(target, "/?") {
			continue // the gallery's
		}
		got := nginx.get(t, target)
		refused := got.status == 404 && got.header.Get("X-Prew-Error") == "path_refused"
		if !refused && got.status != 200 || refused == accepted(target, usual, besideUsual) {
			t.Errorf("%.200q: status %d %s, but ParsePath or ParsePhoto accepts it: %t",
				target, got.status, got.header.Get("X-Prew-Error"), accepted(target, usual, besideUsual))
		}
		seen[refused]++
	}
	if seen[true] < 200 || seen[false] < 200 {
		t.Errorf("%d refused and %d accepted, expected many of both", seen[true], seen[false])
	}
}

func TestRequestLines(t *testing.T) {
	nginx, s3, gateway := recording(t, picture("object"), picture("object"))
	tests := []struct {
		method, target string
		status         int
		code           string
		arrives        []string
	}{
		{"GET", "http://prew.test/photo/a%20b.jpg?x", 200, "", []string{"/photos/photo/a%20b.jpg"}},
		{"GET", "http://prew.test/photo/../private", 404, "path_refused", nil},
		{"GET", "http://prew.test/photo/a%00.jpg", 404, "path_refused", nil},
		{"GET", "http://prew.test", 404, "path_refused", nil},
		{"GET", "http://prew.test?/photo/c.jpg", 404, "path_refused", nil},
		{"GET", "/", 404, "path_refused", nil},         // no gallery here
		{"GET", "/gallery/", 404, "path_refused", nil}, // nor there
		{"GET", "/photo/a b.jpg", 404, "path_refused", nil},
		{"HEAD", "/%70rew/thumb/%", 404, "path_refused", nil},
		{"POST", "/photo/a%00.jpg", 400, "request_refused", nil},
		{"GET", "photo/a.jpg", 400, "request_refused", nil},
		{"GET", "/photo/" + strings.Repeat("%6B", 4000), 414, "request_refused", nil},
	}
	for _, test := range tests {
		what := test.method + " " + test.target[:min(len(test.target), 50)]
		nginx.ask(t, test.method, test.target).check(t, what, test.status, map[string]string{"X-Prew-Error": test.code})
		if got := targetsOf(append(s3.took(), gateway.took()...)); !slices.Equal(got, test.arrives) {
			t.Errorf("%s: arrived as %q, want %q", what, got, test.arrives)
		}
	}
}

// TestPrefixesInStore asks from places with other prefixes: the store is asked for the names
// below them, escaped; a photo that would be a preview, and a name that is too long with its
// prefix, are refused before it is asked, in the way of the gateway's rules.
func TestPrefixesInStore(t *testing.T) {
	presets := presetsOf(t, "card: {width: 200, formats: [webp]}\nface: {width: 100, dpr: 2, source: people}\n")
	k := strings.Repeat
	for _, test := range []struct {
		previews, photos, source string // the prefixes, and the photos' bucket
	}{
		{"prew/", "", "photos"},
		{"prew/", "", "others"},
		{"", "", "others"},
		{"a b/(c)+/\"$x\"/", "a b/", "photos"},
		{"p/", "фото/" + k("f", 300) + "/", "photos"},
		{k("p", 400) + "/", "photo/", "photos"},
	} {
		s, g := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
			name, ok := strings.CutPrefix(r.RequestURI, "/photos/"+prew.Escape(test.previews))
			if preset, _, _ := strings.Cut(name, "/"); ok && slices.Contains([]string{"card", "card.webp", "face@2x", "t"}, preset) {
				failing(404)(w, r)
				return
			}
			decodes(w, r)
		}), newUpstream(t, decodes)
		previews := prew.Place{Bucket: "photos", Prefix: test.previews, Endpoint: "http://" + s.addr, PathStyle: true}
		photos := prew.Place{Bucket: test.source, Prefix: test.photos, Endpoint: "http://" + s.addr, PathStyle: true}
		front := start(t, nginx.Site{Previews: previews, Photos: photos, Gateways: []string{g.addr}, Presets: presets})
		var targets []string
		for _, key := range []string{"a.jpg", "%61/b%20c.jpg", "prew/x.jpg", "prew", "prewx/a.jpg", "(c)%2B/%22$x%22/y.jpg", "%28c%29%2b/%22%24x%22/y.jpg", "(c)%2B/"} {
			targets = append(targets, "/photo/"+key, "/prew/card/"+key, "/prew/face@2x/"+key)
		}
		for _, room := range []int{1024, 1023, 1019, 1018, 1017, 1014, 1013, 1012, 1008, 1007, 1006} {
			for _, prefix := range []string{test.photos, test.previews} {
				targets = append(targets, "/photo/"+k("k", max(1, room-len(prefix))), "/prew/card/"+k("k", max(1, room-len(prefix))), "/prew/t/"+k("%6B", max(1, room-len(prefix))))
			}
		}
		for _, target := range targets {
			what := fmt.Sprintf("%.12q and %.12q in %s: %.40s (%d)", test.previews, test.photos, test.source, target, len(target))
			named := strings.HasPrefix(target, "/prew/face")
			want := accepted(target, previews, photos)
			if named { // in any bucket
				want = accepted(target, previews, prew.Place{Bucket: "people"})
			}
			got := front.get(t, target)
			asked, passed := targetsOf(s.took()), targetsOf(g.took())
			if !want {
				got.checkPicture(t, what, 404, "path_refused", "not-found.png")
				if len(asked) > 0 || len(passed) > 0 {
					t.Errorf("%s: refused, but S3 was asked for %.80q and the gateway for %.80q", what, asked, passed)
				}
			} else if len(asked) > 0 { // otherwise it is in the cache
				store := strings.Replace(inStore(target, previews, photos), "/photos/", "/"+map[bool]string{true: test.source, false: "photos"}[strings.HasPrefix(target, "/photo/")]+"/", 1)
				if got.status != 200 || asked[0] != store {
					t.Errorf("%s: %d, S3 got %.90q, want %.90q", what, got.status, asked[0], store)
				}
			}
			ref, err := prew.ParsePath(target)
			if err != nil || !want || named {
				continue
			}
			chosen, negotiated := presets.Negotiate(ref, "image/webp", previews)
			got = front.get(t, target, "Accept: image/webp")
			s.took()
			g.took()
			if (got.header.Get("Vary") == "Accept") != negotiated || got.body != "/prew/"+chosen.String() {
				t.Errorf("%s for WebP: %d with Vary %q, the gateway negotiates: %t", what, got.status, got.header.Get("Vary"), negotiated)
			}
		}
	}
}
