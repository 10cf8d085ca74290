package nginx_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prew"
	"prew/deploy/local/stack"
	"prew/nginx"
)

const protectedPresets = `
card:  {width: 640, formats: [webp], dpr: 2, access: token, aliases: ["/c/{key}", "/w/{key}?w=640", "/{*}/{base64:s3://cards/{key}}.jpg"]}
gift:  {width: 300, access: signed, aliases: ["/g/{key}", "/{*}/{base64:s3://gifts/{key}}.jpg"]}
open:  {width: 200, formats: [webp], aliases: ["/o/{key}", "/{*}/{base64:s3://open/{key}}.jpg"]}
cards: {width: 100}
`

// judge stands for a gateway that answers /access by the contract: a token is good-<something>,
// and a signature good. It judges each preview and photo again.
func judge(seconds string) http.HandlerFunc {
	presets, err := prew.LoadPresets("p.yaml", []byte(protectedPresets), nil)
	if err != nil {
		panic(err)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		target := r.RequestURI
		asked := target == "/access"
		if asked {
			target = r.Header.Get("X-Prew-Target")
		}
		at, err := url.Parse(target)
		if err != nil {
			panic(err)
		}
		path, _ := presets.Address(target)
		if path, err = url.PathUnescape(path); err != nil {
			panic(err)
		}
		folder, preset, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		preset, _, _ = strings.Cut(preset, "/")
		preset, _, _ = strings.Cut(preset, ".")
		preset, _, _ = strings.Cut(preset, "@")
		shown, challenge := "", ""
		switch {
		case preset == "card":
			shown, challenge = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "Bearer"
			if cookie, err := r.Cookie("prew"); shown == "" && err == nil {
				shown = cookie.Value
			}
			if shown == "" {
				shown = at.Query().Get("t")
			}
		case preset == "gift" || folder == "photo":
			shown, challenge = at.Query().Get("s"), "prew-signature"
			if shown != "" && at.Query().Get("e") != "99" {
				shown = "bad"
			}
		default:
			shown = "good"
		}
		switch {
		case shown == "":
			w.Header().Set("X-Prew-Error", "access_missing")
			w.Header().Set("WWW-Authenticate", challenge)
			w.Header().Set("X-Accel-Expires", "60") // which a refusal never has
			w.WriteHeader(401)
		case !strings.HasPrefix(shown, "good"):
			w.Header().Set("X-Prew-Error", "access_refused")
			w.Header().Set("X-Accel-Expires", "60")
			w.WriteHeader(403)
		case asked:
			if seconds != "" {
				w.Header().Set("X-Accel-Expires", seconds)
			}
			w.WriteHeader(204)
		default:
			rendered(object)(w, r)
		}
	}
}

// guarded starts a site with protected presets and photos, before a gateway.
func guarded(t *testing.T, gateway http.HandlerFunc) (*front, *upstream) {
	t.Helper()
	g := newUpstream(t, gateway)
	return start(t, nginx.Site{Private: true, Gateways: []string{g.addr}, Presets: presetsOf(t, protectedPresets), PhotoAccess: "signed"}), g
}

// verdicts counts the requests for a verdict among those that a gateway took, and returns
// what else it was asked for.
func verdicts(requests []asked) (verdicts int, others []asked) {
	for _, r := range requests {
		if r.target == "/access" {
			verdicts++
		} else {
			others = append(others, r)
		}
	}
	return verdicts, others
}

// shows is what a request shows for each of the protected folders.
var shows = []struct {
	folder, query string
	headers       []string
}{
	{"/prew/card/", "", []string{"Authorization: Bearer good"}},
	{"/prew/card/", "", []string{"Cookie: a=b; prew=good; c=d"}},
	{"/prew/card/", "?t=good", nil},
	{"/prew/card@2x/", "?x=y&t=good", nil},
	{"/prew/card.webp/", "?t=good&t=bad", nil},
	{"/prew/gift/", "?e=99&s=good", nil},
	{"/photo/", "?s=good&e=99", nil},
}

