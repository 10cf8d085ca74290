package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"prew/deploy/local/process"
)

const (
	// initDeadline is how long a process may take until it first asks for work
	// (Lambda: "Function initialization", 10 seconds).
	initDeadline = 10 * time.Second
	// maxDrained is how much of an answer that is too large is read all the same,
	// so that the process learns why it is refused instead of a broken pipe. A
	// function of 1769 MB that answers more than this is better cut off.
	maxDrained = 64 << 20
	// memory is what the function is told it has, in MB: with 1769 Lambda gives
	// one whole CPU.
	memory = "1769"
)

// sandbox is one process of the bootstrap with a Runtime API of its own, on a
// listener of its own: a call that a dead process left behind can never be
// taken for one of its successor.
type sandbox struct {
	process *process.Process
	server  *http.Server

	ready    chan struct{}    // holds one: the process has asked for work
	next     chan *invocation // to the call in which it asks
	answered chan answer      // holds one, the answer to current

	mutex   sync.Mutex
	current *invocation // handed over and not answered yet
	initErr []byte      // what the process said was wrong with its start
}

// boot starts a process and returns once it asks for work.
func boot(c Config, name string) (*sandbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sandbox{
		ready:    make(chan struct{}, 1),
		next:     make(chan *invocation),
		answered: make(chan answer, 1),
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /2018-06-01/runtime/invocation/next", s.sendNext)
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", s.takeResponse)
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", s.takeError)
	routes.HandleFunc("POST /2018-06-01/runtime/init/error", s.takeInitError)
	s.server = &http.Server{Handler: routes}
	go s.server.Serve(listener)

	s.process, err = process.Start(process.Command{
		Name: name,
		Dir:  c.Dir,
		Path: c.Bootstrap,
		Env: append([]string{
			"AWS_LAMBDA_RUNTIME_API=" + listener.Addr().String(),
			"AWS_LAMBDA_FUNCTION_NAME=prew",
			"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
			"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + memory,
			"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
			"LAMBDA_TASK_ROOT=" + filepath.Dir(c.Bootstrap),
			"_HANDLER=bootstrap",
			"PATH=/usr/local/bin:/usr/bin:/bin",
			"LANG=en_US.UTF-8",
			"TZ=:UTC",
		}, c.Env...),
	})
	if err != nil {
		s.server.Close()
		return nil, err
	}
	select {
	case <-s.ready:
		return s, nil
	case <-s.process.Done():
		err = s.process.Err()
	case <-time.After(initDeadline):
		err = fmt.Errorf("%s has not asked for work in %v", name, initDeadline)
	}
	s.close()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.initErr != nil {
		err = fmt.Errorf("%w; it reported %s", err, s.initErr)
	}
	return nil, err
}

func (s *sandbox) ended() bool {
	select {
	case <-s.process.Done():
		return true
	default:
		return false
	}
}

// close ends the process and its Runtime API. The function has no say in it:
// Lambda too kills a process that it needs no more.
func (s *sandbox) close() {
	s.process.Kill()
	s.server.Close()
}

// sendNext answers GET invocation/next, when there is something to do.
func (s *sandbox) sendNext(w http.ResponseWriter, r *http.Request) {
	select {
	case s.ready <- struct{}{}:
	default: // it asks again, having lost the connection in which it asked
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
		header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:"+i.function)
		w.Write(i.payload)
	case <-r.Context().Done():
	}
}

func (s *sandbox) takeResponse(w http.ResponseWriter, r *http.Request) {
	s.take(w, r, false)
}

func (s *sandbox) takeError(w http.ResponseWriter, r *http.Request) {
	s.take(w, r, true)
}

// take receives the answer to the current invocation.
func (s *sandbox) take(w http.ResponseWriter, r *http.Request, failed bool) {
	body, err := readAnswer(r.Body)
	if err != nil && !errors.Is(err, errAnswerTooLarge) {
		return // the process died while it was answering, which is noticed elsewhere
	}
	s.mutex.Lock()
	i := s.current
	if i == nil || i.id != r.PathValue("id") {
		s.mutex.Unlock()
		runtimeError(w, http.StatusBadRequest, "InvalidRequestID", "no such invocation is under way")
		return
	}
	s.current = nil
	s.mutex.Unlock()
	if err != nil {
		s.answered <- failure("Function.ResponseSizeTooLarge",
			"Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse)
		runtimeError(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", err.Error())
		return
	}
	s.answered <- answer{body, failed}
	w.WriteHeader(http.StatusAccepted)
}

// takeInitError notes what the process says is wrong; it ends by itself.
func (s *sandbox) takeInitError(w http.ResponseWriter, r *http.Request) {
	body, err := readAnswer(r.Body)
	if err != nil {
		body = []byte(err.Error())
	}
	s.mutex.Lock()
	s.initErr = body
	s.mutex.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

var errAnswerTooLarge = fmt.Errorf("answer is over %d bytes", maxResponse)

// readAnswer reads an answer, keeping no more of it than Lambda would take.
func readAnswer(body io.Reader) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, maxResponse+1))
	if err != nil {
		return nil, err
	}
	if len(read) > maxResponse {
		io.CopyN(io.Discard, body, maxDrained)
		return nil, errAnswerTooLarge
	}
	return read, nil
}

// runtimeError answers the process in the form of the Runtime API's errors.
func runtimeError(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"errorType": kind, "errorMessage": message})
}
