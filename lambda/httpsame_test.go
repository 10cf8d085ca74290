package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
	"prew/deploy/local/stack/stacktest"
	"prew/lambda/access"
	"prew/lambda/answer"
	"prew/lambda/store"
	"prew/prewmanager/flight"
	"prew/prewmanager/gateway"
)

// TestFunctionAnswersAsAGateway asks a gateway, whose function is this one, and the function
// over HTTP for the same things, each on a bucket of its own with the same photos, and compares
// all that they say.
func TestFunctionAnswersAsAGateway(t *testing.T) {
	const aliases = "PRESET_CARD=aliases=/old/{key}?w=640"
	for _, door := range doors {
		t.Run(door.name, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "redis") // a socket's path is short
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			redis, err := stack.StartRedis(dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { redis.Stop() })
			theirs, ours := s3Server(t), s3Server(t)
			for _, client := range []*s3.Client{theirs, ours} {
				upload(t, client, "photo/a b/ö+.jpg", picture(t, 800, 600))
				upload(t, client, "photo/text.jpg", []byte("no picture"))
			}
			rendering, _ := overHTTP(t, theirs, aliases)
			f, _ := overHTTP(t, ours, append(door.environ, aliases)...)
			gateway, function := gatewayOf(t, redis, rendering), served(t, f, door.event)

			etag := ""
			for _, test := range []struct {
				name, method, target string
				headers              []string
				status               int
			}{
				{"a miss", "GET", "/prew/card/a%20b/%C3%B6%2B.jpg", nil, 200},
				{"a hit", "GET", "/prew/card/a%20b/%C3%B6%2B.jpg", nil, 200},
				{"HEAD of a hit", "HEAD", "/prew/card/a%20b/%C3%B6%2B.jpg", nil, 200},
				{"a hit by another spelling", "GET", "/%70rew/c%61rd/a%20b/%c3%b6+.jpg", nil, 200},
				{"an alias", "GET", "/old/a%20b/%C3%B6%2B.jpg?x&w=640", nil, 200},
				{"an alias, unchanged", "GET", "/old/a%20b/%C3%B6%2B.jpg?w=640", []string{"If-None-Match", "{etag}"}, 304},
				{"an alias without its query", "GET", "/old/a%20b/%C3%B6%2B.jpg", nil, 404},
				{"unchanged", "GET", "/prew/card/a%20b/%C3%B6%2B.jpg", []string{"If-None-Match", "{etag}"}, 304},
				{"unchanged, by HEAD", "HEAD", "/prew/card/a%20b/%C3%B6%2B.jpg", []string{"If-None-Match", `"x", {etag}`}, 304},
				{"a condition that is not met", "GET", "/prew/card/a%20b/%C3%B6%2B.jpg", []string{"If-Match", `"other"`}, 412},
				{"a range", "GET", "/prew/card/a%20b/%C3%B6%2B.jpg", []string{"Range", "bytes=2-9"}, 206},
				{"a range that it does not have", "GET", "/prew/card/a%20b/%C3%B6%2B.jpg", []string{"Range", "bytes=999999-"}, 416},
				{"a variant by Accept, a miss", "GET", "/prew/card/a%20b/%C3%B6%2B.jpg", []string{"Accept", "image/webp,*/*"}, 200},
				{"a variant by Accept, a hit", "GET", "/prew/card/a%20b/%C3%B6%2B.jpg", []string{"Accept", "image/webp,*/*"}, 200},
				{"a variant by name", "GET", "/prew/card.webp/a%20b/%C3%B6%2B.jpg", nil, 200},
				{"HEAD of a miss", "HEAD", "/prew/card@2x/a%20b/%C3%B6%2B.jpg", nil, 200},
				{"a range of a miss", "GET", "/prew/thumb/a%20b/%C3%B6%2B.jpg", []string{"Range", "bytes=-5"}, 206},
				{"a miss that the client has", "GET", "/prew/hero/a%20b/%C3%B6%2B.jpg", []string{"If-None-Match", "*"}, 304},
				{"a missing photo", "GET", "/prew/card/none.jpg", nil, 404},
				{"a missing photo, by HEAD", "HEAD", "/prew/thumb/none.jpg", []string{"Accept", "image/webp"}, 404},
				{"no picture", "GET", "/prew/card/text.jpg", nil, 422},
				{"an unknown preset", "GET", "/prew/nothing/a.jpg", nil, 404},
				{"an unknown variant", "GET", "/prew/card.png/a.jpg", nil, 404},
				{"a refused path", "GET", "/prew/card/../a.jpg", nil, 404},
				{"a key that is too long", "GET", "/prew/card/" + strings.Repeat("k/", 600) + "k", nil, 404},
				{"another path", "GET", "/index.html", nil, 404},
				{"a photo", "GET", "/photo/text.jpg", nil, 200},
				{"a photo by another spelling", "GET", "/%70hoto/text.jpg", nil, 200},
				{"a range of a photo", "GET", "/photo/text.jpg", []string{"Range", "bytes=0-1"}, 206},
				{"a photo, by HEAD", "HEAD", "/photo/text.jpg", nil, 200},
				{"no photo", "GET", "/photo/none.jpg", nil, 404},
				{"a refused path of a photo", "GET", "/photo/a%2Fb.jpg", nil, 404},
				{"POST", "POST", "/prew/card/a%20b/%C3%B6%2B.jpg", nil, 405},
				{"OPTIONS", "OPTIONS", "/photo/text.jpg", nil, 405},
			} {
				var headers []string
				for _, text := range test.headers {
					headers = append(headers, strings.ReplaceAll(text, "{etag}", etag))
				}
				want, wantBody := stacktest.Do(t, test.method, gateway.URL+test.target, headers...)
				got, body := stacktest.Do(t, test.method, function.URL+test.target, headers...)
				if test.name == "a miss" {
					etag = want.Header.Get("ETag")
				}
				if want.StatusCode != test.status || got.StatusCode != test.status {
					t.Errorf("%s: %s, the gateway's is %s, want %d", test.name, got.Status, want.Status, test.status)
				}
				if body != wantBody {
					t.Errorf("%s: %d bytes, the gateway's are %d, or others", test.name, len(body), len(wantBody))
				}
				outline := map[string]string{}
				if strings.Contains(strings.ToUpper(test.target), "%B6") && test.status < 300 {
					outline = map[string]string{"X-Prew-Width": "800", "X-Prew-Height": "600", "X-Prew-Colour": "#808080"}
				}
				for _, name := range []string{"X-Prew-Width", "X-Prew-Height", "X-Prew-Colour"} {
					if value := got.Header.Get(name); value != outline[name] {
						t.Errorf("%s: %s is %q, want %q", test.name, name, value, outline[name])
					}
				}
				for name := range union(want.Header, got.Header) {
					if theirs, ours := said(name, want.Header), said(name, got.Header); ours != theirs {
						t.Errorf("%s: %s: %q, the gateway's is %q", test.name, name, ours, theirs)
					}
				}
			}
		})
	}
}

