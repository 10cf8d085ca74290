package purge

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"prew"
)

const presetsOfTests = `
thumb:
  width: 200
  aliases: ["/{*}/{base64:s3://photos/{key}}.jpg"]
card:
  width: 640
  formats: [webp]
  dpr: 2
  aliases: ["/{*}/{base64:s3://cards/{key}}.jpg"]
`

func presetsFrom(t testing.TB, text string) prew.Presets {
	t.Helper()
	presets, err := prew.LoadPresets("p.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return presets
}

// store writes a file as nginx 1.22 does: a header of 336 bytes, the key, the answer.
func store(t testing.TB, dir, key string) string {
	t.Helper()
	path := fileOf(dir, key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	text := append(make([]byte, 336), "\nKEY: "+key+"\nHTTP/1.1 200 OK\r\n\r\n\xff\xd8"...)
	text[0] = 5 // ngx_http_file_cache_version
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func base64Key(text, accepted string) string {
	return "base64 /sig/" + base64.RawURLEncoding.EncodeToString([]byte(text)) + ".jpg " + accepted
}

var keys = []string{
	"/prew/thumb/a/1.jpg", "/prew/thumb/a/2.jpg", "/prew/thumb/b.jpg", "/prew/thumb/a",
	"/prew/card/a/1.jpg", "/prew/card.webp/a/1.jpg", "/prew/card@2x/b.jpg", "/prew/gone/a/1.jpg", "/prew/thumb/ф\u00a0 .jpg",
	"/photo/a/1.jpg", "/photo/b.jpg",
	base64Key("s3://photos/a/1.jpg", ""), base64Key("s3://cards/a/1.jpg", " webp"), base64Key("s3://cards/b.jpg", ""),
}

func TestPurge(t *testing.T) {
	tests := []struct {
		scope prew.Scope
		gone  []int // of keys
	}{
		{prew.Scope{All: true}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}},
		{prew.Scope{Presets: []string{"thumb"}}, []int{0, 1, 2, 3, 8, 11}},
		{prew.Scope{Presets: []string{"card"}}, []int{4, 12, 13}},
		{prew.Scope{Presets: []string{"card.webp"}}, []int{5, 12, 13}}, // a format may be in an alias in base64
		{prew.Scope{Presets: []string{"card@2x", "gone"}}, []int{6, 7}},
		{prew.Scope{Prefixes: []string{"a/"}}, []int{0, 1, 4, 5, 7, 9, 11, 12}},
		{prew.Scope{Presets: []string{"thumb"}, Prefixes: []string{"a"}}, []int{0, 1, 3, 11}},
		{prew.Scope{Photos: []string{"b.jpg"}}, []int{2, 6, 10, 13}},
		{prew.Scope{Photos: []string{"b.jpg"}, Prefixes: []string{"a/2"}}, []int{1, 2, 6, 10, 13}},
		{prew.Scope{Presets: []string{"thumb"}, Photos: []string{"b.jpg", "ф\u00a0 .jpg", "none"}}, []int{2, 8}},
		{prew.Scope{Photos: []string{"a/1.jpg"}}, []int{0, 4, 5, 7, 9, 11, 12}},
		{prew.Scope{Photos: []string{"none", "../../../b.jpg"}}, nil},
	}
	for _, test := range tests {
		dir := t.TempDir()
		for _, key := range keys {
			store(t, dir, key)
		}
		p := New(Cache{dir, presetsFrom(t, presetsOfTests)})
		s := newSweep(test.scope, time.Time{})
		if err := p.pass(s); err != nil || s.files.Load() != int64(len(test.gone)) {
			t.Errorf("%+v: %d files, %v, want %d", test.scope, s.files.Load(), err, len(test.gone))
		}
		gone := map[int]bool{}
		for _, i := range test.gone {
			gone[i] = true
		}
		p.deleting.Wait()
		for i, key := range keys {
			if _, err := os.Stat(fileOf(dir, key)); os.IsNotExist(err) != gone[i] {
				t.Errorf("%+v: %q: %v, want it gone: %v", test.scope, key, err, gone[i])
			}
		}
	}
}

// TestNamesOfManyPhotosAreWalked: more of them than are looked for one by one.
func TestNamesOfManyPhotosAreWalked(t *testing.T) {
	dir := t.TempDir()
	store(t, dir, "/prew/thumb/77777.jpg")
	store(t, dir, "/photo/77777.jpg")
	store(t, dir, "/photo/other.jpg")
	var scope prew.Scope
	for i := range mostNamed {
		scope.Photos = append(scope.Photos, fmt.Sprintf("%05d.jpg", i))
	}
	s := newSweep(scope, time.Time{})
	if err := New(Cache{dir, presetsFrom(t, "thumb: {width: 1}")}).pass(s); err != nil || s.files.Load() != 2 {
		t.Errorf("%d files, %v, want 2", s.files.Load(), err)
	}
}

// TestScopeIsMatchedAsElsewhere compares it with prew.Scope.
func TestScopeIsMatchedAsElsewhere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	some := func(of ...string) (picked []string) {
		for _, text := range of {
			if random.IntN(3) == 0 {
				picked = append(picked, text)
			}
		}
		return picked
	}
	matched := 0
	for range 5000 {
		scope := prew.Scope{Presets: some("card", "thumb", "card.webp"), Photos: some("a", "a/b", "b"), Prefixes: some("a", "a/", "c"), All: random.IntN(4) == 0}
		if scope.Empty() {
			continue
		}
		for _, preset := range []string{"card", "thumb", "card.webp", "x"} {
			for _, key := range []string{"a", "a/b", "b", "c", "d"} {
				ref := prew.Ref{Preset: preset, Key: key}
				got, want := newSweep(scope, time.Time{}).about(ref), scope.Match(ref)
				if got != want {
					t.Fatalf("%+v, %v: %v, want %v", scope, ref, got, want)
				}
				if want {
					matched++
				}
			}
		}
	}
	if matched < 1000 {
		t.Errorf("%d matches, expected at least 1,000", matched)
	}
}

// TestWhatCannotBeDecidedGoes: files without a key, of another key, and keys that mean nothing.
func TestWhatCannotBeDecidedGoes(t *testing.T) {
	dir := t.TempDir()
	long := "base64 /" + strings.Repeat("A", 8000) + ".jpg "
	undecided := []string{
		store(t, dir, "else"), store(t, dir, ""), store(t, dir, long), store(t, dir, base64Key("s3://other/a", "")), store(t, dir, base64Key("s3://cards/../a", "")),
	}
	for i, text := range []string{"", "short", strings.Repeat("x", 20_000), "\nKEY: /prew/thumb/x", "\nKEY: /prew/thumb/x\n"} {
		path := store(t, dir, fmt.Sprint("broken", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		undecided = append(undecided, path)
	}
	longPath := "/prew/thumb/" + strings.Repeat("k", 1000)
	kept := []string{store(t, dir, longPath), store(t, dir, "/prew/thumb/x"), store(t, dir, base64Key("s3://cards/a", ""))}
	being := kept[0] + ".0000000012" // nginx is writing it
	if err := os.WriteFile(being, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	kept = append(kept, being)
	p, s := New(Cache{dir, presetsFrom(t, presetsOfTests)}), newSweep(prew.Scope{Prefixes: []string{"none"}}, time.Time{})
	if err := p.pass(s); err != nil || s.files.Load() != int64(len(undecided)) {
		t.Errorf("%d files, %v, want %d", s.files.Load(), err, len(undecided))
	}
	p.deleting.Wait()
	for _, path := range undecided {
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("%s: %v, want it gone", path, err)
		}
	}
	for _, path := range kept {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// TestOpenFileIsInvalid reads what a worker would that has the file open.
func TestOpenFileIsInvalid(t *testing.T) {
	dir := t.TempDir()
	file, err := os.Open(store(t, dir, "/prew/thumb/a"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := New(Cache{dir, presetsFrom(t, presetsOfTests)}).pass(newSweep(prew.Scope{Photos: []string{"a"}}, time.Time{})); err != nil {
		t.Fatal(err)
	}
	var version [8]byte
	if _, err := file.ReadAt(version[:], 0); err != nil || version != noVersion {
		t.Errorf("version %v, %v, want 0", version, err)
	}
}

// TestRepeatLooksAtWhatIsNew alone.
func TestRepeatLooksAtWhatIsNew(t *testing.T) {
	dir := t.TempDir()
	store(t, dir, "/prew/thumb/a")
	p := New(Cache{dir, presetsFrom(t, presetsOfTests)})
	for _, test := range []struct {
		since time.Time
		files int64
	}{{time.Now().Add(time.Hour), 0}, {time.Now().Add(-slack), 1}} {
		s := newSweep(prew.Scope{Presets: []string{"thumb"}}, test.since)
		if err := p.pass(s); err != nil || s.files.Load() != test.files {
			t.Errorf("since %v: %d files, %v, want %d", test.since, s.files.Load(), err, test.files)
		}
	}
}

// TestMarkedFilesAreDeleted also finds those of a process that ended before it could, and leaves
// what nginx has stored in their place.
func TestMarkedFilesAreDeleted(t *testing.T) {
	dir := t.TempDir()
	left, anew, other := store(t, dir, "/prew/thumb/left"), store(t, dir, "/prew/thumb/anew"), store(t, dir, "/prew/thumb/other")
	if err := markFile(unix.AT_FDCWD, left); err != nil {
		t.Fatal(err)
	}
	deleteMarked([]string{anew, filepath.Join(dir, "none")})
	p, s := New(Cache{dir, presetsFrom(t, presetsOfTests)}), newSweep(prew.Scope{Presets: []string{"card"}}, time.Time{})
	if err := p.pass(s); err != nil || s.files.Load() != 0 {
		t.Errorf("%d files, %v, want none of this purge", s.files.Load(), err)
	}
	p.deleting.Wait()
	for path, want := range map[string]bool{left: false, anew: true, other: true} {
		if _, err := os.Stat(path); os.IsNotExist(err) == want {
			t.Errorf("%s: %v, want it there: %v", path, err, want)
		}
	}
}

// TestKeysAreReadOnce overwrites a file whose key is known: by its name it is still decided, until
// it was gone in between.
func TestKeysAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	path := store(t, dir, "/prew/thumb/a")
	p := New(Cache{dir, presetsFrom(t, presetsOfTests)})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	learned := make(chan struct{})
	go func() {
		defer close(learned)
		p.learn(ctx)
	}()
	purge := func(preset string, files int64) {
		t.Helper()
		s := newSweep(prew.Scope{Presets: []string{preset}}, time.Time{})
		if err := p.pass(s); err != nil || s.files.Load() != files {
			t.Errorf("%s: %d files, %v, want %d", preset, s.files.Load(), err, files)
		}
		p.deleting.Wait()
	}
	known := func() bool {
		p.walking.Lock()
		defer p.walking.Unlock()
		for _, keys := range p.keys {
			if len(keys) > 0 {
				return true
			}
		}
		return false
	}
	for !known() {
		if ctx.Err() != nil {
			t.Fatal("the key was not read in 5 s")
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-learned
	garble := func() {
		t.Helper()
		if err := os.WriteFile(path, []byte("garbled"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	garble()
	purge("card", 0)
	purge("thumb", 1)
	purge("card", 0)
	garble()
	purge("card", 1)
	if known() {
		t.Error("a key is known of no file")
	}
}

// TestLinkIsNotFollowed: nothing outside of the cache is written to.
func TestLinkIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(outside, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := store(t, dir, "/prew/thumb/a")
	os.Remove(path)
	if err := os.Symlink(outside, path); err != nil {
		t.Fatal(err)
	}
	if err := New(Cache{dir, presetsFrom(t, presetsOfTests)}).pass(newSweep(prew.Scope{All: true}, time.Time{})); err == nil {
		t.Error("a link is no mistake")
	}
	if text, err := os.ReadFile(outside); err != nil || string(text) != "precious" {
		t.Errorf("%q, %v", text, err)
	}
}

// serving serves a cache until the test ends, and returns its URL.
func serving(t *testing.T, p *Purger) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- p.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

func post(t *testing.T, url, body string, headers ...string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range headers {
		if name, value, ok := strings.Cut(header, ": "); ok {
			request.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(answer)
}

func TestServe(t *testing.T) {
	dir := t.TempDir()
	url := serving(t, New(Cache{dir, presetsFrom(t, presetsOfTests)}))
	store(t, dir, "/prew/thumb/a")
	for _, test := range []struct {
		path, body, header string
		status             int
		answer             string
	}{
		{"/purge", `{"presets":["thumb"]}`, "Origin: https://example.org", 403, "browsers may not purge\n"},
		{"/purge", `{"presets":["thumb"]}`, "Origin: null", 403, "browsers may not purge\n"},
		{"/purge", `{`, "", 400, "scope: unexpected EOF\n"},
		{"/purge", ``, "", 400, "scope: EOF\n"},
		{"/purge", `{}`, "", 400, "scope: about nothing, expected presets, photos, prefixes or all\n"},
		{"/purge", `{"photos":"a"}`, "", 400, "scope: json: cannot unmarshal string into Go struct field Scope.photos of type []string\n"},
		{"/purge", `{"photos":["` + strings.Repeat("k", longestScope) + `"]}`, "", 400, "scope: http: request body too large\n"},
		{"/", `{"all":true}`, "", 404, "404 page not found\n"},
		{"/purge", `{"id":"x","phase":"end","bucket":"photos","presets":["card"]}`, "", 200, "{\"files\":0}\n"},
		{"/purge", `{"id":"x","phase":"end","bucket":"photos","presets":["thumb"]}`, "", 200, "{\"files\":1}\n"},
	} {
		status, answer := post(t, url+test.path, test.body, test.header)
		if status != test.status || answer != test.answer {
			t.Errorf("%.80s: %d %q, want %d %q", test.body, status, answer, test.status, test.answer)
		}
	}
	response, err := http.Get(url + "/purge")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %s, want 405", response.Status)
	}
}

// TestManyAtOnce has them share walks, and each have its answer after its own files are gone.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	p := New(Cache{dir, presetsFrom(t, presetsOfTests)})
	url := serving(t, p)
	const many = 40
	for i := range many {
		store(t, dir, fmt.Sprintf("/prew/thumb/%02d/a", i))
		store(t, dir, fmt.Sprintf("/prew/card/%02d/a", i))
	}
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			status, answer := post(t, url+"/purge", fmt.Sprintf(`{"prefixes":["%02d/"]}`, i))
			if status != 200 || answer != "{\"files\":2}\n" {
				t.Errorf("%d: %d %q", i, status, answer)
			}
			if text, err := os.ReadFile(fileOf(dir, fmt.Sprintf("/prew/card/%02d/a", i))); !os.IsNotExist(err) && (err != nil || [8]byte(text) != noVersion) {
				t.Errorf("%d: %v, want it marked or gone", i, err)
			}
		})
	}
	all.Wait()
	if done := valueOf(t, p, "prew_nginx_purges_total"); done != many {
		t.Errorf("%g purges are counted, want %d", done, many)
	}
	if files := valueOf(t, p, "prew_nginx_purged_files_total"); files != 2*many {
		t.Errorf("%g files are counted, want %d", files, 2*many)
	}
}

// valueOf is the sum of a counter over its labels.
func valueOf(t *testing.T, p *Purger, name string) (sum float64) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(p)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			for _, metric := range family.Metric {
				sum += metric.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// TestRepeatedUntilNothingOldComes stores a file after the purge, as nginx does with what it
// was fetching.
func TestRepeatedUntilNothingOldComes(t *testing.T) {
	dir := t.TempDir()
	url := serving(t, New(Cache{dir, presetsFrom(t, presetsOfTests)}))
	store(t, dir, "/prew/thumb/old")
	if status, answer := post(t, url+"/purge", `{"presets":["thumb"]}`); status != 200 {
		t.Fatal(answer)
	}
	late, other := store(t, dir, "/prew/thumb/late"), store(t, dir, "/prew/card/late")
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(late); os.IsNotExist(err) {
			break
		}
		if time.Since(began) > 10*time.Second {
			t.Fatal("it is there after 10 s, want it gone after 1 s")
		}
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}
