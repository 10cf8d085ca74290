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
	r := newReplacer(store.Bucket{Client: client, Name: stack.Bucket}, photos, others[:1])
	for _, test := range []struct {
		query                      string
		status                     int
		bucket, key, content, kind string // after it
	}{
		{"?photo=0", 204, stack.Bucket, "photo/a.jpg", "1", "image/png"},
		{"?photo=0", 204, stack.Bucket, "photo/a.jpg", "2", "image/jpeg"},
		{"?photo=0", 204, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"}, // itself again
		{"?photo=2", 204, "people", "faces/a.jpg", "0", "image/jpeg"},
		{"?photo=3", 404, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
		{"?photo=-1", 404, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
		{"", 404, stack.Bucket, "photo/a.jpg", "0", "image/jpeg"},
	} {
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/replace"+test.query, nil))
		if answer.Code != test.status {
			t.Errorf("%+v: %d, %s", test, answer.Code, answer.Body)
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
