package e2e

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
)

// TestStandIns asks for the texts that stand in for a photo, of a public bucket, of a private one
// and at the edge: each is text/plain, whatever a client accepts, the same wherever it comes
// from, and is rendered and stored once.
func TestStandIns(t *testing.T) {
	t.Setenv("PRESET_DOT", "format=thumbhash")
	t.Setenv("PRESET_BLUR", "format=blurhash,width=64,height=36,fit=cover")
	for name, config := range map[string]stack.Config{"public": {Gateways: 1}, "private": {Gateways: 1, Private: true}, "edge": {Front: stack.Edge}} {
		t.Run(name, func(t *testing.T) {
			config.Renderers = 1
			system := begin(t, config)
			uploadTo(t, system, "photo/a b.jpg", photo(t, 1000, 800))
			places := everywhere(t, system, prew.Places{})
			for preset, form := range map[string]*regexp.Regexp{
				"dot":  regexp.MustCompile(`^[A-Za-z0-9+/]{30,32}={0,2}$`),
				"blur": regexp.MustCompile(`^L[0-9A-Za-z#$%*+,.:;=?@\[\]^_{|}~-]{27}$`), // L: four waves across and three down
			} {
				target := "/prew/" + preset + "/a%20b.jpg"
				const browser = "Accept: image/avif,image/webp,image/*,*/*;q=0.8"
				first := get(t, system.Addr(), target, browser)
				if first.status != 200 || from(first) != "rendered" || !form.MatchString(first.body) {
					t.Fatalf("%s: %d %s, %s: %q", target, first.status, first.header.Get("X-Prew-Error"), from(first), first.body)
				}
				for where, addr := range places {
					again := get(t, addr, target, "Accept: text/plain")
					for header, want := range map[string]string{
						"Content-Type": "text/plain", "X-Content-Type-Options": "nosniff", "Vary": "", "Etag": first.header.Get("Etag"), "Content-Encoding": "",
					} {
						if got := again.header.Get(header); again.status != 200 || got != want || first.header.Get(header) != want {
							t.Errorf("%s, from %s: %d, %s is %q and at first %q, want %q", target, where, again.status, header, got, first.header.Get(header), want)
						}
					}
					if again.body != first.body {
						t.Errorf("%s, from %s: %q, want %q", target, where, again.body, first.body)
					}
					if same := get(t, addr, target, "If-None-Match: "+first.header.Get("Etag")); same.status != 304 || same.body != "" {
						t.Errorf("%s, from %s, with its ETag: %d, %q", target, where, same.status, same.body)
					}
					if head, err := ask(addr, http.MethodHead, target); err != nil || head.status != 200 || head.header.Get("Content-Type") != "text/plain" {
						t.Errorf("%s, from %s, HEAD: %d, %q, %v", target, where, head.status, head.header.Get("Content-Type"), err)
					}
					if part := get(t, addr, target, "Range: bytes=2-5"); part.status != 206 || part.body != first.body[2:6] {
						t.Errorf("%s, from %s, a part: %d, %q", target, where, part.status, part.body)
					}
				}
				object, err := system.S3.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(stack.Bucket), Key: aws.String("prew/" + preset + "/a b.jpg")})
				if err != nil || aws.ToString(object.ContentType) != "text/plain" || aws.ToString(object.CacheControl) != "public, max-age=86400" {
					t.Errorf("%s is stored as %q, %q, %v", preset, aws.ToString(object.ContentType), aws.ToString(object.CacheControl), err)
				}
				if n := renders(t, system, "prew/"+preset+"/a b.jpg"); n != 1 {
					t.Errorf("%s: %d renders, want 1", preset, n)
				}
				// A failure has a picture, as of any preset.
				missing := get(t, system.Addr(), "/prew/"+preset+"/none.jpg")
				if missing.status != 404 || missing.header.Get("X-Prew-Error") != "source_missing" || missing.header.Get("Content-Type") != "image/png" {
					t.Errorf("%s of no photo: %d %s, %q", preset, missing.status, missing.header.Get("X-Prew-Error"), missing.header.Get("Content-Type"))
				}
			}
			// The photo is wider than tall, and so its ThumbHash says.
			hash, err := base64.StdEncoding.DecodeString(get(t, system.Addr(), "/prew/dot/a%20b.jpg").body)
			if err != nil || len(hash) < 20 || hash[4]>>7 != 1 {
				t.Errorf("the ThumbHash is %x, %v", hash, err)
			}
		})
	}
}
