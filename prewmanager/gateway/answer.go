package gateway

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/lambda/answer"
	"prew/prewmanager/flight"
)

// Preview is a rendered preview. All requests that wait for it share it, and
// nothing changes it.
type Preview struct {
	answer.Preview
	timing       answer.Stages
	serverTiming string            // timing as a header
	origin       trace.SpanContext // span of its render in this gateway, if recorded
}

// outcomes are the values of the X-Prew header.
var outcomes = map[flight.Outcome]string{flight.Made: answer.Rendered, flight.Joined: "joined", flight.Found: answer.Stored}

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
	status, body := e.describe(p)
	e.WriteHeader(status)
	e.Write(body)
}

// describe sets the headers of the answer with a preview and returns its status and body.
// Its variables, as those of describeFailure, are off the stack when the answer is written, for
// the reason that servePreview has.
func (e *entry) describe(p *Preview) (status int, body []byte) {
	return p.Describe(e.Header(), answer.ConditionsOf(e.request), e.as(p.serverTiming))
}

// as is what the answer says beside what the store says of an object.
func (e *entry) as(serverTiming string) answer.As {
	as := answer.As{Location: e.location, CacheControl: e.cacheControl, ServerTiming: serverTiming}
	if e.route == routePreview {
		as.Outcome = e.outcome
	}
	return as
}

// answerFailure sends the placeholder of a failure with its true status.
func (g *Gateway) answerFailure(e *entry, err error) {
	if e.request.Context().Err() != nil {
		e.leave()
		return
	}
	status, body := g.describeFailure(e, failureOf(err))
	e.WriteHeader(status)
	e.Write(body)
}

// describeFailure sets the headers of the answer with a failure, and returns its status and its
// placeholder, which is as large as previews of the preset that was asked for. Caches may keep
// that a photo is missing only as long as the negative cache does.
func (g *Gateway) describeFailure(e *entry, failure *flight.Failure) (status int, body []byte) {
	e.fail(failure)
	answered := answer.Failure{Code: failure.Code, Private: e.cacheControl != "", ServerTiming: e.timing.String()}
	if !failure.Until.IsZero() {
		answered.Keep = time.Until(failure.Until)
	}
	preset, _ := g.presets.Get(e.preset) // the zero Preset if the request is for a photo, or for nothing
	return answered.Describe(e.Header(), g.placeholders, preset)
}
