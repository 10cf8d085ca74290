package nginx_test

import (
	"encoding/binary"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// object is a picture long enough to have parts.
const object = "0123456789"

func TestOutcomes(t *testing.T) {
	front, s3, gateway := recording(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.RequestURI, "missing") {
			failing(403)(w, r) // what S3 says to whoever may not list the bucket
			return
		}
		picture(object)(w, r)
	}, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.RequestURI, "/photo/") {
			picture(object)(w, r)
			return
		}
		rendered(object)(w, r)
	})
	const timing = "invoke;dur=312.0"
	tests := []struct {
		target, firstPrew, firstTiming, thenPrew string
		asked                                    int // requests upstream, of both times
	}{
		{"/photo/a.jpg", "", "", "", 1},
		{"/photo/a+b.jpg", "", "", "", 1},
		{"/prew/thumb/a.jpg", "stored", "", "cached", 1},
		{"/prew/thumb/missing.jpg", "rendered", timing, "cached", 2},
		{"/prew/thumb/missing+.jpg", "rendered", timing, "cached", 1},
	}
	for _, test := range tests {
		first, then := front.get(t, test.target), front.get(t, test.target)
		first.check(t, test.target, 200, map[string]string{"X-Prew": test.firstPrew, "Server-Timing": test.firstTiming, "ETag": `"` + object + `"`})
		then.check(t, test.target+" again", 200, map[string]string{"X-Prew": test.thenPrew, "Server-Timing": "", "ETag": `"` + object + `"`})
		if first.body != object || then.body != object {
			t.Errorf("%s: %q, then %q", test.target, first.body, then.body)
		}
		if asked := len(s3.took()) + len(gateway.took()); asked != test.asked {
			t.Errorf("%s: %d requests upstream, want %d", test.target, asked, test.asked)
		}
	}
}

// TestConditions asks each way both for what is in the cache and for what is
// not: a part, the head, the whole unless it is known. The client's conditions
// never go upstream, where the answer would not be the whole picture.
func TestConditions(t *testing.T) {
	front, s3, gateway := recording(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.RequestURI, "/photos/prew/made/") {
			failing(404)(w, r)
			return
		}
		picture(object)(w, r)
	}, rendered(object))
	tests := []struct {
		method, header string
		status         int
		body           string
		headers        map[string]string
	}{
		{"GET", "Range: bytes=2-4", 206, "234", map[string]string{"Content-Range": "bytes 2-4/10"}},
		{"GET", "Range: bytes=-3", 206, "789", map[string]string{"Content-Range": "bytes 7-9/10"}},
		{"GET", "Range: bytes=20-", 416, "", map[string]string{"Content-Range": "bytes */10"}},
		{"HEAD", "", 200, "", map[string]string{"Content-Length": "10", "ETag": `"` + object + `"`}},
		{"GET", `If-None-Match: "` + object + `"`, 304, "", nil},
		{"GET", `If-None-Match: "other"`, 200, object, nil},
		{"GET", "If-Modified-Since: Sat, 01 Jun 2024 12:00:00 GMT", 304, "", nil},
		{"GET", "Range: bytes=0-1\r\nIf-Range: \"other\"", 200, object, nil},
		{"GET", "Range: bytes=0-1\r\nIf-Range: \"" + object + "\"", 206, "01", nil},
		{"HEAD", `If-None-Match: "` + object + `"`, 304, "", nil},
	}
	for _, folder := range []string{"/photo/", "/prew/stored/", "/prew/made/", "/photo/+", "/prew/made/+"} {
		for i, test := range tests {
			target := folder + string(rune('a'+i)) + ".jpg"
			for _, where := range []string{"miss", "hit"} {
				var headers []string
				if test.header != "" {
					headers = []string{test.header}
				}
				got := front.ask(t, test.method, target, headers...)
				what := test.method + " " + target + " with " + test.header + ", a " + where
				got.check(t, what, test.status, test.headers)
				if test.status < 400 && got.body != test.body {
					t.Errorf("%s: %q, want %q", what, got.body, test.body)
				}
				requests := append(s3.took(), gateway.took()...)
				if test.status == 416 && where == "miss" {
					front.get(t, target) // an error fills no cache
					s3.took()
					gateway.took()
				}
				if (len(requests) == 0) != (where == "hit") {
					t.Errorf("%s: %d requests upstream", what, len(requests))
				}
				for _, r := range requests {
					if r.method != "GET" {
						t.Errorf("%s: upstream was asked with %s, which does not fill the cache", what, r.method)
					}
				}
			}
		}
	}
}

