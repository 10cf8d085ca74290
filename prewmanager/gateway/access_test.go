package gateway

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"prew"
	"prew/lambda/access/accesstest"
)

// sign is the address of a canonical path that is good for a minute.
func sign(path string) string { return path + "?" + accesstest.Sign(path, time.Now().Add(time.Minute)) }

// guarded starts a gateway of the site whose previews and photos not everybody may see.
func guarded(t *testing.T, site *accesstest.Site, f *renderer, change ...func(*settings)) *httptest.Server {
	t.Helper()
	return start(t, f, append([]func(*settings){func(s *settings) {
		s.Private, s.Lacking, s.Environ, s.PhotoAccess, s.Access = true, true, accesstest.Presets, accesstest.Photos, site.Settings()
	}}, change...)...)
}

// ask sends a request of a table, in which {etag} stands for an ETag.
func ask(t *testing.T, server *httptest.Server, r accesstest.Request, etag string) (*http.Response, string) {
	t.Helper()
	headers := slices.Clone(r.Headers)
	for i := range headers {
		headers[i] = strings.ReplaceAll(headers[i], "{etag}", etag)
	}
	return do(t, r.Method, server.URL+r.Target, headers...)
}

// TestWhoMaySeeItDoes also checks that a verdict is the same as an answer.
func TestWhoMaySeeItDoes(t *testing.T) {
	site := accesstest.New(t)
	server := guarded(t, site, new(renderer))
	put(t, "photo/secret/seen by some.jpg", "0123456789")
	for _, r := range site.Allowed("secret/seen by some.jpg") {
		for range 2 { // on a miss, and on a hit
			response, body := ask(t, server, r, "")
			if response.StatusCode != r.Status || body == "" {
				t.Errorf("%s: %s %s, want %d", r.Name, response.Status, response.Header.Get("X-Prew-Error"), r.Status)
			}
			landed(t, server)
		}
		if verdict, _ := get(t, server.URL+"/access", append(r.Headers, "X-Prew-Target", r.Target)...); verdict.StatusCode != 204 {
			t.Errorf("%s: nginx is told %s %s", r.Name, verdict.Status, verdict.Header.Get("X-Prew-Error"))
		}
	}
}

// TestAttacksLearnNothing makes every attack on a photo that is there, with its previews, on
// one that is not, and on a store that is gone: each has the same answer three times, byte for
// byte, and costs no invocation.
func TestAttacksLearnNothing(t *testing.T) {
	const there, none = "secret/there.jpg", "secret/no-ne.jpg"
	site := accesstest.New(t)
	f := new(renderer)
	server := guarded(t, site, f)
	gone := guarded(t, site, f, func(s *settings) { s.S3Endpoint = "http://127.0.0.1:1" })
	put(t, "photo/"+there, "0123456789")
	etag := ""
	for _, r := range site.Allowed(there) {
		response, _ := ask(t, server, r, "")
		landed(t, server)
		if strings.HasPrefix(r.Target, "/prew/card/") && len(r.Headers) == 2 {
			etag = response.Header.Get("ETag")
		}
	}
	rendered := f.invoked.Load()
	onNone := site.Attacks(none)
	for i, r := range site.Attacks(there) {
		if r.Name != strings.ReplaceAll(onNone[i].Name, none, there) && !strings.Contains(r.Name, ".b64") {
			t.Fatalf("%s is %s for another photo", r.Name, onNone[i].Name)
		}
		response, body := ask(t, server, r, etag)
		r.CheckRefused(t, response)
		if r.Method != http.MethodHead && !strings.HasPrefix(body, "\x89PNG") {
			t.Errorf("%s: the answer is no picture", r.Name)
		}
		other, otherBody := ask(t, server, onNone[i], etag)
		r.CheckSame(t, "without a photo", other, otherBody, response, body)
		other, otherBody = ask(t, gone, r, etag)
		r.CheckSame(t, "without a store", other, otherBody, response, body)
		if verdict, _ := get(t, server.URL+"/access", append(r.Headers, "X-Prew-Target", r.Target)...); r.Status != 404 && verdict.StatusCode != r.Status ||
			r.Status == 404 && verdict.StatusCode != 403 || verdict.Header.Get("X-Accel-Expires") != "" {
			t.Errorf("%s: nginx is told %s", r.Name, verdict.Status)
		}
	}
	if n := f.invoked.Load() - rendered; n > 0 {
		t.Errorf("%d invocations", n)
	}
	if len(onNone) < 150 {
		t.Errorf("%d attacks", len(onNone))
	}
}

