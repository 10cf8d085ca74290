// Package emulator is AWS Lambda on one machine: the Invoke API and a Function URL in front
// of a pool of processes of the real bootstrap. When all of them are busy, an invocation is
// throttled. The answers follow the Lambda Developer Guide, "Invoke" and "Invoking Lambda
// function URLs".
package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"prew"
	"prew/prewmanager/pool"
)

// maxRequest is the largest payload that Lambda takes, in bytes. Lambda's own error
// messages give this number.
const maxRequest = 6291456

// Config says what to run.
type Config struct {
	Bootstrap string        // path of the function's program
	Processes int           // all started ahead; Lambda calls their number concurrency
	Timeout   time.Duration // of an invocation; its process is then killed
	Memory    int           // MB; a working process with more is killed
	Env       []string      // added to the variables that Lambda sets; nothing is inherited
	Dir       string        // absolute; process i logs to <Dir>/bootstrap-<i>.log
}

// Emulator is a running emulator.
type Emulator struct {
	// URL is the value for AWS_ENDPOINT_URL_LAMBDA.
	URL string
	// FunctionURL is the address at which the function answers HTTP, without a slash at the end.
	FunctionURL string

	config  Config
	servers []*http.Server
	serving sync.WaitGroup
	slots   chan struct{} // holds one element for each invocation under way

	mutex       sync.Mutex
	processes   *processes
	invocations map[string]int
	rendered    map[string]int
	throttles   int
}

// Start starts all processes at once and returns when all of them have asked for work.
func Start(c Config) (_ *Emulator, err error) {
	e := &Emulator{config: c, slots: make(chan struct{}, c.Processes), invocations: map[string]int{}, rendered: map[string]int{}}
	defer func() {
		if err != nil {
			e.Stop()
		}
	}()
	if e.processes, err = boot(c); err != nil {
		return nil, err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /2015-03-31/functions/{function}/invocations", e.invoke)
	routes.HandleFunc("GET /invocations", e.report)
	if e.URL, err = e.serve(routes); err != nil {
		return nil, err
	}
	if e.FunctionURL, err = e.serve(http.HandlerFunc(e.answerHTTP)); err != nil {
		return nil, err
	}
	return e, nil
}

// processes are a pool and what is under way in it.
type processes struct {
	*pool.Pool
	logs    []*os.File
	working sync.WaitGroup
}

// boot starts processes.
func boot(c Config) (*processes, error) {
	p := &processes{}
	var err error
	p.Pool, err = pool.Start(context.Background(), pool.Config{
		Program:   c.Bootstrap,
		Processes: c.Processes,
		Timeout:   c.Timeout,
		Memory:    c.Memory,
		Streamed:  maxStreamed,
		Env:       c.Env,
		Output: func(name string) (io.Writer, error) {
			log, err := os.OpenFile(filepath.Join(c.Dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			if err == nil {
				p.logs = append(p.logs, log)
			}
			return log, err
		},
	})
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("emulator: %w", err)
	}
	return p, nil
}

func (p *processes) stop() {
	if p.Pool != nil {
		p.Close()
	}
	for _, log := range p.logs {
		log.Close()
	}
}

// Renew has new processes, which read the files of their environment anew, in the place of those
// that there are, and returns when these have given their last answers and have ended. Where the
// new ones do not start, that is the error, and nothing changes.
func (e *Emulator) Renew() error {
	now, err := boot(e.config)
	if err != nil {
		return err
	}
	e.mutex.Lock()
	before := e.processes
	e.processes = now
	e.mutex.Unlock()
	before.working.Wait()
	before.stop()
	return nil
}

// serve serves at a free address, which it returns.
func (e *Emulator) serve(handler http.Handler) (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("emulator: %w", err)
	}
	server := &http.Server{Handler: handler}
	e.servers = append(e.servers, server)
	e.serving.Go(func() { server.Serve(listener) })
	return "http://" + listener.Addr().String(), nil
}

// Stop ends every process and connection, and returns when they have ended. It
// may be called again.
func (e *Emulator) Stop() {
	if e.processes != nil {
		e.processes.Close()
	}
	for _, server := range e.servers {
		server.Close()
	}
	e.serving.Wait()
	if e.processes != nil {
		e.processes.stop()
	}
}

// Invocations returns how often each preview was rendered, by its key, and how often the
// function was asked for each path of its URL, as it was spelt. Throttled invocations reached
// no process and are not counted.
func (e *Emulator) Invocations() map[string]int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return maps.Clone(e.invocations)
}

