package main

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"prew"
)

var update = flag.Bool("update", false, "write the golden files anew")

// made is a report in which every bound is met: a photo at two sizes and a PNG.
func made() report {
	ms := func(ours, debian, modern int) [peers]time.Duration {
		return [peers]time.Duration{time.Duration(ours) * 1e6, time.Duration(debian) * 1e6, time.Duration(modern) * 1e6}
	}
	photo := job{"p", "p.jpg", "12 MP", sizes[0], prew.JPEG, modern, 0.65}
	small := photo
	small.size = sizes[2]
	return report{
		date:      time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC),
		machine:   "some processor, 2 cores",
		renderers: [peers]string{"go1.26", "libvips 8.14.1", "sharp 0.35.5, libvips 8.18.7"},
		results: []result{
			{photo, speed{ms(50, 130, 100), [peers]float64{1, 0.38, 0.5}},
				[peers]looks{{0.961, 39.5, 38.5, 162_000}, {0.963, 40, 39, 167_000}, {0.962, 40.4, 39.2, 162_000}}},
			{small, speed{ms(20, 250, 40), [peers]float64{1, 0.08, 0.5}},
				[peers]looks{{0.96, 36, 35, 7000}, {0.96, 36, 35, 7500}, {0.96, 36, 35, 7000}}},
			{job{"a", "a.png", "3 MP PNG to PNG", sizes[1], prew.PNG, debian, 1}, speed{ms(90, 200, 45), [peers]float64{1, 0.45, 2}},
				[peers]looks{{0.9999, 55, 54, 122_000}, {0.9999, 55, 54, 120_000}, {0.9996, 48, 47, 106_000}}},
		},
		footprints: []footprint{
			{"p12.jpg", 1440, 60e6, [peers]int64{25.6e6, 52.9e6, 106e6}, false},
			{largeName, 8192, 250e6, [peers]int64{9e6, 225.6e6, 540e6}, true},
		},
		start:   4600 * time.Microsecond,
		profile: 4200 * time.Microsecond,
	}
}

func TestTables(t *testing.T) {
	var out bytes.Buffer
	made().writeTables(&out)
	golden(t, "peers.md", out.Bytes())
}

func TestChart(t *testing.T) {
	var out bytes.Buffer
	if err := made().writeChart(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "peers.svg", out.Bytes())
	for decoder := xml.NewDecoder(&out); ; {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs, see it with -update and git diff:\n%s", file, got)
	}
}

// TestBounds moves one figure at a time beyond its bound.
func TestBounds(t *testing.T) {
	for _, test := range []struct {
		name   string
		spoil  func(r *report)
		missed string
	}{
		{"nothing", func(*report) {}, ""},
		{"time at the bound", func(r *report) { r.results[0].speed.ratio[modern] = 0.65 }, ""},
		{"time", func(r *report) { r.results[0].speed.ratio[modern] = 0.651 }, "12 MP at 1440, user time: 0.651, asked at most 0.65 of libvips 8.18"},
		{"time beside the one that is no rival", func(r *report) { r.results[0].speed.ratio[debian] = 9 }, ""},
		{"SSIM", func(r *report) { r.results[0].looks[ours].ssim = 0.9599 }, "12 MP at 1440, SSIM: 0.9599, asked at least 0.9600"},
		{"PSNR", func(r *report) { r.results[0].looks[ours].psnr = 39.39 }, "12 MP at 1440, PSNR: 39.39 dB, asked at least 39.40 dB"},
		{"bytes of a JPEG", func(r *report) { r.results[0].looks[ours].bytes++ }, "12 MP at 1440, bytes: 162001, asked at most 162000"},
		{"bytes of a PNG", func(r *report) { r.results[2].looks[ours].bytes = 122_401 }, "3 MP PNG to PNG at 640, bytes: 122401, asked at most 122400"},
		{"memory", func(r *report) { r.footprints[0].peak[ours] = 60e6 + 1e5 }, "peak memory of p12.jpg at 1440: 60.1 MB, asked at most 60 MB"},
		{"start", func(r *report) { r.start = 15100 * time.Microsecond }, "start to first preview: 15.1 ms, asked at most 15 ms"},
		{"profile", func(r *report) { r.profile = 5100 * time.Microsecond }, "colour profile: 5.1 ms, asked at most 5 ms"},
	} {
		r := made()
		test.spoil(&r)
		var out bytes.Buffer
		err := r.tell(&out)
		_, missed, _ := strings.Cut(out.String(), "MISSED  ")
		missed, _, _ = strings.Cut(missed, "\n")
		if missed != test.missed || (err != nil) != (test.missed != "") {
			t.Errorf("%s: missed %q, %v; want %q", test.name, missed, err, test.missed)
		}
	}
}
