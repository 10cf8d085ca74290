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
	"prew/lambda/peers/look"
)

var update = flag.Bool("update", false, "write the golden files anew")

// made is a report in which every bound is met: a photo at two sizes and a PNG.
func made() report {
	ms := func(ours, debian, modern int) [peers]time.Duration {
		return [peers]time.Duration{time.Duration(ours) * 1e6, time.Duration(debian) * 1e6, time.Duration(modern) * 1e6}
	}
	photo := job{"p", "p.jpg", "12 MP", sizes[0], prew.JPEG, modern, 0.65, quality, "", ""}
	small := photo
	small.size = sizes[2]
	return report{
		date:      time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC),
		machine:   "some processor, 2 cores",
		renderers: [peers]string{"go1.26", "libvips 8.14.1", "sharp 0.35.5, libvips 8.18.7"},
		results: []result{
			{photo, speed{ms(50, 130, 100), [peers]float64{1, 0.38, 0.5}},
				[peers]looks{{0.961, 76.6, 0.95, 39.5, 38.5, 147_000}, {0.963, 76.2, 0.96, 40, 39, 167_000}, {0.962, 76.5, 0.94, 40.4, 39.2, 162_000}}},
			{small, speed{ms(20, 250, 40), [peers]float64{1, 0.08, 0.5}},
				[peers]looks{{0.96, 75, 1.1, 36, 35, 6500}, {0.96, 75, 1.1, 36, 35, 7500}, {0.96, 75, 1.1, 36, 35, 7000}}},
			{job{"a", "a.png", "3 MP PNG to PNG", sizes[1], prew.PNG, debian, 1, quality, "", ""}, speed{ms(90, 200, 45), [peers]float64{1, 0.45, 2}},
				[peers]looks{{0.9999, 99, 0.05, 55, 54, 122_000}, {0.9999, 99, 0.05, 55, 54, 120_000}, {0.9996, 98, 0.07, 48, 47, 106_000}}},
		},
		alike: []alikeResult{
			{alikeJob{job: job{about: "12 MP", size: sizes[0], format: prew.WebP, most: 0.45}, mostBytes: 1.02, efforts: [peers]string{"balanced", "", "4"}, by: bySSIM},
				0.9633, [peers]float64{84.3, 0, 77.8}, [peers]float64{126_000.4, 0, 134_000.4}, [peers]float64{}, speed{ms(80, 0, 200), [peers]float64{1, 0, 0.4}}},
			{alikeJob{job: job{about: "a drawing", size: sizes[1], format: prew.WebP, most: 0.6}, mostBytes: 1.03, efforts: [peers]string{"balanced", "", "4"}, by: bySSIM, lossless: true},
				1, [peers]float64{}, [peers]float64{5000, 0, 5100}, [peers]float64{}, speed{ms(10, 0, 20), [peers]float64{1, 0, 0.5}}},
			{alikeJob{job: job{about: "12 MP", size: sizes[0], format: prew.AVIF, most: 0.6}, mostBytes: 1, efforts: [peers]string{"balanced", "", "1"}, by: byScore, alone: true},
				77.79, [peers]float64{80.5, 0, 61.5}, [peers]float64{90_000.4, 0, 95_000.4}, [peers]float64{0.99, 0, 1}, speed{ms(60, 0, 150), [peers]float64{1, 0, 0.4}}},
		},
		formats: []formatsResult{{formatsJob{"p", "p.jpg", "12 MP, 4:4:4", sizes[0]}, 77.79, [...]madeIn{
			{[peers]float64{130_000, 0, 160_000}, ms(50, 0, 150), [peers]float64{1, 0, 3}},
			{[peers]float64{120_000, 0, 125_000}, ms(95, 0, 300), [peers]float64{1.9, 0, 6}},
			{[peers]float64{90_000, 0, 95_000}, ms(120, 0, 500), [peers]float64{2.4, 0, 10}},
		}}},
		moving: []movingResult{{job{about: "a.gif", size: size{name: "160"}, format: movingGIF}, speed{ms(60, 0, 100), [peers]float64{1, 0, 0.6}}, [peers]int64{900, 0, 1000}}},
		gravities: []gravityCost{
			{gravityJob{ours, "smart", look.Asked{}, mostSmart, small}, 3 * time.Millisecond, 20 * time.Millisecond},
			{gravityJob{modern, "attention", look.Asked{}, 0, small}, 12 * time.Millisecond, 40 * time.Millisecond},
		},
		costs: []cost{{lookJob{look.Look{Preset: "blur=2"}, photo}, ms(2, 0, 5), ms(50, 0, 100)}},
		footprints: []footprint{
			{"p12.jpg", 1440, prew.JPEG, 60e6, [peers]int64{25.6e6, 52.9e6, 106e6}, false},
			{"p12.jpg", 1440, prew.AVIF, 55.6e6, [peers]int64{45.6e6, 0, 126e6}, false},
			{largeName, 8192, prew.JPEG, 250e6, [peers]int64{9e6, 225.6e6, 540e6}, true},
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
	for name, write := range map[string]func(report, io.Writer) error{"peers.svg": report.writeChart, "formats.svg": report.writeFormatsChart} {
		out.Reset()
		if err := write(made(), &out); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.Bytes())
		isXML(t, &out)
	}
}

