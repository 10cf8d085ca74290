//go:build lambda.env

package store_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/lambda/store"
)

// TestEnvironment: what a function on Lambda is told is what its requests have.
func TestEnvironment(t *testing.T) {
	var asked *http.Request
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r }))
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_REGION": "eu-north-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		"AWS_ENDPOINT_URL": "https://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": server.URL, "AWS_CA_BUNDLE": bundle, "AWS_MAX_ATTEMPTS": "1",
		"AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
	} {
		t.Setenv(name, value)
	}
	cfg, err := store.Load(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String("k"), Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	h := asked.Header
	if asked.URL.Path != "/b/k" || !strings.Contains(h.Get("Authorization"), "Credential=id/") || !strings.Contains(h.Get("Authorization"), "/eu-north-1/s3/") ||
		h.Get("X-Amz-Security-Token") != "token" || h.Get("X-Amz-Checksum-Crc32") != "" {
		t.Errorf("%s with %v", asked.URL.Path, h)
	}
	for name, value := range map[string]string{
		"AWS_MAX_ATTEMPTS": "many", "AWS_RETRY_MODE": "never", "AWS_REQUEST_CHECKSUM_CALCULATION": "no", "AWS_RESPONSE_CHECKSUM_VALIDATION": "no",
		"AWS_CA_BUNDLE": "/none", "AWS_ACCESS_KEY_ID": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if _, err := store.Load(t.Context(), 1); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v, want an error that names it", err)
			}
		})
	}
}
