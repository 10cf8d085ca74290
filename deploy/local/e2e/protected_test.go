package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
	"prew/lambda/access/accesstest"
	"prew/nginx"
)

// protected is a system in which not everybody may see everything. It has an S3 server and a
// gateway of its own, so that a test can stop them; Redis and function are those of all tests.
// At the edge it has a function of its own, and no gateway.
type protected struct {
	*accesstest.Site
	edge     bool
	nginx    *stack.Nginx
	addr     string // nginx's, or that of the edge
	dir      string // of nginx, gateway and S3 server, each in a folder of its name
	s3       *stack.S3
	env      []string // of its gateways
	gateway  *stack.Gateway
	verdicts atomic.Int64 // that nginx has asked the gateway for
}

func newProtected(t testing.TB) *protected {
	t.Helper()
	p := &protected{Site: accesstest.New(t), dir: t.TempDir()}
	var err error
	if p.s3, err = stack.StartS3(filepath.Join(p.dir, "s3")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.s3.Stop)
	if err := p.s3.CreatePrivateBucket(context.Background(), stack.Bucket); err != nil {
		t.Fatal(err)
	}
	p.env = append(append(p.s3.Env(), "PREW_REDIS="+whole.Redis.Addr, "PREW_BUCKET="+stack.Bucket,
		"PREW_FUNCTION=local", "PREW_RENDERERS=1"), p.Environ()...)
	if p.gateway, err = stack.StartGateway(filepath.Join(p.dir, "gateway"), "gateway", p.env); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.gateway.Stop() })
	between := httptest.NewServer(&httputil.ReverseProxy{ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		if r.In.RequestURI == "/access" {
			p.verdicts.Add(1)
		}
		// As it came: the proxy would send a path in its own spelling.
		path, query, _ := strings.Cut(r.In.RequestURI, "?")
		r.Out.URL = &url.URL{Scheme: "http", Host: p.gateway.Addr, Opaque: path, RawQuery: query}
	}})
	t.Cleanup(between.Close)
	presets, err := prew.ReadPresets("", accesstest.Presets)
	if err != nil {
		t.Fatal(err)
	}
	if p.addr, err = stack.FreeAddr(); err != nil {
		t.Fatal(err)
	}
	p.nginx, err = stack.StartNginx(filepath.Join(p.dir, "nginx"), nginx.Site{
		Listen: p.addr, Private: true, Gateways: []string{between.Listener.Addr().String()}, Presets: presets, PhotoAccess: accesstest.Photos,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.nginx.Stop)
	return p
}

// newProtectedEdge is one at the edge.
func newProtectedEdge(t *testing.T) *protected {
	t.Helper()
	p := &protected{Site: accesstest.New(t), edge: true, dir: t.TempDir()}
	for _, variable := range p.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	system, err := stack.Start(t.Context(), stack.Config{Front: stack.Edge, Dir: p.dir, Listen: addr, Renderers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(system.Stop)
	p.addr, p.s3 = addr, system.S3
	return p
}

func (p *protected) upload(t testing.TB, key string, data []byte) {
	t.Helper()
	if _, err := p.s3.Client().PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String(stack.Bucket), Key: &key, Body: bytes.NewReader(data), ContentType: aws.String("image/jpeg"),
	}); err != nil {
		t.Fatal(err)
	}
}

// send sends a request, and holds the answer to its status and code.
func (p *protected) send(t testing.TB, r accesstest.Request, etag string) answer {
	t.Helper()
	var headers []string
	for i := 0; i < len(r.Headers); i += 2 {
		headers = append(headers, r.Headers[i]+": "+strings.ReplaceAll(r.Headers[i+1], "{etag}", etag))
	}
	got, err := ask(p.addr, r.Method, r.Target, headers...)
	if err != nil {
		t.Fatal(err)
	}
	if got.status != r.Status || got.header.Get("X-Prew-Error") != r.Code {
		t.Errorf("%s: %d %q, want %d %q", r.Name, got.status, got.header.Get("X-Prew-Error"), r.Status, r.Code)
	}
	return got
}

