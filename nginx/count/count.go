// Package count counts what nginx answers, which has no metrics of its own, and serves
// the counts to Prometheus.
//
// nginx sends a line for each request (log_format counted in answer.conf) to a UDP socket
// on 127.0.0.1, and so never waits: a line that nobody reads in time is lost, and the
// kernel counts it. nginx could send to a unix socket as well, but one of datagrams holds
// 10 of them (net.unix.max_dgram_qlen), and loses more without a trace: at 38,000 requests
// a second on two cores it lost 19 %, UDP none. In exchange any program of this machine
// can send lines here, which can do no more than count.
package count

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"prew"
)

// The labels have values of these lists alone, whatever a line says.
var (
	routes = []string{"preview", "photo", "other"}

	// Values of X-Prew, then: failed with a code, left by the client before the end, and
	// what is none of these, such as a redirect or the gallery.
	outcomes = []string{"cached", "stored", "rendered", "joined", failed, left, other}

	// Values of $upstream_cache_status, which is empty where the cache was not asked.
	caches = []string{"HIT", "MISS", "EXPIRED", "STALE", "UPDATING", "REVALIDATED", unasked, other}

	statuses = []string{"200", "204", "206", "301", "304", "400", "401", "403", "404", "405", "408", "412", "413", "414", "416",
		"422", "429", "499", "500", "501", "502", "503", "504", "505", other}

	// The codes of gateways, and those that nginx itself has beside them (server.conf).
	codes = slices.AppendSeq([]string{"upstream_unreachable", "upstream_timeout", "too_many_misses", "request_refused", other}, func(yield func(string) bool) {
		for code := range prew.Codes() {
			if !yield(string(code)) {
				return
			}
		}
	})
)

const (
	failed  = "failed"
	left    = "left"
	other   = "other"
	unasked = "none"
)

// seconds are the buckets of the times of requests: from a hit, which takes less than the
// millisecond in which nginx counts, to a slow client that reads a large photo.
var seconds = []float64{.001, .005, .02, .05, .1, .2, .5, 1, 2, 5, 10, 35, 60}

// counts are the counters of requests.
type counts struct {
	requests   *prometheus.CounterVec
	statuses   *prometheus.CounterVec
	caches     *prometheus.CounterVec
	seconds    *prometheus.HistogramVec
	sent       *prometheus.CounterVec
	unreadable prometheus.Counter

	// found are the series of labels that a line has had: to look each up by its labels
	// would take longer than all the rest. Only what reads lines uses it.
	found map[labels]*series
}

// labels are what a line says in words of the lists above. There are some dozens of
// combinations, and the lists bound them.
type labels struct{ route, outcome, code, status, cache string }

// series is what a request with the same labels adds to.
type series struct {
	request, status, cache, sent prometheus.Counter
	seconds                      prometheus.Observer
}

// newCounts returns counters that start at zero. A series that began with its first event
// would hide that event: a rate needs an earlier value.
func newCounts() *counts {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	c := &counts{
		requests: counter("prew_nginx_requests_total",
			"Requests that nginx answered, by route and outcome: cached, stored (in S3), rendered, joined, failed with the code, left by the client, or other.",
			"route", "outcome", "code"),
		statuses: counter("prew_nginx_responses_total", "The same by status.", "route", "status"),
		caches:   counter("prew_nginx_cache_requests_total", "The same by what the cache said, in nginx's words; none where it was not asked.", "route", "cache"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "prew_nginx_request_seconds", Help: "Time to the end of the answer, that of a slow client included.", Buckets: seconds}, []string{"route", "outcome"}),
		sent: counter("prew_nginx_sent_bytes_total", "Bytes of the bodies of answers.", "route"),
		unreadable: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "prew_nginx_lines_unreadable_total", Help: "Lines that are none of nginx's."}),
		found: map[labels]*series{},
	}
	for _, route := range routes {
		for _, outcome := range outcomes {
			if outcome != failed {
				c.requests.WithLabelValues(route, outcome, "")
			}
		}
		for _, code := range codes {
			c.requests.WithLabelValues(route, failed, code)
		}
		for _, status := range statuses {
			c.statuses.WithLabelValues(route, status)
		}
		for _, cache := range caches {
			c.caches.WithLabelValues(route, cache)
		}
		c.sent.WithLabelValues(route)
	}
	return c
}

// collectors are the counters, for a registry.
func (c *counts) collectors() []prometheus.Collector {
	return []prometheus.Collector{c.requests, c.statuses, c.caches, c.seconds, c.sent, c.unreadable}
}

// request is one line.
type request struct {
	labels
	seconds, bytes float64
}

// add counts the request of a line, or the line as unreadable.
func (c *counts) add(line []byte) {
	r, ok := parse(line)
	if !ok {
		c.unreadable.Inc()
		return
	}
	s := c.found[r.labels]
	if s == nil {
		s = &series{
			request: c.requests.WithLabelValues(r.route, r.outcome, r.code),
			status:  c.statuses.WithLabelValues(r.route, r.status),
			cache:   c.caches.WithLabelValues(r.route, r.cache),
			sent:    c.sent.WithLabelValues(r.route),
			seconds: c.seconds.WithLabelValues(r.route, r.outcome),
		}
		c.found[r.labels] = s
	}
	s.request.Inc()
	s.status.Inc()
	s.cache.Inc()
	s.sent.Add(r.bytes)
	s.seconds.Observe(r.seconds)
}

// tag stands before the fields in each line, behind the time (ngx_syslog.c), and tab
// between them.
var tag, tab = []byte("prewnginx: "), []byte("\t")

// parse reads a line: the fields of the log_format counted, with tabs between them.
func parse(line []byte) (r request, ok bool) {
	_, line, ok = bytes.Cut(line, tag)
	var fields [7][]byte
	for i := range fields {
		if !ok {
			return r, false
		}
		fields[i], line, ok = bytes.Cut(line, tab)
	}
	if ok { // there are more
		return r, false
	}
	r.route = listed(routes, fields[0], "")
	status, errStatus := strconv.ParseUint(string(fields[1]), 10, 16)
	sent, errSent := strconv.ParseUint(string(fields[2]), 10, 48) // 256 TB
	took, errTook := strconv.ParseFloat(string(fields[3]), 64)
	if r.route == "" || errStatus != nil || errSent != nil || errTook != nil || !(took >= 0 && took < 1e6) {
		return r, false
	}
	r.status, r.bytes, r.seconds = listed(statuses, fields[1], other), float64(sent), took
	switch r.cache = listed(caches, fields[4], other); string(fields[4]) {
	case "", "-":
		r.cache = unasked
	}
	switch {
	case status == 499: // nginx's own, of which the client sees nothing
		r.outcome = left
	case status >= 400:
		r.outcome, r.code = failed, listed(codes, fields[6], other)
	case r.route == other || status != 200 && status != 206 && status != 304:
		r.outcome = other
	default:
		r.outcome = listed(outcomes, fields[5], other)
	}
	return r, true
}

// listed returns the word as it stands in a list, or otherwise.
func listed(list []string, word []byte, otherwise string) string {
	for _, known := range list {
		if string(word) == known {
			return known
		}
	}
	return otherwise
}
