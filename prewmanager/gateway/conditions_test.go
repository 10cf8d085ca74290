package gateway

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
)

// TestConditionsByRFC9110 runs nginx's table against every way in which a gateway
// answers.
func TestConditionsByRFC9110(t *testing.T) {
	stored := func(key string) (etag string, modified time.Time) {
		put(t, key, stack.Conditioned)
		head, err := servers.S3.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
		if err != nil {
			t.Fatal(err)
		}
		return *head.ETag, *head.LastModified
	}
	etag, modified := stored("photo/conditions.jpg")
	for same := false; !same; { // the table has one Last-Modified, in seconds, and a second may end between the two
		_, of := stored("prew/hero/conditions.jpg")
		if same = of.Equal(modified); !same {
			_, modified = stored("photo/conditions.jpg")
		}
	}
	// A store whose previews are there once they are made: they all look the same.
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("ETag", etag)
		w.Header().Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
	}))
	defer empty.Close()
	f := &renderer{answer: results(prew.RenderResult{
		Status: true, ContentType: "image/jpeg", Size: len(stack.Conditioned), Data: []byte(stack.Conditioned), ETag: etag,
	})}
	making := start(t, f, func(s *settings) { s.S3Endpoint = empty.URL })
	makingPrivate := start(t, f, func(s *settings) { s.S3Endpoint, s.Private = empty.URL, true })
	public := start(t, f)
	private := start(t, f, func(s *settings) { s.Private = true })
	rows, err := stack.Conditions("../../nginx/testdata/conditions.tsv", etag, modified)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		for way, url := range map[string]string{
			"a photo":                  public.URL + "/photo/conditions.jpg",
			"a preview that is stored": public.URL + "/prew/hero/conditions.jpg",
			"a preview that is made":   fmt.Sprintf("%s/prew/hero/conditions/%d.jpg", making.URL, i),
			"a private photo":          private.URL + "/photo/conditions.jpg",
			"a private stored preview": private.URL + "/prew/hero/conditions.jpg",
			"a private preview, cold":  fmt.Sprintf("%s/prew/hero/conditions/private/%d.jpg", makingPrivate.URL, i),
		} {
			var headers []string
			for _, line := range row.Headers {
				name, value, _ := strings.Cut(line, ": ")
				headers = append(headers, name, value)
			}
			response, body := do(t, row.Method, url, headers...)
			h := response.Header
			if wrong := row.Check(response.StatusCode, h, body); wrong != "" {
				t.Errorf("%s: %s: %s", way, row, wrong)
			}
		}
	}
}

// TestLastModifiedIsThatOfS3 from the first answer on.
func TestLastModifiedIsThatOfS3(t *testing.T) {
	server := start(t, new(renderer))
	for i, header := range [][]string{nil, {"If-None-Match", `"other"`}} {
		path := fmt.Sprintf("prew/hero/modified/%d.jpg", i)
		first, _ := get(t, server.URL+"/"+path, header...)
		head, err := servers.S3.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: &path})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := first.Header.Get("Last-Modified"), head.LastModified.UTC().Format(http.TimeFormat); first.Header.Get("X-Prew") != "rendered" || got != want {
			t.Errorf("%v: %q, want %q", header, got, want)
		}
	}
}

// TestPreviewDoesNotWaitForItsDate is about a store that is slow to answer just then.
func TestPreviewDoesNotWaitForItsDate(t *testing.T) {
	f := &renderer{answer: results(prew.RenderResult{Status: true, ContentType: "image/jpeg", Size: 1, Data: []byte("p"), ETag: `"e"`})}
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			<-release
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer slow.Close()
	defer close(release)
	server := start(t, f, func(s *settings) { s.S3Endpoint = slow.URL })
	began := time.Now()
	r, body := get(t, server.URL+"/prew/hero/dateless.jpg")
	if r.StatusCode != 200 || body != "p" || r.Header.Get("Last-Modified") != "" || time.Since(began) > prew.StoreTimeout/2 {
		t.Errorf("%s, %q, %v after %v", r.Status, body, r.Header, time.Since(began))
	}
}
