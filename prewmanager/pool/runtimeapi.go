package pool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

const (
	// maxResponse is the largest answer that Lambda takes, in bytes. Lambda's own
	// error messages give this number.
	maxResponse = 6291556
	// streamedType is the type of an answer that is streamed (Lambda Developer Guide,
	// "Response streaming for Lambda functions").
	streamedType = "application/vnd.awslambda.http-integration-response"
	// maxDrained is how many more bytes of a too large answer are read, so that the
	// process gets the reason for the refusal and not a broken pipe. A function
	// that answers more than this is better cut off.
	maxDrained = 64 << 20
	// maxInitError is how many bytes of a process's init error are kept: a message
	// and its stack trace.
	maxInitError = 16 << 10
)

// routes are the routes of the Runtime API.
func (s *sandbox) routes() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /2018-06-01/runtime/invocation/next", s.sendNext)
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) { s.take(w, r, false) })
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", func(w http.ResponseWriter, r *http.Request) { s.take(w, r, true) })
	routes.HandleFunc("POST /2018-06-01/runtime/init/error", s.takeInitError)
	return routes
}

// sendNext answers GET invocation/next, when there is something to do.
func (s *sandbox) sendNext(w http.ResponseWriter, r *http.Request) {
	select {
	case s.ready <- struct{}{}:
	default: // it asks again, because its connection was lost
	}
	select {
	case i := <-s.next:
		s.mutex.Lock()
		s.current = i
		s.mutex.Unlock()
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:prew")
		w.Write(i.payload)
	case <-r.Context().Done():
	}
}

// take receives the answer to the current invocation. It reads the body of only one
// call, so that a process can't fill the gateway's memory with many answers.
func (s *sandbox) take(w http.ResponseWriter, r *http.Request, failed bool) {
	s.mutex.Lock()
	i := s.current
	if i == nil || i.id != r.PathValue("id") {
		s.mutex.Unlock()
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "no such invocation is under way")
		return
	}
	s.current = nil
	s.mutex.Unlock()
	limit, streamed := maxResponse, r.Header.Get("Content-Type") == streamedType
	if streamed {
		limit = max(limit, s.streamed)
	}
	body, err := readAnswer(r.Body, limit)
	switch {
	case errors.Is(err, errAnswerTooLarge):
		s.answered <- i.failure("Function.ResponseSizeTooLarge",
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", limit))
		runtimeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", err.Error())
	case err != nil:
		// The process died while it was answering, which the worker notices, or it
		// broke off, and then its time runs out.
	default:
		cut := streamed && r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != ""
		s.answered <- Answer{ID: i.id, Body: body, Failed: failed, Streamed: streamed, Cut: cut}
		w.WriteHeader(http.StatusAccepted)
	}
}

// takeInitError notes the process's init error. The process then ends by itself.
func (s *sandbox) takeInitError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxInitError))
	if err != nil {
		body = []byte(err.Error())
	}
	s.mutex.Lock()
	s.initErr = body
	s.mutex.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

var errAnswerTooLarge = errors.New("answer is too large")

// readAnswer reads an answer of no more than limit bytes.
func readAnswer(body io.Reader, limit int) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(read) > limit {
		io.CopyN(io.Discard, body, maxDrained)
		return nil, fmt.Errorf("%w: over %d bytes", errAnswerTooLarge, limit)
	}
	return read, nil
}

// runtimeError answers the process in the form of the Runtime API's errors.
func runtimeError(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"errorType": kind, "errorMessage": message})
}