// TestOnlyWhoMaySeeIsServed asks for what is not in the cache and for what is, in every way in
// which an answer could tell that it is there.
func TestOnlyWhoMaySeeIsServed(t *testing.T) {
	front, gateway := guarded(t, judge("60"))
	for i, show := range shows {
		target := fmt.Sprintf("%s%d.jpg", show.folder, i)
		for _, where := range []string{"a miss", "a hit"} {
			for _, request := range [][]string{
				{"GET"}, {"HEAD"}, {"GET", "Range: bytes=2-4"}, {"GET", "Range: bytes=99-"}, {"GET", `If-None-Match: "` + object + `"`}, {"GET", "If-Modified-Since: Sat, 01 Jun 2024 12:00:00 GMT"},
				{"GET", "If-Match: x"}, {"GET", "If-None-Match: *"}, {"GET", "Accept: image/webp"}, {"GET", "Cache-Control: no-cache"}, {"GET", "X-Prew-Target: /prew/open/a.jpg"}, {"GET", "X-Original-URI: /prew/open/a.jpg"},
			} {
				for _, refused := range []struct {
					status  int
					code    string
					query   string
					headers []string
				}{
					{401, "access_missing", "", nil},
					{401, "access_missing", "?T=good&S=good&E=99&x=t=good", []string{"Cookie: Prew=good; xprew=good; x=prew=good"}},
					{403, "access_refused", "?t=bad&e=99&s=bad", nil},
					{403, "access_refused", "?t=bad&t=good&e=99&s=bad&s=good", nil},
				} {
					what := fmt.Sprintf("%s%s, %s, %v %v", target, refused.query, where, request, refused.headers)
					got := front.ask(t, request[0], target+refused.query, append(request[1:], refused.headers...)...)
					challenge := map[bool]string{true: map[bool]string{true: "Bearer", false: "prew-signature"}[strings.Contains(target, "card")]}[refused.status == 401]
					got.check(t, what, refused.status, map[string]string{
						"X-Prew-Error": refused.code, "WWW-Authenticate": challenge, "Cache-Control": "no-store", "Content-Type": "image/png",
						"ETag": "", "Last-Modified": "", "Content-Range": "", "Accept-Ranges": "", "X-Prew": "", "Server-Timing": "", "Age": "", "Retry-After": "", "Location": "",
					})
					if request[0] == "GET" {
						got.checkPicture(t, what, refused.status, refused.code, "error.png")
					} else if got.body != "" {
						t.Errorf("%s: %q", what, got.body)
					}
				}
			}
			if _, others := verdicts(gateway.took()); len(others) > 0 {
				t.Errorf("%s: asked for before it may be seen: %v", target, others)
			}
			got := front.get(t, target+show.query, show.headers...)
			want := map[string]string{"a miss": "rendered", "a hit": "cached"}[where]
			if show.folder == "/photo/" {
				want = ""
			}
			got.check(t, target, 200, map[string]string{"X-Prew": want, "Cache-Control": "private", "WWW-Authenticate": "", "X-Prew-Error": ""})
			if got.body != object {
				t.Errorf("%s, %s: %q", target, where, got.body)
			}
			gateway.took()
		}
		front.get(t, target+show.query, append(show.headers, "Range: bytes=2-4")...).check(t, target, 206, map[string]string{"Cache-Control": "private"})
		front.get(t, target+show.query, append(show.headers, `If-None-Match: "`+object+`"`)...).check(t, target, 304, map[string]string{"Cache-Control": "private"})
		gateway.took()
	}
}

// TestEverySpellingIsGuarded puts an object into the cache by its own address, and asks for it
// by every other.
func TestEverySpellingIsGuarded(t *testing.T) {
	front, gateway := guarded(t, judge("60"))
	for _, target := range []string{"/prew/card/a/b.jpg?t=good", "/prew/card@2x/a/b.jpg?t=good", "/prew/card.webp/a/b.jpg?t=good", "/prew/card@2x.webp/a/b.jpg?t=good", "/prew/gift/a/b.jpg?e=99&s=good", "/photo/a/b.jpg?e=99&s=good"} {
		front.get(t, target).check(t, target, 200, nil)
	}
	gateway.took()
	for _, target := range []string{
		"/prew/card/a/b.jpg", "/prew/c%61rd/a/b.jpg", "/%70rew/card/a/b.jpg", "/prew/card/%61/b.jpg", "/prew/card/a/b%2ejpg", "http://prew.test/prew/card/a/b.jpg",
		"/prew/card%402x/a/b.jpg", "/prew/card@2x/a/b.jpg", "/prew/card@2x.webp/a/b.jpg", "/prew/card.webp/a/b.jpg", "/prew/card%2ewebp/a/b.jpg", "/prew/card@3x/a/b.jpg", "/prew/card.png/a/b.jpg",
		"/prew/gift/a/b.jpg", "/prew/gift/a/b.jpg?", "/prew/gift/a/b.jpg?x#y", "/prew/gift/a/b+.jpg", "/photo/a/b.jpg", "/%70hoto/a/b.jpg", "/photo/a/b%2Ejpg", "/photo/\xff",
	} {
		got := front.get(t, target)
		if got.status != 401 && !strings.Contains(target, "\xff") || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s, want 401", target, got.status, got.header.Get("X-Prew-Error"))
		}
	}
	for _, target := range []string{
		"//prew/card/a/b.jpg", "/prew//card/a/b.jpg", "/prew/card//a/b.jpg", "/prew/open/../card/a/b.jpg", "/prew/./card/a/b.jpg", "/prew/card%2Fa/b.jpg", "/prew\\card/a/b.jpg", "/prew/open/%2e%2e/card/a/b.jpg", "/prew/card/a/b.jpg/",
		"/prew/{verdict}/token", "/prew/{verdict}/signed", "/prew/%7bverdict%7d/base64", "/access", "/photo", "/prew/card", "/PREW/card/a/b.jpg", "/Photo/a/b.jpg", "/@preview", "/prew/card#/a/b.jpg",
	} {
		front.get(t, target).checkPicture(t, target, 404, "path_refused", "not-found.png")
	}
	if _, others := verdicts(gateway.took()); len(others) > 0 {
		t.Errorf("asked for: %v", others)
	}
}

