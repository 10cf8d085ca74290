package nginx_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"prew"
)

// purge has beside nginx delete what a scope is about, and returns how many files that were.
func (f *front) purge(t *testing.T, scope prew.Scope) (files int) {
	t.Helper()
	body, err := json.Marshal(prew.Purge{ID: "1", Phase: prew.PurgeEnds, Bucket: "photos", Scope: scope})
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post("http://"+f.Purges+"/purge", "application/json", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var done struct{ Files int }
	if err := json.Unmarshal(answer, &done); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%+v: %s %q, %v", scope, response.Status, answer, err)
	}
	return done.Files
}

// enough requests that every worker has the file open.
const enough = 20

// TestPurgedIsGoneAtOnce: from the moment at which the purge is answered no worker answers with
// what was purged, not even one that has the file open, and all else stays.
func TestPurgedIsGoneAtOnce(t *testing.T) {
	presets := presetsOf(t, aliasedPresets)
	const webp = "Accept: image/webp"
	type request struct{ target, accept string }
	requests := []request{
		{"/prew/thumb/a/1.jpg", ""}, {"/prew/thumb/b%20%D1%84.jpg", ""}, {"/100x100/b%20%D1%84.jpg", ""},
		{"/prew/card/a/1.jpg", webp}, {"/prew/card/a/1.jpg", "Accept: */*"}, {"/photo/a/1.jpg", ""}, {"/photo/b%20%D1%84.jpg", ""},
		{"/u/" + inBase64("s3://photos/a/1.jpg") + ".jpg", ""}, {"/u/" + inBase64("s3://cards/a/1.jpg") + ".jpg", webp},
		{"/" + inBase64(`{"bucket":"photos","key":"b ф.jpg"}`) + "?v=2", ""},
	}
	for _, test := range []struct {
		scope prew.Scope
		gone  []int // of requests
		files int
	}{
		{prew.Scope{Photos: []string{"a/1.jpg"}}, []int{0, 3, 4, 5, 7, 8}, 6},
		{prew.Scope{Photos: []string{"b ф.jpg"}, Presets: []string{"thumb"}}, []int{1, 2, 9}, 2},
		{prew.Scope{Presets: []string{"card"}}, []int{4, 8}, 2},
		{prew.Scope{Presets: []string{"card.webp"}}, []int{3, 8}, 2},
		{prew.Scope{Prefixes: []string{"b "}}, []int{1, 2, 6, 9}, 3},
		{prew.Scope{Photos: []string{"a/2.jpg"}}, nil, 0},
		{prew.Scope{All: true}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 9},
	} {
		front, s3, gateway := negotiating(t, presets, decodes, reads(presets)) // a purge is repeated, into the next row
		ask := func(r request) {
			t.Helper()
			var headers []string
			if r.accept != "" {
				headers = []string{r.accept}
			}
			front.get(t, r.target, headers...).check(t, r.target, 200, nil)
		}
		for _, r := range requests {
			for range enough {
				ask(r)
			}
		}
		s3.took()
		gateway.took()
		if files := front.purge(t, test.scope); files != test.files {
			t.Errorf("%+v: %d files, want %d", test.scope, files, test.files)
		}
		// 1 and 2 are one object.
		seen := map[string]bool{}
		for i, r := range requests {
			ask(r)
			asked := len(s3.took())+len(gateway.took()) > 0
			object := r.target
			if i == 2 {
				object = requests[1].target
			}
			want := slices.Contains(test.gone, i) && !seen[object+r.accept]
			seen[object+r.accept] = true
			if asked != want {
				t.Errorf("%+v: %s %s: upstream was asked: %v, want %v", test.scope, r.target, r.accept, asked, want)
			}
		}
		front.Stop()
	}
}

