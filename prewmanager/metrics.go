package main

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"prew/prewmanager/flight"
)

// metrics are read from the gateway when somebody asks; none is kept twice.
type metrics struct{ gateway *gateway }

var (
	flightsEnded = prometheus.NewDesc("prew_flights_total",
		"Flights that ended, by outcome: rendered here, joined (rendered by another gateway), stored already, or failed, with the code.",
		[]string{"outcome", "code"}, nil)
	flightsFlying = prometheus.NewDesc("prew_flights", "Flights under way.", nil, nil)
	waiters       = prometheus.NewDesc("prew_waiters", "Requests that wait for a flight.", nil, nil)
	leaseWaits    = prometheus.NewDesc("prew_lease_waits_total", "Times that a flight waited because another had the lease.", nil, nil)
	redisErrors   = prometheus.NewDesc("prew_redis_errors_total", "Commands to Redis that failed.", nil, nil)
	degraded      = prometheus.NewDesc("prew_redis_degraded_seconds_total", "Time in which Redis was not to be trusted.", nil, nil)
	alone         = prometheus.NewDesc("prew_renders_without_lease_total", "Renders without a lease, because Redis was gone.", nil, nil)
	invoking      = prometheus.NewDesc("prew_invokes", "Invocations under way.", nil, nil)
	queued        = prometheus.NewDesc("prew_invokes_queued", "Flights that wait for an invocation.", nil, nil)
)

// Describe implements prometheus.Collector.
func (m metrics) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, ch) }

// Collect implements prometheus.Collector.
func (m metrics) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, labels...)
	}
	gauge := func(d *prometheus.Desc, value int64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value))
	}
	s := m.gateway.flights.Stats()
	for _, outcome := range []flight.Outcome{flight.Made, flight.Joined, flight.Found} {
		counter(flightsEnded, float64(s.Ended[outcome]), outcomes[outcome], "")
	}
	for code, n := range s.Failed {
		counter(flightsEnded, float64(n), "failed", code)
	}
	gauge(flightsFlying, s.Flying)
	gauge(waiters, s.Waiters)
	counter(leaseWaits, float64(s.LeaseWaits))
	counter(redisErrors, float64(s.Errors))
	counter(degraded, s.Degraded.Seconds())
	counter(alone, float64(s.Alone))
	gauge(invoking, int64(len(m.gateway.admission.places)))
	gauge(queued, int64(m.gateway.admission.waiting()))
}

// handler answers GET with all metrics, in Prometheus's text format.
func (m metrics) handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
