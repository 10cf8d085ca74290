package gateway

import (
	"cmp"
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

// Preview is a rendered preview. All requests that wait for it share it, and
// nothing changes it.
type Preview struct {
	data         []byte
	contentType  string
	etag         string // as S3 spells it, quotes included
	cacheControl string
	modified     time.Time // when S3 stored it; zero if it does not say
	timing       stages
	serverTiming string            // timing as a header
	origin       trace.SpanContext // span of its render in this gateway, if recorded
}

// stage is a step of a render with its duration in milliseconds.
type stage struct {
	name string
	ms   float64
}

type stages []stage

// String returns the stages as a Server-Timing header (W3C Server Timing, section 2).
func (s stages) String() string {
	parts := make([]string, len(s))
	for i, stage := range s {
		parts[i] = fmt.Sprintf("%s;dur=%.1f", stage.name, stage.ms)
	}
	return strings.Join(parts, ", ")
}

// outcomes are the values of the X-Prew header.
var outcomes = map[flight.Outcome]string{flight.Made: "rendered", flight.Joined: "joined", flight.Found: "stored"}

// fail returns the failure with a code, or with RenderFailed if the code is not
// known.
func fail(code prew.Code, reason error) *flight.Failure {
	code, how := prew.FailureOf(code)
	failure := &flight.Failure{Code: string(code), Keep: how.Keep}
	if reason != nil {
		failure.Message = reason.Error()
	}
	return failure
}

// failureOf returns the failure that the error of a flight stands for.
func failureOf(err error) *flight.Failure {
	failure, ok := errors.AsType[*flight.Failure](err)
	switch {
	case ok && prew.Code(failure.Code).Known(): // a newer gateway may send codes that are unknown here
		return failure
	case errors.Is(err, flight.ErrVanished):
		return fail(prew.NotStored, err)
	case errors.Is(err, flight.ErrPurged):
		return fail(prew.Busy, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fail(prew.TimedOut, err)
	}
	return fail(prew.RenderFailed, err)
}

// answerPreview sends a preview, or the range of it that the request asks for, from
// the slice that all requests share.
func (g *Gateway) answerPreview(e *entry, p *Preview, outcome flight.Outcome) {
	e.outcome = outcomes[outcome]
	if outcome == flight.Made {
		e.timing = p.timing
	}
	status, body, refused := e.describe(p)
	if refused != nil {
		e.refuse(*refused)
		return
	}
	e.WriteHeader(status)
	e.Write(body)
}

// describe evaluates the conditions and the range of the request for a preview. It sets
// the headers of the answer and returns its status and body, or else returns a refusal.
// It has a stack frame of its own for the reason that fly has.
func (e *entry) describe(p *Preview) (status int, body []byte, refused *refusal) {
	h := e.Header()
	answer.SetIfAny(h, "Server-Timing", p.serverTiming)
	c := answer.ConditionsOf(e.request)
	from, to, status := c.Part(p.etag, int64(len(p.data)))
	if unmet := c.Unmet(p.etag, p.modified); unmet != 0 {
		status = unmet
	}
	if status >= 300 {
		return 0, nil, &refusal{status: status, etag: p.etag, cacheControl: p.cacheControl, size: int64(len(p.data))}
	}
	answer.Protect(h)
	h.Set("Content-Type", p.contentType)
	h.Set("X-Prew", e.outcome)
	answer.SetIfAny(h, "ETag", p.etag)
	answer.SetIfAny(h, "Content-Location", e.location)
	answer.SetIfAny(h, "Cache-Control", cmp.Or(e.cacheControl, p.cacheControl))
	if !p.modified.IsZero() {
		h.Set("Last-Modified", p.modified.UTC().Format(http.TimeFormat))
	}
	h.Set("Accept-Ranges", "bytes")
	if status == http.StatusPartialContent {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(p.data)))
	}
	h.Set("Content-Length", strconv.FormatInt(to-from, 10))
	return status, p.data[from:to], nil
}

// answerFailure sends the placeholder of a failure with its true status. No cache
// may keep it, except for a missing photo, and then only as long as the negative
// cache does, so that a photo uploaded late appears everywhere at once.
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
		audience := "public"
		if e.cacheControl != "" {
			audience = "private"
		}
		h.Set("Cache-Control", fmt.Sprintf("%s, max-age=%d", audience, int(max(0, time.Until(failure.Until)).Seconds())))
	}
	if how.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1") // by then a render has probably ended and a slot is free
	}
	e.WriteHeader(how.Status)
	e.Write(placeholder.Data)
}
