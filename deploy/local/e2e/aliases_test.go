package e2e

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
)

// aliasForms are an alias of each form, without the preset's name in them.
const aliasForms = "/%[1]s/100x100/{key} /%[1]s/img/{key}/large.jpg /%[1]s/h/{key}?w=300&h=200 /{*}/%[1]s/plain/s3://photos/{key}@webp /{*}/%[1]s/{base64:s3://photos/{key}}.jpg"

// aliasesOf are addresses of a preset's preview, one of each form: raw is the key as a path
// spells it, key the key. The last one is in base64.
func aliasesOf(preset, raw, key string) []string {
	return []string{
		"/" + preset + "/100x100/" + raw, "/" + preset + "/img/" + raw + "/large.jpg", "/" + preset + "/h/" + raw + "?h=200&x=1&w=300",
		"/unsafe/" + preset + "/plain/s3://photos/" + raw + "@webp",
		"/unsafe/" + preset + "/" + base64.RawURLEncoding.EncodeToString([]byte("s3://photos/"+key)) + ".jpg",
	}
}

// TestAliasesAreTheirPresetsAddress asks for previews by an alias of each form, of a public
// bucket and of a private one, through nginx and of a gateway alone, and at the edge. Each answer is byte for
// byte the one of the preset's own address, and there is one render and one object.
func TestAliasesAreTheirPresetsAddress(t *testing.T) {
	t.Setenv("PRESET_CARD", "aliases="+fmt.Sprintf(aliasForms, "card"))
	t.Setenv("PRESET_AVATAR", "aliases="+fmt.Sprintf(aliasForms, "avatar"))
	for name, config := range map[string]stack.Config{"public": {Gateways: 1}, "private": {Gateways: 1, Private: true}, "edge": {Front: stack.Edge}} {
		t.Run(name, func(t *testing.T) {
			config.Renderers = 2
			system := begin(t, config)
			put := func(key string, body []byte) {
				t.Helper()
				if _, err := system.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
					Bucket: aws.String(stack.Bucket), Key: aws.String("photo/" + key), Body: bytes.NewReader(body), ContentType: aws.String("image/jpeg"),
				}); err != nil {
					t.Fatal(err)
				}
			}
			answersOfAliases(t, system, put)
			pathsThroughAliases(t, system, put)
		})
	}
}

// answersOfAliases compares the answers of aliases with those of their preset's address.
func answersOfAliases(t *testing.T, system *stack.Stack, put func(string, []byte)) {
	put("a/whole b.jpg", photo(t, 800, 600))
	put("a/broken.jpg", []byte("\xff\xd8\xff\xe0 and no more"))
	places := everywhere(t, system, prew.Places{})
	cold := 0
	for _, preset := range []string{"card", "avatar"} {
		for _, of := range []struct {
			raw    string
			status int
		}{{"a/whole%20b.jpg", 200}, {"a/broken.jpg", 422}, {"a/none.jpg", 404}, {"a//b.jpg", 404}, {"../b.jpg", 404}, {"a/" + strings.Repeat("k", 1100), 404}} {
			own, key := "/prew/"+preset+"/"+of.raw, strings.ReplaceAll(of.raw, "%20", " ")
			for i, alias := range aliasesOf(preset, of.raw, key) {
				for _, accept := range []string{"Accept: image/webp", "Accept: */*"} {
					first := get(t, system.Addr(), alias, accept) // the first of all is cold, before its preset's own address
					if from(first) == "rendered" {
						cold++
					}
					etag := get(t, system.Addr(), own, accept).header.Get("Etag")
					for where, addr := range places {
						for _, with := range []string{"X-Nothing: 1", "If-None-Match: " + etag, `If-Match: "other"`, "Range: bytes=2-9", "Range: bytes=99999999-"} {
							for _, method := range []string{http.MethodGet, http.MethodHead} {
								got, errGot := ask(addr, method, alias, accept, with)
								want, errWant := ask(addr, method, own, accept, with)
								if errGot != nil || errWant != nil {
									t.Fatal(errGot, errWant)
								}
								what := fmt.Sprintf("%s: %s %.80s, %s, %s", where, method, alias, accept, with)
								location := ""
								if want.status < 400 && !atTheEdge(system) { // CloudFront has one answer for all addresses
									location = own
								}
								if got := got.header.Get("Content-Location"); got != location {
									t.Errorf("%s: %d, Content-Location %q, want %q", what, want.status, got, location)
								}
								for _, h := range []http.Header{got.header, want.header} {
									for _, differs := range []string{"Content-Location", "Date", "X-Request-Id", "Server-Timing", "X-Prew", "X-Cache", "Age"} {
										h.Del(differs)
									}
									// How long a failure is remembered goes down by the second.
									if h.Get("Cache-Control") != "no-store" && h.Get("X-Prew-Error") != "" {
										h.Del("Cache-Control")
									}
								}
								refusedInBase64 := i == 4 && want.header.Get("X-Prew-Error") == "path_refused" // nginx can't see it, and a gateway's picture is another
								if got.status != want.status || !refusedInBase64 && (got.body != want.body || !maps.EqualFunc(got.header, want.header, slices.Equal)) ||
									got.header.Get("X-Prew-Error") != want.header.Get("X-Prew-Error") {
									t.Errorf("%s: %d, %d bytes, %v\nwant %d, %d bytes, %v", what, got.status, len(got.body), got.header, want.status, len(want.body), want.header)
								}
								if with == "X-Nothing: 1" && got.status != of.status {
									t.Errorf("%s: %d, want %d", what, got.status, of.status)
								}
							}
						}
					}
				}
			}
		}
	}
	if cold != 3 {
		t.Errorf("%d answers were rendered, want card, card.webp and avatar", cold)
	}
	for _, variant := range []string{"card", "card.webp", "avatar"} {
		if n := renders(t, system, "prew/"+variant+"/a/whole b.jpg"); n != 1 {
			t.Errorf("%s: %d renders, want 1", variant, n)
		}
	}
	for _, none := range []string{"/card/101x100/a.jpg", "/card/h/a.jpg?w=300", "/c%61rd/100x100/a/whole%20b.jpg", "/unsafe/card/plain/s3://other/a.jpg@webp", "/unsafe/card/YWJj.jpg"} {
		for where, addr := range places {
			if a := get(t, addr, none); a.status != 404 || a.header.Get("X-Prew-Error") != "path_refused" {
				t.Errorf("%s: %s: %d %s, want 404 path_refused", where, none, a.status, a.header.Get("X-Prew-Error"))
			}
		}
	}
}

