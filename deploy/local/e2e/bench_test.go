package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkMiss measures what a miss costs without the function's own time: the way
// from the client through nginx, S3's 404, the gateway, the lease and the invocation
// and back, less the function's own times to read, render and store.
func BenchmarkMiss(b *testing.B) {
	picture := photo(b, 1600, 1200)
	stage := regexp.MustCompile(`(fetch|render|store);dur=([0-9.]+)`)
	var overheads, shares []float64 // milliseconds; of the whole
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		name := fmt.Sprintf("bench/%d/%d.jpg", os.Getpid(), len(overheads))
		upload(b, "photo/"+name, picture)
		b.StartTimer()
		began := time.Now()
		a := get(b, whole.Nginx.Addr, "/prew/card/"+name)
		total := float64(time.Since(began).Microseconds()) / 1000
		if a.status != http.StatusOK || a.header.Get("X-Prew") != "rendered" {
			b.Fatalf("%d, %q", a.status, a.header.Get("X-Prew"))
		}
		own := 0.0
		for _, match := range stage.FindAllStringSubmatch(a.header.Get("Server-Timing"), -1) {
			ms, err := strconv.ParseFloat(match[2], 64)
			if err != nil {
				b.Fatal(err)
			}
			own += ms
		}
		overheads = append(overheads, total-own)
		shares = append(shares, (total-own)/total)
	}
	b.ReportMetric(median(overheads), "overhead-ms")
	b.ReportMetric(median(shares), "overhead/total")
}

// BenchmarkHit measures the rate of cached previews against that of a static
// file of the same size, both from the same nginx under wrk, in turn.
func BenchmarkHit(b *testing.B) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Fatalf("%v: make bench installs it", err)
	}
	upload(b, "photo/bench-hit.jpg", photo(b, 1600, 1200))
	const target = "/prew/thumb/bench-hit.jpg"
	preview := get(b, whole.Nginx.Addr, target)
	if preview.status != http.StatusOK {
		b.Fatalf("%d, %q", preview.status, preview.header.Get("X-Prew-Error"))
	}
	if err := os.WriteFile(filepath.Join(static, "static.jpg"), []byte(preview.body), 0o644); err != nil {
		b.Fatal(err)
	}
	rate := func(path string) float64 { return rateOf(b, wrk, path) }
	var hits, statics, ratios []float64
	for b.Loop() {
		for range 5 { // on a shared machine a single pair means little
			hit, static := rate(target), rate("/gallery/static.jpg")
			hits, statics, ratios = append(hits, hit), append(statics, static), append(ratios, hit/static)
		}
	}
	b.ReportMetric(median(hits), "hits/s")
	b.ReportMetric(median(statics), "static/s")
	b.ReportMetric(median(ratios), "hit/static")
	b.ReportMetric(float64(len(preview.body)), "B")
}

// BenchmarkHitSizes measures the rate of cached previews of 1 kB to 4 MB over kept
// connections. A larger one takes longer; a size at which answers wait for something, as
// for a delayed acknowledgement, is one at which a larger one is several times as fast.
func BenchmarkHitSizes(b *testing.B) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Fatalf("%v: make bench installs it", err)
	}
	sizes := []int{1_000, 4_000, 10_000, 20_000, 36_000, 50_000, 62_000, 66_000, 80_000, 108_000, 130_000, 140_000, 181_000, 262_000, 500_000, 731_000, 1_500_000, 4_000_000}
	target := func(size int) string { return fmt.Sprintf("/prew/thumb/bench-%d.jpg", size) }
	for _, size := range sizes {
		upload(b, strings.TrimPrefix(target(size), "/"), make([]byte, size))
		if a := get(b, whole.Nginx.Addr, target(size)); a.status != http.StatusOK || len(a.body) != size {
			b.Fatalf("%d, %d bytes, want %d", a.status, len(a.body), size)
		}
	}
	rates := map[int][]float64{}
	for b.Loop() {
		for range 3 {
			for _, size := range sizes {
				rates[size] = append(rates[size], rateOf(b, wrk, target(size)))
			}
		}
	}
	fastest := 0.0 // of all larger ones
	for _, size := range slices.Backward(sizes) {
		rate := median(rates[size])
		b.ReportMetric(rate, fmt.Sprintf("%dB/s", size))
		if rate < fastest/3 {
			b.Errorf("%d bytes: %.0f a second, and more bytes %.0f", size, rate, fastest)
		}
		fastest = max(fastest, rate)
	}
}

var perSecond = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// rateOf returns how many answers to a path wrk reads in a second.
func rateOf(b *testing.B, wrk, path string) float64 {
	b.Helper()
	// One thread of wrk is still much faster than nginx; 32 connections keep every
	// worker of nginx busy.
	out, err := exec.Command(wrk, "-t1", "-c32", "-d1s", "http://"+whole.Nginx.Addr+path).CombinedOutput()
	match := perSecond.FindSubmatch(out)
	if err != nil || match == nil || regexp.MustCompile(`Non-2xx|Socket errors`).Match(out) {
		b.Fatalf("wrk: %v\n%s", err, out)
	}
	rate, err := strconv.ParseFloat(string(match[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
