package gateway

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/prewmanager/flight"
)

// miss is a preview that is not stored, and how long each step towards it took.
// Its methods are the steps of one flight, one after the other.
type miss struct {
	gateway *Gateway
	ref     prew.Ref
	preset  prew.Preset
	request string // id of the request that came first

	began  time.Time
	timing stages
}

func newMiss(g *Gateway, ref prew.Ref, preset prew.Preset, request string) *miss {
	return &miss{gateway: g, ref: ref, preset: preset, request: request, began: time.Now()}
}

// admit waits for a place among the invocations. That it is asked means that the
// flight has its lease, or goes without one.
func (m *miss) admit(ctx context.Context) (leave func(), err error) {
	leased := time.Now()
	m.step(ctx, "lease", m.began, leased)
	leave, err = m.gateway.admission.enter(ctx)
	m.step(ctx, "queue", leased, time.Now())
	return leave, err
}

// render has the function render the preview and returns it: as the function
// sent it along, or else as it then lies in S3.
func (m *miss) render(ctx context.Context) (*Preview, error) {
	g := m.gateway
	ctx, span := g.traces.gateway.Start(ctx, "invoke", trace.WithSpanKind(trace.SpanKindClient))
	invoked := time.Now()
	result, received, err := g.function.invoke(ctx, prew.RenderRequest{
		SrcBucket:    g.photos.Name,
		SrcKey:       m.ref.SourceKey(),
		DstBucket:    g.previews.Name,
		DstKey:       m.ref.PreviewKey(),
		PresetName:   m.ref.Preset,
		Preset:       m.preset,
		CacheControl: g.cacheControl,
		RequestID:    m.request,
		Traceparent:  traceparent(ctx),
	})
	answered := time.Now()
	g.traces.function(ctx, invoked, answered, result.Timing)
	endAsked(span, err)
	m.took("invoke", milliseconds(answered.Sub(invoked)))
	g.metrics.received.WithLabelValues("function").Add(float64(received))
	if !result.Timing.Start.IsZero() { // the function came as far as to answer
		if result.Timing.Cold {
			g.metrics.coldStarts.Inc()
		}
		for _, s := range (stages{{"fetch", result.Timing.Fetch}, {"render", result.Timing.Render}, {"store", result.Timing.Store}}) {
			if s.ms > 0 { // else it did not come so far, and would make the mean of those that did too small
				m.took(s.name, s.ms)
			}
		}
	}
	if err != nil {
		return nil, m.marked(ctx, err)
	}
	if len(result.Data) > 0 {
		return &Preview{
			data: result.Data, contentType: result.ContentType, etag: result.ETag,
			cacheControl: g.cacheControl, timing: m.timing, origin: span.SpanContext(),
		}, nil
	}
	stored, found, err := g.previews.preview(ctx, m.ref)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fail(prew.NotStored, nil)
	}
	stored.timing, stored.origin = m.timing, span.SpanContext()
	return stored, nil
}

// marked is a failure with the ETag of the photo that it lasts as long as, where
// the function did not live to tell it.
func (m *miss) marked(ctx context.Context, err error) error {
	if failure, ok := errors.AsType[*flight.Failure](err); ok && failure.Code == string(prew.SourceTooLarge) && failure.Mark == "" {
		failure.Mark, _ = m.gateway.photos.etag(ctx, m.ref.SourceKey()) // without it the failure lasts as long as it is kept
	}
	return err
}

// step notes a step that this gateway itself has been through.
func (m *miss) step(ctx context.Context, name string, from, to time.Time) {
	_, span := m.gateway.traces.gateway.Start(ctx, name, trace.WithTimestamp(from))
	span.End(trace.WithTimestamp(to))
	m.took(name, milliseconds(to.Sub(from)))
}

func (m *miss) took(name string, ms float64) {
	m.timing = append(m.timing, stage{name, ms})
	m.gateway.metrics.stages.WithLabelValues(name).Observe(ms / 1000)
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
