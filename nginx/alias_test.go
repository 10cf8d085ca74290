package nginx_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"prew"
	"prew/deploy/local/stack"
	"prew/nginx"
)

const aliasedPresets = `
thumb:
  width: 200
  aliases:
    - /100x100/{key}
    - /img/{key}/large.jpg
    - /h/{key}?w=300&h=200
    - /caf%C3%A9/a%20b//{key}
    - /{*}/plain/s3://photos/{key}@webp
    - /{*}/s3:%2F%2Fphotos%2F{key}1
    - /{*}/{base64:s3://photos/{key}}.jpg
    - '/{base64:{"bucket":"photos","key":"{key}"}}?v=2'
card:
  width: 640
  formats: [webp]
  aliases: ["/h/{key}", "/card/{key}", "/{*}/{base64:s3://cards/{key}}.jpg"]
`

// previews is where they lie by default.
var previews = prew.Place{Prefix: prew.DefaultPrefix}

// reads answers as a gateway does, with the name of the preview that a request means.
func reads(presets prew.Presets) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		path, aliased := presets.Address(r.RequestURI)
		ref, err := prew.ParsePath(path)
		if err == nil {
			_, err = previews.Preview(ref)
		}
		if err != nil {
			w.Header().Set("X-Prew-Error", "path_refused")
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		location := ref.Path()
		ref, negotiated := presets.Negotiate(ref, r.Header.Get("Accept"), previews)
		if negotiated {
			w.Header().Set("Vary", "Accept")
		}
		if aliased {
			w.Header().Set("Content-Location", location)
		}
		rendered("/prew/"+ref.String())(w, r)
	}
}

// inBase64 is an alias's text in base64url.
func inBase64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// forms are an alias of each form for a key of thumb as it is spelt. decoded is the key, and
// empty where it can't be decoded.
func forms(raw, decoded string) []string {
	all := []string{
		"/100x100/" + raw, "/img/" + raw + "/large.jpg", "/h/" + raw + "?a&h=200&w=300", "/caf%C3%A9/a%20b//" + raw,
		"/sig%3D/plain/s3://photos/" + raw + "@webp", "/x/s3:%2F%2Fphotos%2F" + raw + "1",
	}
	if decoded != "" {
		all = append(all, "/unsafe/"+inBase64("s3://photos/"+decoded)+".jpg", "/"+inBase64(`{"bucket":"photos","key":"`+decoded+`"}`)+"?x=1&v=2")
	}
	return all
}