// TestEveryAliasIsGuarded: of what is protected, by the address that it means, and in base64 by
// its own.
func TestEveryAliasIsGuarded(t *testing.T) {
	front, gateway := guarded(t, judge("60"))
	for _, test := range []struct{ alias, query, location string }{
		{"/c/a/b.jpg", "?t=good", "/prew/card/a/b.jpg"},
		{"/c/%61/b.jpg", "?t=good", "/prew/card/a/b.jpg"},
		{"/w/a/b.jpg?w=640", "&t=good", "/prew/card/a/b.jpg"},
		{"/x/" + inBase64("s3://cards/a/b.jpg") + ".jpg", "?t=good", ""},
		{"/g/a/b.jpg", "?e=99&s=good", "/prew/gift/a/b.jpg"},
		{"/x/" + inBase64("s3://gifts/a/b.jpg") + ".jpg", "?e=99&s=good", ""},
	} {
		for _, where := range []string{"a miss", "a hit"} {
			front.get(t, test.alias).check(t, test.alias+", "+where, 401, map[string]string{"X-Prew-Error": "access_missing", "Content-Location": "", "ETag": "", "Cache-Control": "no-store"})
			front.get(t, test.alias+strings.Replace(test.query, "good", "bad", 1)).check(t, test.alias+", "+where, 403, map[string]string{"X-Prew-Error": "access_refused"})
			if _, others := verdicts(gateway.took()); len(others) > 0 {
				t.Errorf("%s: asked for before it may be seen: %v", test.alias, others)
			}
			got := front.get(t, test.alias+test.query)
			got.check(t, test.alias, 200, nil)
			if got.body != object {
				t.Errorf("%s: %q", test.alias, got.body)
			}
			gateway.took()
		}
		front.get(t, test.alias+test.query).check(t, test.alias, 200, map[string]string{"X-Prew": "cached"})
		gateway.took()
		if test.location != "" {
			front.get(t, test.location).check(t, test.location, 401, nil)
			front.get(t, test.location+"?"+test.query[1:]).check(t, test.location, 200, map[string]string{"X-Prew": "cached"})
		}
		gateway.took()
	}
	for _, alias := range []string{"/o/a/b.jpg", "/x/" + inBase64("s3://open/a/b.jpg") + ".jpg"} {
		for range 2 {
			front.get(t, alias).check(t, alias, 200, nil)
		}
	}
	// A verdict in base64 is of one address alone: nginx sees no folder in it.
	token := []string{"Authorization: Bearer good"}
	gateway.took()
	for i := range 4 {
		front.get(t, fmt.Sprintf("/x/%s.jpg", inBase64(fmt.Sprintf("s3://cards/a/%d", i/2))), token...).check(t, "base64", 200, nil)
	}
	if asked, _ := verdicts(gateway.took()); asked != 2 {
		t.Errorf("%d verdicts for two addresses in base64, want 2", asked)
	}
	for _, path := range []string{"/prew/{base64}/{key}", "/prew/%7Bbase64%7D/%7Bkey%7D?t=good", "/prew/{verdict}/c/a/b.jpg", "/c/../prew/{verdict}/token"} {
		if got := front.get(t, path); got.status == 200 && strings.Contains(path, "base64") || got.status == 204 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

// TestVerdictIsKept counts what the gateway is asked: once for a token, preset and folder, and
// once for a signature.
func TestVerdictIsKept(t *testing.T) {
	front, gateway := guarded(t, judge("60"))
	for _, test := range []struct {
		target   string
		headers  []string
		verdicts int
	}{
		{"/prew/card/a/1.jpg?t=good", nil, 1},
		{"/prew/card/a/1.jpg?t=good", nil, 0},
		{"/prew/card/a/2.jpg?t=good&x=1", nil, 0},
		{"/prew/card/a/2.jpg?x=2&t=good", []string{"Range: bytes=0-1"}, 0},
		{"/prew/card/a/2.jpg?" + strings.Repeat("a&", 3000) + "t=good", nil, 0},
		{"/prew/card/b/1.jpg?t=good", nil, 1},
		{"/prew/card/a/b/1.jpg?t=good", nil, 1},
		{"/prew/card/1.jpg?t=good", nil, 1},
		{"/prew/card@2x/a/1.jpg?t=good", nil, 1},
		{"/prew/card/a/1.jpg?t=good2", nil, 1},
		{"/prew/card/a/1.jpg", []string{"Authorization: Bearer good"}, 1},
		{"/prew/card/a/2.jpg", []string{"Authorization: Bearer good"}, 0},
		{"/prew/card/a/2.jpg", []string{"Authorization: Bearer good", "Cookie: x=y"}, 0},
		{"/prew/card/a/2.jpg", []string{"Authorization: Bearer good", "Cookie: prew=good"}, 1},
		{"/prew/card/a/2.jpg", []string{"Cookie: prew=good; x=y"}, 1},
		{"/prew/card/a/3.jpg", []string{"Cookie: z=y; prew=good"}, 0},
		{"/prew/gift/a/1.jpg?e=99&s=good", nil, 1},
		{"/prew/gift/a/1.jpg?s=good&e=99&x=y", nil, 0},
		{"/prew/gift/a/1.jpg?s=good2&e=99", nil, 1},
		{"/prew/gift/a/2.jpg?e=99&s=good", nil, 1},
		{"/photo/a/2.jpg?e=99&s=good", nil, 1},
		{"/photo/a/2.jpg?e=99&s=good", []string{"Cookie: prew=good", "Authorization: x"}, 0},
		{"/prew/open/a/1.jpg?t=x", nil, 0},
		{"/prew/cards/a/1.jpg?t=x", nil, 0},
	} {
		got := front.get(t, test.target, test.headers...)
		if got.status != 200 && got.status != 206 {
			t.Errorf("%s: %d", test.target, got.status)
		}
		if asked, _ := verdicts(gateway.took()); asked != test.verdicts {
			t.Errorf("%s %v: %d verdicts, want %d", test.target, test.headers, asked, test.verdicts)
		}
	}
}

// TestVerdictsAreNeverMixed gives a good verdict to one request, and makes others whose parts
// are spelt alike when they are put together.
func TestVerdictsAreNeverMixed(t *testing.T) {
	front, gateway := guarded(t, nil)
	for i, test := range []struct{ good, other []string }{
		{[]string{"/prew/card/a|/b/1.jpg?t=x"}, []string{"/prew/card/b/1.jpg?t=x|/prew/card/a"}},
		{[]string{"/prew/card/a/1.jpg", "Authorization: x\ty"}, []string{"/prew/card/a/1.jpg", "Authorization: x", "Cookie: prew=y"}},
		{[]string{"/prew/card/a/1.jpg", "Authorization: xprew=y"}, []string{"/prew/card/a/1.jpg", "Authorization: x", "Cookie: prew=y"}},
		{[]string{"/prew/card/a/1.jpg", "Cookie: prew=yt=z"}, []string{"/prew/card/a/1.jpg?t=z", "Cookie: prew=y"}},
		{[]string{"/prew/card/a/1.jpg?t=good"}, []string{"/prew/card/a/1.jpg?t=GOOD"}},
		{[]string{"/prew/card/a/1.jpg?t=good"}, []string{"/prew/card/a/1.jpg?t=good%00"}},
		{[]string{"/prew/card/a/1.jpg?t=good"}, []string{"/prew/card/a/1.jpg?t="}},
		{[]string{"/prew/card/a/1.jpg?t=good"}, []string{"/prew/card/a%2e/1.jpg?t=good"}},
		{[]string{"/prew/card/a/1.jpg?t=good"}, []string{"/prew/card@2x/a/1.jpg?t=good"}},
		{[]string{"/prew/gift/a?e=9&s=xy"}, []string{"/prew/gift/a?e=9&s=x"}},
		{[]string{"/prew/gift/a?e=9&s=x"}, []string{"/prew/gift/a?e=99&s=x"}},
		{[]string{"/prew/gift/be=9?s=x"}, []string{"/prew/gift/b?e=9&s=x"}},
		{[]string{"/prew/gift/a.jpg?e=9&s=x"}, []string{"/photo/a.jpg?e=9&s=x"}},
	} {
		gateway.answers(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Accel-Expires", "60")
			w.WriteHeader(204)
		})
		front.get(t, test.good[0], test.good[1:]...)
		gateway.answers(failing(403))
		gateway.took()
		if got := front.get(t, test.other[0], test.other[1:]...); got.status != 403 {
			t.Errorf("%d: %q after %q: %d, want 403", i, test.other, test.good, got.status)
		}
		if asked, _ := verdicts(gateway.took()); asked != 1 {
			t.Errorf("%d: %q after %q: the gateway is not asked", i, test.other, test.good)
		}
	}
}

// TestVerdictLastsAsLongAsTheGatewaySays: a moment, not at all, or a minute while the gateway
// is gone.
func TestVerdictLastsAsLongAsTheGatewaySays(t *testing.T) {
	t.Parallel() // it waits for a verdict to end
	for seconds, want := range map[string]int{"": 3, "0": 3, "1": 2, "60": 1} {
		front, gateway := guarded(t, judge(seconds))
		const target = "/prew/card/a.jpg?t=good"
		asked := 0
		for i := range 3 {
			if i == 2 {
				time.Sleep(2100 * time.Millisecond) // nginx counts whole seconds
			}
			front.get(t, target).check(t, target, 200, nil)
			n, _ := verdicts(gateway.took())
			asked += n
		}
		if asked != want {
			t.Errorf("X-Accel-Expires %q: %d verdicts, want %d", seconds, asked, want)
		}
		gateway.answers(failing(403))
		if status := front.get(t, target).status; status != map[bool]int{true: 200, false: 403}[seconds == "60"] && seconds != "1" {
			t.Errorf("X-Accel-Expires %q, revoked: %d", seconds, status)
		}
		time.Sleep(2100 * time.Millisecond)
		gateway.down()
		got := front.get(t, target)
		if seconds == "60" {
			got.check(t, "kept, the gateway gone", 200, map[string]string{"X-Prew": "cached"})
		} else {
			got.checkPicture(t, "the verdict is over, the gateway gone", 502, "upstream_unreachable", "error.png")
		}
		front.get(t, "/prew/card/b.jpg?t=good2").checkPicture(t, "no verdict, the gateway gone", 502, "upstream_unreachable", "error.png")
		front.get(t, "/prew/card/a.jpg").checkPicture(t, "nothing shown, the gateway gone", 502, "upstream_unreachable", "error.png")
	}
}

// TestVerdictsGoWithTheirNginx: there are tokens in them, which only it may read.
func TestVerdictsGoWithTheirNginx(t *testing.T) {
	gateway := newUpstream(t, judge("60"))
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	dir, site := t.TempDir(), nginx.Site{Listen: addr, Private: true, Gateways: []string{gateway.addr}, Presets: presetsOf(t, protectedPresets)}
	running, err := stack.StartNginx(dir, site)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Stop)
	front := &front{running, dir}
	files := func() (count int) {
		filepath.WalkDir(filepath.Join(dir, "verdicts"), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil
			}
			if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v, want 0600", path, info.Mode(), err)
			}
			count++
			return nil
		})
		return count
	}
	front.get(t, "/prew/card/a.jpg?t=good").check(t, "good", 200, nil)
	if _, err := site.Write(dir); err != nil || files() != 1 {
		t.Errorf("%d files after a Write for a reload, want 1: %v", files(), err)
	}
	front.Stop()
	if _, err := site.Write(dir); err != nil || files() != 0 {
		t.Errorf("%d files after a Write for a start, want none: %v", files(), err)
	}
}

