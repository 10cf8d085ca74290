package nginx_test

import (
	"bufio"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"prew"
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

// accepted says what ParsePath and ParsePhoto think of a target.
func accepted(target string) bool {
	path, _, _ := strings.Cut(target, "?")
	_, errPath := prew.ParsePath(path)
	_, errPhoto := prew.ParsePhoto(path)
	return errPath == nil || errPhoto == nil
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
		if strings.HasPrefix(r.RequestURI, "/photos/photo/") || strings.HasPrefix(r.RequestURI, "/photos/%70hoto/") {
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
				atS3 = []string{"/photos" + path}
			case row.room == "prew":
				atS3, atGateway = []string{"/photos" + path}, []string{path}
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
		if got, want := accepted(row.target), row.room != "refused"; got != want {
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
		if !refused && got.status != 200 || refused == accepted(target) {
			t.Errorf("%.200q: status %d %s, but ParsePath or ParsePhoto accepts it: %t",
				target, got.status, got.header.Get("X-Prew-Error"), accepted(target))
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