// TestAliasIsTheObjectOfItsPreset asks for an object by every kind of alias: S3 and the gateway
// are asked for the object that the preset's own address has, and the cache has it once. An
// alias in base64 is the gateway's.
func TestAliasIsTheObjectOfItsPreset(t *testing.T) {
	presets := presetsOf(t, aliasedPresets)
	for i, raw := range []string{"2024/a.jpg", "a%20b.jpg", "%D1%84.jpg", "a%252fb.jpg", "q%3Fx%23.jpg"} {
		key, _ := url.PathUnescape(raw)
		for j, alias := range forms(raw, key) {
			what := fmt.Sprintf("%d: %s", i, alias)
			front, s3, gateway := negotiating(t, presets, decodes, reads(presets))
			isBase64 := j >= 6
			location := "/prew/thumb/" + raw
			got := front.get(t, alias)
			got.check(t, what, 200, map[string]string{"Content-Location": location, "Vary": ""})
			if got.body != "/prew/thumb/"+key {
				t.Errorf("%s: %q, want %q", what, got.body, "/prew/thumb/"+key)
			}
			atS3, atGateway := fmt.Sprint(targetsOf(s3.took())), fmt.Sprint(targetsOf(gateway.took()))
			if wantS3, wantGateway := "[/photos"+location+"]", "[]"; !isBase64 && (atS3 != wantS3 || atGateway != wantGateway) {
				t.Errorf("%s: S3 got %s, the gateway %s", what, atS3, atGateway)
			}
			if isBase64 && (atS3 != "[]" || atGateway != "["+alias+"]") {
				t.Errorf("%s: S3 got %s, the gateway %s", what, atS3, atGateway)
			}
			for _, again := range []string{alias, "/prew/thumb/" + raw} {
				if isBase64 && again != alias {
					continue // the object is in the cache under each address
				}
				got := front.get(t, again)
				got.check(t, what+", again by "+again, 200, map[string]string{"X-Prew": "cached"})
				if n := len(s3.took()) + len(gateway.took()); n != 0 {
					t.Errorf("%s, again by %s: %d requests to S3 and gateway", what, again, n)
				}
			}
			front.get(t, alias, `If-None-Match: "/prew/thumb/`+key+`"`).check(t, what, 304, map[string]string{"Content-Location": location})
			front.get(t, alias, "Range: bytes=0-3").check(t, what, 206, map[string]string{"Content-Location": location})
			front.ask(t, "HEAD", alias).check(t, what, 200, map[string]string{"Content-Location": location})
			front.get(t, alias, "Range: bytes=9999-").check(t, what, 416, map[string]string{"Content-Location": ""})
			if n := len(s3.took()) + len(gateway.took()); n != 0 {
				t.Errorf("%s: %d requests to S3 and gateway for what is cached", what, n)
			}
			front.Stop()
		}
	}
}

// TestAliasesAreNegotiated checks that the client's Accept chooses the variant behind an
// alias, of a public bucket and of a private one.
func TestAliasesAreNegotiated(t *testing.T) {
	presets := presetsOf(t, aliasedPresets)
	open, _, _ := negotiating(t, presets, decodes, reads(presets))
	closed := start(t, nginx.Site{Private: true, Gateways: []string{newUpstream(t, reads(presets)).addr}, Presets: presets})
	for _, front := range []*front{open, closed} {
		for _, alias := range []string{"/h/a.jpg", "/card/a.jpg?x", "/u/" + inBase64("s3://cards/a.jpg") + ".jpg"} {
			for range 2 {
				for accept, want := range map[string]string{"image/webp,*/*": "/prew/card.webp/a.jpg", "*/*": "/prew/card/a.jpg", "image/webp;q=0": "/prew/card/a.jpg"} {
					got := front.get(t, alias, "Accept: "+accept)
					got.check(t, alias+" for "+accept, 200, map[string]string{"Vary": "Accept", "Content-Location": "/prew/card/a.jpg"})
					if got.body != want {
						t.Errorf("%s for %s: %q, want %q", alias, accept, got.body, want)
					}
				}
			}
		}
		front.ask(t, "OPTIONS", "/h/a.jpg").check(t, "OPTIONS", 405, map[string]string{"Vary": "Accept"})
	}
}

// TestPathsThroughAliases sends the key of every row of the table of paths through an alias of
// each form. What comes is what the preset's own address has.
func TestPathsThroughAliases(t *testing.T) {
	presets := presetsOf(t, aliasedPresets)
	front, _, _ := negotiating(t, presets, decodes, reads(presets))
	closed := start(t, nginx.Site{Private: true, Gateways: []string{newUpstream(t, reads(presets)).addr}, Presets: presets})
	sent := 0
	for _, row := range rows(t) {
		path, _, _ := strings.Cut(row.target, "?")
		segments := strings.SplitN(path, "/", 4)
		raw := segments[len(segments)-1]
		if strings.HasPrefix(path, "/photo/") {
			raw = strings.TrimPrefix(path, "/photo/")
		}
		key, _ := url.PathUnescape(raw)
		own := front.get(t, "/prew/thumb/"+raw)
		for i, alias := range forms(raw, key) {
			for _, front := range []*sender{{front, "public"}, {closed, "private"}} {
				what := fmt.Sprintf("%s: %.100q (%s)", front.name, alias, row.note)
				want := means(presets, alias)
				got := front.get(t, alias)
				if i < len(forms(raw, "")) && got.status != own.status {
					t.Errorf("%s: %d, and by the preset's own address %d", what, got.status, own.status)
				}
				if want == "" {
					if got.status != 404 && got.status != 400 {
						t.Errorf("%s: %d %q, want 404", what, got.status, got.body)
					}
				} else if got.status != 200 || got.body != want {
					t.Errorf("%s: %d %.200q, want %.200q", what, got.status, got.body, want)
				}
			}
			sent++
		}
	}
	if sent < 1000 {
		t.Errorf("%d addresses, expected at least 1,000", sent)
	}
}

