package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"prew/deploy/local/stack"
)

// TestPreviewsOfAPhotoThatChangesGo posts what a store says to a gateway's /events.
func TestPreviewsOfAPhotoThatChangesGo(t *testing.T) {
	hears, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	const secret = "a secret of sixteen bytes"
	cmd, addr, log := serving(t, "PREW_FUNCTION=f", "PREW_EVENTS_LISTEN="+hears, "PREW_EVENTS_SECRET="+secret)
	defer func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v\n%s", err, log)
		}
	}()
	const key, other = "changes/a b.jpg", "changes/b.jpg"
	gone := []string{"prew/thumb/" + key, "prew/card.webp/" + key, "prew/of-the-past/" + key}
	for _, object := range gone {
		put(t, object, "a preview")
	}
	put(t, "photo/"+key, "a photo")
	put(t, "prew/thumb/"+other, "a preview")
	post := func(url, secret string) int {
		t.Helper()
		body := fmt.Sprintf(`{"Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q}}}]}`, bucket, "photo/"+key)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/events", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+secret)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if text, _ := io.ReadAll(response.Body); response.StatusCode == http.StatusOK && string(text) != "{\"photos\":1}\n" {
			t.Errorf("%q", text)
		}
		return response.StatusCode
	}
	stored := func(object string) bool {
		_, err := servers.S3.Client().HeadObject(t.Context(), head(object))
		return err == nil
	}
	if status := post("http://"+hears, "another"); status != http.StatusUnauthorized || !stored(gone[0]) {
		t.Errorf("without the secret: %d", status)
	}
	if status := post("http://"+addr, secret); status != http.StatusMethodNotAllowed {
		t.Errorf("where pages ask: %d", status)
	}
	for range 2 {
		if status := post("http://"+hears, secret); status != http.StatusOK {
			t.Errorf("%d\n%s", status, log)
		}
	}
	for _, object := range gone {
		if stored(object) {
			t.Errorf("%s is still there", object)
		}
	}
	for _, object := range []string{"photo/" + key, "prew/thumb/" + other} {
		if !stored(object) {
			t.Errorf("%s is gone too", object)
		}
	}
}

// TestMistakesInSettingsOfEvents checks that each stops the start.
func TestMistakesInSettingsOfEvents(t *testing.T) {
	for want, environ := range map[string][]string{
		`PREW_EVENTS: "warm", expected rewarm or nothing`: {"PREW_EVENTS=warm"},
		"PREW_EVENTS_SECRET: shorter than 16 bytes":       {"PREW_EVENTS_LISTEN=127.0.0.1:0", "PREW_EVENTS_SECRET=short"},
		"PREW_EVENTS_LISTEN: listen tcp":                  {"PREW_EVENTS_LISTEN=nowhere", "PREW_EVENTS_SECRET=a secret of sixteen bytes"},
		`PREW_NGINX: "nginx", expected a URL`:             {"PREW_NGINX=nginx"},
	} {
		cmd := itself(t, append(append(servers.S3.Env(), "PREW_BUCKET="+bucket, "PREW_FUNCTION=f", "PREW_REDIS="+servers.Redis.Addr, "PREW_LISTEN=127.0.0.1:0"), environ...), "serve")
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %s, want %s", err, out, want)
		}
	}
}