// Rendered returns how many of the answers by the function's URL say that they were rendered,
// by the path.
func (e *Emulator) Rendered() map[string]int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return maps.Clone(e.rendered)
}

// Throttles returns how many invocations found every process busy.
func (e *Emulator) Throttles() int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.throttles
}

// Occupy takes every process for what nobody hears of, each as soon as it is free, as other functions
// of an account may take all of its concurrency: from then on every invocation is throttled. When ctx
// ends before, it has taken some of them.
func (e *Emulator) Occupy(ctx context.Context) {
	for range cap(e.slots) {
		select {
		case e.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// invoke answers POST /2015-03-31/functions/{function}/invocations. It accepts any
// name of the function and any Qualifier.
func (e *Emulator) invoke(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Invocation-Type") == "DryRun" { // every caller may call it
		w.WriteHeader(http.StatusNoContent)
		return
	}
	payload, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil {
		return // the caller left before it had sent its payload
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
	select {
	case e.slots <- struct{}{}:
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
	select {
	case o := <-e.run(payload):
		if o.err != nil {
			refuse(w, http.StatusInternalServerError, "ServiceException", o.err.Error())
			return
		}
		version := "$LATEST"
		if qualifier := r.URL.Query().Get("Qualifier"); qualifier != "" {
			version = qualifier
		}
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("X-Amzn-RequestId", o.ID)
		header.Set("X-Amz-Executed-Version", version)
		if o.Failed {
			header.Set("X-Amz-Function-Error", "Unhandled")
		}
		w.Write(o.Body)
	case <-r.Context().Done():
		// As on Lambda, the function goes on without its caller.
	}
}

// Invoke has the function work on a payload as soon as one of its processes is free, and returns
// its answer. It is for what nobody asks Lambda for, and is not counted.
func (e *Emulator) Invoke(ctx context.Context, payload []byte) (answer []byte, err error) {
	select {
	case e.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	o := <-e.run(payload)
	if o.err == nil && o.Failed {
		o.err = fmt.Errorf("function failed: %s", o.Body)
	}
	return o.Body, o.err
}

// outcome is the answer of an invocation, or the error in its place.
type outcome struct {
	pool.Answer
	err error
}

// run has the function work on a payload, and then frees the slot that the caller
// has taken for it.
func (e *Emulator) run(payload []byte) <-chan outcome {
	done := make(chan outcome, 1) // has room for one outcome, because the caller may have left
	e.mutex.Lock()
	p := e.processes
	p.working.Add(1)
	e.mutex.Unlock()
	go func() {
		defer p.working.Done()
		answer, err := p.Invoke(context.Background(), payload)
		// Free the slot before answering: a caller that has its answer and asks
		// again at once must not find the only slot taken.
		<-e.slots
		done <- outcome{answer, err}
	}()
	return done
}

// report answers GET /invocations: how often the function was invoked for what.
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

// destination is the key under which an invocation is counted: the preview's key or,
// if the payload names none, its photo and preset.
func destination(payload []byte) string {
	var request prew.RenderRequest
	// The function reports a payload that can't be read; here an error is ignored.
	_ = json.Unmarshal(payload, &request)
	key, err := request.Destination()
	if err != nil {
		return request.SrcKey + " " + request.PresetName
	}
	return key
}

// refuse answers an invocation that reaches no process, in Lambda's form.
func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-ErrorType", kind)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"Type": "User", "message": message})
}