// TestClosedPhotosAreNotThere checks that previews are shown all the same.
func TestClosedPhotosAreNotThere(t *testing.T) {
	for _, private := range []bool{false, true} {
		server := start(t, new(renderer), func(s *settings) { s.Private, s.PhotoAccess = private, prew.Closed })
		put(t, "photo/closed/a.jpg", "0123456789")
		first, body := get(t, server.URL+"/photo/closed/a.jpg")
		other, otherBody := get(t, server.URL+"/photo/closed/none.jpg", "Range", "bytes=0-1")
		for _, r := range []*http.Response{first, other} {
			if r.StatusCode != 404 || r.Header.Get("X-Prew-Error") != "path_refused" || r.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s", r.Status, r.Header.Get("X-Prew-Error"))
			}
		}
		if body != otherBody {
			t.Error("a photo that is there has another answer")
		}
		if r, _ := get(t, server.URL+"/prew/thumb/closed/a.jpg"); r.StatusCode != 200 {
			t.Errorf("its preview: %s", r.Status)
		}
	}
}

// TestSignedPhotos is about photos for which a site signs addresses.
func TestSignedPhotos(t *testing.T) {
	site := accesstest.New(t)
	server := guarded(t, site, new(renderer), func(s *settings) { s.PhotoAccess = prew.Signed })
	put(t, "photo/signed/a b.jpg", "0123456789")
	const path = "/photo/signed/a%20b.jpg"
	later := time.Now().Add(time.Hour)
	for _, test := range []struct {
		target string
		status int
	}{
		{path + "?" + accesstest.Sign(path, later), 200},
		{"/photo/signed/a%20%62.jpg?" + accesstest.Sign(path, later), 200},
		{path, 401},
		{path + "?t=" + site.Token("ec", accesstest.Claims(later)), 401},
		{path + "?" + accesstest.Sign("/photo/signed/other.jpg", later), 403},
		{path + "?" + accesstest.Sign("/prew/thumb/signed/a%20b.jpg", later), 403},
		{path + "?" + accesstest.Sign(path, time.Now()), 403},
	} {
		if r, _ := get(t, server.URL+test.target); r.StatusCode != test.status {
			t.Errorf("%s: %s, want %d", test.target, r.Status, test.status)
		}
	}
}

