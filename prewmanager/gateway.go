package main

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/prewmanager/flight"
	"prew/prewmanager/pool"
)

// gateway answers requests for what nginx did not find in S3.
type gateway struct {
	presets      prew.Presets
	flights      *flight.Group[*preview]
	photos       storage
	previews     storage
	admission    admission
	function     function
	pool         *pool.Pool // nil where the function is on Lambda
	pictures     *pictures
	cacheControl string
	private      bool // nobody else may read what is stored
	metrics      *metrics
	traces       *traces
	settled      chan struct{} // closed once flights may start
	ready        atomic.Bool   // not before that, no longer when it drains
}

// ServeHTTP sends a request to the room its path names. The path is looked at
// as the client spelt it: net/http's own routing would clean it first, and two
// spellings could come to mean one object.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "expected GET or HEAD", http.StatusMethodNotAllowed)
	case path == "/health": // alive
		w.WriteHeader(http.StatusOK)
	case path == "/ready" && !g.ready.Load():
		http.Error(w, "starting or draining", http.StatusServiceUnavailable)
	case path == "/ready":
		w.WriteHeader(http.StatusOK)
	case strings.HasPrefix(path, "/"+prew.SourceRoot+"/"):
		x := g.begin(w, r, routePhoto)
		defer g.end(x)
		g.servePhoto(x, path)
	default:
		x := g.begin(w, r, routePreview)
		defer g.end(x)
		g.servePreview(x, path)
	}
}

// servePreview is the whole flow: the path names a preset and a photo, the
// flight of that preview finds or renders it, and its end answers everybody.
func (g *gateway) servePreview(x *exchange, path string) {
	ref, err := prew.ParsePath(path)
	if err != nil {
		g.answerFailure(x, prew.Preset{}, fail(prew.PathRefused, err))
		return
	}
	x.preset, x.key = ref.Preset, ref.Key
	preset, ok := g.presets.Get(ref.Preset)
	if !ok {
		g.answerFailure(x, prew.Preset{}, fail(prew.PresetUnknown, nil))
		return
	}
	if g.private && g.sendObject(x, g.previews, ref.PreviewKey()) {
		return
	}
	<-g.settled // soon, and not sooner for a client that leaves: its preview is made
	m := newMiss(g, ref, preset, x.id)
	found, outcome, err := g.flights.Do(x.request.Context(), g.previews.bucket+"/"+ref.PreviewKey(), flight.Work[*preview]{
		Look:  func(ctx context.Context) (*preview, bool, error) { return g.previews.preview(ctx, ref) },
		Admit: m.admit,
		Make:  m.render,
		Holds: func(ctx context.Context, f *flight.Failure) bool {
			etag, err := g.photos.etag(ctx, ref.SourceKey())
			return err != nil || etag == f.Mark // in doubt the failure stands
		},
	})
	if err != nil {
		if x.request.Context().Err() == nil { // else the flight goes on, and writes there
			x.timing = m.timing
		}
		g.answerFailure(x, preset, err)
		return
	}
	if outcome == flight.Joined && found.origin.IsValid() {
		x.span.AddLink(trace.Link{SpanContext: found.origin})
	}
	g.answerPreview(x, found, outcome)
}
