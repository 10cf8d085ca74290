package count

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestParse(t *testing.T) {
	const head = "<190>Nov 28 06:30:00 prewnginx: "
	tests := []struct {
		line string
		want request
	}{
		{"preview\t200\t3512\t0.000\tHIT\tcached\t-", request{labels{"preview", "cached", "", "200", "HIT"}, 0, 3512}},
		{"preview\t200\t3512\t0.250\tMISS\trendered\t", request{labels{"preview", "rendered", "", "200", "MISS"}, .25, 3512}},
		{"preview\t206\t10\t0.250\tMISS\tjoined\t", request{labels{"preview", "joined", "", "206", "MISS"}, .25, 10}},
		{"photo\t304\t0\t0.001\tREVALIDATED\tcached\t-", request{labels{"photo", "cached", "", "304", "REVALIDATED"}, .001, 0}},
		{"photo\t200\t9\t0.001\tMISS\tstored\t-", request{labels{"photo", "stored", "", "200", "MISS"}, .001, 9}},
		{"photo\t404\t9\t0.001\tMISS\tstored\tsource_missing", request{labels{"photo", "failed", "source_missing", "404", "MISS"}, .001, 9}},
		{"other\t404\t9\t0.000\t-\tstored\tpath_refused", request{labels{"other", "failed", "path_refused", "404", "none"}, 0, 9}},
		{"preview\t429\t9\t0.000\tMISS\tstored\ttoo_many_misses", request{labels{"preview", "failed", "too_many_misses", "429", "MISS"}, 0, 9}},
		{"preview\t499\t0\t1.000\tMISS\tstored\t-", request{labels{"preview", "left", "", "499", "MISS"}, 1, 0}},
		{"other\t200\t9\t0.000\t\tstored\t-", request{labels{"other", "other", "", "200", "none"}, 0, 9}},
		{"preview\t204\t0\t0.000\t-\tstored\t-", request{labels{"preview", "other", "", "204", "none"}, 0, 0}},

		// What nobody knows is other.
		{"preview\t299\t0\t0.000\tWARM\tguessed\tsurprise", request{labels{"preview", "other", "", "other", "other"}, 0, 0}},
		{"preview\t502\t0\t0.000\tMISS\tstored\tsurprise", request{labels{"preview", "failed", "other", "502", "MISS"}, 0, 0}},
		{"preview\t412\t0\t0.000\tHIT\tcached\t", request{labels{"preview", "failed", "other", "412", "HIT"}, 0, 0}},
		{"preview\t200\t0\t0.000\tHIT\tguessed\t-", request{labels{"preview", "other", "", "200", "HIT"}, 0, 0}},
	}
	for _, test := range tests {
		if got, ok := parse([]byte(head + test.line)); !ok || got != test.want {
			t.Errorf("%q: %+v, %v, want %+v", test.line, got, ok, test.want)
		}
	}
	for _, line := range []string{
		"", "\n", head, "preview\t200\t3512\t0.000\tHIT\tcached\t-",
		head + "preview\t200\t3512\t0.000\tHIT\tcached",
		head + "preview\t200\t3512\t0.000\tHIT\tcached\t-\t",
		head + "page\t200\t3512\t0.000\tHIT\tcached\t-",
		head + "preview\tOK\t3512\t0.000\tHIT\tcached\t-",
		head + "preview\t200\t-1\t0.000\tHIT\tcached\t-",
		head + "preview\t200\t999999999999999999\t0.000\tHIT\tcached\t-",
		head + "preview\t200\t3512\tNaN\tHIT\tcached\t-",
		head + "preview\t200\t3512\t-1\tHIT\tcached\t-",
		head + "preview\t200\t3512\tInf\tHIT\tcached\t-",
	} {
		if got, ok := parse([]byte(line)); ok {
			t.Errorf("%q: %+v, want it to be unreadable", line, got)
		}
	}
}

// FuzzParse: whatever a line says, the labels are of the lists.
func FuzzParse(f *testing.F) {
	f.Add([]byte("<190>Nov 28 06:30:00 prewnginx: preview\t200\t3512\t0.000\tHIT\tcached\t-"))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, ok := parse(line)
		if !ok {
			return
		}
		if !slices.Contains(routes, r.route) || !slices.Contains(outcomes, r.outcome) || !slices.Contains(statuses, r.status) || !slices.Contains(caches, r.cache) ||
			(r.outcome == failed) != slices.Contains(codes, r.code) || !(r.bytes >= 0) || !(r.seconds >= 0) {
			t.Errorf("%q: %+v", line, r)
		}
	})
}

// TestEveryCodeOfNginxIsListed reads them in its configuration.
func TestEveryCodeOfNginxIsListed(t *testing.T) {
	text, err := os.ReadFile("../server.conf")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, match := range regexp.MustCompile(`add_header X-Prew-Error (\w+) always`).FindAllStringSubmatch(string(text), -1) {
		found[match[1]] = true
		if !slices.Contains(codes, match[1]) {
			t.Errorf("%s would be counted as other", match[1])
		}
	}
	if len(found) < 7 {
		t.Errorf("found only %v", slices.Collect(maps.Keys(found)))
	}
}

