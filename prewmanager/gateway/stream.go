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

// servePhoto answers with a photo that nginx can't ask S3 for: because nothing
// there is public, or because its name can't be spelt, such as one with a bare
// "+".
func (g *Gateway) servePhoto(e *entry, path string) {
	key, err := prew.ParsePhoto(path)
	if err != nil {
		g.answerFailure(e, prew.Preset{}, fail(prew.PathRefused, err))
		return
	}
	e.key = key
	if !g.sendObject(e, g.photos, prew.SourceRoot+"/"+key) {
		missing := fail(prew.SourceMissing, nil)
		missing.Until = time.Now().Add(missing.Keep) // as long as nginx's own answer is kept
		g.answerFailure(e, prew.Preset{}, missing)
	}
}

// sendObject streams an object as it lies in S3, with S3's own answer to ranges
// and conditions, and says whether there is one. It answers all but its absence.
func (g *Gateway) sendObject(e *entry, s storage, key string) (found bool) {
	ctx := e.request.Context()
	object, err := s.open(ctx, key, e.request.Header)
	switch {
	case unmet(err):
		h := e.Header()
		answer.Protect(h)
		// With 304 goes what would go with 200 (RFC 9110, section 15.4.5), as far
		// as the store says it.
		for _, name := range []string{"ETag", "Last-Modified", "Cache-Control"} {
			answer.SetIfAny(h, name, store.Header(err).Get(name))
		}
		e.outcome = outcomes[flight.Found]
		e.WriteHeader(store.Status(err))
		return true
	case store.Missing(err):
		return false
	case ctx.Err() != nil: // which is nothing of S3's
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
		panic(http.ErrAbortHandler) // or the client would take what it has for the whole
	}
	return true
}
