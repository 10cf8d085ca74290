package main

import (
	"bufio"
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"prew/deploy/local/stack"
)

// TestLocalFunctionRendersInProcessesOfItsOwn runs the gateway's program with the
// real bootstrap, and checks that its processes end with it.
func TestLocalFunctionRendersInProcessesOfItsOwn(t *testing.T) {
	bootstrap, err := stack.Program("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	picture := image.NewRGBA(image.Rect(0, 0, 400, 300))
	picture.Set(0, 0, color.White)
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, picture, nil); err != nil {
		t.Fatal(err)
	}
	put(t, "photo/local.jpg", photo.String())
	put(t, "photo/local-broken.jpg", "\xff\xd8 and no more")
	cmd, addr, log := serving(t, "PREW_FUNCTION=local", "PREW_RENDERER="+bootstrap, "PREW_RENDERERS=2")
	r, body := get(t, "http://"+addr+"/prew/thumb/local.jpg", "X-Request-Id", "4bf92f3577b34da6a3ce929d0e0e4736")
	if config, err := jpeg.DecodeConfig(strings.NewReader(body)); err != nil || r.Header.Get("X-Prew") != "rendered" || config.Width != 200 {
		t.Errorf("%s, %q, %d pixels wide: %v", r.Status, r.Header.Get("X-Prew"), config.Width, err)
	}
	if r, _ := get(t, "http://"+addr+"/prew/thumb/local-broken.jpg"); r.StatusCode != 422 {
		t.Errorf("a broken photo: %s", r.Status)
	}
	renderers := childrenOf(t, cmd.Process.Pid)
	if len(renderers) != 2 {
		t.Errorf("%d processes, want 2", len(renderers))
	}
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log.String())
	}
	for _, pid := range renderers {
		if syscall.Kill(pid, 0) == nil {
			t.Errorf("process %d is left", pid)
		}
	}
	if !strings.Contains(log.String(), `"msg":"render","request":"4bf92f3577b34da6a3ce929d0e0e4736"`) {
		t.Errorf("the function's log does not have the request's id:\n%s", log.String())
	}
}

// childrenOf returns the child processes of a process (proc(5), /proc/pid/stat).
func childrenOf(t *testing.T, parent int) (children []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the process has ended meanwhile
		}
		pid, rest, _ := strings.Cut(string(text), " ")
		_, rest, _ = strings.Cut(rest, ") ")
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			children = append(children, n)
		}
	}
	return children
}

func TestLocalFunctionThatIsMissingIsNamed(t *testing.T) {
	environ := []string{"PREW_BUCKET=b", "PREW_FUNCTION=local", "AWS_REGION=us-east-1", "PREW_LISTEN=127.0.0.1:0"}
	for _, test := range []struct {
		variable string
		want     string
	}{
		{"PREW_RENDERER=/nowhere/bootstrap", "PREW_RENDERER: "},
		{"PREW_RENDERER=", "PREW_RENDERER is not set, and beside this program: "},
		{"PREW_RENDERERS=-1", "PREW_RENDERERS: -1"},
	} {
		out, err := itself(t, append(slices.Clone(environ), test.variable), "serve").CombinedOutput()
		if err == nil || !strings.Contains(string(out), test.want) {
			t.Errorf("%s: %v\n%swant %s", test.variable, err, out, test.want)
		}
	}
	truth, err := exec.LookPath("true") // ends without ever asking for work
	if err != nil {
		t.Fatal(err)
	}
	out, err := itself(t, append(environ, "PREW_RENDERER="+truth), "serve").CombinedOutput()
	if err == nil || !strings.Contains(string(out), truth) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTermEndsAStart(t *testing.T) {
	// The pool waits 10 s for a program that never asks for work.
	sleep := filepath.Join(t.TempDir(), "bootstrap")
	if err := os.WriteFile(sleep, []byte("#!/bin/sh\necho started >&2\nexec sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := itself(t, []string{"PREW_BUCKET=b", "PREW_FUNCTION=local", "AWS_REGION=us-east-1", "PREW_LISTEN=127.0.0.1:0", "PREW_RENDERER=" + sleep}, "serve")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(log).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	told := time.Now()
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil || time.Since(told) > 5*time.Second {
		t.Errorf("it ended after %v: %v", time.Since(told), err)
	}
}

func TestFunctionIsGivenNoMoreThanItNeeds(t *testing.T) {
	got := functionEnvironment([]string{
		"AWS_REGION=r", "AWS_LAMBDA_RUNTIME_API=x", "PRESET_CARD=width=1", "SOURCE_A=bucket=a", "PREW_SOURCES=b:bucket=b", "PREW_S3_ENDPOINT=e", "PREW_SOURCE_ROLE=a", "PREW_ACL=p", "PREW_HEIC=off",
		"PREW_REDIS=redis://user:secret@host", "HOME=/h", "PATH=/bin", "OTEL_EXPORTER_OTLP_HEADERS=secret", "PREW_BUCKET=b", "PREW_SIGNING_KEYS=secret", "PREW_TOKEN_KEYS=file",
	})
	want := []string{"AWS_REGION=r", "PRESET_CARD=width=1", "SOURCE_A=bucket=a", "PREW_SOURCES=b:bucket=b", "PREW_ACL=p", "PREW_HEIC=off", "HOME=/h"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