func isXML(t *testing.T, in io.Reader) {
	t.Helper()
	for decoder := xml.NewDecoder(in); ; {
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
		{"SSIMULACRA 2", func(r *report) {
			r.results[0].looks[ours].score, r.results[1].looks[ours].score = 74.49, 78
		}, "12 MP at 1440, SSIMULACRA 2: 74.49, asked at least 74.50"},
		{"SSIMULACRA 2 of all JPEGs", func(r *report) { r.results[0].looks[ours].score = 76.4 }, "all JPEGs, SSIMULACRA 2: -0.05, asked at least +0.00"},
		{"SSIM of a PNG", func(r *report) { r.results[2].looks[ours].ssim = 0.9968 }, "3 MP PNG to PNG at 640, SSIM: 0.9968, asked at least 0.9969"},
		{"PSNR of a JPEG", func(r *report) { r.results[0].looks[ours].psnr3 = 38.19 }, "12 MP at 1440, PSNR of RGB: 38.19 dB, asked at least 38.20 dB"},
		{"PSNR of a PNG", func(r *report) { r.results[2].looks[ours].psnr = 53.99 }, "3 MP PNG to PNG at 640, PSNR: 53.99 dB, asked at least 54.00 dB"},
		{"bytes of a JPEG", func(r *report) {
			r.results[0].looks[ours].bytes, r.results[1].looks[ours].bytes = 158_761, 6000
		}, "12 MP at 1440, bytes: 158761, asked at most 158760"},
		{"Butteraugli of all JPEGs", func(r *report) { r.results[1].looks[ours].far = 1.15 }, "all JPEGs, Butteraugli: 1.028, asked at most 1.02 of libvips's"},
		{"bytes of all JPEGs", func(r *report) { r.results[0].looks[ours].bytes = 151_000 }, "all JPEGs, bytes: 0.930, asked at most 0.92 of libvips's"},
		{"bytes of a PNG", func(r *report) { r.results[2].looks[ours].bytes = 122_401 }, "3 MP PNG to PNG at 640, bytes: 122401, asked at most 122400"},
		{"memory", func(r *report) { r.footprints[0].peak[ours] = 60e6 + 1e5 }, "peak memory of p12.jpg at 1440 as JPEG: 60.1 MB, asked at most 60 MB"},
		{"time of an AVIF beside our JPEG's", func(r *report) { r.formats[0].made[2].ofJPEG[ours] = 2.51 }, "12 MP, 4:4:4 at 1440, user time of AVIF: 2.51, asked at most 2.5 of JPEG's"},
		{"bytes of an AVIF", func(r *report) { r.alike[2].bytes[ours] = 95_570 }, "12 MP at 1440, AVIF balanced, bytes: 1.006, asked at most 1.00 of libvips 8.18, effort 1"},
		{"time of an AVIF", func(r *report) { r.alike[2].speed.ratio[modern] = 0.601 }, "12 MP at 1440, AVIF balanced, user time: 0.601, asked at most 0.60 of libvips 8.18, effort 1"},
		{"Butteraugli of an AVIF", func(r *report) { r.alike[2].far[ours] = 1.01 }, "12 MP at 1440, AVIF balanced, Butteraugli: 1.010, asked at most 1.00 of libvips 8.18, effort 1"},
		{"bytes of a WebP", func(r *report) { r.alike[0].bytes[ours] = 136_821 }, "12 MP at 1440, WebP balanced, bytes: 1.021, asked at most 1.02 of libvips 8.18, effort 4"},
		{"time of a WebP", func(r *report) { r.alike[1].speed.ratio[modern] = 0.601 }, "a drawing at 640, WebP balanced, user time: 0.601, asked at most 0.60 of libvips 8.18, effort 4"},
		{"time of a look", func(r *report) { r.costs[0].added[ours] = 3100 * time.Microsecond }, "blur=2, user time added: 3.1 ms, asked at most 3 ms"},
		{"bytes of what moves", func(r *report) { r.moving[0].bytes[ours] = 1101 }, "a.gif at 160, moving gif, bytes: 1.101, asked at most 1.10 of libvips 8.18"},
		{"time of what moves", func(r *report) { r.moving[0].speed.ratio[modern] = 0.701 }, "a.gif at 160, moving gif, user time: 0.701, asked at most 0.70 of libvips 8.18"},
		{"time of a gravity", func(r *report) { r.gravities[0].added = 5100 * time.Microsecond }, "12 MP at 200x200, gravity smart, user time added: 5.1 ms, asked at most 5 ms"},
		{"time of sharp's gravity, of which nothing is asked", func(r *report) { r.gravities[1].added = time.Second }, ""},
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
