package gateway

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
	"prew/lambda/answer"
	"prew/prewmanager/flight"
)

// Preview is a rendered picture, shared by everybody who waits for it and
// changed by nobody.
type Preview struct {
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

// fail makes the failure with a code, or with the one in whose place it is
// answered.
func fail(code prew.Code, reason error) *flight.Failure {
	code, how := prew.FailureOf(code)
	failure := &flight.Failure{Code: string(code), Keep: how.Keep}
	if reason != nil {
		failure.Message = reason.Error()
	}
	return failure
}

// failureOf finds the failure in what a flight ended with.
func failureOf(err error) *flight.Failure {
	failure, ok := errors.AsType[*flight.Failure](err)
	switch {
	case ok && prew.Code(failure.Code).Known(): // a newer gateway may have sent one that is not
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
func (g *Gateway) answerPreview(e *entry, p *Preview, outcome flight.Outcome) {
	e.outcome = outcomes[outcome]
	if outcome == flight.Made {
		e.timing = p.timing
	}
	h := e.Header()
	answer.Protect(h)
	h.Set("Content-Type", p.contentType)
	h.Set("X-Prew", e.outcome)
	answer.SetIfAny(h, "ETag", p.etag)
	answer.SetIfAny(h, "Cache-Control", p.cacheControl)
	answer.SetIfAny(h, "Server-Timing", p.timing.String())
	if e.request.Method == http.MethodGet && !answer.Conditional(e.request.Header) {
		if !p.modified.IsZero() {
			h.Set("Last-Modified", p.modified.UTC().Format(http.TimeFormat))
		}
		h.Set("Accept-Ranges", "bytes")
		h.Set("Content-Length", strconv.Itoa(len(p.data)))
		e.Write(p.data)
		return
	}
	http.ServeContent(e, e.request, "", p.modified, bytes.NewReader(p.data))
}

// answerFailure sends the placeholder of a failure with its true status. Nothing
// keeps it, except a missing photo for as long as it is remembered here too, so
// that one uploaded late appears everywhere at once.
func (g *Gateway) answerFailure(e *entry, preset prew.Preset, err error) {
	if e.request.Context().Err() != nil {
		e.leave()
		return
	}
	failure := failureOf(err)
	_, how := prew.FailureOf(prew.Code(failure.Code))
	e.fail(failure)
	var placeholder answer.Placeholder
	if g.placeholders != nil {
		placeholder = g.placeholders.Get(preset, how.Drawing)
	}
	h := e.Header()
	answer.Protect(h)
	answer.SetIfAny(h, "Content-Type", placeholder.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(placeholder.Data)))
	h.Set("X-Prew-Error", failure.Code)
	answer.SetIfAny(h, "Server-Timing", e.timing.String())
	h.Set("Cache-Control", "no-store")
	if how.Status == http.StatusNotFound && !failure.Until.IsZero() {
		h.Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(max(0, time.Until(failure.Until)).Seconds())))
	}
	if how.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1") // a place is free about as soon as a render ends
	}
	e.WriteHeader(how.Status)
	e.Write(placeholder.Data)
}