// TestWhatIsNoVerdictOpensNothing has a gateway answer what it never should.
func TestWhatIsNoVerdictOpensNothing(t *testing.T) {
	front, gateway := guarded(t, judge("60"))
	front.get(t, "/prew/card/a.jpg?t=good").check(t, "good", 200, nil)
	for _, status := range []int{301, 302, 304, 400, 404, 405, 421, 429, 500, 502, 503, 504} {
		gateway.answers(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Accel-Expires", "60")
			w.Header().Set("X-Accel-Redirect", "/prew/open/a.jpg")
			w.WriteHeader(status)
		})
		for range 2 {
			front.get(t, "/prew/card/a.jpg?t=other").checkPicture(t, fmt.Sprint(status), 502, "upstream_unreachable", "error.png")
		}
		if asked, _ := verdicts(gateway.took()); status != 304 && asked < 2 {
			t.Errorf("%d was kept", status)
		}
	}
	for _, status := range []int{401, 403} { // neither is kept
		gateway.answers(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Accel-Expires", "60")
			w.WriteHeader(status)
		})
		target := fmt.Sprintf("/prew/card/a.jpg?t=good%d", status)
		front.get(t, target).check(t, "refused", status, nil)
		gateway.answers(judge("60"))
		front.get(t, target).check(t, "then not", 200, nil)
	}
}

