package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/lambda/answer"
	"prew/lambda/object"
	"prew/prewmanager/flight"
)

// miss is a preview that is not stored, with the durations of the steps that make
// it. Its methods are the steps of one flight, in their order.
type miss struct {
	gateway *Gateway
	ref     prew.Ref
	of      *objects
	request string // id of the request that started the flight

	admitted func() // called when the flight has a slot

	began  time.Time     // of the wait for the lease
	lease  time.Duration // all of this wait
	known  time.Duration // the wait to know that there is a photo
	queue  time.Duration // the wait for a slot
	photo  chan error    // gets a failure if the photo is missing, or else nil
	timing answer.Stages
}

func newMiss(g *Gateway, ref prew.Ref, of *objects, request string, admitted func()) *miss {
	return &miss{gateway: g, ref: ref, of: of, request: request, admitted: admitted, began: time.Now()}
}

// prepare asks whether there is a photo, while the flight looks for the preview. It
// goes on if the flight ends before, because that would cost its connection.
func (m *miss) prepare(ctx context.Context) {
	photo := make(chan error, 1)
	m.photo = photo
	go func() {
		var lacks error // nil after a panic, too: the function finds out
		defer func() {
			if p := recover(); p != nil {
				m.gateway.metrics.answerPanics.Add(1)
				slog.Error("panic in the look for a photo", "request", m.request, "reason", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
			photo <- lacks
		}()
		lacks = m.of.photos.lacks(context.WithoutCancel(ctx), m.of.photo)
	}()
}

// admit waits for the answer to prepare, and then for a slot among the invocations: a
// photo that is missing takes none. When it is called, the flight has its lease, or
// goes on without one. A flight that has lost its lease meanwhile comes again: then each
// step has the sum of its waits.
func (m *miss) admit(ctx context.Context, takes func() time.Duration) (leave func(), err error) {
	leased := time.Now()
	m.span(ctx, "lease", m.began, leased)
	m.lease += leased.Sub(m.began)
	err = <-m.photo
	known := time.Now()
	m.span(ctx, "photo", leased, known)
	m.known += known.Sub(leased)
	if err == nil {
		leave, err = m.gateway.admission.enter(ctx, takes)
		m.admitted()
		m.span(ctx, "queue", known, time.Now())
		m.queue += time.Since(known)
	}
	m.began = time.Now()
	if err != nil {
		m.waited()
	}
	return leave, err
}

// waited records the waits before the render, or before the failure of a flight that
// is not admitted.
func (m *miss) waited() {
	m.took("lease", milliseconds(m.lease))
	m.took("photo", milliseconds(m.known))
	m.took("queue", milliseconds(m.queue))
}

// render has the function render the preview and returns it: from the function's
// result or, if the result does not carry it, from S3.
func (m *miss) render(ctx context.Context) (*Preview, error) {
	g := m.gateway
	m.waited()
	preset, _ := g.presets.Get(m.ref.Preset) // the flow has found it
	invocation, span := g.traces.gateway.Start(ctx, "invoke", trace.WithSpanKind(trace.SpanKindClient))
	invoked := time.Now()
	result, received, err := g.function.invoke(invocation, prew.RenderRequest{
		SrcBucket:    m.of.photos.Name,
		SrcKey:       m.of.photo,
		DstBucket:    g.previews.Name,
		DstKey:       m.of.preview,
		PresetName:   m.ref.Preset,
		Preset:       preset,
		CacheControl: g.cacheControlOf(m.ref.Preset),
		RequestID:    m.request,
		Traceparent:  traceparent(invocation),
	})
	answered := time.Now()
	g.traces.function(invocation, invoked, answered, result.Timing)
	endAsked(span, err)
	m.took("invoke", milliseconds(answered.Sub(invoked)))
	g.metrics.received.WithLabelValues("function").Add(float64(received))
	if !result.Timing.Start.IsZero() { // the function has answered
		if result.Timing.Cold {
			g.metrics.coldStarts.Inc()
		}
		for _, s := range answer.StagesOf(result.Timing) {
			m.took(s.Name, s.MS)
		}
	}
	if err != nil {
		if failure, ok := errors.AsType[*flight.Failure](err); ok && failure.Code == string(prew.RenderPanic) {
			g.metrics.functionPanics.Add(1)
		}
		return nil, m.marked(ctx, err)
	}
	if len(result.Data) > 0 {
		return m.made(&Preview{Preview: answer.Preview{
			Data: result.Data, ContentType: result.ContentType, ETag: result.ETag,
			Modified: object.Modified(ctx, g.previews, m.of.preview, result.ETag), CacheControl: g.cacheControlOf(m.ref.Preset),
			Outline: result.Outline,
		}}, span.SpanContext()), nil
	}
	stored, found, err := g.previews.preview(ctx, m.of.preview)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("%w: %w", fail(prew.NotStored, nil), flight.ErrVanished)
	}
	return m.made(stored, span.SpanContext()), nil
}

// cacheControlOf is the Cache-Control of the previews of a preset.
func (g *Gateway) cacheControlOf(preset string) string {
	if g.presets.Access(preset).Protected() {
		return g.protectedCacheControl
	}
	return g.cacheControl
}

// made notes in a preview how this miss made it. The header is written once for all who
// wait.
func (m *miss) made(p *Preview, origin trace.SpanContext) *Preview {
	p.timing, p.serverTiming, p.origin = m.timing, m.timing.String(), origin
	return p
}

// marked gives the failure of a photo that is too large the photo's ETag, if the
// function was ended before it could send it: the failure lasts as long as the
// photo has that ETag.
func (m *miss) marked(ctx context.Context, err error) error {
	if failure, ok := errors.AsType[*flight.Failure](err); ok && failure.Code == string(prew.SourceTooLarge) && failure.Mark == "" {
		failure.Mark, _ = m.of.photos.etag(ctx, m.of.photo) // without an ETag the failure lasts for its Keep
	}
	return err
}

// span records a step of this gateway's own in the trace.
func (m *miss) span(ctx context.Context, name string, from, to time.Time) {
	_, span := m.gateway.traces.gateway.Start(ctx, name, trace.WithTimestamp(from))
	span.End(trace.WithTimestamp(to))
}

// took records a step of the render in the timing and the metrics.
func (m *miss) took(name string, ms float64) {
	m.timing = append(m.timing, answer.Stage{Name: name, MS: ms})
	m.gateway.metrics.stages.WithLabelValues(name).Observe(ms / 1000)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
