package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestFunctionIsReplaced deploys viewer functions, and invalidates what was kept.
func TestFunctionIsReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "viewer.js")
	at := time.Now().Add(-time.Hour)
	deploy := func(source string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Second)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	deploy(echo)
	s3 := newOrigin(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) })
	d := &distribution{function: file, origins: origins{previews: s3.URL, photos: s3.URL, function: s3.URL, region: "eu-west-1", credentials: aws.Credentials{AccessKeyID: "k", SecretAccessKey: "s"}}}
	front := httptest.NewServer(d)
	defer front.Close()
	refusing := strings.Replace(echo, "/refused", "/prew/b", 1)
	for _, step := range []struct {
		what, path string
		deploy     string
		status     int
		cache      string
		asked      int64 // of the origin in all
	}{
		{"the first function", "/prew/a", "", 200, miss, 1},
		{"and its cache", "/prew/a", "", 200, hit, 1},
		{"the same anew, as an invalidation", "/prew/a", echo, 200, miss, 2},
		{"another function", "/prew/b", refusing, 404, generated, 2},
		{"one that can't be read", "/prew/b", "function", 404, generated, 2},
		{"the first again", "/prew/b", echo, 200, miss, 3},
	} {
		if step.deploy != "" {
			deploy(step.deploy)
		}
		response, _ := send(t, http.MethodGet, front.URL+step.path)
		if response.StatusCode != step.status || response.Header.Get("X-Cache") != step.cache || s3.asked.Load() != step.asked {
			t.Errorf("%s: %s, %s, %d asked; want %d, %s, %d", step.what, response.Status, response.Header.Get("X-Cache"), s3.asked.Load(), step.status, step.cache, step.asked)
		}
	}
}