// TestSecondGatewayJudges where the first can't be reached.
func TestSecondGatewayJudges(t *testing.T) {
	gateway := newUpstream(t, judge("60"))
	front := start(t, nginx.Site{Private: true, Gateways: []string{"127.0.0.1:1", gateway.addr}, Presets: presetsOf(t, protectedPresets)})
	for i := range 4 {
		front.get(t, fmt.Sprintf("/prew/card/%d/a.jpg?t=good", i)).check(t, "good", 200, nil)
		front.get(t, fmt.Sprintf("/prew/card/%d/a.jpg?t=good", i)).check(t, "again", 200, nil)
		front.get(t, fmt.Sprintf("/prew/card/%d/a.jpg?t=bad", i)).check(t, "bad", 403, nil)
	}
	if asked, _ := verdicts(gateway.took()); asked != 8 {
		t.Errorf("%d verdicts, want 8", asked)
	}
}

// TestGatewayGetsCredentialsAndNothingElse: for a verdict and on a miss, of what is protected.
func TestGatewayGetsCredentialsAndNothingElse(t *testing.T) {
	front, gateway := guarded(t, judge("60"))
	const query = "?x=secret&t=good1&e=99&s=good2&t=secret"
	headers := []string{"Authorization: Bearer good", "Cookie: session=secret; prew=good4; more=secret", "X-Prew-Target: /secret", "Referer: https://secret.test/", "Accept: image/webp"}
	for _, test := range []struct{ target, asked, made, authorization, cookie string }{
		{"/prew/c%61rd/a.jpg", "/prew/c%61rd/a.jpg?t=good1", "/prew/c%61rd.webp/a.jpg?t=good1", "Bearer good", "prew=good4"},
		{"/prew/gift/a.jpg", "/prew/gift/a.jpg?e=99&s=good2", "/prew/gift/a.jpg?e=99&s=good2", "", ""},
		{"/photo/a.jpg", "/photo/a.jpg?e=99&s=good2", "/photo/a.jpg?e=99&s=good2", "", ""},
		{"/prew/open/a.jpg", "", "/prew/open.webp/a.jpg", "", ""},
	} {
		front.get(t, test.target+query, headers...).check(t, test.target, 200, nil)
		requests := gateway.took()
		for _, r := range requests {
			if r.header.Get("Authorization") != test.authorization || r.header.Get("Cookie") != test.cookie {
				t.Errorf("%s: Authorization %q, Cookie %q, want %q and %q", r.target, r.header["Authorization"], r.header["Cookie"], test.authorization, test.cookie)
			}
			if got := fmt.Sprint(r); strings.Contains(got, "secret") {
				t.Errorf("%s: %s", test.target, got)
			}
			if r.target == "/access" && (r.header.Get("X-Prew-Target") != test.asked || r.method != "GET" || len(r.header.Get("X-Request-Id")) != 32) {
				t.Errorf("%s: asked %s for %q, want %q", test.target, r.method, r.header.Get("X-Prew-Target"), test.asked)
			}
		}
		count, others := verdicts(requests)
		if len(others) != 1 || others[0].target != test.made || (count == 1) != (test.asked != "") {
			t.Errorf("%s: %d verdicts and %v, want %q", test.target, count, others, test.made)
		}
	}
}

