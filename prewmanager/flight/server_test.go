package flight

import (
	"testing"
	"time"

	"prew/deploy/local/stack"
)

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
	defer client.Close()
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
