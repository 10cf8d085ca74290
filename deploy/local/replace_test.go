package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
	"prew/lambda/store"
)

func TestButtonPutsAnotherPhotoInThePlaceOfOne(t *testing.T) {
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	for _, bucket := range []string{stack.Bucket, "people"} {
		if err := server.CreateBucket(t.Context(), bucket); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	var photos []photo
	for i, key := range []string{"a.jpg", "b.png", "a.jpg"} {
		file := filepath.Join(dir, string(rune('0'+i)))
		if err := os.WriteFile(file, []byte{byte('0' + i)}, 0o600); err != nil {
			t.Fatal(err)
		}
		photos = append(photos, photo{key: key, file: file, contentType: []string{"image/jpeg", "image/png", "image/jpeg"}[i]})
	}
	photos[2].source = "people"
	client := server.Client()
	r := newReplacer(store.Bucket{Client: client, Name: stack.Bucket}, photos, others[:1], "http://localhost:8080")
	for _, test := range []struct {
		method, query, origin, header string
		status                        int
		bucket, key, content, kind    string // after it
	}{
		{"POST", "?photo=0", "http://localhost:8080", "1", 204, stack.Bucket, "photo/a.jpg", "1", "image/png"},
		{"POST", "?photo=0", "http://localhost:8080", "1", 204, stack.Bucket, "photo/a.jpg", "2", "image/jpeg"},
		{"POST", "?photo=0", "http://localhost:8080", "1", 204, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"}, // itself again
		{"POST", "?photo=2", "http://localhost:8080", "1", 204, "people", "faces/a.jpg", "0", "image/jpeg"},
		{"POST", "?photo=3", "http://localhost:8080", "1", 404, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
		{"POST", "?photo=-1", "http://localhost:8080", "1", 404, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
		{"POST", "?photo=0", "http://elsewhere", "1", 403, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
		{"POST", "?photo=0", "", "1", 403, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
		{"POST", "?photo=0", "http://localhost:8080", "", 405, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"}, // as a form sends it
		{"GET", "?photo=0", "http://localhost:8080", "1", 405, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
		{"OPTIONS", "?photo=0", "http://localhost:8080", "", 204, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
		{"OPTIONS", "?photo=0", "http://elsewhere", "", 403, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
	} {
		request := httptest.NewRequest(test.method, "/"+test.query, nil)
		request.Header.Set("Origin", test.origin)
		if test.header != "" {
			request.Header.Set("X-Prew-Replace", test.header)
		}
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		if answer.Code != test.status {
			t.Errorf("%+v: %d, %s", test, answer.Code, answer.Body)
		}
		if allowed := answer.Header().Get("Access-Control-Allow-Origin"); (test.status == http.StatusForbidden) != (allowed == "") {
			t.Errorf("%+v: allows %q", test, allowed)
		}
		object, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &test.bucket, Key: &test.key})
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(object.Body)
		object.Body.Close()
		if err != nil || string(content) != test.content || aws.ToString(object.ContentType) != test.kind {
			t.Errorf("%+v: %s of %s, %v", test, content, aws.ToString(object.ContentType), err)
		}
	}
}