// TestFailuresOfWhatIsProtectedAreNotKept: that a photo is missing, only who may see it may
// know.
func TestFailuresOfWhatIsProtectedAreNotKept(t *testing.T) {
	answers := judge("60")
	front, _ := guarded(t, func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI != "/access" {
			sourceMissing(w, r)
			return
		}
		answers(w, r)
	})
	for _, target := range []string{"/prew/card/a.jpg?t=good", "/prew/gift/a.jpg?e=99&s=good", "/photo/a.jpg?e=99&s=good"} {
		front.get(t, target).check(t, target, 404, map[string]string{"Cache-Control": "no-store", "X-Prew-Error": "source_missing"})
	}
	front.get(t, "/prew/open/a.jpg").check(t, "open", 404, map[string]string{"Cache-Control": "public, max-age=10"})
}

// TestOldPictureIsForWhoMaySeeIt: also while the gateway can't ask S3.
func TestOldPictureIsForWhoMaySeeIt(t *testing.T) {
	answers := judge("60")
	front, gateway := guarded(t, answers)
	const target = "/prew/card/a.jpg"
	front.get(t, target+"?t=good").check(t, target, 200, nil)
	front.expire(t)
	gateway.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI != "/access" {
			failing(502)(w, r)
			return
		}
		answers(w, r)
	})
	front.get(t, target+"?t=good").check(t, "who may", 200, map[string]string{"Cache-Control": "private", "X-Prew": "cached"})
	front.get(t, target).check(t, "nothing shown", 401, nil)
	front.get(t, target+"?t=bad").check(t, "bad", 403, nil)
	gateway.down()
	front.get(t, target+"?t=good").check(t, "a verdict that is kept, the gateway gone", 200, map[string]string{"X-Prew": "cached"})
	front.get(t, target).check(t, "nothing shown, the gateway gone", 502, nil)
}

