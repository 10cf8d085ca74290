// Package gateway answers requests for previews that are not stored yet, by having
// each rendered once for everybody who waits.
//
// A request goes one way: its path names a preset and a photo (gateway.go), the
// preview's flight has the lease and renders it (miss.go) by a function on Lambda
// or in a pool of processes (function.go), reads it where it did not come along
// (storage.go), and everybody is answered (answer.go). What is only to be passed
// on is streamed (stream.go). Everything that is said of it, in the log, the
// metrics and the trace, is said once, at its end (requestlog.go, metrics.go,
// trace.go).
package gateway

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/lambda/answer"
	"prew/lambda/store"
	"prew/prewmanager/flight"
)

// Config is what a gateway is made of. Nothing of it may be left out but what
// says so.
type Config struct {
	Presets  prew.Presets
	Flights  *flight.Group[*Preview]
	Photos   store.Bucket
	Previews store.Bucket
	Function Function

	S3Timeout    time.Duration        // the longest call to S3
	Invokes      int                  // the most invocations at a time
	Queue        int                  // the most flights that wait for one
	CacheControl string               // of previews, answered and stored
	Private      bool                 // nobody else may read what is stored
	Placeholders *answer.Placeholders // of failures; nil: they are answered without a body
	Metrics      *Metrics
	Traces       *Traces
}

// Gateway answers requests for what nginx did not find in S3.
type Gateway struct {
	presets      prew.Presets
	flights      *flight.Group[*Preview]
	photos       storage
	previews     storage
	admission    admission
	function     Function
	placeholders *answer.Placeholders
	cacheControl string
	private      bool
	metrics      *Metrics
	traces       *Traces
	settled      chan struct{}          // closed once flights may start
	unreached    atomic.Pointer[string] // why it can't be relied on yet; nil: everything has been reached
	draining     atomic.Bool
}

// New makes a gateway. It starts no flight before Settle has returned, and is to
// be closed in the end.
func New(c Config) *Gateway {
	stored := func(b store.Bucket) storage { return storage{b, c.S3Timeout, c.Traces.gateway, c.Metrics} }
	g := &Gateway{
		presets:      c.Presets,
		flights:      c.Flights,
		photos:       stored(c.Photos),
		previews:     stored(c.Previews),
		admission:    newAdmission(c.Invokes, c.Queue),
		function:     c.Function,
		placeholders: c.Placeholders,
		cacheControl: c.CacheControl,
		private:      c.Private,
		metrics:      c.Metrics,
		traces:       c.Traces,
		settled:      make(chan struct{}),
	}
	starting := "starting"
	g.unreached.Store(&starting)
	return g
}

// Settle waits until the gateway knows how Redis is, or ctx ends, and lets flights
// start.
func (g *Gateway) Settle(ctx context.Context) {
	g.flights.Settle(ctx)
	close(g.settled)
}

// Presets are the names of the presets that it renders.
func (g *Gateway) Presets() []string { return g.presets.Names() }

// Drain has the gateway say that it is not ready any more, so that whoever watches
// sends it no further requests.
func (g *Gateway) Drain() { g.draining.Store(true) }

// unready is why the gateway should not be sent requests, empty where it should.
func (g *Gateway) unready() string {
	if g.draining.Load() {
		return "draining"
	}
	select {
	case <-g.settled:
	default:
		return "starting"
	}
	if why := g.unreached.Load(); why != nil {
		return *why
	}
	return ""
}

// Close waits until every flight has landed, or ctx ends, and sends the traces
// that are left.
func (g *Gateway) Close(ctx context.Context) error {
	landed := g.flights.Close(ctx)
	g.traces.close()
	return landed
}

// ServeHTTP sends a request to the room its path names. The path is looked at
// as the client spelt it: net/http's own routing would clean it first, and two
// spellings could come to mean one object.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "expected GET or HEAD", http.StatusMethodNotAllowed)
	case path == "/health": // alive
		w.WriteHeader(http.StatusOK)
	case path == "/ready":
		if why := g.unready(); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)
		}
	case strings.HasPrefix(path, "/"+prew.SourceRoot+"/"):
		e := g.begin(w, r, routePhoto)
		defer g.end(e)
		g.servePhoto(e, path)
	default:
		e := g.begin(w, r, routePreview)
		defer g.end(e)
		g.servePreview(e, path)
	}
}

// servePreview is the whole flow: the path names a preset and a photo, the
// flight of that preview finds or renders it, and its end answers everybody.
func (g *Gateway) servePreview(e *entry, path string) {
	ref, err := prew.ParsePath(path)
	if err != nil {
		g.answerFailure(e, prew.Preset{}, fail(prew.PathRefused, err))
		return
	}
	e.preset, e.key = ref.Preset, ref.Key
	preset, ok := g.presets.Get(ref.Preset)
	if !ok {
		g.answerFailure(e, prew.Preset{}, fail(prew.PresetUnknown, nil))
		return
	}
	if g.private && g.sendObject(e, g.previews, ref.PreviewKey()) {
		return
	}
	<-g.settled // soon, and not sooner for a client that leaves: its preview is made
	m := newMiss(g, ref, preset, e.id)
	found, outcome, err := g.flights.Do(e.request.Context(), g.previews.Name+"/"+ref.PreviewKey(), flight.Work[*Preview]{
		Look:  func(ctx context.Context) (*Preview, bool, error) { return g.previews.preview(ctx, ref) },
		Admit: m.admit,
		Make:  m.render,
		Holds: func(ctx context.Context, f *flight.Failure) bool {
			etag, err := g.photos.etag(ctx, ref.SourceKey())
			return err != nil || etag == f.Mark // in doubt the failure stands
		},
	})
	if err != nil {
		if e.request.Context().Err() == nil { // else the flight goes on, and writes there
			e.timing = m.timing
		}
		g.answerFailure(e, preset, err)
		return
	}
	if outcome == flight.Joined && found.origin.IsValid() {
		e.span.AddLink(trace.Link{SpanContext: found.origin})
	}
	g.answerPreview(e, found, outcome)
}
