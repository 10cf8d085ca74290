package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"prew"
)

func TestMetricsCountFlightsByOutcome(t *testing.T) {
	f := new(renderer)
	server := start(t, f)
	get(t, server.URL+"/prew/hero/metrics.jpg")
	get(t, server.URL+"/prew/hero/metrics.jpg")
	f.answer = refusals(prew.SourceMissing)
	get(t, server.URL+"/prew/hero/metrics-none.jpg")

	given := httptest.NewServer(metrics{server.Config.Handler.(*gateway)}.handler())
	defer given.Close()
	_, text := get(t, given.URL)
	for _, want := range []string{
		`prew_flights_total{code="",outcome="rendered"} 1`,
		`prew_flights_total{code="",outcome="joined"} 0`,
		`prew_flights_total{code="",outcome="stored"} 1`,
		`prew_flights_total{code="source_missing",outcome="failed"} 1`,
		"prew_flights 0", "prew_waiters 0", "prew_invokes 0", "prew_invokes_queued 0",
		"prew_lease_waits_total 0", "prew_redis_errors_total 0", "prew_redis_degraded_seconds_total 0",
		"prew_renders_without_lease_total 0", "go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no line %q", want)
		}
	}
}