// TestClosedPhotos are not there, and previews of them are.
func TestClosedPhotos(t *testing.T) {
	for _, closed := range []bool{false, true} {
		s3, gateway := newUpstream(t, picture(object)), newUpstream(t, rendered(object))
		front := start(t, nginx.Site{Private: closed, Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{gateway.addr}, PhotoAccess: "closed"})
		for _, target := range []string{"/photo/a.jpg", "/%70hoto/a.jpg?t=x", "/photo/a+.jpg", "/photo/none.jpg"} {
			front.get(t, target).checkPicture(t, target, 404, "path_refused", "not-found.png")
		}
		if asked := append(s3.took(), gateway.took()...); len(asked) > 0 {
			t.Errorf("asked for %v", asked)
		}
		front.get(t, "/prew/thumb/a.jpg").check(t, "a preview", 200, nil)
	}
}

// TestCacheControlOfWhatIsProtected can be set.
func TestCacheControlOfWhatIsProtected(t *testing.T) {
	gateway := newUpstream(t, judge("60"))
	front := start(t, nginx.Site{Private: true, Gateways: []string{gateway.addr}, Presets: presetsOf(t, protectedPresets), ProtectedCacheControl: "private, max-age=60", TokenCookie: "__Host-prew"})
	for range 2 {
		front.get(t, "/prew/card/a.jpg?t=good").check(t, "protected", 200, map[string]string{"Cache-Control": "private, max-age=60"})
		front.get(t, "/prew/open/a.jpg").check(t, "open", 200, map[string]string{"Cache-Control": "public, max-age=86400"})
	}
	gateway.took()
	front.get(t, "/prew/card/a.jpg", "Cookie: prew=good; __Host-prew=mine")
	if requests := gateway.took(); len(requests) != 1 || requests[0].header.Get("Cookie") != "__Host-prew=mine" {
		t.Errorf("%v", requests)
	}
}

// TestCredentialsAreInNoLog asks for what is served, refused and fails, of what is protected
// and what is open, and is redirected.
func TestCredentialsAreInNoLog(t *testing.T) {
	answers := judge("60")
	gateway := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "dies") || strings.Contains(r.Header.Get("X-Prew-Target"), "never") {
			conn, _, _ := http.NewResponseController(w).Hijack()
			conn.Close()
			return
		}
		answers(w, r)
	})
	front := start(t, nginx.Site{Private: true, Gateways: []string{gateway.addr}, Presets: presetsOf(t, protectedPresets), PhotoAccess: "signed", HTTPSRedirect: "www.example.org", RealIPFrom: []string{"127.0.0.1"}})
	const secure, plain = "X-Forwarded-Proto: https", "X-Nothing: 1"
	asked := 0
	for _, query := range []string{"?t=goodSECRET", "?e=99&s=goodSECRET", "?x=y&t=SECRET", "?T=SECRET", "?%74=SECRET", "?a&%53=SECRET", "?&&s=SECRET", "?;s=SECRET", "?x?t=SECRET", "?e=9&t=SECRET#x"} {
		for _, path := range []string{"/prew/card/a.jpg", "/prew/card/dies.jpg", "/prew/card/never.jpg", "/prew/gift/a.jpg", "/prew/gift/never.jpg", "/photo/dies.jpg", "/prew/open/a.jpg", "/prew/open/dies.jpg", "/photo//a.jpg", "/elsewhere", "/"} {
			for _, scheme := range []string{secure, plain} {
				got := front.get(t, path+query, scheme, "Authorization: Bearer goodSECRET", "Cookie: prew=goodSECRET", "Referer: https://a.test/"+query)
				if (got.status == 301) != (scheme == plain) {
					t.Errorf("%s %s: %d", path, scheme, got.status)
				}
				if text := fmt.Sprint(got.header); strings.Contains(text, "SECRET") {
					t.Errorf("%s%s: %s", path, query, text)
				}
				asked++
			}
		}
	}
	front.ask(t, "POST", "/prew/card/a.jpg?t=SECRET", secure)
	front.get(t, "/prew/card/%zz?t=SECRET", secure)
	front.get(t, "/prew/card/a.jpg?w=640&h=480", secure)
	front.get(t, "/prew/card/a.jpg?w=640&h=480", plain).check(t, "no credentials", 301, map[string]string{"Location": "https://www.example.org/prew/card/a.jpg?w=640&h=480"})
	lines := front.log(t, asked+4)
	var logged []string
	for _, line := range lines {
		logged = append(logged, line["uri"])
	}
	for _, want := range []string{"/prew/card/a.jpg?...", "/prew/card/a.jpg?w=640&h=480"} {
		if !slices.Contains(logged, want) {
			t.Errorf("no line has %s", want)
		}
	}
	front.Stop()
	for _, name := range []string{"access.log", "error.log", "nginx.log"} {
		file, err := os.Open(filepath.Join(front.dir, name))
		if err != nil {
			if os.IsNotExist(err) && name == "nginx.log" {
				continue
			}
			t.Fatal(err)
		}
		text, err := io.ReadAll(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		if i := strings.Index(string(text), "SECRET"); i >= 0 {
			t.Errorf("%s: %s", name, text[max(0, i-200):i+10])
		}
	}
}

