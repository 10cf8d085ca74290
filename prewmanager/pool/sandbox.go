package pool

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"prew/prewmanager/pool/child"
)

const (
	// initDeadline is how long a process may take until it first asks for work
	// (Lambda: "Function initialization", 10 seconds).
	initDeadline = 10 * time.Second
	// outputGrace is how long the output of an ended process is still read, in case
	// a child that has left its process group holds the pipe open.
	outputGrace = time.Second
)

// sandbox is one process of the function, with a Runtime API and a listener of its
// own: a late call of a dead process can never be taken for a call of its
// successor.
type sandbox struct {
	name     string
	child    *child.Child
	output   *output
	server   *http.Server
	streamed int  // bytes of the largest answer that is streamed
	worked   bool // an invocation has reached the process; only the worker uses this

	ready    chan struct{}    // holds one element once the process has asked for work
	next     chan *invocation // to the call with which the process asks for work
	answered chan Answer      // holds one element, the answer to current

	mutex   sync.Mutex
	current *invocation // handed over, its answer not begun
	initErr []byte      // the init error that the process reported
}

// boot starts a process and returns once it asks for work.
func boot(c Config, name string, to io.Writer, closing <-chan struct{}) (*sandbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &sandbox{
		name:     name,
		streamed: c.Streamed,
		output:   &output{to: to},
		ready:    make(chan struct{}, 1),
		next:     make(chan *invocation),
		answered: make(chan Answer, 1),
	}
	// Every user of the machine can reach the listener, but only those who may read
	// the process's environment know this path.
	secret := "/" + rand.Text()
	s.server = &http.Server{
		Handler:           http.StripPrefix(secret, s.routes()),
		ReadHeaderTimeout: initDeadline, // others may connect and send nothing; the process has no more time either
	}
	go s.server.Serve(listener)

	cmd := exec.Command(c.Program)
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=en_US.UTF-8", "TZ=:UTC"}, c.Env...)
	cmd.Env = append(cmd.Env, // at the end, because the last of equal names counts
		"AWS_LAMBDA_RUNTIME_API="+listener.Addr().String()+secret,
		"AWS_LAMBDA_FUNCTION_NAME=prew",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(c.Memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"LAMBDA_TASK_ROOT="+filepath.Dir(c.Program),
		"_HANDLER=bootstrap")
	cmd.Stdout, cmd.Stderr = s.output, s.output
	cmd.WaitDelay = outputGrace
	if s.child, err = child.Start(cmd, syscall.SIGKILL); err != nil {
		s.server.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	// If the machine runs out of memory before a process has reached its limit, the
	// kernel should end the process and not the gateway. An error is ignored: the
	// function works without this.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", s.child.PID()), []byte("1000"), 0)
	select {
	case <-s.ready:
		resident, unread := s.resident()
		switch mb := resident >> 20; {
		case unread != nil: // without it there is no limit
			err = fmt.Errorf("%s: its memory can't be read: %w", name, unread)
		case mb > int64(c.Memory): // every photo would seem to need too much
			err = fmt.Errorf("%s has %d MB before any work, limit is %d MB", name, mb, c.Memory)
		default:
			return s, nil
		}
	case <-s.child.Done():
		err = s.fate()
	case <-time.After(initDeadline):
		err = fmt.Errorf("%s has not asked for work in %v", name, initDeadline)
	case <-closing:
		err = ErrClosed
	}
	s.close()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.initErr != nil {
		err = fmt.Errorf("%w; it reported %s", err, s.initErr)
	}
	return nil, err
}

// close kills the process and ends its Runtime API. The function gets no warning:
// Lambda, too, kills a process that it needs no more.
func (s *sandbox) close() {
	s.child.Kill()
	s.server.Close()
	s.output.end()
}

// fate is an error that says how the process ended, with the end of its output.
func (s *sandbox) fate() error {
	words := s.output.lastWords()
	if len(words) == 0 {
		return fmt.Errorf("%s ended: %w, and wrote nothing", s.name, s.child.Err())
	}
	return fmt.Errorf("%s ended: %w; it wrote last:\n    %s", s.name, s.child.Err(), bytes.ReplaceAll(words, []byte("\n"), []byte("\n    ")))
}

// resident is the resident memory of the process in bytes, from proc(5), statm,
// which includes the program itself. For a process that has ended it is 0 or an
// error.
func (s *sandbox) resident() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.child.PID()))
	if err != nil {
		return 0, err
	}
	var size, pages int64
	_, err = fmt.Sscan(string(text), &size, &pages)
	return pages * int64(os.Getpagesize()), err
}
