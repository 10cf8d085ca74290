package gateway

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"prew"
)

// TestThrottledCallsAskLessAndLessOften is about a function without capacity: each
// pause is about twice the one before, up to a second.
func TestThrottledCallsAskLessAndLessOften(t *testing.T) {
	var mu sync.Mutex
	var asked []time.Time
	server := start(t, &renderer{answer: func(w http.ResponseWriter, _ prew.RenderRequest) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, time.Now())
		w.Header().Set("X-Amzn-ErrorType", "TooManyRequestsException")
		w.WriteHeader(http.StatusTooManyRequests)
	}}, func(s *settings) { s.InvokeTimeout, s.S3Timeout = 3*time.Second, time.Second })
	if r, _ := get(t, server.URL+"/prew/hero/less-often.jpg"); r.Header.Get("X-Prew-Error") != "throttled" {
		t.Errorf("%s, %q", r.Status, r.Header.Get("X-Prew-Error"))
	}
	mu.Lock()
	defer mu.Unlock()
	if n := len(asked); n < 6 || n > 11 {
		t.Errorf("asked %d times in 3 s", n)
	}
	least := 25 * time.Millisecond
	for i := range len(asked) - 1 {
		if pause := asked[i+1].Sub(asked[i]); pause < least {
			t.Errorf("pause %d is %v, want at least %v", i+1, pause, least)
		}
		least = min(2*least, 500*time.Millisecond)
	}
}
