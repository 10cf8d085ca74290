package flight

import (
	"strings"
	"testing"
	"time"

	"prew/deploy/local/stack"
)

// TestPasswordIsNoPartOfAMistake is about passwords that are not escaped: the
// parser's error would quote each of them, whole or in part.
func TestPasswordIsNoPartOfAMistake(t *testing.T) {
	for _, url := range []string{
		"redis://:open%sesame@redis.test:6379",
		"rediss://prew:open/sesame@redis.test:6379",
		"redis://:1/sesame@redis.test:6379",
		"http://:sesame@redis.test",
	} {
		if _, err := dial(Redis{URL: url}); err == nil || strings.Contains(err.Error(), "open") || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// TestUptimeIsNeverTooLong is about Redis's own figure, in which a second too many may be.
func TestUptimeIsNeverTooLong(t *testing.T) {
	began := time.Now()
	server, err := stack.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	client, err := dial(Redis{URL: server.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer client.client.Close()
	for deadline := began.Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		up, err := client.uptime(t.Context())
		if ran := time.Since(began); err != nil || up > ran {
			t.Fatalf("says %v after %v, %v", up, ran, err)
		}
		if up > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("says none after a minute")
		}
	}
}
