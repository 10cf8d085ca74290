package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/lambda/answer"
	"prew/prewmanager/flight"
)

// The routes, and the outcomes that flights do not have, as the request log, the
// metrics and the traces name them.
const (
	routePreview = "preview"
	routePhoto   = "photo"
	routeAccess  = "access"

	allowed = "allowed" // a verdict
	failed  = "failed"
	left    = "left" // the client did not wait for the answer
)

// statusLeft is nginx's status for a request whose client has left.
const statusLeft = 499

// entry is the request log's entry for a request that is being answered. At the end
// of the request it also goes into the metrics and the trace.
type entry struct {
	http.ResponseWriter
	request *http.Request
	span    trace.Span
	began   time.Time

	id      string // the one that nginx logs
	route   string
	preset  string
	key     string // decoded
	source  string // of the photo; empty for what names none
	aliased bool   // the request's address is an alias
	// location is the Content-Location of a success (RFC 9110, section 8.7): where the
	// address is an alias, the one that it means.
	location string
	outcome  string
	code     string // of a failure
	reason   string
	timing   answer.Stages // of the render so far, in the entry of the request that started it
	status   int
	sent     int64 // bytes of the body

	cacheControl string // of the answer, where not everybody may see it; or else empty
}

// WriteHeader implements http.ResponseWriter.
func (e *entry) WriteHeader(status int) {
	if e.status == 0 {
		e.status = status
	}
	e.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (e *entry) Write(b []byte) (int, error) {
	if e.status == 0 {
		e.status = http.StatusOK
	}
	n, err := e.ResponseWriter.Write(b)
	if e.request.Method != http.MethodHead { // net/http accepts the bytes for a HEAD and sends none
		e.sent += int64(n)
	}
	return n, err
}

// begin starts the entry of a request, with the request's own id and trace.
func (g *Gateway) begin(w http.ResponseWriter, r *http.Request, route string) *entry {
	id := requestID(r.Header)
	ctx, span := g.traces.begin(r, id, route)
	return &entry{ResponseWriter: w, request: r.WithContext(ctx), span: span, began: time.Now(), id: id, route: route}
}

// leave answers a client that seems to have left. A client that has only closed its
// half of the connection still reads; without an answer it would get 200 and an
// empty picture.
func (e *entry) leave() {
	e.outcome = left
	e.WriteHeader(statusLeft)
}

// fail notes that the request ends with a failure.
func (e *entry) fail(f *flight.Failure) {
	e.outcome, e.code, e.reason = failed, f.Code, f.Message
}

// end writes an entry: one line of the log, the metrics and the trace's span. It is
// deferred, and ends a panic in the answer too: it logs the stack, counts the panic,
// and breaks the answer off.
func (g *Gateway) end(e *entry) {
	p := recover()
	if p != nil && p != http.ErrAbortHandler {
		g.metrics.answerPanics.Add(1)
		e.fail(fail(prew.RenderFailed, fmt.Errorf("panic: %v", p)))
		slog.Error("panic in an answer", "request", e.id, "reason", e.reason, "stack", string(debug.Stack()))
	}
	if e.status == 0 { // net/http answers 200 where nothing was written, and nginx 502 where the answer is broken off
		e.status = http.StatusOK
		if p != nil {
			e.status = http.StatusBadGateway
		}
	}
	g.write(e)
	if p != nil {
		panic(http.ErrAbortHandler) // net/http closes the connection and logs nothing more
	}
}

// write writes an entry.
func (g *Gateway) write(e *entry) {
	took := time.Since(e.began)
	g.metrics.requests.WithLabelValues(e.route, e.source, e.outcome, e.code).Inc()
	g.metrics.seconds.WithLabelValues(e.route, e.outcome).Observe(took.Seconds())
	g.metrics.sent.WithLabelValues(e.route).Add(float64(e.sent))

	level := slog.LevelInfo
	if e.status >= http.StatusInternalServerError {
		level = slog.LevelWarn
		e.span.SetStatus(codes.Error, e.code)
	}
	slog.LogAttrs(context.Background(), level, "request", e.fields(took)...)

	e.span.SetAttributes(
		attribute.String("http.request.method", e.request.Method), attribute.Int("http.response.status_code", e.status),
		attribute.String("prew.preset", e.preset), attribute.String("prew.key", e.key), attribute.String("prew.source", e.source),
		attribute.String("prew.outcome", e.outcome), attribute.String("prew.code", e.code),
	)
	e.span.End()
}

// fields are those of the line in the log.
func (e *entry) fields(took time.Duration) []slog.Attr {
	fields := []slog.Attr{
		slog.String("request", e.id), slog.String("method", e.request.Method), slog.String("route", e.route),
		slog.String("preset", e.preset), slog.String("key", e.key), slog.String("source", e.source), slog.String("outcome", e.outcome),
		slog.Int("status", e.status), slog.Int64("sent", e.sent), slog.Float64("ms", milliseconds(took)),
	}
	if e.code != "" {
		fields = append(fields, slog.String("code", e.code), slog.String("reason", e.reason))
	}
	for _, s := range e.timing {
		fields = append(fields, slog.Float64(s.Name+"_ms", s.MS))
	}
	return fields
}

// known matches nginx's $request_id and the ids of other proxies.
var known = regexp.MustCompile(`^[0-9A-Za-z-]{8,64}$`)

// requestID is the id of a request. If the request has no id, or one that should
// not go into a log, it is a new one in nginx's form.
func requestID(h http.Header) string {
	if id := h.Get("X-Request-Id"); known.MatchString(id) {
		return id
	}
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
