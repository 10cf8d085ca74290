package main

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"prew"
	"prew/prewmanager/flight"
)

// gateway answers requests for previews that nginx did not find in S3.
type gateway struct {
	presets      prew.Presets
	flights      *flight.Group[*preview]
	storage      storage
	admission    admission
	function     function
	pictures     *pictures
	cacheControl string
	draining     atomic.Bool // no longer ready
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
	case path == "/ready" && g.draining.Load():
		http.Error(w, "draining", http.StatusServiceUnavailable)
	case path == "/ready":
		w.WriteHeader(http.StatusOK)
	case strings.HasPrefix(path, "/"+prew.SourceRoot+"/"):
		g.servePhoto(w, r, path)
	default:
		g.servePreview(w, r, path)
	}
}

// servePreview is the whole flow: the path names a preset and a photo, the
// flight of that preview finds or renders it, and its end answers everybody.
func (g *gateway) servePreview(w http.ResponseWriter, r *http.Request, path string) {
	ref, err := prew.ParsePath(path)
	if err != nil {
		g.answerFailure(w, r, prew.Preset{}, fail(prew.PathRefused, err))
		return
	}
	preset, ok := g.presets.Get(ref.Preset)
	if !ok {
		g.answerFailure(w, r, prew.Preset{}, fail(prew.PresetUnknown, nil))
		return
	}
	start := time.Now()
	found, outcome, err := g.flights.Do(r.Context(), g.storage.bucket+"/"+ref.PreviewKey(), flight.Work[*preview]{
		Look:  func(ctx context.Context) (*preview, bool, error) { return g.storage.preview(ctx, ref) },
		Admit: g.admission.enter,
		Make:  func(ctx context.Context) (*preview, error) { return g.render(ctx, ref, preset, time.Since(start)) },
		Holds: func(ctx context.Context, f *flight.Failure) bool {
			etag, err := g.storage.photoETag(ctx, ref)
			return err != nil || etag == f.Mark // in doubt the failure stands
		},
	})
	if err != nil {
		g.answerFailure(w, r, preset, err)
		return
	}
	g.answerPreview(w, r, found, outcome)
}

// render has the function render the preview and returns it: as the function
// sent it along, or else as it then lies in S3. lease is the time it took to
// come this far.
func (g *gateway) render(ctx context.Context, ref prew.Ref, preset prew.Preset, lease time.Duration) (*preview, error) {
	start := time.Now()
	result, err := g.function.invoke(ctx, prew.RenderRequest{
		SrcBucket:    g.storage.bucket,
		SrcKey:       ref.SourceKey(),
		DstBucket:    g.storage.bucket,
		DstKey:       ref.PreviewKey(),
		PresetName:   ref.Preset,
		Preset:       preset,
		CacheControl: g.cacheControl,
	})
	if err != nil {
		return nil, err
	}
	timing := stages{
		{"lease", milliseconds(lease)}, {"invoke", milliseconds(time.Since(start))},
		{"fetch", result.Timing.Fetch}, {"render", result.Timing.Render}, {"store", result.Timing.Store},
	}
	if len(result.Data) > 0 {
		return &preview{
			data: result.Data, contentType: result.ContentType, etag: result.ETag,
			cacheControl: g.cacheControl, timing: timing,
		}, nil
	}
	stored, found, err := g.storage.preview(ctx, ref)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fail(prew.NotStored, nil)
	}
	stored.timing = timing
	return stored, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