// TestTokenThatIsKnownEnds asks with a token until its time is over: that it has been seen does
// not make it last.
func TestTokenThatIsKnownEnds(t *testing.T) {
	site := accesstest.New(t)
	server := guarded(t, site, new(renderer))
	put(t, "photo/secret/ends.jpg", "0123456789")
	ends := time.Now().Add(3 * time.Second)
	bearer := "Bearer " + site.Token("rsa", accesstest.Claims(ends.Add(-time.Minute))) // of which clocks may be wrong
	for answered := 0; ; answered++ {
		r, _ := get(t, server.URL+"/photo/secret/ends.jpg", "Authorization", bearer)
		if r.StatusCode == 403 && r.Header.Get("X-Prew-Error") == "access_expired" && answered > 0 {
			break
		}
		if r.StatusCode != 200 || time.Now().After(ends) {
			t.Fatalf("%s %s after %d answers", r.Status, r.Header.Get("X-Prew-Error"), answered)
		}
		kept, _ := get(t, server.URL+"/access", "Authorization", bearer, "X-Prew-Target", "/photo/secret/ends.jpg")
		if seconds, err := strconv.Atoi(kept.Header.Get("X-Accel-Expires")); kept.StatusCode == 204 && (err != nil || time.Now().Add(time.Duration(seconds)*time.Second).After(ends)) {
			t.Errorf("nginx may keep a verdict for %d s, %v before the end", seconds, time.Until(ends))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestKeysAndTokensGoNowhere makes every request of the site, good and bad, and looks for what
// they carry in the log, the metrics, the traces, in what S3 and the function were asked, and in
// the answers.
func TestKeysAndTokensGoNowhere(t *testing.T) {
	site := accesstest.New(t)
	log, spans := logged(t), collect(t)
	var asked strings.Builder
	var mu sync.Mutex
	s3, err := url.Parse("http://" + servers.S3.Addr)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(s3)
	tapped := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dump, _ := httputil.DumpRequest(r, false)
		mu.Lock()
		asked.Write(dump)
		mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	defer tapped.Close()
	f := new(renderer)
	server := guarded(t, site, f, func(s *settings) { s.S3Endpoint = tapped.URL })
	const key = "secret/nowhere.jpg"
	put(t, "photo/"+key, "0123456789")
	var carried, answered []string
	note := func(text string) {
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("?&=;., ", r) }) {
			if len(part) >= 20 { // parts of tokens, signatures
				carried = append(carried, part)
			}
		}
	}
	for _, r := range append(site.Allowed(key), site.Attacks(key)...) {
		if strings.HasPrefix(r.Name, "signature: in the path") { // there it is a key, which is logged
			continue
		}
		_, query, _ := strings.Cut(r.Target, "?")
		note(query)
		for i := 1; i < len(r.Headers); i += 2 {
			if name := r.Headers[i-1]; name == "Authorization" || name == "Cookie" {
				note(r.Headers[i])
			}
		}
		response, body := ask(t, server, r, "")
		answered = append(answered, fmt.Sprint(response.Header), body)
		verdict, _ := get(t, server.URL+"/access", append(r.Headers, "X-Prew-Target", r.Target)...)
		answered = append(answered, fmt.Sprint(verdict.Header))
		if request := f.last.Load(); request != nil {
			answered = append(answered, fmt.Sprintf("%+v", request))
		}
	}
	_, metrics := get(t, measuredAt(t, server))
	server.Close()
	server.Config.Handler.(*Gateway).Close(t.Context())
	for _, s := range spans() {
		answered = append(answered, s.String())
	}
	mu.Lock()
	requests := asked.String()
	mu.Unlock()
	keys := site.Settings().SigningKeys
	for where, text := range map[string]string{"the log": log(), "S3's requests": requests, "metrics": metrics, "answers, spans and the function's requests": strings.Join(answered, "\n")} {
		if !strings.Contains(text, "card") && !strings.Contains(text, "access_expired") {
			t.Errorf("%s: nothing is there", where)
		}
		for _, secret := range append(strings.Split(keys, ","), carried...) {
			if strings.Contains(text, secret) {
				t.Errorf("%s has %s", where, secret)
			}
		}
	}
	if len(carried) < 200 {
		t.Errorf("%d parts of credentials", len(carried))
	}
}

// TestNginxIsToldWhoMaySeeWhat asks for verdicts as nginx does.
func TestNginxIsToldWhoMaySeeWhat(t *testing.T) {
	server := start(t, new(renderer), func(s *settings) {
		s.Private, s.Environ, s.PhotoAccess, s.Access.SigningKeys = true, []string{"PRESET_CARD=access=signed"}, prew.Closed, accesstest.New(t).Settings().SigningKeys
	})
	for _, test := range []struct {
		target string
		status int
		code   string
	}{
		{"/prew/thumb/a.jpg", 204, ""},
		{sign("/prew/card/a.jpg"), 204, ""},
		{sign("/prew/card.webp/a.jpg"), 204, ""},
		{strings.Replace(sign("/prew/card/a.jpg"), "card", "card.webp", 1), 204, ""}, // what nginx has chosen
		{strings.Replace(sign("/prew/card/a.jpg"), "card", "card@2x", 1), 403, "access_refused"},
		{strings.Replace(sign("/prew/card.webp/a.jpg"), "card.webp", "card", 1), 403, "access_refused"},
		{"/prew/card/a.jpg", 401, "access_missing"},
		{"/prew/card/a.jpg?e=1&s=x", 403, "access_refused"},
		{"/prew/nope/a.jpg", 403, "access_refused"},
		{"/prew/thumb//a.jpg", 403, "access_refused"},
		{"/photo/a.jpg", 403, "access_refused"},
		{"", 403, "access_refused"},
	} {
		r, body := get(t, server.URL+"/access", "X-Prew-Target", test.target)
		if r.StatusCode != test.status || r.Header.Get("X-Prew-Error") != test.code || body != "" || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%q: %s %s %q", test.target, r.Status, r.Header.Get("X-Prew-Error"), body)
		}
		if got := r.Header.Get("X-Accel-Expires"); (got != "") != (test.status == 204) {
			t.Errorf("%q: X-Accel-Expires is %q", test.target, got)
		}
		if got := r.Header.Get("WWW-Authenticate"); (got != "") != (test.status == 401) {
			t.Errorf("%q: WWW-Authenticate is %q", test.target, got)
		}
	}
}

