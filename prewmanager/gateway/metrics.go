package gateway

import (
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"prew"
	"prew/prewmanager/flight"
)

// Metrics are the counters and histograms of a gateway.
type Metrics struct {
	requests   *prometheus.CounterVec
	seconds    *prometheus.HistogramVec
	stages     *prometheus.HistogramVec
	received   *prometheus.CounterVec
	sent       *prometheus.CounterVec
	s3Errors   *prometheus.CounterVec
	throttles  prometheus.Counter
	coldStarts prometheus.Counter
	purges     *prometheus.CounterVec
	nginxTold  *prometheus.CounterVec
	changed    *prometheus.CounterVec

	functionPanics atomic.Int64 // panics in the function
	answerPanics   atomic.Int64 // panics in the answer to a request
}

// upToTheLadder are the buckets of all histograms, in seconds: from the time of a
// hit to the end of the ladder of timeouts.
var upToTheLadder = []float64{.002, .005, .01, .02, .05, .1, .2, .3, .5, .75, 1, 2, 3, 5, 8, 15, 30}

// NewMetrics returns metrics that start at zero, for photos of some sources.
func NewMetrics(sources []prew.Source) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: upToTheLadder}, labels)
	}
	m := &Metrics{
		requests: counter("prew_requests_total",
			"Requests answered, by route, the source of the photo, and outcome: rendered for it, joined (another's render), stored already, failed with the code, or left by the client; and nginx's questions who may see what.",
			"route", "source", "outcome", "code"),
		seconds: histogram("prew_request_seconds", "Time to the end of the answer.", "route", "outcome"),
		stages: histogram("prew_stage_seconds",
			"Time of each step of a render: lease, photo, queue and invoke in the gateway, fetch, render and store in the function.", "stage"),
		received: counter("prew_received_bytes_total", "Bytes read from the function and from S3.", "from"),
		sent:     counter("prew_sent_bytes_total", "Bytes of the bodies of answers.", "route"),
		s3Errors: counter("prew_s3_errors_total", "Calls of the gateway to S3 that failed, a missing object not being a failure, by the source of the photos; none for the previews.", "code", "source"),
		throttles: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "prew_throttles_total", Help: "Times that the function had no slot free."}),
		coldStarts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "prew_cold_starts_total", Help: "Invocations that were the first of their process."}),
		purges: counter("prew_purges_total",
			"Purges that this gateway heard of at their end: heard, or lost and found in Redis's log when the gateway was connected again.", "how"),
		nginxTold: counter("prew_purges_told_nginx_total",
			"Purges that this gateway told its nginx of, by result: done, failed, or absent where nothing listens for them.", "result"),
		changed: counter("prew_photos_changed_total",
			"Photos that this gateway was told have changed, by what became of their previews: done (they are gone), or failed.", "result"),
	}
	m.startAtZero(sources)
	return m
}

// startAtZero creates the series that graphs and alerts use. A series that began
// with its first event would hide that event: a rate needs an earlier value.
func (m *Metrics) startAtZero(sources []prew.Source) {
	for _, how := range []string{heard, lost} {
		m.purges.WithLabelValues(how)
	}
	for _, result := range []string{done, failed, noNginx} {
		m.nginxTold.WithLabelValues(result)
	}
	for _, result := range []string{done, failed} {
		m.changed.WithLabelValues(result)
	}
	storage := []prew.Code{prew.StorageFailed, prew.StorageBusy, prew.KMSDenied, prew.TimedOut}
	for _, code := range storage {
		m.s3Errors.WithLabelValues(string(code), "")
	}
	for _, source := range sources {
		of := source.Label()
		for code := range prew.Codes() {
			m.requests.WithLabelValues(routePreview, of, failed, string(code))
		}
		for _, outcome := range []string{outcomes[flight.Made], outcomes[flight.Joined], outcomes[flight.Found], left} {
			m.requests.WithLabelValues(routePreview, of, outcome, "")
		}
		for _, code := range storage {
			m.s3Errors.WithLabelValues(string(code), of)
		}
	}
	for code := range prew.Codes() {
		m.requests.WithLabelValues(routePhoto, prew.DefaultSource, failed, string(code))
	}
	for _, outcome := range []string{outcomes[flight.Found], left} {
		m.requests.WithLabelValues(routePhoto, prew.DefaultSource, outcome, "")
	}
	// What names no photo is of no source.
	for _, code := range []prew.Code{prew.PathRefused, prew.PresetUnknown} {
		m.requests.WithLabelValues(routePreview, "", failed, string(code))
	}
	m.requests.WithLabelValues(routePhoto, "", failed, string(prew.PathRefused))
	m.requests.WithLabelValues(routeAccess, "", allowed, "")
	for _, code := range []prew.Code{prew.AccessMissing, prew.AccessRefused, prew.AccessExpired} {
		m.requests.WithLabelValues(routeAccess, "", failed, string(code))
	}
}