// card is a request for a preview that takes a token, which may do everything for an hour.
func (p *protected) card(key string) accesstest.Request {
	return accesstest.Request{Name: "who may", Method: http.MethodGet, Target: "/prew/card/" + key, Status: 200,
		Headers: []string{"Authorization", "Bearer " + p.Token("ec", accesstest.Claims(time.Now().Add(time.Hour)))}}
}

// end makes all that nginx keeps in a folder as old as if its time were over, and returns
// the longest time that any of it still had (ngx_http_file_cache_header_t).
func (p *protected) end(t *testing.T, folder string) (left time.Duration) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(p.dir, "nginx", folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer file.Close()
		until := make([]byte, 8)
		if _, err := file.ReadAt(until, 8); err != nil {
			return err
		}
		left = max(left, time.Until(time.Unix(int64(binary.NativeEndian.Uint64(until)), 0)))
		_, err = file.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(time.Now().Add(-time.Second).Unix())), 8)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// shown is what an answer shows: all of it but what differs between any two.
func shown(a answer) string {
	header := a.header.Clone()
	header.Del("Date")
	header.Del("X-Request-Id")
	return fmt.Sprint(a.status, header, a.body)
}

// TestNobodyGetsThrough attacks photos and previews that nobody has asked for yet, that are in
// nginx's cache, and that are not there at all. Each attack is answered alike, nothing is
// rendered, and no secret gets into a log.
func TestNobodyGetsThrough(t *testing.T) {
	t.Run("gateways", func(t *testing.T) { nobodyGetsThrough(t, newProtected(t)) })
	t.Run("edge", func(t *testing.T) { nobodyGetsThrough(t, newProtectedEdge(t)) })
}

func nobodyGetsThrough(t *testing.T, p *protected) {
	const key, missing = "folder/a b.jpg", "folder/none.jpg"
	p.upload(t, "photo/"+key, photo(t, 640, 480))
	cold := p.Attacks(key)
	if len(cold) < 40 {
		t.Fatalf("%d attacks, want at least 40", len(cold))
	}
	answers := map[string]string{}
	sent := slices.Concat(cold, p.Attacks(missing), p.Allowed(key))
	for _, attack := range cold {
		answers[attack.Name] = shown(p.attack(t, "a miss", attack, `"none"`))
	}
	previews := slices.DeleteFunc(p.stored(t, "prew/"), func(name string) bool { return name == "prew/.presets.json" }) // the gateway's record
	if len(previews) > 0 {
		t.Errorf("attacks had %q rendered", previews)
	}
	var etag string
	for range 2 {
		for _, allowed := range sent[2*len(cold):] {
			got := p.send(t, allowed, "")
			if strings.Contains(got.header.Get("X-Cache"), "Hit") && allowed.Name != "open" {
				t.Errorf("%s: CloudFront had kept it", allowed.Name)
			}
			if allowed.Name != "open" && got.header.Get("Cache-Control") != "private" {
				t.Errorf("%s: Cache-Control %q", allowed.Name, got.header.Get("Cache-Control"))
			}
			if allowed.Name == "RS256" {
				etag = got.header.Get("ETag")
			}
		}
	}
	if etag == "" {
		t.Error("no ETag")
	}
	// The same attacks, not made anew: tokens differ from one signature to the next.
	for _, attack := range cold {
		if got := shown(p.attack(t, "a hit", attack, etag)); got != answers[attack.Name] {
			t.Errorf("%s: a hit is answered with %.300q, a miss with %.300q", attack.Name, got, answers[attack.Name])
		}
	}
	for _, attack := range sent[len(cold) : 2*len(cold)] {
		got := p.attack(t, "missing", attack, etag)
		name := strings.ReplaceAll(attack.Name, prew.Escape(missing), prew.Escape(key))
		if want, ok := answers[name]; ok && shown(got) != want {
			t.Errorf("%s: what is missing is answered with %.300q, what is there with %.300q", name, shown(got), want)
		}
	}
	p.logsHaveNone(t, sent)
}

