package gateway

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"prew"
)

// logged sends the log to a buffer until the test ends.
func logged(t *testing.T) func() string {
	t.Helper()
	var mu sync.Mutex
	var text bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(writer(func(b []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return text.Write(b)
	}), nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// measuredAt serves the metrics of a gateway until the test ends.
func measuredAt(t *testing.T, server *httptest.Server) string {
	t.Helper()
	measured := httptest.NewServer(server.Config.Handler.(*Gateway).Measured())
	t.Cleanup(measured.Close)
	return measured.URL
}

// landed waits until no flight is under way: whoever asks before a lease is given back
// joins the flight that has made the preview.
func landed(t *testing.T, server *httptest.Server) {
	t.Helper()
	metrics := measuredAt(t, server)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, text := get(t, metrics); strings.Contains(text, "\nprew_flights 0\n") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("a flight is under way for 10 s")
		}
	}
}

func TestEachRequestIsALineOfTheLog(t *testing.T) {
	log := logged(t)
	f := new(renderer)
	server := start(t, f)
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	get(t, server.URL+"/prew/hero/log%20me.jpg", "X-Request-Id", id)
	landed(t, server)
	get(t, server.URL+"/prew/hero/log%20me.jpg")
	f.answer = refusals(prew.RenderFailed)
	get(t, server.URL+"/prew/hero/log-broken.jpg", "X-Request-Id", `forged"} {`)
	server.Close() // the line follows the answer

	type line struct {
		Level, Msg, Request, Method, Route, Preset, Key, Source, Outcome, Code, Reason string
		Status, Sent                                                                   int
		MS                                                                             float64
		InvokeMS                                                                       float64 `json:"invoke_ms"`
		RenderMS                                                                       float64 `json:"render_ms"`
	}
	var got []line
	for text := range strings.Lines(log()) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if l.Msg == "request" {
			got = append(got, l)
		}
	}
	if len(got) != 3 {
		t.Fatalf("%d lines, want 3:\n%s", len(got), log())
	}
	first, second, third := got[0], got[1], got[2]
	if first.MS <= 0 || first.InvokeMS <= 0 || first.RenderMS != 2 || second.InvokeMS != 0 {
		t.Errorf("times: %+v, then %+v", first, second)
	}
	first.MS, first.InvokeMS, first.RenderMS = 0, 0, 0
	if want := (line{Level: "INFO", Msg: "request", Request: id, Method: "GET", Route: "preview", Preset: "hero", Key: "log me.jpg", Source: "default",
		Outcome: "rendered", Status: 200, Sent: len("preview of photo/log me.jpg")}); first != want {
		t.Errorf("%+v, want %+v", first, want)
	}
	if second.Outcome != "stored" || len(second.Request) != 32 {
		t.Errorf("%+v, want stored, with an id of its own", second)
	}
	if third.InvokeMS <= 0 {
		t.Errorf("%+v has no time of the invocation", third)
	}
	if third.Level != "WARN" || third.Outcome != "failed" || third.Code != "render_failed" || third.Reason != "because" || third.Status != 502 || len(third.Request) != 32 {
		t.Errorf("%+v, want a warning of render_failed with a new id", third)
	}
	if request := f.last.Load(); len(request.RequestID) != 32 || request.RequestID != third.Request {
		t.Errorf("the function was told the id %q, want %q", request.RequestID, third.Request)
	}
}

func TestClientThatLeavesIsCountedAsSuch(t *testing.T) {
	log := logged(t)
	rendering, leave := make(chan struct{}), make(chan struct{})
	f := &renderer{answer: func(w http.ResponseWriter, _ prew.RenderRequest) { close(rendering); <-leave }}
	server := start(t, f)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/prew/hero/left.jpg", nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if response, err := client.Do(request); err == nil {
			response.Body.Close()
		}
	}()
	<-rendering
	server.CloseClientConnections()
	<-gone
	server.Close()
	close(leave)
	if !strings.Contains(log(), `"outcome":"left"`) {
		t.Errorf("the log does not say that the client left:\n%s", log())
	}
}

// TestStatusWithoutABodyIsLogged is about answers of which no byte and no status is
// written: net/http answers 200.
func TestStatusWithoutABodyIsLogged(t *testing.T) {
	log := logged(t)
	server := start(t, new(renderer), func(s *settings) { s.Private = true })
	put(t, "photo/status.jpg", "0123456789")
	put(t, "photo/nothing.jpg", "")
	do(t, http.MethodHead, server.URL+"/photo/status.jpg")
	get(t, server.URL+"/photo/nothing.jpg")
	server.Close() // returns after the entries are written
	if n := strings.Count(log(), `"status":200`); n != 2 {
		t.Errorf("%d of 2 have the status 200:\n%s", n, log())
	}
}

func TestPictureThatHeadDoesNotSendIsNotCounted(t *testing.T) {
	server := start(t, new(renderer))
	do(t, http.MethodHead, server.URL+"/prew/unknown/head.jpg")
	server.Close() // returns after the entry is written
	if _, text := get(t, measuredAt(t, server)); !strings.Contains(text, `prew_sent_bytes_total{route="preview"} 0`) {
		t.Error("bytes are counted that were not sent")
	}
}

// TestClientThatClosesItsHalfGetsNoEmptyPicture is about a client that seems to have
// left but still reads.
func TestClientThatClosesItsHalfGetsNoEmptyPicture(t *testing.T) {
	asked, answer := make(chan struct{}, 2), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{}; <-answer }))
	defer slow.Close()
	defer close(answer)
	server := start(t, new(renderer), func(s *settings) { s.S3Endpoint = slow.URL })
	for _, path := range []string{"/photo/half.jpg", "/prew/hero/half.jpg"} {
		connection, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		io.WriteString(connection, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		<-asked
		connection.(*net.TCPConn).CloseWrite()
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil || response.StatusCode != 499 {
			t.Errorf("%s: %v, %v", path, response, err)
		}
	}
}
