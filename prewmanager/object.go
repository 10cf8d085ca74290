package main

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/store"
	"prew/prewmanager/flight"
)

// servePhoto answers with a photo that nginx can't ask S3 for: because nothing
// there is public, or because its name can't be spelt, such as one with a bare
// "+".
func (g *gateway) servePhoto(x *exchange, path string) {
	key, err := prew.ParsePhoto(path)
	if err != nil {
		g.answerFailure(x, prew.Preset{}, fail(prew.PathRefused, err))
		return
	}
	x.key = key
	if !g.sendObject(x, g.photos, prew.SourceRoot+"/"+key) {
		missing := fail(prew.SourceMissing, nil)
		missing.Until = time.Now().Add(missing.Keep) // as long as nginx's own answer is kept
		g.answerFailure(x, prew.Preset{}, missing)
	}
}

// sendObject streams an object as it lies in S3, with S3's own answer to ranges
// and conditions, and says whether there is one. It answers all but its absence.
func (g *gateway) sendObject(x *exchange, s storage, key string) (found bool) {
	ctx := x.request.Context()
	object, err := s.open(ctx, key, x.request.Header)
	switch {
	case unmet(err):
		h := x.Header()
		protect(h)
		// With 304 goes what would go with 200 (RFC 9110, section 15.4.5), as far
		// as the store says it.
		for _, name := range []string{"ETag", "Last-Modified", "Cache-Control"} {
			setIfAny(h, name, store.Header(err).Get(name))
		}
		x.outcome = outcomes[flight.Found]
		x.WriteHeader(store.Status(err))
		return true
	case store.Missing(err):
		return false
	case ctx.Err() != nil: // which is nothing of S3's
		x.leave()
		return true
	case err != nil:
		g.answerFailure(x, prew.Preset{}, s.failure(ctx, err))
		return true
	}
	defer object.Body.Close()
	x.outcome = outcomes[flight.Found]
	h := x.Header()
	protect(h)
	h.Set("Accept-Ranges", "bytes")
	if x.route == routePreview {
		h.Set("X-Prew", outcomes[flight.Found])
	}
	for name, value := range map[string]*string{
		"Content-Type": object.ContentType, "Content-Encoding": object.ContentEncoding, "Content-Language": object.ContentLanguage,
		"Content-Disposition": object.ContentDisposition, "Content-Range": object.ContentRange,
		"Cache-Control": object.CacheControl, "ETag": object.ETag,
	} {
		setIfAny(h, name, aws.ToString(value))
	}
	if object.LastModified != nil {
		h.Set("Last-Modified", object.LastModified.UTC().Format(http.TimeFormat))
	}
	if object.ContentLength != nil {
		h.Set("Content-Length", strconv.FormatInt(*object.ContentLength, 10))
	}
	if object.ContentRange != nil {
		x.WriteHeader(http.StatusPartialContent)
	}
	if x.request.Method == http.MethodGet {
		n, err := io.Copy(x, object.Body)
		s.metrics.received.WithLabelValues("s3").Add(float64(n))
		switch {
		case err == nil:
			return true
		case ctx.Err() != nil:
			x.outcome = left
		default:
			x.fail(failureOf(s.failure(ctx, err)))
		}
		panic(http.ErrAbortHandler) // or the client would take what it has for the whole
	}
	return true
}
