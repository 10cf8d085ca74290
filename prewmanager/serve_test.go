package main

import (
	"bytes"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"prew/deploy/local/stack"
	"prew/lambda/access/accesstest"
)

// lambda stands in for Lambda: it has the function, but does not render.
func lambda(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(server.Close)
	return server.URL
}

// serving starts `prewmanager serve` on the real Redis and S3 server and waits until
// it is ready. It has the address and, once the process has ended, its log.
func serving(t *testing.T, environ ...string) (cmd *exec.Cmd, addr string, log *bytes.Buffer) {
	t.Helper()
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	cmd = itself(t, append(append(servers.S3.Env(), "AWS_ENDPOINT_URL_LAMBDA="+lambda(t), "PREW_BUCKET="+bucket, "PREW_REDIS="+servers.Redis.Addr, "PREW_LISTEN="+addr), environ...), "serve")
	log = new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		response, err := http.Get("http://" + addr + "/ready")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return cmd, addr, log
			}
		}
		if time.Now().After(deadline) {
			cmd.Process.Kill()
			cmd.Wait()
			t.Fatalf("never ready: %v\n%s", err, log)
		}
	}
}

// TestKeysOfTokensAreFetchedBeforeItIsReady starts it with the URL of a JWKS whose server is
// down at first: it starts all the same, opens nothing, and is ready when it has the keys.
func TestKeysOfTokensAreFetchedBeforeItIsReady(t *testing.T) {
	put(t, "photo/by-token.jpg", "0123456789")
	site := accesstest.New(t)
	keys, err := os.ReadFile(site.Settings().TokenKeys)
	if err != nil {
		t.Fatal(err)
	}
	var up atomic.Bool
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !up.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Write(keys)
	}))
	defer server.Close()
	authority := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	cmd := itself(t, append(append(servers.S3.Env(), site.Environ()...), "AWS_ENDPOINT_URL_LAMBDA="+lambda(t), "PREW_BUCKET="+bucket, "PREW_REDIS="+servers.Redis.Addr,
		"PREW_FUNCTION=f", "PREW_LISTEN="+addr, "PREW_TOKEN_KEYS="+server.URL+"/keys.json", "SSL_CERT_FILE="+authority), "serve")
	log := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	bearer := "Bearer " + site.Token("rsa", accesstest.Claims(time.Now().Add(time.Hour)))
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		response, err := http.Get("http://" + addr + "/ready")
		if err != nil && time.Now().Before(deadline) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if !up.Load() && strings.Contains(string(text), "keys of tokens: "+server.URL+"/keys.json answers 502") {
			if r, _ := get(t, "http://"+addr+"/photo/by-token.jpg", "Authorization", bearer); r.StatusCode != 403 {
				t.Errorf("without keys: %s", r.Status)
			}
			up.Store(true)
		}
		if response.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("never ready: %s", text)
		}
	}
	if !up.Load() {
		t.Error("it was ready without the keys")
	}
	if r, body := get(t, "http://"+addr+"/photo/by-token.jpg", "Authorization", bearer); r.StatusCode != 200 || body != "0123456789" {
		t.Errorf("%s %q", r.Status, body)
	}
	if r, _ := get(t, "http://"+addr+"/photo/by-token.jpg"); r.StatusCode != 401 || r.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("without a token: %s, %q", r.Status, r.Header.Get("WWW-Authenticate"))
	}
}

func TestTermEndsTheProgram(t *testing.T) {
	cmd, _, log := serving(t, "PREW_FUNCTION=f")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
}

// TestSlowReaderIsCutOffInTheEnd also checks that an answer which could not be sent
// in time is no failure of the program.
func TestSlowReaderIsCutOffInTheEnd(t *testing.T) {
	put(t, "photo/slow-reader.jpg", strings.Repeat("0123456789abcdef", 4<<20)) // 64 MiB, more than sockets hold
	cmd, addr, log := serving(t, "PREW_FUNCTION=f", "PREW_PRIVATE=1",
		"PREW_ANSWER_TIMEOUT=300ms", "PREW_INVOKE_TIMEOUT=200ms", "PREW_S3_TIMEOUT=100ms")
	response, err := http.Get("http://" + addr + "/photo/slow-reader.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil || strings.Contains(log.String(), "flights") {
		t.Errorf("%v\n%s", err, log)
	}
}

// TestSecondSignalEndsTheDrain is about a person at a terminal who presses Ctrl-C
// again: what is under way is not waited for.
func TestSecondSignalEndsTheDrain(t *testing.T) {
	put(t, "photo/second-signal.jpg", strings.Repeat("0123456789abcdef", 4<<20)) // 64 MiB, more than sockets hold
	cmd, addr, log := serving(t, "PREW_FUNCTION=f", "PREW_PRIVATE=1")
	response, err := http.Get("http://" + addr + "/photo/second-signal.jpg")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	cmd.Process.Signal(os.Interrupt)
	ended := make(chan error)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		t.Fatalf("the first signal ended it: %v\n%s", err, log)
	case <-time.After(500 * time.Millisecond):
	}
	cmd.Process.Signal(os.Interrupt)
	select {
	case <-ended:
	case <-time.After(3 * time.Second):
		cmd.Process.Kill()
		<-ended
		t.Error("it goes on")
	}
}

// TestCollectorThatIsGoneKeepsNobody checks that the program waits only a moment for
// its traces to be sent, and logs their loss in a line.
func TestCollectorThatIsGoneKeepsNobody(t *testing.T) {
	answer := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-answer }))
	defer silent.Close()
	defer close(answer)
	for _, collector := range []string{silent.URL, "http://127.0.0.1:1"} {
		cmd, addr, log := serving(t, "PREW_FUNCTION=f", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector)
		get(t, "http://"+addr+"/photo/none.jpg")
		told := time.Now()
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil || time.Since(told) > 5*time.Second || !strings.Contains(log.String(), "traces are lost") {
			t.Errorf("%s: it ended after %v: %v\n%s", collector, time.Since(told), err, log)
		}
	}
}

func TestGatewayIsReadyWhenItHasSettled(t *testing.T) {
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	// Without Redis it is ready after the grace of 2 s.
	cmd := itself(t, append(servers.S3.Env(), "AWS_ENDPOINT_URL_LAMBDA="+lambda(t), "PREW_BUCKET="+bucket, "PREW_FUNCTION=f", "PREW_REDIS=127.0.0.1:1", "PREW_LISTEN="+addr), "serve")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	starting := false
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		response, err := http.Get("http://" + addr + "/ready")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				break
			}
			starting = true
		}
		if time.Now().After(deadline) {
			t.Fatalf("never ready: %v", err)
		}
	}
	if !starting {
		t.Error("it was ready before it could know Redis")
	}
}