// attack sends an attack and checks that the answer reveals nothing.
func (p *protected) attack(t *testing.T, where string, r accesstest.Request, etag string) answer {
	t.Helper()
	// Whether a preset has such a variant nginx does not tell whoever may not see the preset. At
	// the edge anybody can read the function that says so.
	if !p.edge && r.Code == "preset_unknown" && (strings.HasPrefix(r.Target, "/prew/card@") || strings.HasPrefix(r.Target, "/prew/card.")) {
		r.Status, r.Code = 403, "access_refused"
	}
	r.Name = where + ": " + r.Name
	got := p.send(t, r, etag)
	for _, name := range accesstest.Revealing {
		if value := got.header.Get(name); value != "" {
			t.Errorf("%s: %s is %q", r.Name, name, value)
		}
	}
	if cached := got.header.Get("Cache-Control"); cached != "no-store" {
		t.Errorf("%s: Cache-Control %q", r.Name, cached)
	}
	if (got.header.Get("WWW-Authenticate") != "") != (r.Status == 401) {
		t.Errorf("%s: WWW-Authenticate %q", r.Name, got.header.Get("WWW-Authenticate"))
	}
	return got
}

// logsHaveNone checks that no log of nginx, gateway and S3 server has a token or a signature
// of these requests: what stands behind an equals sign or a space and is long enough. What
// stands in a path is a key.
func (p *protected) logsHaveNone(t *testing.T, sent []accesstest.Request) {
	t.Helper()
	var secrets []string
	paths := ""
	for _, r := range sent {
		path, query, _ := strings.Cut(r.Target, "?")
		paths += path
		for _, text := range append(slices.Clone(r.Headers), query) {
			for _, word := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" =&;", c) }) {
				if len(word) > 30 && !strings.HasPrefix(word, "/") {
					secrets = append(secrets, word)
				}
			}
		}
	}
	secrets = slices.DeleteFunc(secrets, func(secret string) bool { return strings.Contains(paths, secret) })
	if len(secrets) < 50 {
		t.Fatalf("%d secrets, want more", len(secrets))
	}
	time.Sleep(1500 * time.Millisecond) // nginx writes its log a second later
	logs := 0
	err := filepath.WalkDir(p.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".log" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		logs++
		for _, secret := range secrets {
			if i := bytes.Index(text, []byte(secret)); i >= 0 {
				t.Errorf("%s has %.40s: %s", path, secret, text[max(0, i-200):i])
			}
		}
		return nil
	})
	if err != nil || logs < 4 {
		t.Errorf("%d logs, %v", logs, err)
	}
}

func (p *protected) stored(t *testing.T, prefix string) (keys []string) {
	t.Helper()
	page, err := p.s3.Client().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(stack.Bucket), Prefix: &prefix})
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range page.Contents {
		keys = append(keys, *object.Key)
	}
	return keys
}

// TestVerdictOfATokenIsAskedForOnce counts what the gateway is asked for a page of pictures.
func TestVerdictOfATokenIsAskedForOnce(t *testing.T) {
	p := newProtected(t)
	request := p.card("")
	for i := range 5 {
		p.upload(t, fmt.Sprintf("photo/page/%d.jpg", i), photo(t, 64, 48))
	}
	for range 3 {
		for i := range 5 {
			request.Target = fmt.Sprintf("/prew/card/page/%d.jpg", i)
			p.send(t, request, "")
		}
	}
	if n := p.verdicts.Load(); n != 1 {
		t.Errorf("%d verdicts for a token and a folder, want 1", n)
	}
	signed := accesstest.Request{Name: "signed", Method: http.MethodGet, Status: 200,
		Target: "/prew/thumb/page/1.jpg?" + accesstest.Sign("/prew/thumb/page/1.jpg", time.Now().Add(time.Hour))}
	for range 3 {
		p.send(t, signed, "")
	}
	if n := p.verdicts.Load(); n != 2 {
		t.Errorf("%d verdicts, want one more for a signature", n)
	}
}

