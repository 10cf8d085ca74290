package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"prew/deploy/local/stack"
)

// TestProfilesAreServedWhereTheyAreAskedFor also checks that the address of previews has none.
func TestProfilesAreServedWhereTheyAreAskedFor(t *testing.T) {
	debug, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	cmd, addr, log := serving(t, "PREW_FUNCTION=f", "PREW_DEBUG_LISTEN="+debug)
	for path, want := range map[string]string{
		"/debug/pprof/":                  "heap",
		"/debug/pprof/goroutine?debug=1": "goroutine profile: total ",
		"/debug/pprof/cmdline":           "serve",
	} {
		if r, body := get(t, "http://"+debug+path); r.StatusCode != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %s %.200q, want %q in it", path, r.Status, body, want)
		}
		if r, body := get(t, "http://"+addr+path); r.StatusCode != http.StatusNotFound {
			t.Errorf("where previews are: %s: %s %.200q", path, r.Status, body)
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
}

func TestProfilesAreForThisMachineAlone(t *testing.T) {
	for _, address := range []string{":6060", "0.0.0.0:6060", "[::]:6060", "192.0.2.1:6060"} {
		out, err := itself(t, []string{"PREW_BUCKET=b", "PREW_FUNCTION=f", "AWS_REGION=us-east-1", "PREW_LISTEN=127.0.0.1:0", "PREW_DEBUG_LISTEN=" + address}, "serve").CombinedOutput()
		if want := `PREW_DEBUG_LISTEN: "` + address + `", expected a loopback address`; err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v: %s\nwant %s", address, err, out, want)
		}
	}
}
