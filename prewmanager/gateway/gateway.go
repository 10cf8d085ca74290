// Package gateway answers requests for previews that are not stored yet. It has
// each preview rendered once, for all requests that wait for it.
//
// A request goes one way: its path names a preset and a photo, and what the client accepts
// may choose a variant of the preset (gateway.go). The preview's flight takes the lease and has the preview rendered (miss.go) by the
// function, on Lambda or in a pool of processes (function.go). If the result does
// not carry the preview, the flight reads it from S3 (storage.go). Then every
// request that waits is answered (answer.go). Photos, and stored previews of a
// private bucket, are streamed (stream.go). The request log, the metrics and the
// trace report a request once, at its end (requestlog.go, metrics.go, trace.go).
package gateway

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/lambda/access"
	"prew/lambda/answer"
	"prew/lambda/store"
	"prew/prewmanager/flight"
)

// Config holds the parts and settings of a gateway. All fields are required, except
// where a comment says otherwise.
type Config struct {
	Presets  prew.Presets
	Sources  prew.Sources // with every source of the presets
	Flights  *flight.Group[*Preview]
	Photos   map[string]store.Bucket // of each source, by its name
	Previews store.Bucket
	Function Function
	Access   *access.Checker

	S3Timeout    time.Duration        // the longest call to S3
	Invokes      int                  // the most invocations at a time
	Queue        int                  // the most flights that wait for an invocation
	CacheControl string               // of previews, answered and stored
	PhotoAccess  prew.Access          // who may see photos
	Protected    string               // Cache-Control of what not everybody may see, answered and stored
	Private      bool                 // the buckets are private: stream photos and stored previews
	Placeholders *answer.Placeholders // nil: failures are answered without a body
	Metrics      *Metrics
	Traces       *Traces
}

// Gateway answers requests for what nginx did not find in S3.
type Gateway struct {
	presets      prew.Presets
	sources      prew.Sources
	flights      *flight.Group[*Preview]
	photos       map[string]storage // of each source, by its name
	previews     storage
	admission    admission
	background   background
	function     Function
	placeholders *answer.Placeholders
	access       *access.Checker
	photoAccess  prew.Access
	cacheControl string
	private      bool
	metrics      *Metrics
	traces       *Traces
	settled      chan struct{}          // closed once flights may start
	unreached    atomic.Pointer[string] // why the gateway is not ready yet; nil: everything has been reached
	draining     atomic.Bool

	protectedCacheControl string
}

// New returns a gateway. It starts no flight before Settle has returned. Call Close
// in the end.
func New(c Config) *Gateway {
	stored := func(b store.Bucket, source string) storage {
		return storage{b, source, c.S3Timeout, c.Traces.gateway, c.Metrics}
	}
	admission := newAdmission(c.Invokes, c.Queue)
	g := &Gateway{
		presets:      c.Presets,
		sources:      c.Sources,
		flights:      c.Flights,
		photos:       map[string]storage{},
		previews:     stored(c.Previews, ""),
		admission:    admission,
		background:   background{admission: admission},
		function:     c.Function,
		placeholders: c.Placeholders,
		access:       c.Access,
		photoAccess:  c.PhotoAccess,
		cacheControl: c.CacheControl,
		private:      c.Private,
		metrics:      c.Metrics,
		traces:       c.Traces,
		settled:      make(chan struct{}),

		protectedCacheControl: c.Protected,
	}
	for _, source := range c.Sources.All() {
		g.photos[source.Name] = stored(c.Photos[source.Name], source.Label())
	}
	starting := "starting"
	g.unreached.Store(&starting)
	return g
}

// Settle waits until the gateway knows whether Redis can be used, or ctx ends; then
// flights may start.
func (g *Gateway) Settle(ctx context.Context) {
	g.flights.Settle(ctx)
	close(g.settled)
}

// Presets returns the names of the gateway's presets.
func (g *Gateway) Presets() []string { return g.presets.Names() }

// Drain makes /ready answer that the gateway is not ready, so that load balancers
// send it no further requests.
func (g *Gateway) Drain() { g.draining.Store(true) }

// unready is the reason why the gateway is not ready, empty if it is.
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

// Close waits until every flight has landed, or ctx ends, and then sends the
// remaining traces.
func (g *Gateway) Close(ctx context.Context) error {
	landed := g.flights.Close(ctx)
	g.traces.close()
	return landed
}

