// Package pool runs the function in processes of its own program, as Lambda
// would: each is started ahead, works on one invocation at a time, and is killed
// and replaced when it exceeds its time or its memory. A process speaks Lambda's
// Runtime API (Lambda Developer Guide, "Using the Lambda runtime API"), so the
// program is the very one that is deployed. It needs Linux.
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
	Processes int           // of it, at least 1; as many invocations run at a time
	Timeout   time.Duration // after which an invocation's process is killed
	Memory    int           // MB that a process is told it has; working, it is killed beyond

	// Env is what a process finds in its environment besides what Lambda sets;
	// nothing is inherited.
	Env []string

	// Output says where to write what a process, named bootstrap-1 and so on, and
	// its successors write to standard output and error. It is asked once for each
	// name, before Start returns. Each call of Write gets one whole line of at most
	// 16 KiB; different processes write at the same time. A writer that blocks
	// holds up its process.
	Output func(name string) (io.Writer, error)
}

// Pool is a running pool. Its methods may be called from any goroutine.
type Pool struct {
	config  Config
	work    chan *invocation // to whichever process has nothing to do
	closing chan struct{}
	close   func()
	running sync.WaitGroup // the workers
}

// ErrClosed is the error of an invocation that the end of the pool met.
var ErrClosed = errors.New("pool: closed")

// Start starts every process, at once, and returns when all of them have asked
// for work. Its error is that of one which has not, with the end of its output, or
// ctx's when that ends before.
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
		if err != nil { // the others most likely say the same
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

// Answer is what an invocation came to.
type Answer struct {
	ID     string // of the invocation, as the function knows it
	Body   []byte // what the function answered
	Failed bool   // it did not: Body is Lambda's {"errorType": ..., "errorMessage": ...}
}

// invocation is one call of the function.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	answer   chan Answer // takes one without a reader: the caller may have left
}

// Invoke has the function answer the payload, once a process has nothing else to
// do; one that is just being replaced is waited for. Whatever the function does
// is an answer; an error says that ctx has ended or the pool is closed. When ctx
// ends the call returns, but the process, if one has begun, goes on to the end of
// the invocation and takes no other before.
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

// failure is an answer of the pool's own, in place of the function's.
func (i *invocation) failure(kind, reason string) Answer {
	body, err := json.Marshal(map[string]string{"errorType": kind, "errorMessage": "RequestId: " + i.id + " Error: " + reason})
	if err != nil {
		panic(err) // two strings always marshal
	}
	return Answer{ID: i.id, Body: body, Failed: true}
}

// requestID is a random name in the form of a UUID, as Lambda's are.
func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
