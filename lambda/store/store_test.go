package store

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// cfg has the credentials "own" and no other settings.
var cfg = aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("own", "secret", "")}

// TestPlaceIsWhereItSays looks at what arrives there: the path, and in the
// signature the region and whose credentials it was made with.
func TestPlaceIsWhereItSays(t *testing.T) {
	var path, authorization string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // only STS is asked so
			fmt.Fprint(w, `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>assumed</AccessKeyId>`+
				`<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration>`+
				`</Credentials></AssumeRoleResult></AssumeRoleResponse>`)
			return
		}
		path, authorization = r.URL.Path, r.Header.Get("Authorization")
	}))
	defer server.Close()
	cfg := cfg
	cfg.BaseEndpoint = &server.URL
	for _, test := range []struct {
		place Place
		path  string
		scope string
	}{
		{Place{PathStyle: true}, "/b/k", "Credential=own/"},
		{Place{PathStyle: true, Endpoint: server.URL + "/below"}, "/below/b/k", "Credential=own/"},
		{Place{PathStyle: true, Region: "eu-west-1"}, "/b/k", "/eu-west-1/s3/"},
		{Place{PathStyle: true, Role: "arn:aws:iam::1:role/r"}, "/b/k", "Credential=assumed/"},
	} {
		if _, err := test.place.Client(cfg).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")}); err != nil {
			t.Errorf("%+v: %v", test.place, err)
		}
		if path != test.path || !strings.Contains(authorization, test.scope) {
			t.Errorf("%+v: %s with %s, want %s with %s", test.place, path, authorization, test.path, test.scope)
		}
	}
}

func TestWhatARefusalMeans(t *testing.T) {
	for _, test := range []struct {
		status  int
		code    string
		missing bool
	}{
		{404, "NoSuchKey", true},
		{403, "AccessDenied", true},
		{403, "InvalidAccessKeyId", false},
		{404, "NoSuchBucket", false},
		{412, "PreconditionFailed", false},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(test.status)
			fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", test.code)
		}))
		_, err := Place{Endpoint: server.URL, PathStyle: true}.Client(cfg).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")})
		server.Close()
		if Status(err) != test.status || Missing(err) != test.missing {
			t.Errorf("%d %s: status %d, missing %v", test.status, test.code, Status(err), Missing(err))
		}
		if _, err := (Place{Endpoint: server.URL, PathStyle: true}).Client(cfg).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String("k")}, func(o *s3.Options) { o.RetryMaxAttempts = 1 }); Status(err) != 0 || Missing(err) {
			t.Errorf("a server that is gone: status %d, missing %v", Status(err), Missing(err))
		}
	}
}
