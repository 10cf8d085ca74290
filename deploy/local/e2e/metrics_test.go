package e2e

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"prew/deploy/local/stack/stacktest"
)

// measure reads the metrics of nginx: the value of each series.
func measure(t *testing.T) map[string]float64 {
	t.Helper()
	_, text := stacktest.Get(t, "http://"+whole.Nginx.Metrics+"/metrics")
	values := map[string]float64{}
	for line := range strings.Lines(text) {
		series, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		if value, err := strconv.ParseFloat(number, 64); err == nil {
			values[series] = value
		}
	}
	return values
}

// TestNginxIsMeasured asks for one of each, and sees each in the metrics of nginx.
func TestNginxIsMeasured(t *testing.T) {
	upload(t, "photo/measured.jpg", photo(t, 640, 480))
	before := measure(t)
	sent := map[string]int{}
	for _, path := range []string{
		"/prew/thumb/measured.jpg", "/prew/thumb/measured.jpg", "/prew/thumb/measured.jpg", // rendered, and two hits
		"/photo/measured.jpg", "/photo/measured.jpg",
		"/photo/measured-missing.jpg", "/prew/thumb/measured-missing.jpg", "/prew/nothing/measured.jpg",
		"/elsewhere", "/elsewhere/too", "/health", // the last is not counted
	} {
		response, err := http.Get("http://" + whole.Nginx.Addr + path)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		route, _, _ := strings.Cut(path[1:], "/")
		sent[route] += int(n)
	}
	want := map[string]float64{
		`prew_nginx_requests_total{code="",outcome="rendered",route="preview"}`:             1,
		`prew_nginx_requests_total{code="",outcome="cached",route="preview"}`:               2,
		`prew_nginx_requests_total{code="",outcome="stored",route="photo"}`:                 1,
		`prew_nginx_requests_total{code="",outcome="cached",route="photo"}`:                 1,
		`prew_nginx_requests_total{code="source_missing",outcome="failed",route="photo"}`:   1,
		`prew_nginx_requests_total{code="source_missing",outcome="failed",route="preview"}`: 1,
		`prew_nginx_requests_total{code="preset_unknown",outcome="failed",route="preview"}`: 1,
		`prew_nginx_requests_total{code="path_refused",outcome="failed",route="other"}`:     2,
		`prew_nginx_responses_total{route="preview",status="200"}`:                          3,
		`prew_nginx_responses_total{route="preview",status="404"}`:                          2,
		`prew_nginx_responses_total{route="photo",status="404"}`:                            1,
		`prew_nginx_responses_total{route="other",status="404"}`:                            2,
		`prew_nginx_responses_total{route="other",status="200"}`:                            0,
		`prew_nginx_cache_requests_total{cache="HIT",route="preview"}`:                      2,
		`prew_nginx_cache_requests_total{cache="MISS",route="preview"}`:                     3,
		`prew_nginx_cache_requests_total{cache="HIT",route="photo"}`:                        1,
		`prew_nginx_cache_requests_total{cache="MISS",route="photo"}`:                       2,
		`prew_nginx_cache_requests_total{cache="none",route="other"}`:                       2,
		`prew_nginx_request_seconds_count{outcome="cached",route="preview"}`:                2,
		`prew_nginx_sent_bytes_total{route="preview"}`:                                      float64(sent["prew"]),
		`prew_nginx_sent_bytes_total{route="photo"}`:                                        float64(sent["photo"]),
		`prew_nginx_lines_unreadable_total`:                                                 0,
		`prew_nginx_lines_lost_total`:                                                       0,
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		after := measure(t)
		var wrong []string
		for series, n := range want {
			if got := after[series] - before[series]; got != n {
				wrong = append(wrong, series+" grew by "+strconv.FormatFloat(got, 'g', -1, 64)+", want "+strconv.FormatFloat(n, 'g', -1, 64))
			}
		}
		if len(wrong) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal(strings.Join(wrong, "\n"))
		}
	}
	after := measure(t)
	if after["prew_nginx_cache_limit_bytes"] != 2<<30 || after["prew_nginx_cache_min_free_bytes"] != 2<<27 || after["prew_nginx_disk_free_bytes"] <= 0 {
		t.Errorf("cache of %g bytes, %g kept free of %g, want 2g, an eighth of that, and some",
			after["prew_nginx_cache_limit_bytes"], after["prew_nginx_cache_min_free_bytes"], after["prew_nginx_disk_free_bytes"])
	}
}
