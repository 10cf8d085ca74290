package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"prew/deploy/local/stack"
)

// widths are the previews to measure, with the names of their presets.
var widths = []struct{ name, preset string }{
	{"1440", "PRESET_BENCH_1440=width=1440"},
	{"640", "PRESET_BENCH_640=width=640"},
	{"200", "PRESET_BENCH_200=width=200,height=200,fit=cover"},
}

// BenchmarkCold measures the cost of a new preview, in processor time of everything
// that make run starts: nginx, the gateways, Redis, the S3 server, the emulator and
// the function.
func BenchmarkCold(b *testing.B) {
	const photos = 20 // a clock tick of 10 ms is then half a millisecond a photo
	for _, width := range widths {
		b.Run(width.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				system := startRun(b, photos, "p12.jpg")
				system.get(b, "bench_"+width.name, 0) // this starts the function
				b.StartTimer()
				before := system.processorTime(b)
				for i := 1; i < photos; i++ {
					system.get(b, "bench_"+width.name, i)
				}
				spent := system.processorTime(b) - before
				b.StopTimer()
				b.ReportMetric(float64(spent.Milliseconds())/(photos-1), "cpu-ms/preview")
				system.stop()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkCrowd makes 300 clients ask at once for 100 new previews, of photos of 12
// to 22 megapixels. It measures the time until every client has its preview, and the
// memory of all processes together.
func BenchmarkCrowd(b *testing.B) {
	const photos, clients = 100, 300
	for _, width := range widths {
		b.Run(width.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				system := startRun(b, photos, "p12.jpg", "p20.jpg", "p22_444.jpg", "p12_prog.jpg")
				b.StartTimer()
				began := time.Now()
				done := make(chan struct{})
				peak := make(chan int)
				go func() { peak <- system.peakMemory(done) }()
				var group sync.WaitGroup
				for i := range clients {
					group.Go(func() { system.get(b, "bench_"+width.name, i%photos) })
				}
				group.Wait()
				took := time.Since(began)
				close(done)
				b.ReportMetric(took.Seconds(), "s")
				b.ReportMetric(float64(<-peak)/1e6, "MB-resident")
				b.StopTimer()
				system.stop()
				b.StartTimer()
			}
		})
	}
}

// runOfBench is a system started as by make run, on photos of the corpus.
type runOfBench struct {
	command *exec.Cmd
	address string
}

// startRun starts .bin/local on copies of photos of the corpus, 0.jpg, 1.jpg and
// so on, and waits until it serves.
func startRun(b *testing.B, photos int, files ...string) *runOfBench {
	b.Helper()
	corpus := os.Getenv("CORPUS")
	if corpus == "" {
		b.Skip("CORPUS is empty: it names the folder of the photos")
	}
	dir := b.TempDir()
	for i := range photos {
		file := filepath.Join(corpus, "bench", files[i%len(files)])
		if err := os.Symlink(file, filepath.Join(dir, fmt.Sprint(i, ".jpg"))); err != nil {
			b.Fatal(err)
		}
	}
	root, err := stack.Root()
	if err != nil {
		b.Fatal(err)
	}
	addr, err := stack.FreeAddr()
	if err != nil {
		b.Fatal(err)
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		b.Fatal(err)
	}
	system := &runOfBench{address: "http://localhost:" + port}
	system.command = exec.Command(filepath.Join(root, ".bin", "local"), "-port", port, "-photos", dir, "-state", b.TempDir())
	system.command.Dir = root
	for _, width := range widths {
		system.command.Env = append(system.command.Env, width.preset)
	}
	system.command.Env = append(os.Environ(), system.command.Env...)
	var output bytes.Buffer
	system.command.Stdout, system.command.Stderr = &output, &output
	if err := system.command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(system.stop)
	// The last photo is uploaded last.
	for range 600 {
		if answer, err := http.Get(fmt.Sprintf("%s/photo/%s", system.address, lastKey(photos))); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				time.Sleep(time.Second) // until the other uploads under way have ended
				return system
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatalf("it does not serve:\n%s", output.Bytes())
	return nil
}

// lastKey is the photo that comes last in the order of names.
func lastKey(photos int) string {
	var keys []string
	for i := range photos {
		keys = append(keys, fmt.Sprint(i, ".jpg"))
	}
	slices.Sort(keys)
	return keys[photos-1]
}

// get asks for a preview and reads it.
func (r *runOfBench) get(b *testing.B, preset string, photo int) {
	answer, err := http.Get(fmt.Sprintf("%s/prew/%s/%d.jpg", r.address, preset, photo))
	if err != nil {
		b.Error(err)
		return
	}
	defer answer.Body.Close()
	if n, err := io.Copy(io.Discard, answer.Body); err != nil || n == 0 || answer.StatusCode != http.StatusOK {
		b.Errorf("%s of photo %d: %s, %d bytes (%v)", preset, photo, answer.Status, n, err)
	}
}

// stop ends the system, once.
func (r *runOfBench) stop() {
	if r.command.ProcessState == nil {
		r.command.Process.Signal(os.Interrupt)
		r.command.Wait()
	}
}

// processes are the folders below /proc of the system's processes.
func (r *runOfBench) processes() []string {
	children := map[string][]string{}
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range all {
		if fields := statOf(dir); fields != nil {
			const parent = 1
			children[fields[parent]] = append(children[fields[parent]], dir)
		}
	}
	found := []string{fmt.Sprintf("/proc/%d", r.command.Process.Pid)}
	for i := 0; i < len(found); i++ {
		found = append(found, children[filepath.Base(found[i])]...)
	}
	return found
}

// statOf returns the fields of a process from its state on (proc(5), /proc/pid/stat),
// nil if the process is gone.
func statOf(dir string) []string {
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// processorTime is the CPU time of the system's processes, in user mode and in the
// kernel.
func (r *runOfBench) processorTime(b *testing.B) time.Duration {
	const user, kernel = 11, 12
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux
	total := 0
	for _, dir := range r.processes() {
		if fields := statOf(dir); fields != nil {
			for _, field := range []string{fields[user], fields[kernel]} {
				ticks, err := strconv.Atoi(field)
				if err != nil {
					b.Fatal(err)
				}
				total += ticks
			}
		}
	}
	return time.Duration(total) * tick
}

// peakMemory is the most memory, in bytes, that the system's processes held together,
// read every 50 ms until done.
func (r *runOfBench) peakMemory(done chan struct{}) int {
	const resident = 21 // in pages
	peak := 0
	for {
		total := 0
		for _, dir := range r.processes() {
			if fields := statOf(dir); fields != nil {
				pages, _ := strconv.Atoi(fields[resident])
				total += pages * os.Getpagesize()
			}
		}
		peak = max(peak, total)
		select {
		case <-done:
			return peak
		case <-time.After(50 * time.Millisecond):
		}
	}
}
