package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/prewmanager/flight"
)

// preview is a rendered picture, shared by everybody who waits for it and
// changed by nobody.
type preview struct {
	data         []byte
	contentType  string
	etag         string // as S3 spells it, quotes included
	cacheControl string
	modified     time.Time // zero for one that was just rendered
	timing       stages
	origin       trace.SpanContext // of its render here, if that was recorded
}

// stage is a step of a render with its milliseconds.
type stage struct {
	name string
	ms   float64
}

type stages []stage

// String spells the stages as Server-Timing (W3C Server Timing, section 2).
func (s stages) String() string {
	parts := make([]string, len(s))
	for i, stage := range s {
		parts[i] = fmt.Sprintf("%s;dur=%.1f", stage.name, stage.ms)
	}
	return strings.Join(parts, ", ")
}

// outcomes are the words of X-Prew.
var outcomes = map[flight.Outcome]string{flight.Made: "rendered", flight.Joined: "joined", flight.Found: "stored"}

// answers is the one table from a failure to its answer: the status, the
// picture, and how long the failure is remembered. A photo that is missing may
// be uploaded any moment, so that is remembered for as long as a page may show
// it late; one that can't be rendered stays so until it is another photo, and
// its ETag tells. Anything that may pass by itself is remembered for nobody.
var answers = map[prew.Code]struct {
	status int
	mark   mark
	keep   time.Duration
}{
	prew.PathRefused:       {http.StatusNotFound, slashed, 0},
	prew.PresetUnknown:     {http.StatusNotFound, slashed, 0},
	prew.SourceMissing:     {http.StatusNotFound, slashed, 10 * time.Second},
	prew.SourceUnsupported: {http.StatusUnprocessableEntity, exclaimed, 10 * time.Minute},
	prew.SourceDamaged:     {http.StatusUnprocessableEntity, exclaimed, 10 * time.Minute},
	prew.SourceTooLarge:    {http.StatusUnprocessableEntity, exclaimed, 10 * time.Minute},
	prew.RequestInvalid:    {http.StatusBadGateway, exclaimed, 0},
	prew.StorageFailed:     {http.StatusBadGateway, exclaimed, 0},
	prew.Busy:              {http.StatusServiceUnavailable, waiting, 0},
	prew.Throttled:         {http.StatusServiceUnavailable, waiting, 0},
	prew.RenderFailed:      {http.StatusBadGateway, exclaimed, 0},
	prew.RenderGarbage:     {http.StatusBadGateway, exclaimed, 0},
	prew.NotStored:         {http.StatusBadGateway, exclaimed, 0},
	prew.TimedOut:          {http.StatusGatewayTimeout, exclaimed, 0},
}

// fail makes the failure with a code. A code that is not in the table, as a
// newer function may send, is taken for a render that failed.
func fail(code prew.Code, reason error) *flight.Failure {
	if _, ok := answers[code]; !ok {
		code = prew.RenderFailed
	}
	failure := &flight.Failure{Code: string(code), Keep: answers[code].keep}
	if reason != nil {
		failure.Message = reason.Error()
	}
	return failure
}

// failureOf finds the failure in what a flight ended with.
func failureOf(err error) *flight.Failure {
	failure, ok := errors.AsType[*flight.Failure](err)
	if ok {
		_, ok = answers[prew.Code(failure.Code)] // a newer gateway may have sent it
	}
	switch {
	case ok:
		return failure
	case errors.Is(err, flight.ErrVanished):
		return fail(prew.NotStored, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fail(prew.TimedOut, err)
	}
	return fail(prew.RenderFailed, err)
}

// answerPreview sends a preview. A plain GET is one Write of the shared slice;
// http.ServeContent, which ranges and conditions need, copies through a buffer
// of its own for everybody who waits.
func (g *gateway) answerPreview(x *exchange, p *preview, outcome flight.Outcome) {
	x.outcome = outcomes[outcome]
	if outcome == flight.Made {
		x.timing = p.timing
	}
	h := x.Header()
	protect(h)
	h.Set("Content-Type", p.contentType)
	h.Set("X-Prew", x.outcome)
	setIfAny(h, "ETag", p.etag)
	setIfAny(h, "Cache-Control", p.cacheControl)
	setIfAny(h, "Server-Timing", p.timing.String())
	if x.request.Method == http.MethodGet && !conditional(x.request.Header) {
		if !p.modified.IsZero() {
			h.Set("Last-Modified", p.modified.UTC().Format(http.TimeFormat))
		}
		h.Set("Accept-Ranges", "bytes")
		h.Set("Content-Length", strconv.Itoa(len(p.data)))
		x.Write(p.data)
		return
	}
	http.ServeContent(x, x.request, "", p.modified, bytes.NewReader(p.data))
}

// answerFailure sends the picture of a failure with its true status. Nothing
// keeps it, except a missing photo for as long as it is remembered here too, so
// that one uploaded late appears everywhere at once.
func (g *gateway) answerFailure(x *exchange, preset prew.Preset, err error) {
	if x.request.Context().Err() != nil {
		x.leave()
		return
	}
	failure := failureOf(err)
	answer := answers[prew.Code(failure.Code)]
	x.fail(failure)
	picture := g.pictures.get(preset, answer.mark)
	h := x.Header()
	protect(h)
	h.Set("Content-Type", picture.contentType)
	h.Set("Content-Length", strconv.Itoa(len(picture.data)))
	h.Set("X-Prew-Error", failure.Code)
	setIfAny(h, "Server-Timing", x.timing.String())
	h.Set("Cache-Control", "no-store")
	if answer.status == http.StatusNotFound && !failure.Until.IsZero() {
		h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(max(0, time.Until(failure.Until)).Seconds())))
	}
	if answer.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1") // a place is free about as soon as a render ends
	}
	x.WriteHeader(answer.status)
	x.Write(picture.data)
}

// protect sets what every answer carries: other people's bytes are neither
// guessed at nor run (OWASP Secure Headers Project).
func protect(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
}

// conditional says whether a request asks for less than the whole preview.
func conditional(h http.Header) bool {
	for _, name := range []string{"Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if h.Get(name) != "" {
			return true
		}
	}
	return false
}

func setIfAny(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}
