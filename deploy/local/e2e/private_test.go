package e2e

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

// TestPrivateBucket runs a system of its own in which nobody may read anything
// in S3 without signing.
func TestPrivateBucket(t *testing.T) {
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	system, err := stack.Start(t.Context(), stack.Config{Dir: t.TempDir(), Listen: addr, Renderers: 1, Gateways: 2, Private: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(system.Stop)
	original := photo(t, 640, 480)
	_, err = system.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(stack.Bucket), Key: aws.String("photo/a b.jpg"), Body: bytes.NewReader(original), ContentType: aws.String("image/jpeg"),
	})
	if err != nil {
		t.Fatal(err)
	}
	const photoURL, previewURL = "/photo/a%20b.jpg", "/prew/thumb/a%20b.jpg"

	first := get(t, addr, previewURL)
	if _, width, height := sizeOf(t, first.body); first.status != 200 || first.header.Get("X-Prew") != "rendered" || width != 200 || height != 200 {
		t.Fatalf("cold: %d, %q, %dx%d", first.status, first.header.Get("X-Prew"), width, height)
	}
	for _, path := range []string{photoURL, previewURL} {
		if open := get(t, system.S3.Addr, "/"+stack.Bucket+path); open.status != http.StatusForbidden {
			t.Errorf("S3 gives %s to anybody: %d", path, open.status)
		}
	}
	if again := get(t, addr, previewURL); again.header.Get("X-Prew") != "cached" || again.body != first.body {
		t.Errorf("again: %q", again.header.Get("X-Prew"))
	}
	for _, gateway := range system.Gateways {
		stored := get(t, gateway.Addr, previewURL)
		if stored.header.Get("X-Prew") != "stored" || stored.body != first.body || stored.header.Get("Etag") != first.header.Get("Etag") {
			t.Errorf("from a gateway: %d, %q, the same bytes: %v", stored.status, stored.header.Get("X-Prew"), stored.body == first.body)
		}
	}

	for _, want := range []string{"fetched", "cached"} {
		a := get(t, addr, photoURL)
		if a.status != 200 || a.body != string(original) || a.header.Get("Content-Type") != "image/jpeg" || a.header.Get("X-Prew") != "" {
			t.Errorf("the photo, %s: %d, %d of %d bytes, %v", want, a.status, len(a.body), len(original), a.header)
		}
	}
	if part := get(t, addr, photoURL, "Range: bytes=0-1"); part.status != 206 || part.body != "\xff\xd8" {
		t.Errorf("a range of it: %d, %q", part.status, part.body)
	}
	if missing := get(t, addr, "/photo/none.jpg"); missing.status != 404 || missing.header.Get("X-Prew-Error") != "source_missing" {
		t.Errorf("a missing photo: %d, %q", missing.status, missing.header.Get("X-Prew-Error"))
	}
	if missing := get(t, addr, "/prew/thumb/none.jpg"); missing.status != 404 || missing.header.Get("X-Prew-Error") != "source_missing" {
		t.Errorf("a preview of one: %d, %q", missing.status, missing.header.Get("X-Prew-Error"))
	}
	if n := system.Emulator.Invocations()["prew/thumb/a b.jpg"]; n != 1 {
		t.Errorf("%d renders, want 1", n)
	}
	conditions(t, system)
	variants(t, system)
}
