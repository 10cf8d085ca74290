package stack_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"prew/deploy/local/stack"
)

// TestReloadLosesNoRequest changes presets while clients ask without a pause, for what nginx has
// and for what each time a gateway has to answer.
func TestReloadLosesNoRequest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "presets.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PREW_PRESETS", file)
	write("one: {width: 8}")
	listen, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	system, err := stack.Start(t.Context(), stack.Config{Dir: t.TempDir(), Listen: listen, Renderers: 1, Gateways: 2, Events: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(system.Stop)
	photo, err := os.ReadFile("testdata/dot.png")
	if err != nil {
		t.Fatal(err)
	}
	put(t, system.S3, stack.Bucket, "photo/dot.png", string(photo))
	want := func(path string, status int) {
		t.Helper()
		if got, body := get(t, "http://"+listen+path); got != status {
			t.Errorf("%s: %d %.80q, want %d", path, got, body, status)
		}
	}
	want("/prew/one/dot.png", 200)
	done := make(chan struct{})
	var asking sync.WaitGroup
	for client := range 3 {
		asking.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					if n < 10 {
						t.Errorf("client %d has asked %d times", client, n)
					}
					return
				default:
				}
				for path, status := range map[string]int{"/prew/one/dot.png": 200, fmt.Sprintf("/prew/one/none-%d-%d.png", client, n): 404} {
					response, err := http.Get("http://" + listen + path)
					if err != nil {
						t.Errorf("%s: %v", path, err)
						continue
					}
					response.Body.Close()
					if response.StatusCode != status {
						t.Errorf("%s: %s, want %d", path, response.Status, status)
					}
				}
			}
		})
	}
	before := system.Gateways[0].Addr
	for _, step := range []struct {
		presets string
		refused string // in the error; empty: it is in force
		known   []string
		unknown []string
	}{
		{"one: {width: 8}\ntwo: {width: 4, formats: [webp]}", "", []string{"one", "two", "two.webp"}, []string{"two@2x"}},
		{"one: {width: 8}\ntwo: {widht: 4}", "presets.yaml:2: preset two: widht: unknown field", []string{"two.webp"}, nil},
		// Only a gateway knows that it lacks a key.
		{"one: {width: 8, access: signed}", "gateway-1", []string{"one", "two.webp"}, nil},
		{"one: {width: 8, aliases: ['/ones/{key}']}", "", []string{"one"}, []string{"three"}},
	} {
		write(step.presets)
		err := system.Reload(t.Context())
		if step.refused == "" && err != nil || step.refused != "" && (err == nil || !strings.Contains(err.Error(), step.refused)) {
			t.Errorf("%s: %v, want %q", step.presets, err, step.refused)
		}
		for _, preset := range step.known {
			want("/prew/"+preset+"/dot.png", 200)
		}
		for _, preset := range step.unknown {
			want("/prew/"+preset+"/dot.png", 404)
		}
	}
	want("/ones/dot.png", 200)
	close(done)
	asking.Wait()
	if system.Gateways[0].Addr == before {
		t.Error("the gateway is the old one")
	}
	select {
	case err := <-system.Failed():
		t.Errorf("a reload counts as dying: %v", err)
	default:
	}
	system.Stop()
	if left := running(t, filepath.Dir(system.Gateways[0].Log)); len(left) > 0 {
		t.Errorf("left running: %q", left)
	}
}
