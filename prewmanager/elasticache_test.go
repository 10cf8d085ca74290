package main

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/redis/go-redis/v9"

	"prew/deploy/local/stack"
)

// TestTokens checks tokens against those that the AWS SDK for Python signs
// (botocore.auth.SigV4QueryAuth), whose parameters have another order.
func TestTokens(t *testing.T) {
	now := time.Date(2026, time.November, 29, 4, 30, 0, 0, time.UTC)
	const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	for _, test := range []struct {
		address, name, region string
		id, session           string
		want                  string
	}{
		{"rediss://gateway@master.demo-gateway.abc123.euw1.cache.amazonaws.com:6379", "demo-gateway", "eu-west-1", "AKIDEXAMPLE", "",
			"demo-gateway/?Action=connect&User=gateway&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
				"&X-Amz-Credential=AKIDEXAMPLE%2F20261129%2Feu-west-1%2Felasticache%2Faws4_request&X-Amz-Date=20261129T043000Z&X-Amz-Expires=900" +
				"&X-Amz-SignedHeaders=host&X-Amz-Signature=459d101fce0efb4b1ce9e9cb22c7d6fc23b809800509e5e037cc49bac457649b"},
		{"rediss+cluster://gateway@demo-gateway-abc123.serverless.use1.cache.amazonaws.com:6379", "Demo-Gateway", "us-east-1", "ASIAEXAMPLE", "IQoJb3JpZ2lu/+==",
			"demo-gateway/?Action=connect&ResourceType=ServerlessCache&User=gateway&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
				"&X-Amz-Credential=ASIAEXAMPLE%2F20261129%2Fus-east-1%2Felasticache%2Faws4_request&X-Amz-Date=20261129T043000Z&X-Amz-Expires=900" +
				"&X-Amz-Security-Token=IQoJb3JpZ2lu%2F%2B%3D%3D" +
				"&X-Amz-SignedHeaders=host&X-Amz-Signature=e4df78c8aef58b76f8cf462cb648824d117215072a79e9bda48e80b9e9acc6b1"},
	} {
		cache, err := newElastiCache(test.address, test.name, aws.Config{
			Region: test.region, Credentials: credentials.NewStaticCredentialsProvider(test.id, secret, test.session)})
		if err != nil {
			t.Errorf("%s: %v", test.address, err)
			continue
		}
		if token, err := cache.token(t.Context(), now); err != nil || token != test.want {
			t.Errorf("%s:\n%s, %v, want\n%s", test.address, token, err, test.want)
		}
	}
}

func TestAddressesSayWhoTheUserOfACacheIs(t *testing.T) {
	for _, test := range []struct {
		address, user string // no user: an error
		serverless    bool
	}{
		{"rediss://gateway@demo.test:6379", "gateway", false},
		{"rediss://gateway@demo.test:6379/1?protocol=3", "gateway", false},
		{"rediss://a%40b@demo.test:6379", "a@b", false},
		{"rediss+cluster://gateway@a.test:6379,b.test:6379", "gateway", false},
		{"rediss+cluster://gateway@demo-1.serverless.euw1.cache.amazonaws.com:6379", "gateway", true},
		{"rediss://serverless.@demo.test:6379/x.serverless.y", "serverless.", false},
		{"redis://gateway@demo.test:6379", "", false},
		{"redis+cluster://gateway@demo.test:6379", "", false},
		{"gateway@demo.test:6379", "", false},
		{"demo.test:6379", "", false},
		{"rediss://demo.test:6379", "", false},
		{"rediss://@demo.test:6379", "", false},
		{"rediss://:hunter2@demo.test:6379", "", false},
		{"rediss://gateway:hunter2@demo.test:6379", "", false},
		{"rediss://hunter2%@demo.test:6379", "", false},
		{"", "", false},
	} {
		cache, err := newElastiCache(test.address, "demo", aws.Config{})
		if cache.user != test.user || cache.serverless != test.serverless || (err == nil) != (test.user != "") {
			t.Errorf("%s: user %q, serverless %t, %v", test.address, cache.user, cache.serverless, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error quotes it: %v", test.address, err)
		}
	}
	for _, name := range []string{"-", "a/b", "a.b", "1a", "a--b", "a-", "a b", "demo?x"} {
		if _, err := newElastiCache("rediss://gateway@demo.test:6379", name, aws.Config{}); err == nil {
			t.Errorf("%s is taken for the name of a cache", name)
		}
	}
}

// TestEachConnectionToACacheHasATokenOfItsOwn has a real Redis in ElastiCache's place: over TLS
// it takes a user whose passwords are the tokens of the time to come, each second's. No token of
// before is among them.
func TestEachConnectionToACacheHasATokenOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	write := func(name, kind string, der []byte) (file string) {
		file = filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	site := httptest.NewTLSServer(nil) // for its certificate, which is one for 127.0.0.1
	site.Close()
	private, err := x509.MarshalPKCS8PrivateKey(site.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate := write("certificate.pem", "CERTIFICATE", site.Certificate().Raw)
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	overTLS, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(overTLS, ":")
	server, err := stack.StartRedisAt(addr, dir, "--tls-port", port, "--tls-auth-clients", "no",
		"--tls-cert-file", certificate, "--tls-key-file", write("key.pem", "PRIVATE KEY", private))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	admin := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { admin.Close() })

	keys := map[string]string{}
	for _, variable := range servers.S3.Env() {
		name, value, _ := strings.Cut(variable, "=")
		keys[name] = value
	}
	environ := []string{"PREW_REDIS=rediss://gateway@" + overTLS, "PREW_REDIS_IAM=demo-gateway", "SSL_CERT_FILE=" + certificate}
	cache, err := newElastiCache("rediss://gateway@"+overTLS, "demo-gateway", aws.Config{
		Region: keys["AWS_REGION"], Credentials: credentials.NewStaticCredentialsProvider(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], "")})
	if err != nil {
		t.Fatal(err)
	}
	// expectFrom lets nobody in but with the tokens from then on, and nobody stay.
	expectFrom := func(begin time.Time) {
		t.Helper()
		rules := []any{"acl", "setuser", "gateway", "on", "resetpass", "~prew:*", "&prew:*", "+@all"}
		for second := range 900 {
			token, err := cache.token(t.Context(), begin.Add(time.Duration(second)*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			rules = append(rules, ">"+token)
		}
		if err := admin.Do(t.Context(), rules...).Err(); err != nil {
			t.Fatal(err)
		}
		if err := admin.Do(t.Context(), "client", "kill", "user", "gateway").Err(); err != nil {
			t.Fatal(err)
		}
	}
	expectFrom(time.Now())
	cmd, _, log := serving(t, append(environ, "PREW_FUNCTION=f")...)
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	connected := func() bool {
		clients, err := admin.ClientList(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(strings.Split(clients, "\n"), func(client string) bool {
			return strings.Contains(client, " user=gateway ") && strings.Contains(client, " cmd=eval") // the beats
		})
	}
	for again := range 3 {
		if again > 0 {
			expectFrom(time.Now().Add(time.Second))
		}
		for deadline := time.Now().Add(time.Minute); !connected(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the gateway is not connected by a token of now, %d times renewed", again)
			}
		}
	}
	if out, err := itself(t, append(append(servers.S3.Env(), "PREW_BUCKET="+bucket), environ...), "purge", "--photo=by-iam.jpg").CombinedOutput(); err != nil {
		t.Errorf("a purge tells nobody: %v: %s", err, out)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if strings.Contains(log.String(), "X-Amz-") {
		t.Errorf("a token is in the log:\n%s", log)
	}
}
