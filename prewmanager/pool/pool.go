// Package pool runs the function in processes of its own program, as Lambda would.
// Each process is started ahead, works on one invocation at a time, and is killed
// and replaced when it exceeds its time or its memory. A process uses Lambda's
// Runtime API (Lambda Developer Guide, "Using the Lambda runtime API"), so the
// program is the same one as on Lambda. The package needs Linux.
package pool

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// Config says what to run.
type Config struct {
	Program   string        // path of the function's program
	Processes int           // at least 1; as many invocations run at a time
	Timeout   time.Duration // of an invocation; its process is then killed
	Memory    int           // MB; a working process with more is killed
	Streamed  int           // bytes of the largest answer that is streamed; 0: as of others

	// Env is the environment of a process, besides the variables that Lambda sets;
	// nothing is inherited.
	Env []string

	// Output returns the writer for the standard output and error of a process,
	// named bootstrap-1 and so on, and of its successors. It is called once for
	// each name, before Start returns. Each call of Write gets one whole line of at
	// most 16 KiB; different processes write at the same time. A writer that blocks
	// holds up its process.
	Output func(name string) (io.Writer, error)
}

// Pool is a running pool. Its methods may be called from any goroutine.
type Pool struct {
	config  Config
	work    chan *invocation // to any worker whose process is idle
	closing chan struct{}
	close   func()
	running sync.WaitGroup // the workers
}

// ErrClosed is the error of an invocation that had no answer when the pool closed.
var ErrClosed = errors.New("pool: closed")

// Start starts all processes at once and returns when all of them have asked for
// work. If one fails to, the error is that of this process, with the end of its
// output. If ctx ends first, the error is ctx's.
func Start(ctx context.Context, c Config) (*Pool, error) {
	if c.Processes < 1 || c.Timeout <= 0 || c.Memory < 1 {
		return nil, fmt.Errorf("pool: %d processes, %v, %d MB: expected more than 0 of each", c.Processes, c.Timeout, c.Memory)
	}
	p := &Pool{config: c, work: make(chan *invocation), closing: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closing) })
	workers := make([]*worker, c.Processes)
	for i := range workers {
		name := fmt.Sprintf("bootstrap-%d", i+1)
		output, err := c.Output(name)
		if err != nil {
			return nil, fmt.Errorf("pool: output of %s: %w", name, err)
		}
		workers[i] = &worker{pool: p, name: name, output: output}
	}
	stop := context.AfterFunc(ctx, p.close)
	defer stop()
	errs := make([]error, len(workers))
	var booting sync.WaitGroup
	for i, w := range workers {
		booting.Go(func() { errs[i] = w.boot() })
	}
	booting.Wait()
	for _, err := range errs {
		if err != nil { // the other errors are most likely the same
			for _, w := range workers {
				w.drop()
			}
			if ctx.Err() != nil {
				return nil, fmt.Errorf("pool: %w", ctx.Err())
			}
			return nil, fmt.Errorf("pool: %s: %w", c.Program, err)
		}
	}
	for _, w := range workers {
		p.running.Go(w.run)
	}
	return p, nil
}

// Close kills every process and returns when they have ended. Invocations that
// are under way or wait end with ErrClosed. It may be called again.
func (p *Pool) Close() {
	p.close()
	p.running.Wait()
}

// Answer is the result of an invocation.
type Answer struct {
	ID     string // of the invocation, as the function knows it
	Body   []byte // the function's answer
	Failed bool   // the function failed: Body is Lambda's {"errorType": ..., "errorMessage": ...}

	// Streamed is true of an answer over HTTP in the form that Lambda streams: a JSON object
	// with the status and headers, 8 zero bytes, and the body as far as it came. Cut is true if
	// the function broke off within it.
	Streamed, Cut bool
}

// invocation is one call of the function.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	answer   chan Answer // has room for one answer, because the caller may have left
}

// Invoke has the function answer the payload as soon as a process is idle, which
// may be one that is just being replaced. A failure of the function is an answer
// too; the error is only for the end of ctx and for a closed pool. When ctx ends
// Invoke returns, but a process that has begun goes on to the end of the invocation
// and takes no other before.
func (p *Pool) Invoke(ctx context.Context, payload []byte) (Answer, error) {
	i := &invocation{id: requestID(), payload: payload, answer: make(chan Answer, 1)}
	select {
	case p.work <- i:
	case <-ctx.Done():
		return Answer{}, fmt.Errorf("pool: all %d processes are busy: %w", p.config.Processes, ctx.Err())
	case <-p.closing:
		return Answer{}, ErrClosed
	}
	select {
	case a := <-i.answer:
		return a, nil
	case <-ctx.Done():
		return Answer{}, fmt.Errorf("pool: invocation %s is under way: %w", i.id, ctx.Err())
	case <-p.closing:
		return Answer{}, ErrClosed
	}
}

// failure is the pool's own answer, in place of the function's.
func (i *invocation) failure(kind, reason string) Answer {
	body, err := json.Marshal(map[string]string{"errorType": kind, "errorMessage": "RequestId: " + i.id + " Error: " + reason})
	if err != nil {
		panic(err) // two strings always marshal
	}
	return Answer{ID: i.id, Body: body, Failed: true}
}

// requestID returns a random id in the form of a UUID, like Lambda's.
func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