// sender is an nginx with a name.
type sender struct {
	*front
	name string
}

// means returns the preview that a gateway takes a target for, empty for none.
func means(presets prew.Presets, target string) string {
	path, _ := presets.Address(target)
	ref, err := prew.ParsePath(path)
	if err != nil {
		return ""
	}
	if _, err := previews.Preview(ref); err != nil {
		return ""
	}
	return "/prew/" + ref.String()
}

// TestNginxAndGatewayAgreeOnAliases puts addresses together from pieces that rules are about.
// The seed is fixed: the same addresses each time.
func TestNginxAndGatewayAgreeOnAliases(t *testing.T) {
	presets := presetsOf(t, aliasedPresets)
	front := start(t, nginx.Site{Private: true, Gateways: []string{newUpstream(t, reads(presets)).addr}, Presets: presets})
	plain := []string{"/", "a", "b.jpg", "1", "%20", "%C3%A9", "+", "s3://", "h/", "100x100", "img", inBase64("s3://photos/x/y"), inBase64("s3://cards/x"), "é", "%F0%9F%93%B7"}
	odd := []string{
		"/", "%31", "%", "%2", "%2f", "//", "..", ".", "%2e", "#", "@webp", "/large.jpg", "s3://photos/", "s3:%2F%2Fphotos%2F", "/plain/", "/prew/", "photo/", ".jpg",
		"caf%C3%A9/a%20b//", "caf%c3%a9/", "%5c", "%00", "%7f", "\xff", strings.Repeat("k", 900), strings.Repeat("%6B", 300), inBase64(`{"bucket":"photos","key":"../a"}`),
	}
	starts := []struct{ start, end string }{ // most have an end that makes an alias of them
		{"/100x100/", ""}, {"/img/", "/large.jpg"}, {"/h/", "?w=300&h=200"}, {"/h/", ""}, {"/caf%C3%A9/a%20b//", ""}, {"/x/plain/s3://photos/", "@webp"},
		{"/%2e/plain/s3://photos/", "@webp"}, {"/x%2fy/plain/s3://photos/", "@webp"}, {"/a.b/s3:%2F%2Fphotos%2F", "1"}, {"/x/" + inBase64("s3://photos/x/yz"), ".jpg"},
		{"/x/", ".jpg"}, {"/", ""}, {"/card/", ""}, {"/" + inBase64(`{"bucket":"photos","key":"a/`), inBase64("b"+`"}`) + "?v=2"}, {"/prew/thumb/", ""}, {"//100x100/", ""},
		{"/100X100/", ""}, {"/%31%30%30x100/", ""},
	}
	ends := []string{"", ".jpg", "/large.jpg", "@webp", "1", "%31", "?w=300&h=200", "?h=200&w=300", "?w=300&w=1&h=200", "?w=1&w=300&h=200", "?v=2", "?", "?W=300&h=200", "?w=300&h=200#", "?h=200&&w=300", "?w=%3300&h=200"}
	random := rand.New(rand.NewPCG(3, 4))
	one := func(of []string) string { return of[random.IntN(len(of))] }
	seen := map[bool]int{}
	for range 6000 {
		at := starts[random.IntN(len(starts))]
		target := at.start
		for range random.IntN(4) {
			if random.IntN(5) == 0 {
				target += one(odd)
			} else {
				target += one(plain)
			}
		}
		if random.IntN(3) > 0 {
			target += at.end
		} else {
			target += one(ends)
		}
		if target == "/" || strings.HasPrefix(target, "/?") {
			continue
		}
		want := means(presets, target)
		got := front.get(t, target, "Accept: */*")
		if refused := got.status == 404 || got.status == 400; refused != (want == "") || !refused && got.body != want {
			t.Errorf("%.300q: %d %.100q, and to the gateway it is %.100q", target, got.status, got.body, want)
		}
		seen[want != ""]++
	}
	if seen[true] < 800 || seen[false] < 800 {
		t.Errorf("%v, expected at least 800 of each", seen)
	}
}