// ServeHTTP routes a request by its path, as the client spelt it: net/http's own
// routing would clean the path first, and two spellings could mean one object. The path of
// an alias is that of the preview that it means.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, aliased := g.presets.Address(r.RequestURI)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		status, body := answer.NotAllowed(w.Header())
		w.WriteHeader(status)
		w.Write(body)
	case path == "/health": // liveness
		w.WriteHeader(http.StatusOK)
	case path == "/ready":
		if why := g.unready(); why != "" {
			http.Error(w, why, http.StatusServiceUnavailable)
		}
	case path == "/access": // nginx asks who may see what
		e := g.begin(w, r, routeAccess)
		defer g.end(e)
		g.serveAccess(e)
	case prew.IsPhoto(path):
		e := g.begin(w, r, routePhoto)
		defer g.end(e)
		g.servePhoto(e, path)
	default:
		e := g.begin(w, r, routePreview)
		defer g.end(e)
		e.aliased = aliased
		g.servePreview(e, path)
	}
}

// servePreview answers a request for a preview with what the flow has for it. Nothing else of
// the flow is on the stack when the answer is written: with it the stack of each of 10,000
// waiters would grow from 8 to 16 KiB.
func (g *Gateway) servePreview(e *entry, path string) {
	preview, outcome, err := g.preview(e, path)
	switch {
	case err != nil:
		g.answerFailure(e, err)
	case preview != nil:
		g.answerPreview(e, preview, outcome)
	}
}

// preview is the whole flow: the path names a preset and a photo, the client may choose the
// preset's variant by what it accepts and has to be one who may see it, and the flight of that
// preview finds or renders it, for all who wait. It is nil if it was stored in a private
// bucket: then it has been streamed.
func (g *Gateway) preview(e *entry, path string) (*Preview, flight.Outcome, error) {
	ref, err := prew.ParsePath(path)
	if err != nil {
		return nil, 0, fail(prew.PathRefused, err)
	}
	if e.aliased {
		e.location = ref.Path()
	}
	asked := access.PreviewTarget(g.presets, ref)
	ref, negotiated := g.presets.Negotiate(ref, strings.Join(e.request.Header.Values("Accept"), ","), g.sources.Previews)
	objects, known, err := g.objectsOf(ref)
	if err != nil {
		return nil, 0, fail(prew.PathRefused, err)
	}
	if negotiated {
		e.Header().Set("Vary", "Accept") // on failures too, and on answers without a body
	}
	e.preset, e.key = ref.Preset, ref.Key
	if !known {
		return nil, 0, fail(prew.PresetUnknown, nil)
	}
	e.source = objects.photos.source
	if err := g.admits(e, asked); err != nil {
		return nil, 0, err
	}
	if g.private && g.sendObject(e, g.previews, objects.preview) {
		return nil, 0, nil
	}
	admitted, err := g.warm(e.request)
	if err != nil {
		return nil, 0, err
	}
	defer admitted()
	return g.fly(e, ref, objects, admitted)
}

// objects are a preview's object and its photo's, each by its name in its bucket.
type objects struct {
	photos         storage // those of the preset's source
	photo, preview string
}

// objectsOf returns the objects of a preview, and whether its preset is known. If it is not,
// they are those of the default source.
func (g *Gateway) objectsOf(ref prew.Ref) (of *objects, known bool, err error) {
	preset, known := g.presets.Get(ref.Preset)
	source, _ := g.sources.Get(preset.Source) // CheckPresets has found it
	preview, photo, err := g.sources.Objects(ref, source)
	return &objects{g.photos[source.Name], photo, preview}, known, err
}

// fly waits for the flight of a preview, which finds or renders it, and calls admitted when it
// has a slot.
func (g *Gateway) fly(e *entry, ref prew.Ref, of *objects, admitted func()) (*Preview, flight.Outcome, error) {
	<-g.settled // takes a moment; waits even if the client leaves, so that its preview is made
	m := newMiss(g, ref, of, e.id, admitted)
	found, outcome, err := g.flights.Do(e.request.Context(), g.previews.Name+"/"+of.preview, flight.Work[*Preview]{
		Look:    func(ctx context.Context) (*Preview, bool, error) { return g.previews.preview(ctx, of.preview) },
		Prepare: m.prepare,
		Admit:   m.admit,
		Make:    m.render,
		Delete:  m.delete,
		Holds: func(ctx context.Context, f *flight.Failure) bool {
			etag, err := of.photos.etag(ctx, of.photo)
			return err != nil || etag == f.Mark // if the ETag can't be read, the failure stands
		},
	})
	switch {
	case err != nil && e.request.Context().Err() == nil: // otherwise the flight goes on and still writes m.timing
		e.timing = m.timing
	case err == nil && outcome == flight.Joined && found.origin.IsValid():
		e.span.AddLink(trace.Link{SpanContext: found.origin})
	}
	return found, outcome, err
}
