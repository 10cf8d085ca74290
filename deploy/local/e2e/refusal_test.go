package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

// TestKeysThatTheStoreRefuses: the store keeps files, whose names have at most 255
// bytes. Whoever asks for a longer one is at fault, and nothing is rendered.
func TestKeysThatTheStoreRefuses(t *testing.T) {
	upload(t, "photo/beside.jpg", photo(t, 64, 48)) // in a folder that is not there, every name is only missing
	get(t, whole.Nginx.Addr, "/prew/thumb/beside.jpg")
	for _, key := range []string{strings.Repeat("k", 256), strings.Repeat("k", 256) + "/a.jpg", "a+" + strings.Repeat("k", 256)} {
		for _, folder := range []string{"/photo/", "/prew/thumb/"} {
			for _, addr := range []string{whole.Nginx.Addr, whole.Gateways[0].Addr} {
				got := get(t, addr, folder+key)
				if got.status != 404 || got.header.Get("X-Prew-Error") != "path_refused" {
					t.Errorf("%s%.10s: %d %q", folder, key, got.status, got.header.Get("X-Prew-Error"))
				}
			}
		}
		if n := whole.Emulator.Invocations()["prew/thumb/"+key]; n != 0 {
			t.Errorf("%.10s: %d invocations", key, n)
		}
	}
}

// TestPackedPhoto: it is rendered as what it unpacks to, and served as it is stored.
func TestPackedPhoto(t *testing.T) { onBoth(t, packedPhoto) }

func packedPhoto(t *testing.T, system *stack.Stack) {
	key := fmt.Sprintf("packed/%d.jpg", time.Now().UnixNano())
	var packed bytes.Buffer
	packer := gzip.NewWriter(&packed)
	packer.Write(photo(t, 640, 480))
	packer.Close()
	if _, err := system.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(stack.Bucket), Key: aws.String("photo/" + key), Body: bytes.NewReader(packed.Bytes()),
		ContentType: aws.String("image/jpeg"), ContentEncoding: aws.String("gzip"),
	}); err != nil {
		t.Fatal(err)
	}
	preview := get(t, system.Addr(), "/prew/thumb/"+key)
	if preview.status != 200 || preview.header.Get("Content-Encoding") != "" {
		t.Fatalf("%d %q, %v", preview.status, preview.header.Get("X-Prew-Error"), preview.header)
	}
	if _, width, height := sizeOf(t, preview.body); width != 200 || height != 200 {
		t.Errorf("%dx%d", width, height)
	}
	for _, where := range []string{"miss", "hit"} {
		got := get(t, system.Addr(), "/photo/"+key)
		if got.status != 200 || got.header.Get("Content-Encoding") != "gzip" || got.body != packed.String() {
			t.Errorf("a %s: %d, %q, %d bytes of %d", where, got.status, got.header.Get("Content-Encoding"), len(got.body), packed.Len())
		}
	}
}