// pathsThroughAliases sends the key of every row of nginx's table of paths through an alias of
// each form: no spelling reaches what the preset's own address does not.
func pathsThroughAliases(t *testing.T, system *stack.Stack, put func(string, []byte)) {
	file, err := os.Open("../../../nginx/testdata/paths.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, places := photo(t, 64, 48), everywhere(t, system, prew.Places{})
	rows := 0
	wanted := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		columns := strings.Split(lines.Text(), "\t")
		target, err := strconv.Unquote(columns[0])
		if err != nil {
			t.Fatal(err)
		}
		rows++
		path, _, _ := strings.Cut(target, "?")
		raw := strings.TrimPrefix(path, "/photo/")
		if rest, ok := strings.CutPrefix(path, "/prew/"); ok {
			_, raw, _ = strings.Cut(rest, "/")
		}
		own := "/prew/avatar/" + raw
		ref, err := prew.ParsePath(own)
		object, tooLong := prew.Place{Prefix: prew.DefaultPrefix}.Preview(ref)
		if refused := err != nil || tooLong != nil || raw == ""; !refused {
			put(ref.Key, picture)
			wanted[object] = true
		}
		want := get(t, system.Addr(), own)
		key, err := url.PathUnescape(raw)
		for i, alias := range aliasesOf("avatar", raw, key) {
			if i == 4 && (err != nil || key == "" || strings.Contains(strings.ToLower(raw), "%2f") || strings.ContainsAny(raw, "#")) {
				continue // base64 has the decoded key, in which this is no longer so
			}
			if i == 4 && atTheEdge(system) && !utf8.ValidString(path) {
				continue // nor this, which CloudFront spoils
			}
			for where, addr := range places {
				got, err := ask(addr, http.MethodGet, alias)
				if err != nil {
					t.Fatal(err)
				}
				malformed := (got.status == 400 || want.status == 400 && got.status == 404) && want.status != 200 // to net/http, and to nginx where it is not a path
				if got.status != want.status && !malformed || want.status == 200 && got.body != want.body {
					t.Errorf("%s: %.100q (%s): %d %s, want %d", where, alias, columns[2], got.status, got.header.Get("X-Prew-Error"), want.status)
				}
			}
		}
	}
	if rows < 160 {
		t.Errorf("%d rows, want at least 160", rows)
	}
	prefix := "prew/avatar/"
	pages := s3.NewListObjectsV2Paginator(system.S3.Client(), &s3.ListObjectsV2Input{Bucket: aws.String(stack.Bucket), Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Contents {
			if !wanted[*object.Key] && !strings.HasSuffix(*object.Key, "whole b.jpg") {
				t.Errorf("%.80q is in the bucket and was not asked for", *object.Key)
			}
		}
	}
}