// TestManyLongAliases checks that nginx starts with what imports write, and that keys as long
// as a request line may be make no pattern give up.
func TestManyLongAliases(t *testing.T) {
	var text strings.Builder
	text.WriteString("thumb:\n  width: 200\n  aliases:\n")
	for i := range 500 {
		fmt.Fprintf(&text, "    - /fit-in/%dx%d/filters:quality(80)/{key}?w=%d&h=%d\n", i+1, i+2, i, i)
	}
	fmt.Fprintf(&text, "    - '/%s/{key}?%s'\n", strings.Repeat("(", 600), "a="+strings.Repeat("+", 310))
	query := "((((((((((((((((((" // the longest pattern that there is
	for i := range 15 {
		query += fmt.Sprintf("&%s%x", strings.Repeat("(", 18), i)
	}
	fmt.Fprintf(&text, "    - '/{*}/{*}/{*}/{*}/%s{key}?%s'\n", strings.Repeat("(", 1024-320-23), query)
	fmt.Fprintf(&text, "    - '/long/{key}.jpg?%s'\n", "a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=1&k=2&l=3&m=4&n=5&o=6&p=7")
	presets := presetsOf(t, text.String())
	s3 := newUpstream(t, decodes)
	front := start(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{newUpstream(t, reads(presets)).addr}, Presets: presets})
	for _, test := range []struct{ target, want string }{
		{"/fit-in/500x501/filters:quality(80)/a.jpg?h=499&w=499", "/prew/thumb/a.jpg"},
		{"/fit-in/500x501/filters:quality(80)/a.jpg?h=499&w=498", ""},
		{"/" + strings.Repeat("(", 600) + "/a.jpg?a=" + strings.Repeat("+", 310), "/prew/thumb/a.jpg"},
		{"/a/b/c/d/" + strings.Repeat("(", 1024-320-23) + "a?" + query, "/prew/thumb/a"},
		{"/long/a.jpg?p=7&o=6&n=5&m=4&l=3&k=2&j=1&i=9&h=8&g=7&f=6&e=5&d=4&c=3&b=2&a=1", "/prew/thumb/a"},
		{"/long/" + strings.Repeat("%6B", 2500) + ".jpg?a=1", ""},
		{"/fit-in/1x2/filters:quality(80)/" + strings.Repeat("%6B", 2500) + "?w=0&h=0", ""},
		{"/fit-in/1x2/filters:quality(80)/" + strings.Repeat("k", 7500) + "?w=0&h=0", ""},
		{"/fit-in/1x2/filters:quality(80)/a?" + strings.Repeat("a&", 3500) + "w=0&h=0", "/prew/thumb/a"},
	} {
		got := front.get(t, test.target)
		if test.want == "" && got.status != 404 || test.want != "" && (got.status != 200 || got.body != test.want) {
			t.Errorf("%.80s: %d %.80s, want %q", test.target, got.status, got.body, test.want)
		}
		if want := means(presets, test.target); want != test.want {
			t.Errorf("%.80s: to the gateway it is %s", test.target, strconv.Quote(want))
		}
	}
}
