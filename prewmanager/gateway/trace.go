package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"slices"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"prew"
	"prew/lambda/object"
	"prew/lambda/store"
	"prew/prewmanager/flight"
)

// Traces records the spans of this gateway and, from the timing in its results, the
// spans of the function. The trace id is nginx's request id. The function itself
// sends no traces, because that would double its size and its start time.
type Traces struct {
	gateway  api.Tracer
	renderer api.Tracer // of the function, which is a service of its own
	close    func()     // sends the remaining spans, within sendTimeout
}

// TracesTo are the variables that hold the URL of a collector.
var TracesTo = []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}

// sendTimeout is how long the program waits at its end for the collector to take
// the remaining spans: traces are not worth a longer wait.
const sendTimeout = 2 * time.Second

// NewTraces returns traces that go to the collector of the OTEL_EXPORTER_OTLP_...
// variables (OpenTelemetry, "OTLP Exporter Configuration"). If none of TracesTo is
// set, it records none.
func NewTraces(ctx context.Context) (*Traces, error) {
	if !slices.ContainsFunc(TracesTo, func(name string) bool { return os.Getenv(name) != "" }) {
		none := noop.NewTracerProvider().Tracer("")
		return &Traces{none, none, func() {}}, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { slog.Warn("traces are lost", "reason", err) }))
	// One processor for both services, so that a trace leaves in one piece.
	batches := trace.NewBatchSpanProcessor(exporter)
	service := func(about ...resource.Option) (*trace.TracerProvider, error) {
		r, err := resource.New(ctx, append([]resource.Option{resource.WithTelemetrySDK(), resource.WithHost()}, about...)...)
		if err != nil {
			return nil, fmt.Errorf("traces: %w", err)
		}
		return trace.NewTracerProvider(trace.WithSpanProcessor(batches), trace.WithIDGenerator(ids{}), trace.WithResource(r)), nil
	}
	named := func(name string) resource.Option {
		return resource.WithAttributes(attribute.String("service.name", name))
	}
	// The later option wins: OTEL_SERVICE_NAME may rename the gateway, but not the
	// function.
	gateway, err := service(named("prewmanager"), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	renderer, err := service(resource.WithFromEnv(), named("prew-function"))
	if err != nil {
		return nil, err
	}
	send := func() {
		ctx, cancel := context.WithTimeout(context.Background(), sendTimeout)
		defer cancel()
		if err := batches.Shutdown(ctx); err != nil {
			otel.Handle(err)
		}
	}
	return &Traces{gateway.Tracer("prew/prewmanager"), renderer.Tracer("prew/lambda"), send}, nil
}

// begin starts the span of a request, in the trace that the caller's traceparent
// names, or else in the trace whose id is the request's id.
func (t *Traces) begin(r *http.Request, id, route string) (context.Context, api.Span) {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	if trace, err := api.TraceIDFromHex(id); err == nil {
		ctx = context.WithValue(ctx, traceOfRequest{}, trace)
	}
	return t.gateway.Start(ctx, r.Method+" "+route, api.WithSpanKind(api.SpanKindServer))
}

// Redis records a step of a flight. Lease renewals and the circuit breaker's beats
// belong to no trace.
func (t *Traces) Redis(flight context.Context, step string, began time.Time, err error) {
	if !api.SpanContextFromContext(flight).IsValid() {
		return
	}
	_, span := t.gateway.Start(flight, "Redis "+step, api.WithTimestamp(began), api.WithSpanKind(api.SpanKindClient))
	endAsked(span, err)
}

// function records the function's spans, from the timing in its result, below the
// span of its invocation: the whole, getting the photo until S3 began to send it,
// rendering it while it arrived, and storing the preview. The function has another
// clock. If by that clock it would have begun before the invocation or ended after
// the answer, its spans are put in the middle of the invocation.
func (t *Traces) function(ctx context.Context, invoked, answered time.Time, timing prew.Timing) {
	if timing.Start.IsZero() {
		return
	}
	total := fromMilliseconds(timing.Total)
	start := timing.Start
	if start.Before(invoked) || start.Add(total).After(answered) {
		start = invoked.Add((answered.Sub(invoked) - total) / 2)
	}
	ctx, span := t.renderer.Start(ctx, "render request", api.WithTimestamp(start), api.WithSpanKind(api.SpanKindServer),
		api.WithAttributes(attribute.Bool("faas.coldstart", timing.Cold), attribute.Float64("prew.waited_for_photo_ms", timing.Fetch)))
	step := func(name string, kind api.SpanKind, from, to float64) {
		if to <= from { // the function ended before this step
			return
		}
		_, span := t.renderer.Start(ctx, name, api.WithTimestamp(start.Add(fromMilliseconds(from))), api.WithSpanKind(kind))
		span.End(api.WithTimestamp(start.Add(fromMilliseconds(to))))
	}
	rendered := timing.Fetch + timing.Render
	step("S3 GetObject", api.SpanKindClient, 0, timing.Opened)
	step("render", api.SpanKindInternal, timing.Opened, rendered)
	step("S3 PutObject", api.SpanKindClient, rendered, rendered+timing.Store)
	span.End(api.WithTimestamp(start.Add(total)))
}

func fromMilliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// traceparent returns the trace of ctx as the function's request carries it, empty
// if there is none.
func traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}

// endAsked ends the span of a call to another server. The text of an error may hold
// names that should not leave the gateway, so the span gets only its code.
func endAsked(span api.Span, err error) {
	if err != nil {
		code := "error"
		if failure, ok := errors.AsType[*flight.Failure](err); ok && failure.Code != "" {
			code = failure.Code
		}
		span.SetStatus(codes.Error, code)
	}
	span.End()
}

// endLooked ends the span of a look for an object. A missing object is a result of
// the look, as with every miss, and no error.
func endLooked(span api.Span, err error) {
	if store.Missing(err) || object.Unmet(err) {
		span.SetAttributes(attribute.Int("http.response.status_code", store.Status(err)))
		err = nil
	}
	endAsked(span, err)
}

// traceOfRequest is the context key of the trace id that is a request's own id.
type traceOfRequest struct{}

// ids makes span ids, and trace ids where the request has none.
type ids struct{}

// NewIDs implements trace.IDGenerator.
func (i ids) NewIDs(ctx context.Context) (api.TraceID, api.SpanID) {
	id, ok := ctx.Value(traceOfRequest{}).(api.TraceID)
	for !ok || !id.IsValid() {
		for b := range id {
			id[b] = byte(mathrand.Uint32())
		}
		ok = true
	}
	return id, i.NewSpanID(ctx, id)
}

// NewSpanID implements trace.IDGenerator.
func (ids) NewSpanID(context.Context, api.TraceID) (id api.SpanID) {
	for !id.IsValid() {
		for b := range id {
			id[b] = byte(mathrand.Uint32())
		}
	}
	return id
}