// TestPurgedIsNotStale: what was purged is not served while S3 and the gateways are down.
func TestPurgedIsNotStale(t *testing.T) {
	front, s3, gateway := recording(t, picture(object), picture(object))
	for range enough {
		front.get(t, "/prew/thumb/a.jpg")
	}
	front.expire(t)
	s3.answers(failing(500))
	gateway.answers(failing(500))
	front.get(t, "/prew/thumb/a.jpg").check(t, "before the purge", 200, nil)
	front.purge(t, prew.Scope{Photos: []string{"a.jpg"}, Presets: []string{"thumb"}})
	for range enough {
		if got := front.get(t, "/prew/thumb/a.jpg"); got.status < 500 {
			t.Fatalf("after it: %d %q", got.status, got.body)
		}
	}
}

// TestFetchedDuringAPurgeIsPurged: what nginx was fetching is stored after the purge, and goes
// with its repetition.
func TestFetchedDuringAPurgeIsPurged(t *testing.T) {
	for _, scope := range []prew.Scope{{Photos: []string{"a.jpg"}, Presets: []string{"thumb"}}, {Presets: []string{"thumb"}}} {
		arrived, release := make(chan bool), make(chan bool)
		front, s3, _ := recording(t, func(w http.ResponseWriter, r *http.Request) {
			arrived <- true
			<-release
			picture("old")(w, r)
		}, nil)
		fetched := make(chan answer)
		go func() { fetched <- front.get(t, "/prew/thumb/a.jpg") }()
		<-arrived
		s3.answers(picture("new"))
		front.purge(t, scope)
		began := time.Now()
		close(release)
		if got := <-fetched; got.body != "old" {
			t.Errorf("%q, want what was under way", got.body)
		}
		for got := ""; got != "new"; time.Sleep(10 * time.Millisecond) {
			got = front.get(t, "/prew/thumb/a.jpg").body
			if took := time.Since(began); took > 5*time.Second {
				t.Fatalf("%+v: %q after %v, want the new one after a second", scope, got, took)
			}
		}
	}
}

// TestDeletedByHandIsNoticed within a second, though workers have the file open.
func TestDeletedByHandIsNoticed(t *testing.T) {
	front, s3, _ := recording(t, picture("old"), nil)
	for range enough {
		front.get(t, "/prew/thumb/a.jpg")
	}
	s3.answers(picture("new"))
	sum := md5.Sum([]byte("/prew/thumb/a.jpg"))
	name := hex.EncodeToString(sum[:])
	if err := os.Remove(filepath.Join(front.dir, "cache", name[31:], name[29:31], name)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	for i := range enough {
		if got := front.get(t, "/prew/thumb/a.jpg"); got.body != "new" {
			t.Fatalf("time %d: %q, want the new one", i+1, got.body)
		}
	}
}

// TestPurgesWhileManyAsk replaces a photo while clients ask for its preview: soon all have the
// new one, and nobody fails.
func TestPurgesWhileManyAsk(t *testing.T) {
	front, s3, _ := recording(t, picture("0000"), nil)
	stop := make(chan struct{})
	failed := make(chan string, 1)
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				status, body, err := 0, []byte(nil), error(nil)
				if response, errGet := http.Get("http://" + front.Addr + "/prew/thumb/a.jpg"); errGet == nil {
					status = response.StatusCode
					body, err = io.ReadAll(response.Body)
					response.Body.Close()
				} else {
					err = errGet
				}
				if err != nil || status != 200 || len(body) != 4 {
					select {
					case failed <- fmt.Sprintf("%d %q, %v", status, body, err):
					default:
					}
				}
			}
		})
	}
	for i := 1; i <= 3; i++ {
		want := fmt.Sprintf("%04d", i)
		s3.answers(picture(want))
		front.purge(t, prew.Scope{Photos: []string{"a.jpg"}, Presets: []string{"thumb"}})
		time.Sleep(2 * time.Second) // what was being fetched is purged after one
		for range enough {
			if got := front.get(t, "/prew/thumb/a.jpg").body; got != want {
				t.Errorf("%q after the purge, want %q", got, want)
				break
			}
		}
	}
	close(stop)
	clients.Wait()
	select {
	case what := <-failed:
		t.Error(what)
	default:
	}
}
