package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"prew"
	"prew/deploy/local/playground"
	"prew/deploy/local/stack"
	"prew/prewmanager/upkeep"
)

// TestSavedPresetsAreInForce saves presets as editors do while the system runs, and sees previews
// that were stored before come anew.
func TestSavedPresetsAreInForce(t *testing.T) {
	for _, front := range []string{"", stack.Edge} {
		t.Run("FRONT="+front, func(t *testing.T) { areInForce(t, front) })
	}
}

func areInForce(t *testing.T, front string) {
	file, photos := filepath.Join(t.TempDir(), "mine.yaml"), t.TempDir()
	save := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+"~", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+"~", file); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PREW_PRESETS", file)
	save("card: {width: 40}\nother: {width: 50}\n")
	writePhoto(t, filepath.Join(photos, "a.jpg"), 400, 300)
	site, listed, stop := start(t, front, photos, t.TempDir())
	defer stop()
	width := func(preset string) int {
		t.Helper()
		status, _, body := get(t, site+"/prew/"+preset+"/a.jpg")
		if status != http.StatusOK {
			return 0
		}
		size, _, err := image.DecodeConfig(bytes.NewReader(body))
		if err != nil {
			t.Error(err)
		}
		return size.Width
	}
	for range 2 { // rendered and, at the latest then, kept by nginx
		if got := []int{width("card"), width("other")}; got[0] != 40 || got[1] != 50 {
			t.Fatalf("at first the previews are %v wide", got)
		}
	}
	events := hear(t, listed.Live, site)
	if first := <-events; first.Version != 0 || first.Mistakes != nil {
		t.Errorf("at first a page hears %+v", first)
	}
	// heard waits for what a page is told when something was saved. The first look at the file
	// tells it again what it knows.
	heard := func(until func(change) bool) change {
		t.Helper()
		for {
			select {
			case event, ok := <-events:
				if !ok {
					t.Fatal("the page hears no more")
				}
				if until(event) {
					return event
				}
			case <-time.After(time.Minute):
				t.Fatal("the page hears nothing")
			}
		}
	}
	began := time.Now()
	save("card: {width: 60, formats: [webp]}\nother: {width: 50}\nmore: {width: 70}\n")
	heard(func(c change) bool { return c.Version == 1 && c.Mistakes == nil })
	t.Logf("in force after %v", time.Since(began))
	if got := []int{width("card"), width("other"), width("more")}; got[0] != 60 || got[1] != 50 || got[2] != 70 {
		t.Errorf("then the previews are %v wide", got)
	}
	if _, header, _ := get(t, site+"/prew/other/a.jpg"); header.Get("X-Prew") == "rendered" {
		t.Error("a preset that has not changed was rendered anew")
	}
	var palette palette
	_, _, text := get(t, site+"/gallery/playground.json")
	if err := json.Unmarshal(text, &palette); err != nil || len(palette.Presets) < 3 || palette.Presets[0].Values["width"] != "60" {
		t.Errorf("the page has %.300s, %v", text, err)
	}

	save("card: {width: 80}\nother: {width: -1}\n")
	wrong := heard(func(c change) bool { return c.Mistakes != nil })
	if want := file + `:2: preset other: width: "-1", expected a whole number of pixels from 1 to 8192`; len(wrong.Mistakes) != 1 || wrong.Mistakes[0] != want || wrong.Version != 1 {
		t.Errorf("of a mistake a page hears %+v, want %s", wrong, want)
	}
	if got := width("card"); got != 60 {
		t.Errorf("with a mistake beside it a preset has changed to %d", got)
	}

	save("card: {width: 80}\n")
	heard(func(c change) bool { return c.Version == 2 && c.Mistakes == nil })
	if got := []int{width("card"), width("other")}; got[0] != 80 || got[1] != 0 {
		t.Errorf("at last the previews are %v wide", got)
	}
}

type change struct {
	Version  int
	Mistakes []string
}

// hear listens as a page of a site does.
func hear(t *testing.T, url, site string) <-chan change {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", site)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s, %s", response.Status, response.Header.Get("Content-Type"))
	}
	events := make(chan change)
	go func() {
		defer close(events)
		defer response.Body.Close()
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			data, is := strings.CutPrefix(lines.Text(), "data: ")
			var event change
			if is && json.Unmarshal([]byte(data), &event) == nil {
				select {
				case events <- event:
				case <-t.Context().Done():
					return
				}
			}
		}
	}()
	return events
}