// serving counts until the test ends, and returns where lines go and where metrics are.
func serving(t *testing.T, cache Cache) (lines *Lines, metrics string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lines, err = Listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- Serve(ctx, lines, listener, cache) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return lines, "http://" + listener.Addr().String() + "/metrics"
}

// await reads the metrics until they have each of the given lines.
func await(t *testing.T, metrics string, want ...string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		response, err := http.Get(metrics)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		missing := slices.DeleteFunc(slices.Clone(want), func(line string) bool { return regexp.MustCompile("(?m)^" + line + "$").Match(text) })
		if len(missing) == 0 {
			return
		}
		if time.Now().After(end) {
			var ours []string
			for line := range strings.Lines(string(text)) {
				if strings.HasPrefix(line, "prew_") && !strings.HasSuffix(line, " 0\n") {
					ours = append(ours, line)
				}
			}
			t.Fatalf("no line %q in\n%s", missing, strings.Join(ours, ""))
		}
	}
}

func TestServe(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a", "bc"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "bc", "file"), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, metrics := serving(t, Cache{Dir: dir, Size: 8000, MinFree: 1000})
	to, err := net.Dial("udp", lines.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	for _, line := range []string{
		"<190>Nov 28 06:30:00 prewnginx: preview\t200\t3512\t0.250\tHIT\tcached\t-",
		"<190>Nov 28 06:30:00 prewnginx: preview\t200\t88\t0.000\tHIT\tcached\t-",
		"<190>Nov 28 06:30:00 prewnginx: photo\t404\t70\t0.000\tMISS\tstored\tsource_missing",
		"nonsense", strings.Repeat("x", 60000), "",
	} {
		if _, err := to.Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, metrics,
		`prew_nginx_requests_total{code="",outcome="cached",route="preview"} 2`,
		`prew_nginx_requests_total{code="source_missing",outcome="failed",route="photo"} 1`,
		`prew_nginx_requests_total{code="other",outcome="failed",route="photo"} 0`, // from the start
		`prew_nginx_responses_total{route="preview",status="200"} 2`,
		`prew_nginx_cache_requests_total{cache="HIT",route="preview"} 2`,
		`prew_nginx_cache_requests_total{cache="MISS",route="photo"} 1`,
		`prew_nginx_sent_bytes_total{route="preview"} 3600`,
		`prew_nginx_request_seconds_sum{outcome="cached",route="preview"} 0.25`,
		`prew_nginx_lines_unreadable_total 3`,
		`prew_nginx_lines_lost_total 0`,
		`prew_nginx_cache_bytes 1.0\d+e\+06`,
		`prew_nginx_cache_files 1`,
		`prew_nginx_cache_limit_bytes 8000`,
		`prew_nginx_cache_min_free_bytes 1000`,
		`prew_nginx_disk_free_bytes [1-9].*`,
	)
}

// TestLostLinesAreCounted fills the socket while nobody reads it.
func TestLostLinesAreCounted(t *testing.T) {
	lines, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	to, err := net.Dial("udp", lines.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	const sent = 100
	for range sent {
		if _, err := to.Write(make([]byte, 60000)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := lines.lost(); err != nil || n == 0 || n >= sent {
		t.Errorf("%d lines lost, %v, want some of %d", n, err, sent)
	}
}

// TestPanicCostsALine has each second line panic.
func TestPanicCostsALine(t *testing.T) {
	lines, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	ctx, cancel := context.WithCancel(context.Background())
	added, ended := make(chan string, 10), make(chan error)
	go func() {
		ended <- lines.read(ctx, func(line []byte) {
			if string(line) == "bad" {
				panic("of a test")
			}
			added <- string(line)
		})
	}()
	to, err := net.Dial("udp", lines.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	for _, line := range []string{"bad", "good", "bad", "better"} {
		to.Write([]byte(line))
	}
	for _, want := range []string{"good", "better"} {
		if got := <-added; got != want {
			t.Errorf("%q was added, want %q", got, want)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestSeriesAreBounded: no line adds one but for the times of its route and outcome.
func TestSeriesAreBounded(t *testing.T) {
	c := newCounts()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c.collectors()...)
	series := func() (n int) {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, family := range families {
			n += len(family.Metric)
		}
		return n
	}
	before := series()
	for _, status := range append(slices.Clone(statuses), "299", "599", "0", "65535") {
		for _, route := range routes {
			for _, word := range []string{"", "-", "cached", "HIT", "source_missing", "a", "b", "c"} {
				c.add([]byte("prewnginx: " + strings.Join([]string{route, status, "1", "0.1", word, word, word}, "\t")))
			}
		}
	}
	if after := series(); after-before > len(routes)*len(outcomes) {
		t.Errorf("%d series became %d", before, after)
	}
}
