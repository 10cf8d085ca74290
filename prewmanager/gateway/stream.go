package gateway

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/answer"
	"prew/lambda/store"
	"prew/prewmanager/flight"
)

// servePhoto streams a photo that nginx can't get from S3: because the bucket is
// private, or because the path as the client spelt it, such as one with a bare
// "+", would mean another object to S3.
func (g *Gateway) servePhoto(e *entry, path string) {
	key, err := prew.ParsePhoto(path)
	if err != nil {
		g.answerFailure(e, prew.Preset{}, fail(prew.PathRefused, err))
		return
	}
	e.key = key
	if !g.sendObject(e, g.photos, prew.SourceRoot+"/"+key) {
		missing := fail(prew.SourceMissing, nil)
		missing.Until = time.Now().Add(missing.Keep) // caches keep it as long as nginx's own 404
		g.answerFailure(e, prew.Preset{}, missing)
	}
}

// sendObject streams an object from S3, with S3's own answer to ranges and
// conditions. If there is no such object, found is false and nothing is sent.
func (g *Gateway) sendObject(e *entry, s storage, key string) (found bool) {
	ctx := e.request.Context()
	object, err := s.open(ctx, key, e.request.Header)
	switch {
	case unmet(err):
		h := e.Header()
		answer.Protect(h)
		// A 304 has these headers of the 200 (RFC 9110, section 15.4.5), as far as
		// the store sends them.
		for _, name := range []string{"ETag", "Last-Modified", "Cache-Control"} {
			answer.SetIfAny(h, name, store.Header(err).Get(name))
		}
		e.outcome = outcomes[flight.Found]
		e.WriteHeader(store.Status(err))
		return true
	case store.Missing(err):
		return false
	case ctx.Err() != nil: // the client left; this is no error of S3
		e.leave()
		return true
	case err != nil:
		g.answerFailure(e, prew.Preset{}, s.failure(ctx, err))
		return true
	}
	defer object.Body.Close()
	e.outcome = outcomes[flight.Found]
	h := e.Header()
	answer.Protect(h)
	h.Set("Accept-Ranges", "bytes")
	if e.route == routePreview {
		h.Set("X-Prew", outcomes[flight.Found])
	}
	for name, value := range map[string]*string{
		"Content-Type": object.ContentType, "Content-Encoding": object.ContentEncoding, "Content-Language": object.ContentLanguage,
		"Content-Disposition": object.ContentDisposition, "Content-Range": object.ContentRange,
		"Cache-Control": object.CacheControl, "ETag": object.ETag,
	} {
		answer.SetIfAny(h, name, aws.ToString(value))
	}
	if object.LastModified != nil {
		h.Set("Last-Modified", object.LastModified.UTC().Format(http.TimeFormat))
	}
	if object.ContentLength != nil {
		h.Set("Content-Length", strconv.FormatInt(*object.ContentLength, 10))
	}
	if object.ContentRange != nil {
		e.WriteHeader(http.StatusPartialContent)
	}
	if e.request.Method == http.MethodGet {
		n, err := io.Copy(e, object.Body)
		s.metrics.received.WithLabelValues("s3").Add(float64(n))
		switch {
		case err == nil:
			return true
		case ctx.Err() != nil:
			e.outcome = left
		default:
			e.fail(failureOf(s.failure(ctx, err)))
		}
		panic(http.ErrAbortHandler) // otherwise the client would take the part for the whole object
	}
	return true
}
