package nginx_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"prew/deploy/local/stack"
	"prew/nginx"
)

// sized answers with as many bytes as the path says, as /photo/3000000-a.jpg.
func sized(w http.ResponseWriter, r *http.Request) {
	number, _, _ := strings.Cut(filepath.Base(r.URL.Path), "-")
	size, err := strconv.Atoi(number)
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("ETag", strconv.Quote(number))
	w.Header().Set("Content-Length", number)
	w.Write(bytes.Repeat([]byte("0"), size))
}

// getWhole asks for an object of a size and reports whether all of it comes. Nobody may
// take a part for the whole: over HTTP/1.1 there is no answer then, over HTTP/2, where a
// header is sent by itself, nginx resets the stream.
func getWhole(t *testing.T, client *http.Client, url string, size int) bool {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	n, err := io.Copy(io.Discard, response.Body)
	whole := response.StatusCode == 200 && int(n) == size
	if response.StatusCode == 200 && !whole && (response.ProtoMajor == 1 || err == nil) {
		t.Errorf("%s: 200 with %d bytes of %d, %v", url, n, size, err)
	}
	return whole
}

// TestFullDiskCutsNothing limits the files that nginx may write to 2 MB, which fails as a
// full disk does: in the middle of a write. What fits is served and kept, and of what
// does not fit nobody gets a part.
func TestFullDiskCutsNothing(t *testing.T) {
	signal.Ignore(unix.SIGXFSZ) // in nginx too, which it would end: of a full disk there is no signal
	t.Cleanup(func() { signal.Reset(unix.SIGXFSZ) })
	s3, gateway := newUpstream(t, sized), newUpstream(t, sized)
	front, addr, config := overTLS(t, nginx.Site{Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{gateway.addr}})
	t.Cleanup(func() { // start's own look into the log would count this as a mistake
		front.Stop()
		log := filepath.Join(front.dir, "error.log")
		text, err := os.ReadFile(log)
		if err != nil || !bytes.Contains(text, []byte("has written only")) {
			t.Errorf("error.log: %s, %v, want that a file was written in part", text, err)
		}
		if err := os.WriteFile(log, regexp.MustCompile(`(?m)^.*(?:File too large|has written only).*\n`).ReplaceAll(text, nil), 0o644); err != nil {
			t.Error(err)
		}
	})
	for pid := range workersOf(t, front.PID()) {
		if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 2 << 20, Max: 2 << 20}, nil); err != nil {
			t.Fatal(err)
		}
	}
	overHTTP2 := &http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
	defer overHTTP2.CloseIdleConnections()
	for base, client := range map[string]*http.Client{"http://" + front.Addr: http.DefaultClient, "https://" + addr: overHTTP2} {
		for i := range 6 {
			for _, folder := range []string{"/photo/", "/prew/thumb/"} {
				for _, size := range []int{1000, 300_000, 1_500_000, 3_000_000} {
					url := fmt.Sprintf("%s%s%d-%d-%d.jpg", base, folder, size, i, len(base))
					if whole := getWhole(t, client, url, size); whole != (size < 2<<20) {
						t.Errorf("%s: whole: %t", url, whole)
					}
				}
			}
		}
	}
}

// TestOnePhotoIsWrittenOnce has eight slow readers of a large photo that is not in the
// cache: one of them has it written, and all get it.
func TestOnePhotoIsWrittenOnce(t *testing.T) {
	const size, readers = 8 << 20, 8
	for _, closed := range []bool{false, true} {
		var asked atomic.Int32
		serve := func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			time.Sleep(100 * time.Millisecond) // until all are there
			sized(w, r)
		}
		s3, gateway := newUpstream(t, serve), newUpstream(t, serve)
		front := start(t, nginx.Site{Private: closed, Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{gateway.addr}})
		began := time.Now()
		var group sync.WaitGroup
		for range readers {
			group.Go(func() {
				response, err := http.Get(fmt.Sprintf("http://%s/photo/%d-a.jpg", front.Addr, size))
				if err != nil {
					t.Error(err)
					return
				}
				defer response.Body.Close()
				if first := time.Since(began); first > 5*time.Second {
					t.Errorf("the first byte came after %v", first)
				}
				time.Sleep(500 * time.Millisecond)
				if n, err := io.Copy(io.Discard, response.Body); n != size || err != nil {
					t.Errorf("%d bytes of %d, %v", n, size, err)
				}
			})
		}
		group.Wait()
		if asked.Load() != 1 {
			t.Errorf("private: %t: upstream was asked %d times, want once", closed, asked.Load())
		}
	}
}

// TestMinFreeIsKept asks for more room than any disk has: at its next look nginx removes
// all that it holds.
func TestMinFreeIsKept(t *testing.T) {
	t.Parallel() // it looks every 10 s
	s3 := newUpstream(t, sized)
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	site := nginx.Site{Listen: addr, Previews: stack.StoreAt(s3.addr, "photos"), Gateways: []string{"127.0.0.1:1"}, CacheSize: "500m"}
	running, err := stack.StartNginx(dir, site)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Stop)
	conf := filepath.Join(dir, "conf", "site.conf")
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	const own = "min_free=65536000 "
	if !bytes.Contains(text, []byte(own)) {
		t.Errorf("site.conf has no %s, an eighth of 500m", own)
	}
	if err := os.WriteFile(conf, bytes.ReplaceAll(text, []byte(own), []byte("min_free=1000000g ")), 0o644); err != nil {
		t.Fatal(err)
	}
	front := &front{running, dir}
	cached := func() (count int) {
		files, err := filepath.Glob(filepath.Join(dir, "cache", "*", "*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	for i := range 5 {
		front.get(t, fmt.Sprintf("/photo/1000-%d.jpg", i)).check(t, "GET", 200, nil)
	}
	if cached() != 5 {
		t.Fatalf("%d files in the cache, want 5", cached())
	}
	running.Signal(unix.SIGHUP)
	for end := time.Now().Add(30 * time.Second); cached() > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d files in the cache after 30 s", cached())
		}
	}
}

// TestCacheThatTheDiskCannotHoldIsFound compares with the disk of the test's own folder.
func TestCacheThatTheDiskCannotHoldIsFound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "later")
	var disk unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(filepath.Dir(dir)), &disk); err != nil {
		t.Fatal(err)
	}
	room := int64(disk.Bavail) * disk.Bsize >> 20
	for size, ok := range map[string]bool{"1m": true, fmt.Sprintf("%dm", room): false, "9999999g": false} {
		site := nginx.Site{CacheSize: size}
		if err := site.CheckDisk(dir); (err == nil) != ok || err != nil && !strings.HasPrefix(err.Error(), "PREW_CACHE_SIZE: "+strconv.Quote(size)) {
			t.Errorf("%s on a disk with %d MB: %v", size, room, err)
		}
	}
	// What the cache has taken is its own.
	if err := os.MkdirAll(filepath.Join(dir, "cache", "0"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("fallocate", "-l", "64M", filepath.Join(dir, "cache", "0", "file")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := unix.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	room = int64(disk.Bavail) * disk.Bsize >> 20
	if err := (nginx.Site{CacheSize: fmt.Sprintf("%dm", (room+32)*8/9)}).CheckDisk(dir); err != nil {
		t.Errorf("with 64 MB in the cache and room for %d: %v", room, err)
	}
}
