package stack_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"prew"
	"prew/deploy/local/stack"
)

// TestGatewayHearsOfPhotosAndNothingElse writes to a real S3 server, before and after there is
// a gateway. The gateway refuses at first.
func TestGatewayHearsOfPhotosAndNothingElse(t *testing.T) {
	events, err := stack.StartEvents("prew/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(events.Stop)
	server, err := stack.StartS3Telling(t.TempDir(), events.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	if err := server.CreateBucket(t.Context(), "pictures"); err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	put := func(key string) {
		t.Helper()
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("pictures"), Key: &key, Body: strings.NewReader("bytes")}); err != nil {
			t.Fatal(err)
		}
	}
	put("photo/before.jpg")

	heard := make(chan prew.Event, 100)
	refusals := 2
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if refusals--; refusals >= 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		found, err := prew.ReadEvents(body)
		if err != nil || r.Header.Get("Authorization") != "Bearer secret" || r.URL.Path != "/events" {
			t.Errorf("%s with %q: %s, %v", r.URL.Path, r.Header.Get("Authorization"), body, err)
		}
		for _, event := range found {
			heard <- event
		}
	}))
	defer gateway.Close()
	events.PassOn(gateway.URL+"/events", "secret")
	if events.Await(t.Context(), 1); len(heard) != 1 {
		t.Errorf("%d events were passed on when 1 was awaited", len(heard))
	}

	want := func(what string, objects []string, removed bool) {
		t.Helper()
		var got []string
		for deadline := time.After(10 * time.Second); len(got) < len(objects); {
			select {
			case event := <-heard:
				if event.Bucket != "pictures" || event.Removed != removed {
					t.Errorf("%s: %+v", what, event)
				}
				got = append(got, event.Object)
			case <-deadline:
				t.Fatalf("%s: heard %q, want %q", what, got, objects)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, objects) {
			t.Errorf("%s: heard %q, want %q", what, got, objects)
		}
	}
	want("uploaded before the gateway", []string{"photo/before.jpg"}, false)
	put("prew/card/before.jpg")
	put("photo/after.jpg")
	want("replaced", []string{"photo/after.jpg"}, false)
	// What versitygw calls these is read in both ways where that is not plain.
	for key, objects := range map[string][]string{
		"photo/a b.jpg":   {"photo/a b.jpg"},
		"photo/a+b.jpg":   {"photo/a b.jpg", "photo/a+b.jpg"},
		"photo/ö.jpg":     {"photo/ö.jpg"},
		"photo/100%.jpg":  {"photo/100%.jpg"},
		"photo/a%20b.jpg": {"photo/a b.jpg", "photo/a%20b.jpg"},
	} {
		put(key)
		want("written "+key, objects, false)
		if _, err := client.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: aws.String("pictures"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: &key}}}}); err != nil {
			t.Fatal(err)
		}
		want("removed "+key, objects, true)
	}
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("pictures"), Key: aws.String("photo/after.jpg")}); err != nil {
		t.Fatal(err)
	}
	want("removed alone", []string{"photo/after.jpg"}, true)
	select {
	case event := <-heard:
		t.Errorf("heard more: %+v", event)
	case <-time.After(300 * time.Millisecond):
	}

	response, err := http.Post(events.URL, "application/json", strings.NewReader("nonsense"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("nonsense is answered %s", response.Status)
	}
}