// TestPartsOfWhatOffersNone: upstream need not know ranges.
func TestPartsOfWhatOffersNone(t *testing.T) {
	front, _, _ := recording(t, func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(object))
	}, nil)
	for _, where := range []string{"miss", "hit"} {
		if got := front.get(t, "/photo/a.jpg", "Range: bytes=2-4"); got.status != 206 || got.body != "234" {
			t.Errorf("a %s: status %d with %q", where, got.status, got.body)
		}
	}
}

func TestTenMinutes(t *testing.T) {
	front, _, _ := recording(t, picture("stored", "Expires: Thu, 01 Jan 1970 00:00:00 GMT"), nil)
	before := time.Now().Unix()
	front.get(t, "/photo/a.jpg").check(t, "GET", 200, nil)
	after := time.Now().Unix()
	found := 0
	err := filepath.WalkDir(filepath.Join(front.dir, "cache"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		found++
		file, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		until := int64(binary.NativeEndian.Uint64(file[8:])) // see expire
		if until < before+600-1 || until > after+600 {       // nginx's clock may be a tick behind
			t.Errorf("kept for %d s, want 600", until-before)
		}
		return nil
	})
	if err != nil || found != 1 {
		t.Errorf("%d files in the cache, want 1: %v", found, err)
	}
}

func TestExpiredIsAskedForByETag(t *testing.T) {
	front, s3, _ := recording(t, picture(object), nil)
	for _, target := range []string{"/photo/a.jpg", "/prew/thumb/a.jpg"} {
		front.get(t, target)
	}
	s3.took()
	front.expire(t)
	for target, prew := range map[string]string{"/photo/a.jpg": "", "/prew/thumb/a.jpg": "cached"} {
		got := front.get(t, target, "Range: bytes=1-2")
		got.check(t, target, 206, map[string]string{"X-Prew": prew})
		requests := s3.took()
		if len(requests) != 1 || requests[0].header.Get("If-None-Match") != `"`+object+`"` || requests[0].header.Get("Range") != "" {
			t.Errorf("%s: S3 got %v, want one request with the ETag", target, requests)
		}
		if front.get(t, target); len(s3.took()) != 0 {
			t.Errorf("%s: asked again at once after 304", target)
		}
	}
}

// TestReplacedIsSeenByEveryWorker: some of them hold the old file open.
func TestReplacedIsSeenByEveryWorker(t *testing.T) {
	const tries = 20 // so that all workers have their turn
	front, s3, _ := recording(t, picture("old"), nil)
	for range tries {
		front.get(t, "/prew/thumb/a.jpg")
	}
	s3.answers(picture("new"))
	front.expire(t)
	for i := range tries {
		want := "cached"
		if i == 0 {
			want = "stored"
		}
		if got := front.get(t, "/prew/thumb/a.jpg"); got.body != "new" || got.header.Get("X-Prew") != want {
			t.Errorf("time %d: %q %s, want the new one %s", i+1, got.body, got.header.Get("X-Prew"), want)
		}
	}
}

// TestExpiredAndDeletedIsMadeAgain is how a preview is renewed on purpose.
func TestExpiredAndDeletedIsMadeAgain(t *testing.T) {
	front, s3, _ := recording(t, picture("old"), rendered("new"))
	front.get(t, "/prew/thumb/a.jpg")
	front.expire(t)
	s3.answers(failing(404))
	for _, prew := range []string{"rendered", "cached"} {
		got := front.get(t, "/prew/thumb/a.jpg")
		got.check(t, "GET", 200, map[string]string{"X-Prew": prew})
		if got.body != "new" {
			t.Errorf("%q, want the new one", got.body)
		}
	}
	front.get(t, "/photo/a.jpg").check(t, "a photo that is missing", 404, nil)
}

