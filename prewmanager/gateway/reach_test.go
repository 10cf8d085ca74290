package gateway

import (
	"strings"
	"testing"
	"time"
)

// TestWhatCannotBeReachedIsSaid checks that a gateway which would fail every request
// is not ready, gives the reason, and is ready as soon as the cause is removed.
func TestWhatCannotBeReachedIsSaid(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*settings)
		gone   bool     // the function
		want   []string // empty: it is ready
	}{
		{"all is there", func(*settings) {}, false, nil},
		{"no such bucket", func(s *settings) { s.Bucket = "not-there" }, false,
			[]string{"bucket of the previews, not-there: ", "bucket of the photos, not-there: ", "NoSuchBucket"}},
		{"no such bucket of the photos", func(s *settings) { s.SourceBucket = "not-there" }, false,
			[]string{"bucket of the photos, not-there: "}},
		{"no such key", func(s *settings) { t.Setenv("AWS_ACCESS_KEY_ID", "nobody") }, false,
			[]string{"bucket of the previews, " + bucket + ": "}},
		{"no store", func(s *settings) { s.S3Endpoint = "http://127.0.0.1:1" }, false,
			[]string{"bucket of the previews, " + bucket + ": ", "connection refused"}},
		{"no function", func(*settings) {}, true, []string{"function render: ", "Function not found"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			log := logged(t)
			f := new(renderer)
			f.gone.Store(test.gone)
			server := start(t, f, test.change)
			g := server.Config.Handler.(*Gateway)
			starting := "starting"
			g.unreached.Store(&starting)
			go g.Reach(t.Context())
			for deadline := time.Now().Add(20 * time.Second); g.unready() == starting; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("it never knows")
				}
			}
			response, body := get(t, server.URL+"/ready")
			if want := map[bool]int{true: 200, false: 503}[test.want == nil]; response.StatusCode != want {
				t.Errorf("%s: %s", response.Status, body)
			}
			for _, want := range test.want {
				// It says so to the log a moment after it says so at /ready.
				for deadline := time.Now().Add(20 * time.Second); !strings.Contains(log(), want) && time.Now().Before(deadline); {
					time.Sleep(time.Millisecond)
				}
				if !strings.Contains(body, want) || !strings.Contains(log(), want) {
					t.Errorf("%q, logged %s; want %q", body, log(), want)
				}
			}
			if strings.Count(strings.TrimSpace(body), "\n") > 0 {
				t.Errorf("more than a line: %q", body)
			}
		})
	}
}

func TestGatewayIsReadyOnceAllIsReached(t *testing.T) {
	f := new(renderer)
	f.gone.Store(true)
	log := logged(t)
	server := start(t, f)
	g := server.Config.Handler.(*Gateway)
	starting := "starting"
	g.unreached.Store(&starting)
	go g.Reach(t.Context())
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		response, body := get(t, server.URL+"/ready")
		if response.StatusCode == 200 {
			break
		}
		if f.reached.Load() > 1 { // the gateway tried again
			f.gone.Store(false)
		}
		if time.Now().After(deadline) {
			t.Fatalf("never ready: %s", body)
		}
	}
	if n := strings.Count(log(), `"msg":"not ready"`); n != 1 || f.gone.Load() {
		t.Errorf("said %d times that it is not ready:\n%s", n, log())
	}
}
