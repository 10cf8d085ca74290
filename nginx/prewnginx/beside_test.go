package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"prew/deploy/local/stack"
)

// measured is a prewnginx with metrics and purges that has become nginx.
type measured struct {
	addr, metrics, purges string
	pid                   int // nginx's
	counter               int // the process beside it
	stderr                *logged
	ended                 chan error
}

// logged is output that can be read while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func startMeasured(t *testing.T, environ ...string) *measured {
	t.Helper()
	gateway := answering(t, "gateway")
	addr, errAddr := stack.FreeAddr()
	metrics, errMetrics := stack.FreeAddr()
	purges, errPurges := stack.FreeAddr()
	if err := errors.Join(errAddr, errMetrics, errPurges); err != nil {
		t.Fatal(err)
	}
	cmd := itself(t, append([]string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + folderForAll(t), "PREW_NGINX_LISTEN=" + addr, "PREW_GATEWAYS=" + gateway,
		"PREW_MISSES_PER_SECOND=0", "PREW_NGINX_METRICS_LISTEN=" + metrics, "PREW_NGINX_PURGE_LISTEN=" + purges}, environ...), "serve")
	m := &measured{addr: addr, metrics: metrics, purges: purges, stderr: new(logged), ended: make(chan error, 1)}
	cmd.Stderr = m.stderr
	cmd.WaitDelay = 5 * time.Second // an orphan would keep it open
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.pid = cmd.Process.Pid
	go func() { m.ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	m.until(t, "nginx answers", func() bool { return m.get("/health") == nil })
	m.until(t, "a process counts", func() bool {
		for _, child := range children(m.pid) {
			if text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child)); bytes.Contains(text, []byte("\x00beside\x00")) {
				m.counter = child
			}
		}
		return m.counter != 0
	})
	return m
}

// children are the processes that a process has started and that live.
func children(pid int) (found []int) {
	entries, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, entry := range entries {
		text, _ := os.ReadFile(entry)
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}

func (m *measured) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s\n%s", what, m.stderr)
		}
	}
}

func (m *measured) get(path string) error {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get("http://" + m.addr + path)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// counted is the value of a series, -1 where there is none.
func (m *measured) counted(series string) float64 {
	response, err := http.Get("http://" + m.metrics + "/metrics")
	if err != nil {
		return -1
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	for line := range strings.Lines(string(text)) {
		if number, ok := strings.CutPrefix(line, series+" "); ok {
			value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err == nil {
				return value
			}
		}
	}
	return -1
}

// isGone reports whether a process has ended, and its parent has heard of it.
func isGone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }

// endsWith sends nginx a signal, and sees both end.
func (m *measured) endsWith(t *testing.T, signal syscall.Signal, want string) {
	t.Helper()
	if err := syscall.Kill(m.pid, signal); err != nil {
		t.Fatal(err)
	}
	if err := <-m.ended; fmt.Sprint(err) != want {
		t.Errorf("after %v nginx ends with %v, want %s\n%s", signal, err, want, m.stderr)
	}
	m.until(t, "the counter has ended", func() bool { return isGone(m.counter) })
	for _, addr := range []string{m.metrics, m.purges} {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			t.Errorf("after %v somebody still listens on %s", signal, addr)
		}
	}
}

const previewsCached = `prew_nginx_requests_total{code="",outcome="cached",route="preview"}`

func TestNginxIsCounted(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGINT} {
		m := startMeasured(t, "AWS_SECRET_ACCESS_KEY=secret", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/secret")
		for range 11 {
			if err := m.get("/prew/thumb/a.jpg"); err != nil {
				t.Fatal(err)
			}
		}
		m.until(t, "ten hits are counted", func() bool { return m.counted(previewsCached) == 10 })
		if size := m.counted("prew_nginx_cache_limit_bytes"); size != 2<<30 {
			t.Errorf("the cache may take %g bytes, want 2g", size)
		}

		// What leads to credentials stays neither in nginx nor beside it.
		if environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", m.counter)); err != nil || strings.Contains(string(environ), "secret") {
			t.Errorf("the counter has the environment %q, %v", environ, err)
		}
		// Ctrl-C at a terminal is for nginx alone.
		if group, err := syscall.Getpgid(m.counter); err != nil || group != m.counter {
			t.Errorf("the counter is in the group %d, %v, want its own", group, err)
		}

		// A reload changes nothing.
		if err := syscall.Kill(m.pid, syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		m.until(t, "new workers are counted", func() bool { return m.get("/prew/thumb/a.jpg") == nil && m.counted(previewsCached) >= 30 })
		m.endsWith(t, signal, "<nil>")
	}
}

// TestCounterLivesAsLongAsAWorker: a worker outlives a master that was killed, and goes on
// answering.
func TestCounterLivesAsLongAsAWorker(t *testing.T) {
	m := startMeasured(t)
	workers := children(m.pid)
	syscall.Kill(m.pid, syscall.SIGKILL)
	m.until(t, "the master is gone", func() bool { return isGone(m.pid) })
	m.until(t, "a worker is counted", func() bool { return m.get("/prew/thumb/a.jpg") == nil && m.counted(previewsCached) > 0 })
	for _, worker := range workers {
		if worker != m.counter {
			syscall.Kill(worker, syscall.SIGKILL)
		}
	}
	m.until(t, "the counter has ended", func() bool { return m.counted(previewsCached) == -1 })
}