// gatewayOf serves a private gateway for which a function renders, with the function's
// settings.
func gatewayOf(t *testing.T, redis *stack.Redis, f function) *httptest.Server {
	t.Helper()
	handler := lambda.NewHandler(f.invoke)
	traces, err := gateway.NewTraces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	metrics := gateway.NewMetrics(f.sources.All())
	// Keys of Redis have the names of objects, and both buckets have one name.
	flights, err := flight.New[*gateway.Preview](flight.Redis{URL: redis.Addr}, prew.AnswerTimeout, traces.Redis, gateway.NewPurges("http://127.0.0.1:1", f.sources.Previews, metrics).Hear)
	if err != nil {
		t.Fatal(err)
	}
	checker, err := access.New(access.Settings{Cookie: "prew", Claim: "prew"})
	if err != nil {
		t.Fatal(err)
	}
	placeholders, err := answer.NewPlaceholders("", "")
	if err != nil {
		t.Fatal(err)
	}
	g := gateway.New(gateway.Config{
		Presets: f.presets, Sources: f.sources, Flights: flights, Photos: map[string]store.Bucket{"": f.site.photos}, Previews: f.site.previews,
		Function: gateway.Function{Timeout: prew.InvokeTimeout, Call: func(ctx context.Context, payload []byte) ([]byte, bool, error) {
			result, err := handler.Invoke(ctx, payload)
			return result, false, err
		}},
		Access: checker, S3Timeout: prew.StoreTimeout, Invokes: 4, Queue: 4, CacheControl: prew.DefaultCacheControl, PhotoAccess: prew.Open, Protected: "private",
		Private: true, Placeholders: placeholders, Metrics: metrics, Traces: traces,
	})
	g.Settle(t.Context())
	t.Cleanup(func() { g.Close(context.Background()) })
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return server
}

// union has the names of both.
func union(a, b http.Header) map[string]bool {
	names := map[string]bool{}
	for _, h := range []http.Header{a, b} {
		for name := range h {
			names[name] = true
		}
	}
	return names
}

var (
	durations = regexp.MustCompile(`\b(lease|photo|queue|invoke);dur=[0-9.]+(, )?|[0-9.]+`) // the first are a gateway's alone
	digits    = regexp.MustCompile(`[0-9]+`)
)

// said is what a header says, less what differs from one time to the next.
func said(name string, h http.Header) string {
	value := strings.Join(h.Values(name), " and ")
	switch name {
	case "Date":
		return ""
	case "Last-Modified":
		return "a time"
	case "Server-Timing":
		if h.Get("X-Prew-Error") == string(prew.SourceMissing) {
			return "" // a gateway asks for the photo itself, and then no function
		}
		return durations.ReplaceAllString(value, "")
	case "Cache-Control":
		if h.Get("X-Prew-Error") != "" {
			return digits.ReplaceAllString(value, "0") // a gateway has known it for a while
		}
	}
	return value
}