// TestPagesOfOtherOriginsSendTokens where there are presets that take them.
func TestPagesOfOtherOriginsSendTokens(t *testing.T) {
	for text, want := range map[string]string{protectedPresets: "Authorization, ", somePresets: ""} {
		front := start(t, nginx.Site{Private: true, Gateways: []string{"127.0.0.1:1"}, Presets: presetsOf(t, text), AllowOrigin: []string{"*"}})
		front.ask(t, "OPTIONS", "/prew/card/a.jpg", "Origin: https://a.test", "Access-Control-Request-Method: GET").check(t, "preflight", 204,
			map[string]string{"Access-Control-Allow-Headers": want + "If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range"})
	}
}

// TestWhatIsJudgedIsWhatIsServed sends every row of the table of paths, as it is and through an
// alias of each form, and holds what the gateway was asked about to what came, on a miss and
// on a hit.
func TestWhatIsJudgedIsWhatIsServed(t *testing.T) {
	presets := presetsOf(t, strings.NewReplacer("  width: 200\n", "  width: 200\n  access: token\n", "  width: 640\n", "  width: 640\n  access: signed\n").Replace(aliasedPresets))
	object := func(target string) string { // that a target means; empty for none
		path, _ := presets.Address(target)
		if key, err := prew.ParsePhoto(path); err == nil {
			return "/photo/" + key
		}
		ref, err := prew.ParsePath(path)
		if err != nil {
			return ""
		}
		return "/prew/" + ref.Preset + "/" + ref.Key
	}
	gateway := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI == "/access" {
			w.WriteHeader(204) // which is not kept
			return
		}
		picture(object(r.RequestURI))(w, r)
	})
	front := start(t, nginx.Site{Private: true, Gateways: []string{gateway.addr}, Presets: presets, PhotoAccess: "token"})
	var targets []string
	for _, row := range rows(t) {
		path, _, _ := strings.Cut(row.target, "?")
		segments := strings.SplitN(path, "/", 4)
		raw := segments[len(segments)-1]
		key, _ := url.PathUnescape(raw)
		targets = append(targets, row.target)
		targets = append(targets, forms(raw, key)...)
	}
	served := 0
	for _, target := range targets {
		for _, where := range []string{"a miss", "a hit"} {
			got := front.get(t, target)
			requests := gateway.took()
			if got.status != 200 {
				continue
			}
			if !strings.HasPrefix(got.body, "/prew/thumb/") && !strings.HasPrefix(got.body, "/prew/card/") && !strings.HasPrefix(got.body, "/photo/") {
				continue // of a preset that there is not
			}
			if len(requests) == 0 || requests[0].target != "/access" {
				t.Fatalf("%.100q, %s: served without a verdict: %v", target, where, requests)
			}
			if judged := object(requests[0].header.Get("X-Prew-Target")); judged != got.body {
				t.Errorf("%.100q, %s: judged was %.100q, and %.100q was served", target, where, judged, got.body)
			}
			served++
		}
	}
	if served < 1000 {
		t.Errorf("%d pictures, expected at least 1,000", served)
	}
}