// flying collects what is under way, and the counts of the flights, from the
// gateway on each scrape, so that no number is kept twice.
type flying struct{ gateway *Gateway }

var (
	flightsEnded = prometheus.NewDesc("prew_flights_total",
		"Flights that ended, by outcome: rendered here, joined (rendered by another gateway), stored already, or failed, with the code.",
		[]string{"outcome", "code"}, nil)
	flightsFlying = prometheus.NewDesc("prew_flights", "Flights under way.", nil, nil)
	waiters       = prometheus.NewDesc("prew_waiters", "Requests that wait for a flight.", nil, nil)
	leaseWaits    = prometheus.NewDesc("prew_lease_waits_total", "Times that a flight waited because another had the lease.", nil, nil)
	redisErrors   = prometheus.NewDesc("prew_redis_errors_total", "Commands to Redis that failed.", nil, nil)
	redisRefusals = prometheus.NewDesc("prew_redis_refusals_total", "Commands among them that Redis itself refused, by the kind of its refusal.", []string{"kind"}, nil)
	degraded      = prometheus.NewDesc("prew_redis_degraded_seconds_total", "Time in which Redis was not to be trusted.", nil, nil)
	alone         = prometheus.NewDesc("prew_renders_without_lease_total", "Renders without a lease, because Redis was gone.", nil, nil)
	purged        = prometheus.NewDesc("prew_renders_purged_total", "Renders that were deleted and begun again, because a purge came meanwhile.", nil, nil)
	panics        = prometheus.NewDesc("prew_panics_total", "Panics, by the program they were in. Each is a bug, and its stack is in that program's log.", []string{"in"}, nil)
	invoking      = prometheus.NewDesc("prew_invokes", "Invocations under way.", nil, nil)
	invokesMost   = prometheus.NewDesc("prew_invokes_limit", "Most invocations at a time.", nil, nil)
	queued        = prometheus.NewDesc("prew_invokes_queued", "Flights that wait for an invocation.", nil, nil)
)

// Describe implements prometheus.Collector.
func (f flying) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(f, ch) }

// Collect implements prometheus.Collector.
func (f flying) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
	}
	gauge := func(d *prometheus.Desc, value int64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value))
	}
	s := f.gateway.flights.Stats()
	for _, outcome := range []flight.Outcome{flight.Made, flight.Joined, flight.Found} {
		counter(flightsEnded, float64(s.Ended[outcome]), outcomes[outcome], "")
	}
	for code := range prew.Codes() { // a code that has not occurred is zero
		s.Failed[string(code)] += 0
	}
	for code, n := range s.Failed {
		counter(flightsEnded, float64(n), failed, code)
	}
	gauge(flightsFlying, s.Flying)
	gauge(waiters, s.Waiters)
	counter(leaseWaits, float64(s.LeaseWaits))
	counter(redisErrors, float64(s.Errors))
	for kind, n := range s.Refused {
		counter(redisRefusals, float64(n), kind)
	}
	counter(degraded, s.Degraded.Seconds())
	counter(alone, float64(s.Alone))
	counter(purged, float64(s.Remade))
	counter(panics, float64(f.gateway.metrics.functionPanics.Load()), "function")
	counter(panics, float64(s.Panics+f.gateway.metrics.answerPanics.Load()), "gateway")
	gauge(invoking, int64(len(f.gateway.admission.slots)))
	gauge(invokesMost, int64(cap(f.gateway.admission.slots)))
	gauge(queued, int64(f.gateway.admission.waiting()))
}

// Changed counts photos that have changed, and whose previews are gone unless there is an error.
func (g *Gateway) Changed(photos int, err error) {
	result := done
	if err != nil {
		result = failed
	}
	g.metrics.changed.WithLabelValues(result).Add(float64(photos))
}

// Measured returns the handler that serves all metrics of the gateway in
// Prometheus's text format.
func (g *Gateway) Measured() http.Handler {
	registry := prometheus.NewRegistry()
	m := g.metrics
	registry.MustRegister(m.requests, m.seconds, m.stages, m.received, m.sent, m.s3Errors, m.throttles, m.coldStarts, m.purges, m.nginxTold, m.changed,
		flying{g}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
