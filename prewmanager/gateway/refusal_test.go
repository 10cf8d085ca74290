package gateway

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRefusalsOfTheStore have a code each: what is the client's fault, what passes by
// itself, and what the bucket's owner has to see to.
func TestRefusalsOfTheStore(t *testing.T) {
	for _, test := range []struct {
		status  int
		code    string
		message string

		want    int
		as      string
		counted bool // as an error of S3
	}{
		{400, "KeyTooLongError", "Your key is too long", 404, "path_refused", false},
		{403, "InvalidObjectState", "The operation is not valid for the object's storage class", 422, "source_archived", false},
		{403, "AccessDenied", "not authorized to perform: kms:Decrypt", 502, "kms_denied", true},
		{503, "SlowDown", "Please reduce your request rate.", 503, "storage_busy", true},
		{404, "NoSuchBucket", "", 502, "storage_failed", true},
	} {
		refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(test.status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", test.code, test.message)
		}))
		f := new(renderer)
		server := start(t, f, func(s *settings) { s.Private, s.S3Endpoint = true, refusing.URL })
		for _, path := range []string{"/photo/refused.jpg", "/prew/hero/refused.jpg"} {
			r, _ := get(t, server.URL+path)
			if r.StatusCode != test.want || r.Header.Get("X-Prew-Error") != test.as || (r.Header.Get("Retry-After") == "1") != (test.want == 503) {
				t.Errorf("%s %s: %s, %v", test.code, path, r.Status, r.Header)
			}
		}
		_, text := get(t, measuredAt(t, server))
		for _, source := range []string{"default", ""} { // the photos, and the previews
			line := fmt.Sprintf(`prew_s3_errors_total{code=%q,source=%q} 1`, test.as, source)
			if strings.Contains(text, line) != test.counted {
				t.Errorf("%s of %q: counted %v, want %v", test.code, source, !test.counted, test.counted)
			}
		}
		if f.invoked.Load() != 0 {
			t.Errorf("%s: %d invocations", test.code, f.invoked.Load())
		}
		refusing.Close()
	}
}
