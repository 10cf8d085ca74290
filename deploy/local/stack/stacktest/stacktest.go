// Package stacktest starts a Redis and an S3 server for all tests of a package, puts
// photos there, and asks over HTTP for what the tests are about.
package stacktest

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

// Servers are the Redis and the S3 server of all tests of a package; each test has
// photos of its own. They run while Run does.
type Servers struct {
	Bucket string // anyone may read its photos and previews
	Redis  *stack.Redis
	S3     *stack.S3
}

// Run starts the servers, makes the bucket, runs the tests and stops the servers. It
// returns the exit code, for TestMain. Where a server does not start it panics.
func (s *Servers) Run(m *testing.M) (code int) {
	dir, err := os.MkdirTemp("", "servers")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if s.Redis, err = stack.StartRedis(dir); err != nil {
		panic(err)
	}
	defer s.Redis.Stop()
	if s.S3, err = stack.StartS3(dir); err != nil {
		panic(err)
	}
	defer s.S3.Stop()
	if err := s.S3.CreateBucket(context.Background(), s.Bucket); err != nil {
		panic(err)
	}
	return m.Run()
}

// Put stores a JPEG in the bucket.
func (s *Servers) Put(t *testing.T, key, body string) (etag string) {
	t.Helper()
	out, err := s.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &s.Bucket, Key: &key, Body: strings.NewReader(body), ContentType: aws.String("image/jpeg"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ETag
}

// Get is Do with GET.
func Get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	return Do(t, http.MethodGet, url, header...)
}

// Do makes a request with headers, each a name and then its value, and returns the
// answer and its body. It follows no redirect.
func Do(t *testing.T, method, url string, header ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}