func TestStaleIsServed(t *testing.T) {
	targets := map[string]string{"/photo/a.jpg": "", "/prew/thumb/a.jpg": "cached", "/photo/a+b.jpg": "", "/prew/thumb/a+b.jpg": "cached"}
	faults := map[string]func(s3, gateway *upstream){
		"500":  func(s3, gateway *upstream) { s3.answers(failing(500)); gateway.answers(failing(500)) },
		"503":  func(s3, gateway *upstream) { s3.answers(failing(503)); gateway.answers(failing(502)) },
		"gone": func(s3, gateway *upstream) { s3.down(); gateway.down() },
	}
	for name, fault := range faults {
		front, s3, gateway := recording(t, picture(object), picture(object))
		for target := range targets {
			front.get(t, target).check(t, target, 200, nil)
		}
		front.expire(t)
		fault(s3, gateway)
		for target, prew := range targets {
			got := front.get(t, target)
			got.check(t, name+": "+target, 200, map[string]string{"X-Prew": prew})
			if got.body != object {
				t.Errorf("%s: %s: %q", name, target, got.body)
			}
		}
		status, code := 502, "upstream_unreachable"
		if name == "503" {
			status, code = 503, "storage_busy"
		}
		front.get(t, "/photo/new.jpg").checkPicture(t, name+": a photo that was never asked for", status, code, "error.png")
	}
}

// TestNobodyWaitsForARefresh: while one request asks S3 whether the preview is
// still good, everybody else gets it as it is.
func TestNobodyWaitsForARefresh(t *testing.T) {
	front, s3, _ := recording(t, picture(object), nil)
	front.get(t, "/prew/thumb/a.jpg")
	front.expire(t)
	arrived, release := make(chan bool, 10), make(chan bool)
	s3.answers(func(w http.ResponseWriter, r *http.Request) {
		arrived <- true
		<-release
		picture(object)(w, r)
	})
	var first sync.WaitGroup
	first.Go(func() { front.get(t, "/prew/thumb/a.jpg").check(t, "the one that asks", 200, nil) })
	select {
	case <-arrived:
		front.get(t, "/prew/thumb/a.jpg").check(t, "another one", 200, map[string]string{"X-Prew": "cached"})
		if len(arrived) > 0 {
			t.Error("another one asked S3 as well")
		}
	case <-time.After(deadline):
		t.Error("nobody asked S3")
	}
	close(release)
	first.Wait()
}

// TestColdClientsDoNotWaitForEachOther: all of them reach the gateway, which
// makes one of many; a lock in nginx would hold them back.
func TestColdClientsDoNotWaitForEachOther(t *testing.T) {
	const clients = 20
	var arrived atomic.Int32
	together := make(chan bool)
	front, _, _ := recording(t, failing(404), func(w http.ResponseWriter, r *http.Request) {
		if arrived.Add(1) == clients {
			close(together)
		}
		select {
		case <-together:
			rendered(object)(w, r)
		case <-time.After(5 * time.Second): // what a lock holds back longest
			failing(500)(w, r)
		}
	})
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			if got := front.get(t, "/prew/thumb/a.jpg"); got.status != 200 || got.body != object {
				t.Errorf("status %d with %q", got.status, got.body)
			}
		})
	}
	all.Wait()
}

// TestFailuresAreNotKept: a photo may be uploaded, and S3 come back, any moment.
func TestFailuresAreNotKept(t *testing.T) {
	for _, status := range []int{403, 404, 500, 503} {
		front, s3, gateway := recording(t, failing(status), failing(404))
		targets := []string{"/photo/a.jpg", "/prew/thumb/a.jpg", "/prew/thumb/a+b.jpg"}
		for _, target := range targets {
			if got := front.get(t, target); got.status < 400 {
				t.Errorf("S3 says %d: %s is %d", status, target, got.status)
			}
		}
		s3.answers(picture(object))
		gateway.answers(rendered(object))
		for _, target := range targets {
			front.get(t, target).check(t, target+" afterwards", 200, nil)
		}
	}
}

// TestCutShortIsNotKept: what breaks off is no picture.
func TestCutShortIsNotKept(t *testing.T) {
	front, s3, _ := recording(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte("short"))
	}, nil)
	response, err := http.Get("http://" + front.Addr + "/photo/a.jpg")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	s3.answers(picture(object))
	if got := front.get(t, "/photo/a.jpg"); got.body != object {
		t.Errorf("%q, want the whole", got.body)
	}
	if targets := targetsOf(s3.took()); !slices.Equal(targets, []string{"/photos/photo/a.jpg", "/photos/photo/a.jpg"}) {
		t.Errorf("S3 got %q", targets)
	}
}
