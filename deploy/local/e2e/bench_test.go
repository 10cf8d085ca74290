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

	"prew/lambda/access/accesstest"
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
	rate := func(path string) float64 { return rateOf(b, wrk, whole.Nginx.Addr, path) }
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

// BenchmarkProtectedHit measures the rate of cached previews that only who has a token, or a
// signed address, may see, against that of the same preview for everybody, from the same nginx
// in turn. The verdicts are in nginx's cache, as they are for all but the first request of a
// minute. Two thirds of the rate should stay: of what nginx's CPU time allows, because the rate
// itself depends on what else the machine does.
func BenchmarkProtectedHit(b *testing.B) {
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Fatalf("%v: make bench installs it", err)
	}
	system := newProtected(b)
	for _, preset := range []string{"hero", "card", "thumb"} {
		system.upload(b, "prew/"+preset+"/bench.jpg", photo(b, 320, 240)) // the same bytes in each
	}
	later := time.Now().Add(time.Hour)
	open := "/prew/hero/bench.jpg"
	token := "/prew/card/bench.jpg?t=" + system.Token("rsa", accesstest.Claims(later))
	signed := "/prew/thumb/bench.jpg?" + accesstest.Sign("/prew/thumb/bench.jpg", later)
	for _, target := range []string{open, token, signed} {
		if a := get(b, system.addr, target); a.status != http.StatusOK {
			b.Fatalf("%s: %d, %q", target, a.status, a.header.Get("X-Prew-Error"))
		}
	}
	// perCPU is how many requests nginx answers in a second of its CPU time.
	perCPU := func(path string) (rate, perCPU float64) {
		before := cpuOf(b, system.nginx.PID())
		rate, requests := loadOf(b, wrk, system.addr, path)
		return rate, requests / (cpuOf(b, system.nginx.PID()) - before).Seconds()
	}
	ratios := map[string][]float64{}
	for b.Loop() {
		for range 5 { // as in BenchmarkHit
			openRate, openCPU := perCPU(open)
			ratios["open/s"] = append(ratios["open/s"], openRate)
			for name, path := range map[string]string{"token/open": token, "signed/open": signed} {
				rate, cpu := perCPU(path)
				ratios[name] = append(ratios[name], cpu/openCPU)
				ratios[name+"-rate"] = append(ratios[name+"-rate"], rate/openRate)
			}
		}
	}
	for name, values := range ratios {
		b.ReportMetric(median(values), name)
	}
}

// cpuOf returns the CPU time of the workers of an nginx (proc(5), schedstat).
func cpuOf(b *testing.B, master int) (total time.Duration) {
	b.Helper()
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", master, master))
	if err != nil {
		b.Fatal(err)
	}
	for pid := range strings.FieldsSeq(string(list)) {
		title, err := os.ReadFile("/proc/" + pid + "/cmdline")
		if err != nil || !strings.Contains(string(title), "worker process") {
			continue // the cache's own processes come and go
		}
		stat, err := os.ReadFile("/proc/" + pid + "/schedstat")
		if err != nil {
			b.Fatal(err)
		}
		onCPU, _, _ := strings.Cut(string(stat), " ")
		ns, err := strconv.ParseInt(onCPU, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		total += time.Duration(ns)
	}
	return total
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
				rates[size] = append(rates[size], rateOf(b, wrk, whole.Nginx.Addr, target(size)))
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

var perSecond, inAll = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`), regexp.MustCompile(`([0-9]+) requests in`)

// rateOf returns how many answers of addr to a path wrk reads in a second.
func rateOf(b *testing.B, wrk, addr, path string) float64 {
	b.Helper()
	rate, _ := loadOf(b, wrk, addr, path)
	return rate
}

// loadOf has wrk ask for a path for a second, and returns how many answers it read in a
// second, and how many in all.
func loadOf(b *testing.B, wrk, addr, path string) (rate, requests float64) {
	b.Helper()
	// One thread of wrk is still much faster than nginx; 32 connections keep every
	// worker of nginx busy.
	out, err := exec.Command(wrk, "-t1", "-c32", "-d1s", "http://"+addr+path).CombinedOutput()
	match, all := perSecond.FindSubmatch(out), inAll.FindSubmatch(out)
	if err != nil || match == nil || all == nil || regexp.MustCompile(`Non-2xx|Socket errors`).Match(out) {
		b.Fatalf("wrk: %v\n%s", err, out)
	}
	for _, number := range []struct {
		of   *float64
		text []byte
	}{{&rate, match[1]}, {&requests, all[1]}} {
		if *number.of, err = strconv.ParseFloat(string(number.text), 64); err != nil {
			b.Fatal(err)
		}
	}
	return rate, requests
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
