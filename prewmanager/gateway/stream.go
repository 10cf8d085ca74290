package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"prew"
	"prew/lambda/access"
	"prew/lambda/answer"
	"prew/lambda/object"
	"prew/lambda/store"
	"prew/prewmanager/flight"
)

// servePhoto streams a photo of the default source that nginx can't get from S3: because the bucket is
// private, or because the path as the client spelt it, such as one with a bare
// "+", would mean another object to S3.
func (g *Gateway) servePhoto(e *entry, path string) {
	if g.photoAccess == prew.Closed {
		g.answerFailure(e, fail(prew.PathRefused, errors.New("photos are closed")))
		return
	}
	key, err := prew.ParsePhoto(path)
	if err != nil {
		g.answerFailure(e, fail(prew.PathRefused, err))
		return
	}
	source, _ := g.sources.Get("")
	object, err := source.Photos.Photo(key, g.sources.Previews)
	if err != nil {
		g.answerFailure(e, fail(prew.PathRefused, err))
		return
	}
	photos := g.photos[source.Name]
	e.key, e.source = key, photos.source
	if err := g.admits(e, access.PhotoTarget(g.photoAccess, key)); err != nil {
		g.answerFailure(e, err)
		return
	}
	if e.request.Header.Get(refusedHeader) != "" {
		g.answerRefused(e, photos, object)
		return
	}
	if !g.sendObject(e, photos, object) {
		g.answerMissing(e)
	}
}

// refusedHeader is the header of a request for a photo that S3 has refused to nginx.
const refusedHeader = "X-Prew-Refused"

// answerRefused says why S3 refuses a photo to nginx: there is none, or something is
// wrong with the bucket. S3 says that in the body of its error, which nginx can't read.
// The photo itself is never sent: the public may not have it, whatever this gateway may
// read.
func (g *Gateway) answerRefused(e *entry, photos storage, key string) {
	client := e.request.Context()
	ctx, cancel := context.WithTimeout(client, photos.timeout)
	defer cancel()
	err := object.Ask(ctx, photos, key)
	switch {
	case client.Err() != nil: // the client left; this is no error of S3
		e.leave()
		return
	case err != nil && !store.Missing(err):
		g.answerFailure(e, photos.failure(ctx, err))
		return
	}
	g.answerMissing(e)
}

// answerMissing answers that there is no photo, for as long as nginx's own 404 says so.
func (g *Gateway) answerMissing(e *entry) {
	missing := fail(prew.SourceMissing, nil)
	missing.Until = time.Now().Add(missing.Keep)
	g.answerFailure(e, missing)
}

// sendObject streams an object from S3, or the range of it that the request asks for,
// or the answer to conditions that are not met. If there is no such object, found is
// false and nothing is sent.
func (g *Gateway) sendObject(e *entry, s storage, key string) (found bool) {
	ctx := e.request.Context()
	stored, refusal, err := object.Open(ctx, s, key, answer.ConditionsOf(e.request), s.timeout)
	switch {
	case refusal != nil:
		e.outcome = outcomes[flight.Found]
		e.WriteHeader(refusal.Describe(e.Header(), e.as("")))
		return true
	case store.Missing(err):
		return false
	case ctx.Err() != nil: // the client left; this is no error of S3
		e.leave()
		return true
	case err != nil:
		g.answerFailure(e, s.failure(ctx, err))
		return true
	}
	defer stored.Body.Close()
	e.outcome = outcomes[flight.Found]
	if status := object.Describe(e.Header(), stored, e.as("")); status != http.StatusOK { // which the first bytes mean by themselves
		e.WriteHeader(status)
	}
	if e.request.Method == http.MethodGet {
		// A reader that takes nothing holds neither S3 nor this gateway for ever.
		connection := http.NewResponseController(e.ResponseWriter)
		connection.SetWriteDeadline(time.Now().Add(prew.StreamTimeout))
		n, err := io.Copy(e, stored.Body)
		connection.SetWriteDeadline(time.Time{})
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
