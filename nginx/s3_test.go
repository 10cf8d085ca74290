package nginx_test

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
	"prew/nginx"
)

// realS3 starts an S3 server with the bucket "photos" and nginx before it. The
// gateway says 404 to everything.
func realS3(t *testing.T) (*front, *s3.Client, *stack.S3) {
	t.Helper()
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	if err := server.CreateBucket(context.Background(), "photos"); err != nil {
		t.Fatal(err)
	}
	gateway := newUpstream(t, failing(404))
	return start(t, nginx.Site{Previews: stack.StoreAt(server.Addr, "photos"), Gateways: []string{gateway.addr}}), server.Client(), server
}

func put(t *testing.T, client *s3.Client, key, body string) {
	t.Helper()
	_, err := client.PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String("photos"), Key: &key, Body: bytes.NewReader([]byte(body)),
		ContentType: aws.String("image/jpeg"), CacheControl: aws.String("public, max-age=86400"),
		Metadata: map[string]string{"camera": "my own"},
	})
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
}

func TestS3(t *testing.T) {
	front, client, server := realS3(t)
	put(t, client, "photo/a b/ä.jpg", object)
	put(t, client, "prew/thumb/a b/ä.jpg", object)
	for _, test := range []struct{ target, first, then string }{
		{"/photo/a%20b/%C3%A4.jpg", "", ""},
		{"/prew/thumb/a%20b/%C3%A4.jpg", "stored", "cached"},
	} {
		first := front.get(t, test.target)
		first.check(t, test.target, 200, map[string]string{
			"X-Prew": test.first, "Content-Type": "image/jpeg", "Cache-Control": "public, max-age=86400", "X-Amz-Meta-Camera": "", "X-Amz-Request-Id": "",
		})
		if first.body != object {
			t.Errorf("%s: %q", test.target, first.body)
		}
		etag := first.header.Get("ETag")
		again := func(what, header string, status int, prew string) {
			t.Helper()
			got := front.get(t, test.target, header)
			got.check(t, what+": "+test.target, status, map[string]string{"X-Prew": prew, "ETag": etag})
		}
		again("again", "X-Nothing: 1", 200, test.then)
		again("a part", "Range: bytes=0-3", 206, test.then)
		again("unless it is known", "If-None-Match: "+etag, 304, test.then)
		front.expire(t)
		again("expired, and still the same in S3", "X-Nothing: 1", 200, test.then)
	}
	front.get(t, "/photo/none.jpg").checkPicture(t, "a photo that is missing", 404, "source_missing", "not-found.png")
	front.get(t, "/prew/thumb/none.jpg").check(t, "a preview that is missing", 404, nil)
	front.expire(t)
	server.Stop()
	front.get(t, "/prew/thumb/a%20b/%C3%A4.jpg").check(t, "S3 is gone", 200, map[string]string{"X-Prew": "cached"})
}

// TestS3ReadsPathsAsSpelt stores an object under the key of every row that nginx
// sends to S3 in the client's spelling, and gets it by that spelling.
func TestS3ReadsPathsAsSpelt(t *testing.T) {
	front, client, _ := realS3(t)
	for _, row := range rows(t) {
		if row.room != "photo" && row.room != "prew" {
			continue
		}
		path, _, _ := strings.Cut(row.target, "?")
		object, err := url.PathUnescape(path)
		if err != nil {
			t.Fatal(err)
		}
		put(t, client, strings.TrimPrefix(object, "/"), object)
		got := front.get(t, row.target)
		if got.status != 200 || got.body != object {
			t.Errorf("%.100q (%s): status %d with %.100q, want %.100q", row.target, row.note, got.status, got.body, object)
		}
	}
}