// TestVerdictIsKeptNoLongerThanItHolds is about nginx, which keeps it in whole seconds.
func TestVerdictIsKeptNoLongerThanItHolds(t *testing.T) {
	now := time.Unix(1000, 500_000_000)
	for _, test := range []struct {
		until time.Time
		want  int
	}{
		{time.Time{}, 60},
		{now.Add(time.Hour), 60},
		{now.Add(61 * time.Second), 60},
		{now.Add(60 * time.Second), 59},
		{now.Add(2500 * time.Millisecond), 1},
		{now.Add(1500 * time.Millisecond), 0},
		{now, 0},
		{now.Add(-time.Second), 0},
	} {
		if got := keptFor(test.until, now); got != test.want {
			t.Errorf("until %v: %d, want %d", test.until.Sub(now), got, test.want)
		}
	}
}

// TestProtectedPreviewIsPrivate checks Cache-Control of what is rendered, stored, not changed
// and missing, whatever the object has.
func TestProtectedPreviewIsPrivate(t *testing.T) {
	f := new(renderer)
	server := start(t, f, func(s *settings) {
		s.Private, s.Environ, s.PhotoAccess, s.Access.SigningKeys = true, []string{"PRESET_CARD=access=signed"}, prew.Signed, accesstest.New(t).Settings().SigningKeys
		s.Lacking = true
	})
	put(t, "photo/private/a.jpg", "0123456789")
	put(t, "photo/private/b.jpg", "0123456789")
	address := server.URL + sign("/prew/card/private/a.jpg")
	first, body := get(t, address)
	if first.StatusCode != http.StatusOK || first.Header.Get("Cache-Control") != "private" || first.Header.Get("X-Prew") != "rendered" || body == "" {
		t.Errorf("%s, %v", first.Status, first.Header)
	}
	if got := f.last.Load().CacheControl; got != "private" {
		t.Errorf("it is stored with %q", got)
	}
	landed(t, server)
	for _, test := range []struct {
		url     string
		headers []string
		status  int
		want    string
	}{
		{address, nil, 200, "private"},
		{address, []string{"Range", "bytes=0-1"}, 206, "private"},
		{address, []string{"If-None-Match", first.Header.Get("ETag")}, 304, "private"},
		{server.URL + sign("/photo/private/a.jpg"), nil, 200, "private"},
		{server.URL + sign("/prew/card/private/none.jpg"), nil, 404, "private, max-age="},
		{server.URL + sign("/photo/private/none.jpg"), nil, 404, "private, max-age="},
		{server.URL + "/prew/thumb/private/b.jpg", nil, 200, prew.DefaultCacheControl},
		{server.URL + "/prew/card/private/a.jpg", nil, 401, "no-store"},
	} {
		r, _ := get(t, test.url, test.headers...)
		if r.StatusCode != test.status || !strings.HasPrefix(r.Header.Get("Cache-Control"), test.want) {
			t.Errorf("%d with %q: %s with %q", test.status, test.want, r.Status, r.Header.Get("Cache-Control"))
		}
	}
}