// TestRevokedTokenIsGoodForAMinute: as long as nginx keeps the verdict, and no longer.
func TestRevokedTokenIsGoodForAMinute(t *testing.T) {
	p := newProtected(t)
	p.upload(t, "photo/a.jpg", photo(t, 64, 48))
	request := p.card("a.jpg")
	p.send(t, request, "")
	addr := p.gateway.Addr
	p.gateway.Stop()
	program, err := stack.Program("prewmanager")
	if err != nil {
		t.Fatal(err)
	}
	if p.gateway, err = stack.StartGatewayAt(addr, program, filepath.Join(p.dir, "gateway"), "gateway", append(p.env, accesstest.New(t).Environ()...)); err != nil {
		t.Fatal(err)
	}
	p.send(t, request, "")
	if left := p.end(t, "verdicts"); left <= 0 || left > time.Minute {
		t.Errorf("a verdict was kept for another %v, want at most a minute", left)
	}
	request.Status, request.Code = 403, "access_refused"
	p.send(t, request, "")
}

// TestExpiredAddressOfWhatIsCached: to the second, though nginx has the picture and had the
// verdict.
func TestExpiredAddressOfWhatIsCached(t *testing.T) {
	t.Run("gateways", func(t *testing.T) { expiredAddress(t, newProtected(t)) })
	t.Run("edge", func(t *testing.T) { expiredAddress(t, newProtectedEdge(t)) })
}

func expiredAddress(t *testing.T, p *protected) {
	p.upload(t, "photo/a.jpg", photo(t, 64, 48))
	const path = "/prew/thumb/a.jpg"
	p.send(t, accesstest.Request{Name: "first", Method: http.MethodGet, Target: path + "?" + accesstest.Sign(path, time.Now().Add(time.Hour)), Status: 200}, "")
	end := time.Now().Add(4 * time.Second).Truncate(time.Second)
	request := accesstest.Request{Name: "in time", Method: http.MethodGet, Target: path + "?" + accesstest.Sign(path, end), Status: 200}
	for time.Until(end) > 300*time.Millisecond {
		want := "cached"
		if p.edge {
			want = "stored" // the function sends it anew
		}
		if got := p.send(t, request, ""); from(got) != want {
			t.Errorf("%q, want it %s", from(got), want)
		}
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(time.Until(end))
	request.Name, request.Status, request.Code = "over", 403, "access_expired"
	for range 20 {
		p.send(t, request, "")
		time.Sleep(50 * time.Millisecond)
	}
}

// TestProtectedWhileSomethingIsDown: an old picture is for whoever may see it, and nobody may
// without a verdict.
func TestProtectedWhileSomethingIsDown(t *testing.T) {
	p := newProtected(t)
	p.upload(t, "photo/a.jpg", photo(t, 64, 48))
	may := p.card("a.jpg")
	none, forged := may, may
	none.Name, none.Headers, none.Status, none.Code = "nothing shown", nil, 401, "access_missing"
	forged.Name, forged.Headers, forged.Status, forged.Code = "forged", []string{"Authorization", may.Headers[1] + "x"}, 403, "access_refused"
	p.send(t, may, "")
	for _, what := range []string{"S3 is there", "S3 is gone"} {
		if what == "S3 is gone" {
			p.s3.Stop()
			p.end(t, "cache")
		}
		for _, request := range []accesstest.Request{may, none, forged, may} {
			request.Name = what + ": " + request.Name
			p.send(t, request, "")
		}
	}
	p.gateway.Stop()
	may.Name = "the gateway is gone, the verdict is kept"
	if got := p.send(t, may, ""); got.header.Get("X-Prew") != "cached" {
		t.Errorf("%s: %q", may.Name, got.header.Get("X-Prew"))
	}
	p.end(t, "verdicts")
	for _, request := range []accesstest.Request{may, none, forged} {
		request.Name = "the gateway is gone: " + request.Name
		request.Status, request.Code = 502, "upstream_unreachable"
		p.send(t, request, "")
	}
}
