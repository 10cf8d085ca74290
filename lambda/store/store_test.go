package store_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
	"prew/lambda/store"
)

// cfg has the credentials "own" and no other settings.
var cfg = aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("own", "secret", "")}

// TestPlaceIsWhereItSays checks the request that arrives: its path, and the region
// and the credentials in its signature.
func TestPlaceIsWhereItSays(t *testing.T) {
	var path, authorization string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost { // only calls to STS are POSTs
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
		place prew.Place
		path  string
		scope string
	}{
		{prew.Place{Bucket: "b", PathStyle: true}, "/b/k", "Credential=own/"},
		{prew.Place{Bucket: "b", PathStyle: true, Endpoint: server.URL + "/below"}, "/below/b/k", "Credential=own/"},
		{prew.Place{Bucket: "b", PathStyle: true, Region: "eu-west-1"}, "/b/k", "/eu-west-1/s3/"},
		{prew.Place{Bucket: "b", PathStyle: true, Role: "arn:aws:iam::1:role/r"}, "/b/k", "Credential=assumed/"},
	} {
		if _, err := store.Open(cfg, test.place).Get(t.Context(), "k", "", ""); err != nil {
			t.Errorf("%+v: %v", test.place, err)
		}
		if path != test.path || !strings.Contains(authorization, test.scope) {
			t.Errorf("%+v: %s with %s, want %s with %s", test.place, path, authorization, test.path, test.scope)
		}
	}
}

// TestRedirectStaysAtItsHost is about a store that sends the program elsewhere, such
// as to a metadata service of its network.
func TestRedirectStaysAtItsHost(t *testing.T) {
	var asked int
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/b/away":
			http.Redirect(w, r, elsewhere.URL+"/b/away", http.StatusTemporaryRedirect)
		case "/b/near":
			http.Redirect(w, r, "/b/there", http.StatusTemporaryRedirect)
		case "/b/see":
			http.Redirect(w, r, "/b/there", http.StatusSeeOther)
		case "/b/round":
			http.Redirect(w, r, "/b/round", http.StatusPermanentRedirect)
		}
	}))
	defer server.Close()
	bucket := loaded(t, server.URL)
	for key, want := range map[string]int{"away": 307, "near": 0, "see": 303, "round": 308} {
		object, err := bucket.Get(t.Context(), key, "", "")
		if (err == nil) != (want == 0) || err != nil && store.Status(err) != want {
			t.Errorf("%s: %v, want status %d", key, err, want)
		}
		if err == nil {
			object.Body.Close()
		}
	}
	if asked > 0 {
		t.Errorf("the other host was asked %d times", asked)
	}
}

// TestRefusalIsReadInPart is about a store whose error has no end.
func TestRefusalIsReadInPart(t *testing.T) {
	sent := make(chan int, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		n, piece := 0, make([]byte, 64<<10)
		for n < 1<<30 {
			written, err := w.Write(piece)
			if n += written; err != nil {
				break
			}
		}
		sent <- n
	}))
	defer server.Close()
	if _, err := loaded(t, server.URL).Get(t.Context(), "k", "", ""); err == nil {
		t.Error("no error")
	}
	if n := <-sent; n > 64<<20 { // the rest is in the buffers of the sockets
		t.Errorf("%d bytes were read", n)
	}
}

// loaded is a bucket of a store, by the configuration that the programs load.
func loaded(t *testing.T, endpoint string) store.Bucket {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "own")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	cfg, err := store.Load(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return store.Open(cfg, prew.Place{Bucket: "b", Region: "us-east-1", PathStyle: true, Endpoint: endpoint})
}

func TestWhatARefusalMeans(t *testing.T) {
	for _, test := range []struct {
		status  int
		code    string
		missing bool
		said    string // of a missing photo
	}{
		{404, "NoSuchKey", true, "b/k: no such photo"},
		{403, "AccessDenied", true, "b/k: no such photo, or no right to read it: "},
		{403, "InvalidAccessKeyId", false, ""},
		{404, "NoSuchBucket", false, ""},
		{412, "PreconditionFailed", false, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(test.status)
			fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", test.code)
		}))
		b := store.Open(cfg, prew.Place{Bucket: "b", Endpoint: server.URL, PathStyle: true})
		_, err := b.Get(t.Context(), "k", "", "")
		server.Close()
		if store.Status(err) != test.status || store.Missing(err) != test.missing {
			t.Errorf("%d %s: status %d, missing %v", test.status, test.code, store.Status(err), store.Missing(err))
		}
		if test.missing {
			if said := strings.TrimSuffix(store.NoPhoto("b", "k", err).Error(), err.Error()); said != test.said {
				t.Errorf("%d %s: %q, want %q", test.status, test.code, said, test.said)
			}
		}
		b.Client = s3.New(b.Client.Options(), func(o *s3.Options) { o.RetryMaxAttempts = 1 })
		if _, err := b.Get(t.Context(), "k", "", ""); store.Status(err) != 0 || store.Missing(err) {
			t.Errorf("a server that is gone: status %d, missing %v", store.Status(err), store.Missing(err))
		}
	}
}

// TestWhatIsListedCanBeDeleted uses a real S3 server, with more keys than fit into a
// page of a list or into one delete.
func TestWhatIsListedCanBeDeleted(t *testing.T) {
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	if err := server.CreateBucket(t.Context(), "pictures"); err != nil {
		t.Fatal(err)
	}
	b := store.Bucket{Client: server.Client(), Name: "pictures"}
	const previews = 1005
	var keys []string
	for i := range previews {
		keys = append(keys, fmt.Sprintf("prew/card/%04d @+.jpg", i))
	}
	for _, key := range append([]string{"prew/card2/a.jpg"}, keys...) {
		if _, first, err := b.PutIfAbsent(t.Context(), key, store.Object{Data: []byte("p")}); !first || err != nil {
			t.Fatalf("%s: first %t, %v", key, first, err)
		}
	}
	listed := func(prefix string) (found []string) {
		for object, err := range b.List(t.Context(), prefix) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, *object.Key)
		}
		return found
	}
	if found := listed("prew/card/"); !slices.Equal(found, keys) {
		t.Errorf("%d keys are listed, want %d", len(found), previews)
	}
	if err := b.Delete(t.Context(), append(keys, "prew/card/none.jpg")); err != nil {
		t.Error(err)
	}
	if found := listed(""); !slices.Equal(found, []string{"prew/card2/a.jpg"}) {
		t.Errorf("left are %q", found)
	}
	b.Name = "no-such-bucket"
	if err := b.Delete(t.Context(), keys[:1]); err == nil || !strings.Contains(err.Error(), keys[0]) {
		t.Errorf("%v, want the key that was refused", err)
	}
	for _, err := range b.List(t.Context(), "") {
		if err == nil {
			t.Error("a bucket that is not there is listed")
		}
	}
}

// TestKeyThatIsGoneIsDeleted is about a store that says so where S3 says nothing.
func TestKeyThatIsGoneIsDeleted(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<DeleteResult><Error><Key>a</Key><Code>NoSuchKey</Code></Error><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>")
	}))
	defer server.Close()
	b := store.Open(cfg, prew.Place{Bucket: "b", Endpoint: server.URL, PathStyle: true})
	if refused, err := b.DeleteSome(t.Context(), []string{"a", "b", "c"}); err != nil || len(refused) != 1 || *refused[0].Key != "b" {
		t.Errorf("%v, %v, want b alone", refused, err)
	}
}
