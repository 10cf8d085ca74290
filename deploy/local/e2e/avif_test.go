package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
)

// TestAVIF asks for a photo with formats [avif, webp], of a public bucket, of a private one and at
// the edge: who accepts AVIF gets one, by every door, which is stored and is a picture of the right
// size for the decoder of photos, and all others get what they accept.
func TestAVIF(t *testing.T) {
	t.Setenv("PRESET_MODERN", "width=320,formats=avif webp")
	t.Setenv("PRESET_PLAIN", "width=64,format=avif")
	t.Setenv("PRESET_AGAIN", "width=160,format=png")
	for name, config := range map[string]stack.Config{"public": {Gateways: 1}, "private": {Gateways: 1, Private: true}, "edge": {Front: stack.Edge}} {
		t.Run(name, func(t *testing.T) {
			config.Renderers = 1
			system := begin(t, config)
			uploadTo(t, system, "photo/a b.jpg", photo(t, 1000, 800))
			places := everywhere(t, system, prew.Places{})
			for _, test := range []struct {
				preset, accept, variant, contentType, vary string
				width, height                              int
			}{
				{"modern", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "modern.avif", "image/avif", "Accept", 320, 256},
				{"modern", "image/webp,image/avif", "modern.avif", "image/avif", "Accept", 320, 256}, // the preset's order counts
				{"modern", "image/webp,image/avif;q=0", "modern.webp", "image/webp", "Accept", 320, 256},
				{"modern", "image/*,*/*", "modern", "image/jpeg", "Accept", 320, 256},
				{"modern.avif", "image/jpeg", "modern.avif", "image/avif", "", 320, 256},
				{"plain", "*/*", "plain", "image/avif", "", 64, 51},
			} {
				target, accept := "/prew/"+test.preset+"/a%20b.jpg", "Accept: "+test.accept
				first := get(t, system.Addr(), target, accept)
				if first.status != 200 || first.header.Get("Content-Type") != test.contentType || first.header.Get("Vary") != test.vary {
					t.Fatalf("%s for %s: %d %s, %s, Vary %q", target, test.accept, first.status, first.header.Get("X-Prew-Error"), first.header.Get("Content-Type"), first.header.Get("Vary"))
				}
				for where, addr := range places {
					again := get(t, addr, target, accept)
					if again.status != 200 || again.body != first.body || again.header.Get("Content-Type") != test.contentType || again.header.Get("Vary") != test.vary {
						t.Errorf("%s for %s, from %s: %d, the same bytes: %t, %s, Vary %q", target, test.accept, where, again.status, again.body == first.body,
							again.header.Get("Content-Type"), again.header.Get("Vary"))
					}
				}
				stored, err := system.S3.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(stack.Bucket), Key: aws.String("prew/" + test.variant + "/a b.jpg")})
				if err != nil || aws.ToString(stored.ContentType) != test.contentType || aws.ToInt64(stored.ContentLength) != int64(len(first.body)) {
					t.Errorf("%s for %s: %+v is stored, %v", target, test.accept, stored, err)
				}
				if test.contentType != "image/avif" {
					continue
				}
				// As a photo it is decoded again.
				key := "again/" + test.variant + ".avif"
				uploadTo(t, system, "photo/"+key, []byte(first.body))
				again := get(t, system.Addr(), "/prew/again/"+key)
				if again.status != 200 {
					t.Fatalf("%s as a photo: %d %s", test.variant, again.status, again.header.Get("X-Prew-Error"))
				}
				format, width, height := sizeOf(t, again.body)
				if wantWidth := min(test.width, 160); format != "png" || width != wantWidth || height != (test.height*wantWidth+test.width/2)/test.width {
					t.Errorf("%s as a photo: %s of %dx%d", test.variant, format, width, height)
				}
			}
		})
	}
}
