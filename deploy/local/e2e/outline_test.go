package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
)

// outlined is what an answer says by which a page keeps the place of a preview.
func outlined(a answer) prew.Outline {
	said := map[string]string{}
	for _, field := range (prew.Outline{}).Fields() {
		said[field.Metadata] = a.header.Get(field.Header)
	}
	return prew.OutlineOf(said)
}

// TestOutline: the size of the photo, turned upright, the dominant colour and the crop
// that the photo decided are said by every
// door of a public bucket, of a private one and at the edge, alike when the preview is rendered,
// stored and cached, and what S3 calls them goes out nowhere. A preview of earlier days has none.
func TestOutline(t *testing.T) {
	t.Setenv("PRESET_DOT", "format=thumbhash")
	t.Setenv("PRESET_FOUND", "width=100,height=100,fit=cover,gravity=smart")
	for name, config := range map[string]stack.Config{"public": {Gateways: 1}, "private": {Gateways: 1, Private: true}, "edge": {Front: stack.Edge}} {
		t.Run(name, func(t *testing.T) {
			config.Renderers = 1
			system := begin(t, config)
			uploadTo(t, system, "photo/a b.jpg", photo(t, 1000, 800))
			uploadTo(t, system, "prew/thumb/old.jpg", photo(t, 100, 80))
			places := everywhere(t, system, prew.Places{})
			for _, preset := range []string{"thumb", "hero", "dot", "found"} {
				target := "/prew/" + preset + "/a%20b.jpg"
				first := get(t, system.Addr(), target)
				want := outlined(first)
				if first.status != 200 || from(first) != "rendered" || want.Width != 1000 || want.Height != 800 || want.Colour == "" || (want.Crop != "") != (preset == "found") {
					t.Errorf("%s: %d, %s, %+v", target, first.status, from(first), want)
				}
				object, err := system.S3.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(stack.Bucket), Key: aws.String("prew/" + preset + "/a b.jpg")})
				if err != nil || prew.OutlineOf(object.Metadata) != want {
					t.Errorf("%s is stored with %v, %v, want %+v", target, object.Metadata, err, want)
				}
				for where, addr := range places {
					for range 2 { // the second of what was stored comes from a cache
						for _, step := range []struct {
							method, header string
							status         int
							want           prew.Outline
						}{
							{http.MethodGet, "X-Nothing: 1", 200, want}, {http.MethodHead, "X-Nothing: 1", 200, want}, {http.MethodGet, "Range: bytes=2-5", 206, want},
							{http.MethodGet, "If-None-Match: " + first.header.Get("Etag"), 304, prew.Outline{}},
						} {
							got, err := ask(addr, step.method, target, step.header)
							if err != nil || got.status != step.status || outlined(got) != step.want {
								if step.status == 304 && atTheEdge(system) && outlined(got) == want {
									continue // CloudFront's own 304 has what it has
								}
								t.Errorf("%s %s, from %s, with %s: %d, %+v, %v, want %+v", step.method, target, where, step.header, got.status, outlined(got), err, step.want)
							}
							for name := range got.header {
								if strings.HasPrefix(name, "X-Amz-Meta-") {
									t.Errorf("%s, from %s: %s", target, where, name)
								}
							}
						}
					}
				}
			}
			for where, addr := range places {
				if old := get(t, addr, "/prew/thumb/old.jpg"); old.status != 200 || outlined(old) != (prew.Outline{}) {
					t.Errorf("an old preview, from %s: %d, %+v", where, old.status, outlined(old))
				}
			}
		})
	}
}
