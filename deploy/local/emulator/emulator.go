// Package emulator is AWS Lambda on one machine: the Invoke API in front and, for
// each process of the real bootstrap, the Runtime API that it polls. A process
// works on one invocation at a time; when all are busy an invocation is
// throttled. What callers and functions see follows the Lambda Developer Guide,
// "Using the Lambda runtime API" and "Invoke".
package emulator

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"prew"
)

// What Lambda takes and gives, in bytes, as its own error messages name it.
const (
	maxRequest  = 6291456
	maxResponse = 6291556
)

// Config says what to run.
type Config struct {
	Bootstrap string        // path of the function's program
	Processes int           // of it, all started ahead: what Lambda calls concurrency
	Timeout   time.Duration // after which an invocation's process is killed
	Env       []string      // added to what Lambda itself sets; nothing is inherited
	Dir       string        // absolute; process i logs to <Dir>/bootstrap-<i>.log
}

// Emulator is a running emulator.
type Emulator struct {
	// URL is what AWS_ENDPOINT_URL_LAMBDA has to say.
	URL string

	server  *http.Server
	workers []*worker
	idle    chan *worker // those that work on nothing
	closing chan struct{}
	running sync.WaitGroup // the workers and the server

	stopping sync.Once

	mutex       sync.Mutex
	invocations map[string]int
	throttles   int
}

// Start starts every process, at once, and returns when all of them have asked
// for work.
func Start(c Config) (*Emulator, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	e := &Emulator{
		URL:         "http://" + listener.Addr().String(),
		workers:     make([]*worker, c.Processes),
		idle:        make(chan *worker, c.Processes),
		closing:     make(chan struct{}),
		invocations: map[string]int{},
	}
	errs := make([]error, c.Processes)
	var booting sync.WaitGroup
	for i := range e.workers {
		w := &worker{
			config: c,
			name:   fmt.Sprintf("bootstrap-%d", i+1),
			work:   make(chan *invocation, 1),
			idle:   e.idle,
		}
		e.workers[i] = w
		booting.Go(func() { w.box, errs[i] = boot(c, w.name) })
	}
	booting.Wait()
	for _, w := range e.workers {
		e.running.Go(func() { w.run(e.closing) })
		e.idle <- w
	}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /2015-03-31/functions/{function}/invocations", e.invoke)
	routes.HandleFunc("GET /invocations", e.report)
	e.server = &http.Server{Handler: routes}
	e.running.Go(func() { e.server.Serve(listener) })
	if err := errors.Join(errs...); err != nil {
		e.Stop()
		return nil, fmt.Errorf("emulator: %w", err)
	}
	return e, nil
}

// Stop ends every process and connection, and returns when they have ended. It
// may be called again.
func (e *Emulator) Stop() {
	e.stopping.Do(func() { close(e.closing) })
	e.server.Close()
	e.running.Wait()
}

// Invocations says how often each preview was rendered, by its key; throttled
// invocations reached no process and are not among them.
func (e *Emulator) Invocations() map[string]int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return maps.Clone(e.invocations)
}

// Throttles says how many invocations found every process busy.
func (e *Emulator) Throttles() int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.throttles
}

// invoke answers POST /2015-03-31/functions/{function}/invocations. Any name is
// the function's, and so is any Qualifier.
func (e *Emulator) invoke(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil {
		return // the caller left before it had said what it wanted
	}
	if len(payload) > maxRequest {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException",
			fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", maxRequest))
		return
	}
	if !json.Valid(payload) {
		refuse(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json")
		return
	}
	var worker *worker
	select {
	case worker = <-e.idle:
	default:
		e.mutex.Lock()
		e.throttles++
		e.mutex.Unlock()
		refuse(w, http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.")
		return
	}
	e.mutex.Lock()
	e.invocations[destination(payload)]++
	e.mutex.Unlock()
	i := &invocation{
		id:       requestID(),
		function: r.PathValue("function"),
		payload:  payload,
		answer:   make(chan answer, 1),
	}
	worker.work <- i // never blocks: the worker was idle, and only one can take it from there
	select {
	case a := <-i.answer:
		version := "$LATEST"
		if qualifier := r.URL.Query().Get("Qualifier"); qualifier != "" {
			version = qualifier
		}
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("X-Amzn-RequestId", i.id)
		header.Set("X-Amz-Executed-Version", version)
		if a.failed {
			header.Set("X-Amz-Function-Error", "Unhandled")
		}
		w.Write(a.body)
	case <-r.Context().Done():
		// As on Lambda, the function goes on without its caller.
	case <-e.closing:
		refuse(w, http.StatusInternalServerError, "ServiceException", "the emulator is stopping")
	}
}

// report answers GET /invocations: how often each preview was rendered.
func (e *Emulator) report(w http.ResponseWriter, _ *http.Request) {
	report := struct {
		Total       int            `json:"total"`
		Throttled   int            `json:"throttled"`
		Invocations map[string]int `json:"invocations"`
	}{Throttled: e.Throttles(), Invocations: e.Invocations()}
	for _, n := range report.Invocations {
		report.Total += n
	}
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.Encode(report)
}

// destination is the key under which an invocation is counted: that of the
// preview or, of a payload that names none, its photo and preset.
func destination(payload []byte) string {
	var request prew.RenderRequest
	// What can't be read, or only in part, is the function's to complain about.
	_ = json.Unmarshal(payload, &request)
	key, err := request.Destination()
	if err != nil {
		return request.SrcKey + " " + request.PresetName
	}
	return key
}

// refuse answers an invocation that reaches no process, as Lambda spells it.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", kind)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"Type": "User", "message": message})
}

// requestID is a random name in the form of a UUID, as Lambda's are.
func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
