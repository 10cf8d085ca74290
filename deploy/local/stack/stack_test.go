package stack_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

func TestRedisIsGoneOnceStopped(t *testing.T) {
	redis, err := stack.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	redis.Stop()
	if conn, err := net.Dial("tcp", redis.Addr); err == nil {
		conn.Close()
		t.Error("it still answers")
	}
}

func TestS3KeepsItsObjectsAndShowsOnlyPhotosAndPreviews(t *testing.T) {
	dir := t.TempDir()
	for _, life := range []string{"first", "second"} {
		server, err := stack.StartS3(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Stop)
		for range 2 {
			if err := server.CreateBucket(t.Context(), "photos"); err != nil {
				t.Fatal(err)
			}
		}
		if life == "first" {
			for _, key := range []string{"photo/a b.jpg", "prew/thumb/a.jpg", "private/a.jpg"} {
				put(t, server, "photos", key, "picture")
			}
		}
		for _, test := range []struct {
			path   string
			status int
		}{
			{"/photos/photo/a%20b.jpg", 200},
			{"/photos/prew/thumb/a.jpg", 200},
			{"/photos/private/a.jpg", 403},
			{"/photos/?list-type=2", 403},
		} {
			status, body := get(t, "http://"+server.Addr+test.path)
			if status != test.status || status == 200 && body != "picture" {
				t.Errorf("%s life: %s answers %d %s, want %d", life, test.path, status, body, test.status)
			}
		}
		server.Stop()
	}
}

func TestFreeAddrGivesNoPortTwice(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		addr, err := stack.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Fatalf("%s was given twice", addr)
		}
		seen[addr] = true
	}
}

// TestStackRendersAndSaysWhichPartDied starts everything and takes Redis away.
func TestStackRendersAndSaysWhichPartDied(t *testing.T) {
	listen, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	var ready []string
	system, err := stack.Start(t.Context(), stack.Config{
		Dir: t.TempDir(), Listen: listen, Renderers: 1, Gateways: 2,
		Progress: func(part string, _ time.Duration) { ready = append(ready, part) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(system.Stop)
	const want = "Redis, S3, Lambda, 1 of its processes, gateway-1, gateway-2, nginx"
	if got := strings.Join(ready, ", "); got != want {
		t.Errorf("started %s, want %s", got, want)
	}
	photo, err := os.ReadFile("testdata/dot.png")
	if err != nil {
		t.Fatal(err)
	}
	put(t, system.S3, stack.Bucket, "photo/dot.png", string(photo))
	for range 2 {
		if status, body := get(t, "http://"+listen+"/prew/thumb/dot.png"); status != http.StatusOK {
			t.Errorf("a preview answers %d %.80q", status, body)
		}
	}
	if n := system.Emulator.Invocations()["prew/thumb/dot.png"]; n != 1 {
		t.Errorf("it was rendered %d times", n)
	}

	system.Redis.Kill()
	if err := <-system.Failed(); !strings.Contains(err.Error(), "redis ended: signal: killed") {
		t.Error(err)
	}
	system.Stop()
	for _, part := range []struct {
		name, addr string
	}{
		{"nginx", listen},
		{"a gateway", system.Gateways[0].Addr},
		{"S3", system.S3.Addr},
		{"the emulator", strings.TrimPrefix(system.Emulator.URL, "http://")},
	} {
		if conn, err := net.Dial("tcp", part.addr); err == nil {
			conn.Close()
			t.Errorf("%s still answers", part.name)
		}
	}
	select {
	case err := <-system.Failed():
		t.Errorf("stopping counts as dying: %v", err)
	default:
	}
}

func TestStackThatCannotStartLeavesNothingRunning(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	_, err = stack.Start(t.Context(), stack.Config{Dir: dir, Listen: taken.Addr().String(), Renderers: 1, Gateways: 1})
	if err == nil || !strings.Contains(err.Error(), "nginx ended") || !strings.Contains(err.Error(), "Address already in use") {
		t.Errorf("started where somebody listens: %v", err)
	}
	if left := running(t, dir); len(left) > 0 {
		t.Errorf("left running: %q", left)
	}
}

func TestStackIsNotStartedForNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if _, err := stack.Start(ctx, stack.Config{Dir: dir, Listen: "127.0.0.1:1", Renderers: 1, Gateways: 1}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if left := running(t, dir); len(left) > 0 {
		t.Errorf("left running: %q", left)
	}
}

// running lists the commands of the processes that work in dir or below.
func running(t *testing.T, dir string) (commands []string) {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		cwd, err := os.Readlink(filepath.Join(folder, "cwd"))
		if err != nil || !strings.HasPrefix(cwd, dir) {
			continue // the process has ended, or is another user's or program's
		}
		command, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
		commands = append(commands, string(command))
	}
	return commands
}

func put(t *testing.T, server *stack.S3, bucket, key, body string) {
	t.Helper()
	_, err := server.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader([]byte(body)),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
