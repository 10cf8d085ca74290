package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"prew/prewmanager/flight"
)

// The routes, and the outcomes beside those of flights, as logs, metrics and traces
// name them.
const (
	routePreview = "preview"
	routePhoto   = "photo"

	failed = "failed"
	left   = "left" // the client did not wait for the answer
)

// statusLeft is nginx's status for a request whose client has left.
const statusLeft = 499

// exchange is a request that is being answered, and what there will be to say of
// it when it is over.
type exchange struct {
	http.ResponseWriter
	request *http.Request
	span    trace.Span
	began   time.Time

	id      string // the one that nginx logs
	route   string
	preset  string
	key     string // decoded
	outcome string
	code    string // of a failure
	reason  string
	timing  stages // of the render, as far as it came, for the one that it was for
	status  int
	sent    int64 // bytes of the body
}

// WriteHeader implements http.ResponseWriter.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(b)
	if x.request.Method != http.MethodHead { // for which net/http takes bytes and sends none
		x.sent += int64(n)
	}
	return n, err
}

// begin starts an exchange, under the id and in the trace that it came with.
func (g *gateway) begin(w http.ResponseWriter, r *http.Request, route string) *exchange {
	if r.Method == http.MethodHead {
		r.Header.Del("Range") // it is GET's alone (RFC 9110, section 14.2)
	}
	id := requestID(r.Header)
	ctx, span := g.traces.begin(r, id, route)
	return &exchange{ResponseWriter: w, request: r.WithContext(ctx), span: span, began: time.Now(), id: id, route: route}
}

// leave answers a client that seems to have left. One that has only closed its
// half of the connection reads on, and no answer would be 200 and an empty picture.
func (x *exchange) leave() {
	x.outcome = left
	x.WriteHeader(statusLeft)
}

// fail notes that the exchange ends with a failure.
func (x *exchange) fail(f *flight.Failure) {
	x.outcome, x.code, x.reason = failed, f.Code, f.Message
}

// end says of an exchange what there is to say: in one line of the log, in the
// metrics and in the trace.
func (g *gateway) end(x *exchange) {
	took := time.Since(x.began)
	g.metrics.requests.WithLabelValues(x.route, x.outcome, x.code).Inc()
	g.metrics.seconds.WithLabelValues(x.route, x.outcome).Observe(took.Seconds())
	g.metrics.sent.WithLabelValues(x.route).Add(float64(x.sent))

	level := slog.LevelInfo
	if x.status >= http.StatusInternalServerError {
		level = slog.LevelWarn
		x.span.SetStatus(codes.Error, x.code)
	}
	fields := []slog.Attr{
		slog.String("request", x.id), slog.String("method", x.request.Method), slog.String("route", x.route),
		slog.String("preset", x.preset), slog.String("key", x.key), slog.String("outcome", x.outcome),
		slog.Int("status", x.status), slog.Int64("sent", x.sent), slog.Float64("ms", milliseconds(took)),
	}
	if x.code != "" {
		fields = append(fields, slog.String("code", x.code), slog.String("reason", x.reason))
	}
	for _, s := range x.timing {
		fields = append(fields, slog.Float64(s.name+"_ms", s.ms))
	}
	slog.LogAttrs(context.Background(), level, "request", fields...)

	x.span.SetAttributes(
		attribute.String("http.request.method", x.request.Method), attribute.Int("http.response.status_code", x.status),
		attribute.String("prew.preset", x.preset), attribute.String("prew.key", x.key),
		attribute.String("prew.outcome", x.outcome), attribute.String("prew.code", x.code),
	)
	x.span.End()
}

// known is what nginx's $request_id looks like, and other proxies' ids as well.
var known = regexp.MustCompile(`^[0-9A-Za-z-]{8,64}$`)

// requestID is the id that a request came with, or a new one of nginx's form for
// one that has none, or none that belongs into a log.
func requestID(h http.Header) string {
	if id := h.Get("X-Request-Id"); known.MatchString(id) {
		return id
	}
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
