package main

import (
	"bytes"
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
)

// itself is this program as a command of its own: TestMain calls main.
func itself(t *testing.T, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append([]string{"PREWMANAGER_ITSELF=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, environ...)
	return cmd
}

func TestPresetsCommandSaysWhereValuesComeFrom(t *testing.T) {
	out, err := itself(t, []string{"PRESET_THUMB=width=64,height=64"}, "presets").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const want = `thumb
  width        64       PRESET_THUMB
  height       64       PRESET_THUMB
  fit          cover    built-in presets.yaml:30
`
	if !strings.HasPrefix(string(out), want) {
		t.Errorf("%s\nwant it to begin\n%s", out, want)
	}
}

func TestMistakesStopTheStart(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "own.yaml")
	if err := os.WriteFile(file, []byte("card:\n  widht: 640\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	sound := []string{"PREW_BUCKET=b", "PREW_FUNCTION=f", "AWS_REGION=us-east-1", "PREW_LISTEN=127.0.0.1:0"} // the default may be taken
	tests := []struct {
		name    string
		environ []string
		want    string
	}{
		{"nothing set", nil, "PREW_BUCKET is not set"},
		{"field", append(sound, "PREW_PRESETS="+file), file + ":2: preset card: widht: unknown field, expected one of width,"},
		{"no such file", append(sound, "PREW_PRESETS="+file+"x"), "PREW_PRESETS: open " + file + "x: no such file"},
		{"variable", append(sound, "PRESET_CARD=width=0"), `PRESET_CARD: preset card: width: "0", expected a whole number of pixels from 1 to 8192`},
		{"ladder", append(sound, "PREW_S3_TIMEOUT=28s"), "PREW_ANSWER_TIMEOUT: 30s, PREW_INVOKE_TIMEOUT: 27s, PREW_S3_TIMEOUT: 28s, expected each longer than the next"},
		{"duration", append(sound, "PREW_S3_TIMEOUT=soon"), "prewmanager: PREW_S3_TIMEOUT: --s3-timeout: expected duration"},
		{"log", append(sound, "PREW_LOG=xml"), `PREW_LOG: "xml", expected json or text`},
		{"collector", append(sound, "OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318"), `OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318", expected a URL`},
		{"local ladder", append(sound, "PREW_FUNCTION=local", "PREW_INVOKE_TIMEOUT=25s"), "PREW_INVOKE_TIMEOUT: 25s, expected more than the 25s"},
		{"endpoint", append(sound, "PREW_SOURCE_ENDPOINT=r2.test"), `PREW_SOURCE_ENDPOINT: "r2.test", expected a URL`},
		{"redis", append(sound, "PREW_REDIS=http://x"), "PREW_REDIS: not a URL of Redis's, expected redis://host:port or host:port"},
		{"collector without a host", append(sound, "OTEL_EXPORTER_OTLP_ENDPOINT=http://:4318"), `OTEL_EXPORTER_OTLP_ENDPOINT: "http://:4318", expected a URL`},
		{"endpoint that is no URL", append(sound, "PREW_S3_ENDPOINT=http://a b"), `PREW_S3_ENDPOINT: "http://a b", expected a URL`},
		{"queue without an end", append(sound, "PREW_QUEUE=9223372036854775807"), "PREW_QUEUE: 9223372036854775807, expected "},
		{"negative queue", append(sound, "PREW_QUEUE=-1"), "PREW_QUEUE: -1, expected "},
		{"no invocation", append(sound, "PREW_INVOKES=0"), "PREW_INVOKES: 0, "},
		{"region", []string{"PREW_BUCKET=b", "PREW_FUNCTION=f"}, "AWS_REGION is not set"},
		{"picture", append(sound, "PREW_ERROR_IMAGE="+file), "PREW_ERROR_IMAGE: " + file + " is text/plain; charset=utf-8, expected an image"},
		{"port", append(sound, "PREW_LISTEN="+redisServer.Addr), "PREW_LISTEN: listen tcp " + redisServer.Addr + ": bind: address already in use"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := itself(t, test.environ, "serve").CombinedOutput()
			if err == nil || !strings.Contains(string(out), test.want) {
				t.Errorf("%v: %s\nwant %s", err, out, test.want)
			}
		})
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	out, err := itself(t, []string{
		"PREW_INVOKES=many", "PREW_S3_TIMEOUT=soon", "PRESET_CARD=width=0", "PREW_REDIS=http://x", "PREW_LISTEN=" + redisServer.Addr,
		"PREW_NOT_FOUND_IMAGE=/nowhere.png", "PREW_ERROR_IMAGE=/nowhere.png",
	}, "serve").CombinedOutput()
	if err == nil {
		t.Error("it started")
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, want := range []string{
		"prewmanager: the configuration has mistakes",
		"  PREW_INVOKES: ", "  PREW_S3_TIMEOUT: ", "  PREW_LISTEN: ", "  PREW_BUCKET is not set", "  PREW_FUNCTION is not set",
		"  PRESET_CARD: ", "  PREW_NOT_FOUND_IMAGE: ", "  PREW_ERROR_IMAGE: ", "  AWS_REGION is not set", "  PREW_REDIS: ",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Fatalf("line %d: want %q in\n%s", i+1, want, out)
		}
	}
}

func TestEmptyVariableIsNotSet(t *testing.T) {
	cmd, _, _ := serving(t, "PREW_FUNCTION=f", "PREW_PRIVATE=", "PREW_SOURCE_PATH_STYLE=", "PREW_INVOKES=", "PREW_S3_TIMEOUT=", "PREW_LOG=", "PREW_CACHE_CONTROL=")
	cmd.Process.Kill()
	cmd.Wait()
}

func TestHealthAsksWhetherTheGatewayIsReady(t *testing.T) {
	for _, test := range []struct {
		status int
		ok     bool
	}{{200, true}, {503, false}, {404, false}} {
		var asked atomic.Value
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r.URL.Path)
			w.WriteHeader(test.status)
		}))
		out, err := itself(t, []string{"PREW_LISTEN=" + server.Listener.Addr().String()}, "health").CombinedOutput()
		if (err == nil) != test.ok || asked.Load() != "/ready" {
			t.Errorf("%d: %v, asked %v\n%s", test.status, err, asked.Load(), out)
		}
		_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
		if err := itself(t, []string{"PREW_LISTEN=0.0.0.0:" + port}, "health").Run(); (err == nil) != test.ok {
			t.Errorf("%d on every address: %v", test.status, err)
		}
		server.Close()
	}
	if err := itself(t, []string{"PREW_LISTEN=127.0.0.1:1"}, "health").Run(); err == nil {
		t.Error("healthy, but nobody is there")
	}
	// A proxy is for the way to S3. For 127.0.0.1 Go asks none by itself.
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer proxy.Close()
	if err := itself(t, []string{"PREW_LISTEN=gateway.invalid:8081", "HTTP_PROXY=" + proxy.URL}, "health").Run(); err == nil {
		t.Error("healthy, but it was a proxy that said so")
	}
}

// serving is `prewmanager serve` on the real Redis and S3 server, ready, with the
// address it answers on and, once it has ended, its log.
func serving(t *testing.T, environ ...string) (cmd *exec.Cmd, addr string, log *bytes.Buffer) {
	t.Helper()
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	cmd = itself(t, append(append(s3Server.Env(), "PREW_BUCKET="+bucket, "PREW_REDIS="+redisServer.Addr, "PREW_LISTEN="+addr), environ...), "serve")
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

func TestTermEndsTheProgram(t *testing.T) {
	cmd, _, log := serving(t, "PREW_FUNCTION=f")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log)
	}
}

// TestSlowReaderIsCutOffInTheEnd also holds that whose answer could not be sent in
// time is no failure of the program.
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

// TestCollectorThatIsGoneKeepsNobody holds that traces are worth no more than a
// moment, and their loss a line of the log.
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
