package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUsageOfAProcess(t *testing.T) {
	before, err := use(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		file, err := os.Open(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
	}
	after, err := use(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	// Tests beside this one have files and connections too.
	if more := after.connections - before.connections; more < 10 {
		t.Errorf("%d connections more, want some 20", more)
	}
	if more := after.descriptors - after.connections - before.descriptors + before.connections; more < 10 {
		t.Errorf("%d files more, want some 20", more)
	}
	if after.resident < 1e6 || after.resident > 1e9 {
		t.Errorf("%d bytes resident", after.resident)
	}
	if _, err := use(1 << 30); !os.IsNotExist(err) {
		t.Errorf("a process that there is not: %v", err)
	}
}

func TestGoroutinesInMetrics(t *testing.T) {
	for text, want := range map[string]int{
		"# HELP go_goroutines Number of goroutines\n# TYPE go_goroutines gauge\ngo_goroutines 97\ngo_info 1\n": 97,
		"go_info 1\n":          0,
		"go_goroutines many\n": 0,
		"":                     0,
	} {
		if got := goroutinesIn(strings.NewReader(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestSizeOfAFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "b"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"x", "a/x", "a/b/x"} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, 100), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := size(dir); got != 300 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
	if got, err := size(filepath.Join(dir, "none")); got != 0 || err != nil {
		t.Errorf("a folder that there is not: %d, %v", got, err)
	}
}