func TestSavedPresetsAreSaidInTheTerminal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yaml")
	const first = "card: {width: 1}"
	presets, err := prew.LoadPresets(file, []byte(first), nil)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	var refused, failed error
	l := &live{file: file, presets: presets, written: playground.Presets{File: file, Text: []byte(first)}, told: make(chan struct{}),
		check: func(presets prew.Presets) error {
			if slices.Contains(presets.Names(), "sourceless") {
				return errors.New("PREW: no such source")
			}
			return nil
		},
		reload: func(context.Context) error { return refused },
		say:    func(line string) { said = append(said, line) },
		renew: func(before, now prew.Presets) (changed, gone []string, err error) {
			var fingerprints [2]map[string]string
			for i, presets := range []prew.Presets{before, now} {
				if fingerprints[i], err = (upkeep.Folder{}).Fingerprints(t.Context(), presets); err != nil {
					t.Fatal(err)
				}
			}
			changed, gone = upkeep.Compare(fingerprints[0], fingerprints[1])
			return changed, gone, failed
		},
	}
	for _, step := range []struct {
		text            string
		refused, failed error
		want            string // begins what is said, without the time
		version         int
	}{
		{first, nil, nil, "", 0},
		{"card: {width: 2}\nnew: {width: 2}", nil, nil, "presets in force after ; presets changed: card: its previews are rendered anew", 1},
		{"new: {width: 2, fit: no}", nil, nil, "\n" + file + `:1: preset new: fit: "no", expected one of`, 1},
		{"sourceless: {width: 2}", nil, nil, "\nPREW: no such source\nThe presets stay as they were.", 1},
		{"new: {width: 3}", errors.New("gateway-1: not ready"), nil, "\ngateway-1: not ready\nThe presets stay as they were.", 1},
		{"new: {width: 3}", nil, errors.New("gateways were not told"), "\ngateways were not told", 2},
		{"new: {width: 3, quality: 80}", nil, nil, "presets in force after ", 3},
		{"card: {width: 2}", nil, nil, "presets in force after ; presets gone: new", 4},
	} {
		if err := os.WriteFile(file, []byte(step.text), 0o600); err != nil {
			t.Fatal(err)
		}
		said, refused, failed = nil, step.refused, step.failed
		l.read(t.Context())
		got := strings.Join(said, "\n")
		if before, rest, ok := strings.Cut(got, "presets in force after "); ok {
			_, rest, _ = strings.Cut(rest, " s")
			got = before + "presets in force after " + rest
		}
		if !strings.HasPrefix(got, step.want) || step.want == "" && got != "" || l.version != step.version {
			t.Errorf("%s: says %q with version %d, want %q, %d", step.text, got, l.version, step.want, step.version)
		}
	}
}

// TestFileIsReadWhenItIsWhole leaves alone what is still being written.
func TestFileIsReadWhenItIsWhole(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yaml")
	if err := os.WriteFile(file, []byte("card: {width: 1}"), 0o600); err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	reloads := 0
	l := &live{file: file, told: make(chan struct{}), check: func(prew.Presets) error { return nil }, say: func(string) {},
		reload: func(context.Context) error { mutex.Lock(); defer mutex.Unlock(); reloads++; return nil },
		renew:  func(before, now prew.Presets) (changed, gone []string, err error) { return nil, nil, nil }}
	ctx, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() { l.watch(ctx) })
	wait := func(width int) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			l.mutex.Lock()
			card, _ := l.presets.Get("card")
			l.mutex.Unlock()
			if card.Width == width {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("card is %d wide, want %d", card.Width, width)
			}
		}
	}
	wait(1)
	if err := os.Remove(file); err != nil { // as some editors do first
		t.Fatal(err)
	}
	time.Sleep(3 * looksEvery)
	wait(1)
	if err := os.WriteFile(file, []byte("card: {width: 22}"), 0o600); err != nil {
		t.Fatal(err)
	}
	wait(22)
	stop()
	watching.Wait()
	if reloads != 2 {
		t.Errorf("%d reloads, want 2", reloads)
	}
}
