package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prew"
)

// recorded is a span as it arrived at the collector.
type recorded struct {
	*otlp.Span
	service string
}

// collect runs a collector of traces until the test ends and names it in the
// environment. It returns a function for the spans that have arrived.
func collect(t *testing.T) func() []recorded {
	t.Helper()
	var mu sync.Mutex
	var spans []recorded
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &request)
		}
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", r.URL, err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, resource := range request.ResourceSpans {
			service := ""
			for _, a := range resource.Resource.Attributes {
				if a.Key == "service.name" {
					service = a.Value.GetStringValue()
				}
			}
			for _, scope := range resource.ScopeSpans {
				for _, span := range scope.Spans {
					spans = append(spans, recorded{span, service})
				}
			}
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	return func() []recorded {
		mu.Lock()
		defer mu.Unlock()
		return spans
	}
}

func TestOneTraceFromTheRequestToTheFunction(t *testing.T) {
	spans := collect(t)
	f := new(renderer)
	server := start(t, f)
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	get(t, server.URL+"/prew/hero/traced.jpg", "X-Request-Id", id)
	server.Close()
	if err := server.Config.Handler.(*Gateway).Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	byName, byID := map[string]recorded{}, map[string]recorded{}
	for _, s := range spans() {
		byName[s.service+": "+s.Name], byID[string(s.SpanId)] = s, s
		if got := fmt.Sprintf("%x", s.TraceId); got != id {
			t.Errorf("%s is of the trace %s, want the request's, %s", s.Name, got, id)
		}
		if s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("%s ends before it starts", s.Name)
		}
		if s.Status.GetCode() == otlp.Status_STATUS_CODE_ERROR {
			t.Errorf("%s failed: %s", s.Name, s.Status.Message)
		}
	}
	for _, test := range []struct{ span, parent string }{
		{"prewmanager: GET preview", ""},
		{"prewmanager: Redis acquire", "GET preview"},
		{"prewmanager: Redis extend", "GET preview"},
		{"prewmanager: Redis release", "GET preview"},
		{"prewmanager: S3 GetObject", "GET preview"},
		{"prewmanager: lease", "GET preview"},
		{"prewmanager: S3 HeadObject", "GET preview"},
		{"prewmanager: photo", "GET preview"},
		{"prewmanager: queue", "GET preview"},
		{"prewmanager: invoke", "GET preview"},
		{"prew-function: render request", "invoke"},
		{"prew-function: S3 GetObject", "render request"},
		{"prew-function: render", "render request"},
		{"prew-function: S3 PutObject", "render request"},
	} {
		s, ok := byName[test.span]
		if !ok {
			t.Errorf("no span %s", test.span)
			continue
		}
		parent := ""
		if p, ok := byID[string(s.ParentSpanId)]; ok {
			parent = p.Name
		}
		if parent != test.parent || len(s.ParentSpanId) > 0 != (test.parent != "") {
			t.Errorf("%s is below %q, want %q", test.span, parent, test.parent)
		}
	}
	if got, want := f.last.Load().Traceparent, fmt.Sprintf("00-%s-%x-01", id, byName["prewmanager: invoke"].SpanId); got != want {
		t.Errorf("the function was told %q, want %q", got, want)
	}
}

// TestCallersTraceIsGoneOnWith also checks that the standard variable renames only
// the gateway.
func TestCallersTraceIsGoneOnWith(t *testing.T) {
	spans := collect(t)
	t.Setenv("OTEL_SERVICE_NAME", "pictures")
	server := start(t, new(renderer))
	get(t, server.URL+"/prew/hero/traced-by-another.jpg", "X-Request-Id", "4bf92f3577b34da6a3ce929d0e0e4736",
		"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	server.Close()
	server.Config.Handler.(*Gateway).Close(t.Context())
	for _, s := range spans() {
		if got := fmt.Sprintf("%x", s.TraceId); got != "0af7651916cd43dd8448eb211c80319c" {
			t.Errorf("%s is of the trace %s", s.Name, got)
		}
		if want := map[string]string{"GET preview": "pictures", "render": "prew-function"}[s.Name]; want != "" && s.service != want {
			t.Errorf("%s is of the service %s, want %s", s.Name, s.service, want)
		}
		if s.Name == "GET preview" && fmt.Sprintf("%x", s.ParentSpanId) != "b7ad6b7169203331" {
			t.Errorf("it is below %x", s.ParentSpanId)
		}
	}
	if len(spans()) == 0 {
		t.Error("no spans")
	}
}

func TestNothingIsTracedUnlessAsked(t *testing.T) {
	f := new(renderer)
	get(t, start(t, f).URL+"/prew/hero/untraced.jpg", "X-Request-Id", "4bf92f3577b34da6a3ce929d0e0e4736")
	if got := f.last.Load().Traceparent; got != "" {
		t.Errorf("the function was told %q", got)
	}
}

// TestFunctionThatFoundNoPhotoRenderedNothing checks that its only step is the wait
// for S3.
func TestFunctionThatFoundNoPhotoRenderedNothing(t *testing.T) {
	spans := collect(t)
	traces, err := NewTraces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	invoked := time.Now()
	traces.function(t.Context(), invoked, invoked.Add(time.Second), prew.Timing{Start: invoked, Total: 20, Opened: 15, Fetch: 15})
	traces.close()
	for _, s := range spans() {
		if s.Name != "render request" && s.Name != "S3 GetObject" {
			t.Errorf("a span %s", s.Name)
		}
	}
	if len(spans()) != 2 {
		t.Errorf("%d spans, want 2", len(spans()))
	}
}

// TestFunctionsClockMayBeWrong checks that the function's spans lie within its
// invocation.
func TestFunctionsClockMayBeWrong(t *testing.T) {
	for _, wrong := range []time.Duration{0, -time.Hour, time.Hour} {
		spans := collect(t)
		traces, err := NewTraces(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		invoked := time.Now()
		answered := invoked.Add(100 * time.Millisecond)
		ctx, span := traces.gateway.Start(t.Context(), "invoke")
		traces.function(ctx, invoked, answered, prew.Timing{
			Start: invoked.Add(20*time.Millisecond + wrong), Total: 60, Opened: 10, Fetch: 15, Render: 30, Store: 10,
		})
		span.End()
		traces.close()
		at := func(ms int) uint64 { return uint64(invoked.Add(time.Duration(ms) * time.Millisecond).UnixNano()) }
		for _, s := range spans() {
			want, ok := map[string][2]int{
				"render request": {20, 80}, "S3 GetObject": {20, 30}, "render": {30, 65}, "S3 PutObject": {65, 75},
			}[s.Name]
			if ok && (s.StartTimeUnixNano != at(want[0]) || s.EndTimeUnixNano != at(want[1])) {
				t.Errorf("clock wrong by %v: %s from %d to %d, want %v ms", wrong, s.Name, s.StartTimeUnixNano-at(0), s.EndTimeUnixNano-at(0), want)
			}
		}
		if len(spans()) != 5 {
			t.Errorf("%d spans, want 5", len(spans()))
		}
	}
}
