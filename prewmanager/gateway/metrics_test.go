package gateway

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"prew"
	"prew/prewmanager/flight"
)

func TestMetricsCountWhatHappens(t *testing.T) {
	f := new(renderer)
	server := start(t, f)
	get(t, server.URL+"/prew/hero/metrics.jpg")
	landed(t, server)
	get(t, server.URL+"/prew/hero/metrics.jpg")
	f.answer = results(prew.RenderResult{
		Error:  &prew.RenderError{Code: prew.SourceMissing, Message: "because"},
		Timing: prew.Timing{Start: time.Now(), Total: 4, Opened: 4, Fetch: 4}, // it did not get further
	})
	get(t, server.URL+"/prew/hero/metrics-none.jpg")

	put(t, "photo/metrics.jpg", "0123456789")
	get(t, server.URL+"/photo/metrics.jpg")

	_, text := get(t, measuredAt(t, server))
	for _, want := range []string{
		`prew_flights_total{code="",outcome="rendered"} 1`,
		`prew_flights_total{code="",outcome="joined"} 0`,
		`prew_flights_total{code="",outcome="stored"} 1`,
		`prew_flights_total{code="source_missing",outcome="failed"} 1`,
		`prew_requests_total{code="",outcome="rendered",route="preview",source="default"} 1`,
		`prew_requests_total{code="",outcome="stored",route="preview",source="default"} 1`,
		`prew_requests_total{code="source_missing",outcome="failed",route="preview",source="default"} 1`,
		`prew_requests_total{code="",outcome="stored",route="photo",source="default"} 1`,
		`prew_request_seconds_count{outcome="rendered",route="preview"} 1`,
		`prew_stage_seconds_count{stage="lease"} 2`, `prew_stage_seconds_count{stage="queue"} 2`, `prew_stage_seconds_count{stage="invoke"} 2`,
		`prew_stage_seconds_sum{stage="fetch"} 0.005`, `prew_stage_seconds_sum{stage="render"} 0.002`, `prew_stage_seconds_sum{stage="store"} 0.003`,
		`prew_stage_seconds_count{stage="fetch"} 2`, `prew_stage_seconds_count{stage="render"} 1`, `prew_stage_seconds_count{stage="store"} 1`,
		`prew_sent_bytes_total{route="photo"} 10`, `prew_received_bytes_total{from="s3"} 38`, // the photo, and the stored preview
		`prew_received_bytes_total{from="function"} `, "prew_cold_starts_total 1", "prew_throttles_total 0", "prew_invokes_limit 64",
		"prew_flights 0", "prew_waiters 0", "prew_invokes 0", "prew_invokes_queued 0",
		"prew_lease_waits_total 0", "prew_redis_errors_total 0", "prew_redis_degraded_seconds_total 0",
		`prew_redis_refusals_total{kind="oom"} 0`, `prew_redis_refusals_total{kind="readonly"} 0`, `prew_redis_refusals_total{kind="noperm"} 0`,
		`prew_redis_refusals_total{kind="wrongtype"} 0`, `prew_redis_refusals_total{kind="misconf"} 0`, `prew_redis_refusals_total{kind="loading"} 0`,
		`prew_redis_refusals_total{kind="moved"} 0`, `prew_redis_refusals_total{kind="clusterdown"} 0`, `prew_redis_refusals_total{kind="other"} 0`,
		"prew_renders_without_lease_total 0", "go_goroutines ", "process_resident_memory_bytes ",
		// A rate sees the first of these events only after an earlier zero.
		`prew_requests_total{code="timed_out",outcome="failed",route="preview",source="default"} 0`,
		`prew_requests_total{code="storage_failed",outcome="failed",route="photo",source="default"} 0`,
		`prew_requests_total{code="",outcome="joined",route="preview",source="default"} 0`,
		`prew_requests_total{code="",outcome="left",route="photo",source="default"} 0`,
		`prew_flights_total{code="throttled",outcome="failed"} 0`,
		`prew_s3_errors_total{code="storage_failed",source="default"} 0`, `prew_s3_errors_total{code="timed_out",source=""} 0`,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no line %q", want)
		}
	}
}

// TestPanicsAreHeardOf is about bugs: of the function, in a flight, and in an answer.
// Each is counted, and the stack of the gateway's own is in its log.
func TestPanicsAreHeardOf(t *testing.T) {
	log := logged(t)
	server := start(t, &renderer{answer: refusals(prew.RenderPanic)})
	gateway := server.Config.Handler.(*Gateway)
	get(t, server.URL+"/prew/hero/panics.jpg")
	gateway.flights.Do(t.Context(), t.Name(), flight.Work[*Preview]{
		Look: func(context.Context) (*Preview, bool, error) { panic("bug in a flight") },
	})
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := gateway.begin(w, r, routePhoto)
		defer gateway.end(e)
		panic("bug in an answer")
	})
	if response, err := http.Post(server.URL, "", nil); err == nil { // a GET would be tried again
		t.Errorf("%s, want the answer broken off", response.Status)
	}
	server.Config.Handler = gateway
	_, text := get(t, measuredAt(t, server))
	for _, want := range []string{
		`prew_panics_total{in="function"} 1`, `prew_panics_total{in="gateway"} 2`,
		`prew_flights_total{code="render_panic",outcome="failed"} 1`,
		`prew_requests_total{code="render_failed",outcome="failed",route="photo",source=""} 1`,
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no line %q", want)
		}
	}
	for _, reason := range []string{"bug in a flight", "bug in an answer"} {
		found := false
		for line := range strings.Lines(log()) {
			found = found || strings.Contains(line, reason) && strings.Contains(line, `"stack":"goroutine`) &&
				strings.Contains(line, "TestPanicsAreHeardOf") && strings.Contains(line, `"level":"ERROR"`)
		}
		if !found {
			t.Errorf("no line with the stack of %q:\n%s", reason, log())
		}
	}
}