// TestNginxDoesWithoutItsCounter has it stand still, and then killed: nginx answers as
// fast as before, and says nothing of each request.
func TestNginxDoesWithoutItsCounter(t *testing.T) {
	m := startMeasured(t)
	ask := func(what string) {
		t.Helper()
		began := time.Now()
		for range 3000 { // more than the socket has room for
			if err := m.get("/prew/thumb/a.jpg"); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		t.Logf("%s: %v a request", what, time.Since(began)/3000)
	}
	ask("counted")
	if err := syscall.Kill(m.counter, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ask("not read")
	if err := syscall.Kill(m.counter, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	m.until(t, "it counts again, and what was lost", func() bool {
		return m.counted(previewsCached) > 3000 && m.counted(previewsCached)+m.counted("prew_nginx_lines_lost_total") == 5999
	})
	if err := syscall.Kill(m.counter, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	m.until(t, "nginx has heard of its death", func() bool { return isGone(m.counter) })
	ask("alone")
	if lines := strings.Count(m.stderr.String(), "\n"); lines > 3 {
		t.Errorf("nginx said %d lines about it:\n%s", lines, m.stderr)
	}
	m.endsWith(t, syscall.SIGTERM, "<nil>")
}

// TestWhatIsPurgedIsGone has the process beside nginx purge, with and without metrics. It knows
// nginx's presets: the file, and what variables change.
func TestWhatIsPurgedIsGone(t *testing.T) {
	presets := filepath.Join(t.TempDir(), "presets.yaml")
	if err := os.WriteFile(presets, []byte("wide: {width: 900}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, environ := range [][]string{{}, {"PREW_NGINX_METRICS_LISTEN="}} {
		m := startMeasured(t, append(environ, "PREW_PRESETS="+presets, "PRESET_TALL=height=900")...)
		cached := func(path string) bool {
			response, err := http.Get("http://" + m.addr + path)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			io.Copy(io.Discard, response.Body)
			return response.Header.Get("X-Prew") == "cached"
		}
		paths := []string{"/prew/wide/a.jpg", "/prew/tall/a.jpg", "/prew/wide/b.jpg"}
		for _, path := range paths {
			m.until(t, path+" is in the cache", func() bool { return cached(path) })
		}
		response, err := http.Post("http://"+m.purges+"/purge", "application/json", strings.NewReader(`{"photos":["a.jpg"]}`))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(answer) != "{\"files\":2}\n" {
			t.Errorf("%s %q, %v, want 2 files", response.Status, answer, err)
		}
		for i, path := range paths {
			if got, want := cached(path), i == 2; got != want {
				t.Errorf("%s is cached: %v, want %v", path, got, want)
			}
		}
		if len(environ) == 0 && (m.counted(`prew_nginx_purges_total{result="done"}`) != 1 || m.counted("prew_nginx_purged_files_total") != 2) {
			t.Errorf("%g purges of %g files are counted, want 1 of 2", m.counted(`prew_nginx_purges_total{result="done"}`), m.counted("prew_nginx_purged_files_total"))
		}
		m.endsWith(t, syscall.SIGTERM, "<nil>")
	}
}

// TestNginxThatCannotStartLeavesNoCounter takes its address.
func TestNginxThatCannotStartLeavesNoCounter(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	metrics, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	cmd := itself(t, []string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + folderForAll(t), "PREW_NGINX_LISTEN=" + taken.Addr().String(), "PREW_NGINX_METRICS_LISTEN=" + metrics}, "serve")
	out, err := cmd.CombinedOutput() // until the counter, too, has closed it
	if fmt.Sprint(err) != "exit status 1" || !strings.Contains(string(out), "Address already in use") {
		t.Errorf("%v: %s", err, out)
	}
	if conn, err := net.Dial("tcp", metrics); err == nil {
		conn.Close()
		t.Error("somebody still serves metrics")
	}
}

// TestAddressesBesideAreMistakesLikeOthers of serve, which alone opens them.
func TestAddressesBesideAreMistakesLikeOthers(t *testing.T) {
	const want = `prewnginx: the configuration has mistakes
  PREW_NGINX_METRICS_LISTEN: listen tcp: address 9102: missing port in address
  PREW_NGINX_PURGE_LISTEN: listen tcp: address 8083: missing port in address
  PREW_NGINX_LISTEN: "8080", expected host:port
`
	environ := []string{"PREW_PRIVATE=1", "PREW_NGINX_DIR=" + filepath.Join(t.TempDir(), "d"), "PREW_NGINX_LISTEN=8080", "PREW_NGINX_METRICS_LISTEN=9102", "PREW_NGINX_PURGE_LISTEN=8083"}
	if out, err := itself(t, environ, "serve").CombinedOutput(); err == nil || string(out) != want {
		t.Errorf("%v: %s\nwant %s", err, out, want)
	}
}
