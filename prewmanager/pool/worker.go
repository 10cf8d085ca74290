package pool

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

const (
	// firstPause and longestPause are the bounds of a worker's pause before it
	// replaces a process that ended without having worked; the pause doubles each
	// time. The cause, such as a file that is being replaced or a lack of memory,
	// is over in a moment or lasts, and every start costs some milliseconds of a
	// CPU that the others render with.
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second

	// weighEvery is the pause between two readings of a working process's memory. A
	// process gets 1 to 2.5 GB of new pages a second, so a decompression bomb is
	// killed within some 30 MB of its limit. A reading takes 13 microseconds, a
	// thousandth of a CPU for each working process.
	weighEvery = 10 * time.Millisecond
)

// worker keeps one process of the function running and gives it one invocation
// after another.
type worker struct {
	pool    *Pool
	name    string
	output  io.Writer
	sandbox *sandbox      // nil when its process has ended
	pause   time.Duration // until the next start
}

// run works until the pool closes, and leaves no process behind.
func (w *worker) run() {
	defer w.drop()
	for w.sandbox != nil || w.replace() {
		select {
		case i := <-w.pool.work:
			// An idle process may have died, and this invocation may be the
			// first to notice.
			if w.sandbox.child.Err() != nil {
				w.died()
				if err := w.boot(); err != nil {
					i.answer <- i.failure("Runtime.ExitError", err.Error())
					continue
				}
			}
			if !w.invoke(i) {
				return
			}
			w.pause = 0
		case <-w.sandbox.child.Done():
			w.died()
		case <-w.pool.closing:
			return
		}
	}
}

// died drops a process that ended while it was idle.
func (w *worker) died() {
	slog.Warn("function's process ended", "process", w.name, "reason", w.sandbox.fate())
	if !w.sandbox.worked {
		w.pause = longer(w.pause)
	}
	w.drop()
}

// replace starts a process, again and again, until one has asked for work. It
// returns false if the pool closes before.
func (w *worker) replace() bool {
	for {
		select {
		case <-time.After(w.pause):
		case <-w.pool.closing:
			return false
		}
		err := w.boot()
		if err == nil || errors.Is(err, ErrClosed) {
			return err == nil
		}
		w.pause = longer(w.pause)
		slog.Warn("function's process does not start", "program", w.pool.config.Program, "process", w.name, "again_in_ms", w.pause.Milliseconds(), "reason", err)
		// The error of a failed start answers one waiting invocation, if there is
		// one: it gives the reason, and the next start may well fail too.
		select {
		case i := <-w.pool.work:
			i.answer <- i.failure("Runtime.ExitError", err.Error())
		default:
		}
	}
}

func longer(pause time.Duration) time.Duration {
	return min(max(2*pause, firstPause), longestPause)
}

// invoke hands an invocation to the process and the answer to the caller. It drops a
// process that ends, or exceeds its time or memory. It returns true when the process
// has asked for more work or is gone, which is when Lambda counts an invocation as
// over. It returns false when the pool closes.
func (w *worker) invoke(i *invocation) (ok bool) {
	limits := w.pool.config
	i.deadline = time.Now().Add(limits.Timeout)
	timer := time.NewTimer(limits.Timeout)
	defer timer.Stop()
	weigh := time.NewTicker(weighEvery)
	defer weigh.Stop()

	s := w.sandbox
	next, answered := s.next, s.answered
	// give hands the answer to the caller, if there is one, and reports whether the
	// caller has an answer now.
	give := func() bool {
		select {
		case a := <-answered:
			i.answer <- a
			answered = nil // one answer an invocation
		default:
		}
		return answered == nil
	}
	// end drops the process. A caller without an answer gets one with the reason.
	end := func(kind, reason string) bool {
		slog.Warn("function's process ended", "process", w.name, "invocation", i.id, "kind", kind, "reason", reason)
		w.drop()
		if !give() {
			i.answer <- i.failure(kind, reason)
		}
		return true
	}
	for {
		select {
		case next <- i:
			next = nil // handed over
			s.worked = true
		case a := <-answered:
			i.answer <- a
			answered = nil // one answer an invocation
		case <-s.ready:
			// The process answered before it asked for more, even if select takes
			// this case first. If there is no answer, this means nothing: the
			// process may have lost its connection and asked again.
			if give() {
				return true
			}
		case <-weigh.C:
			resident, _ := s.resident() // an error means that the process has ended, which Done shows
			if mb := resident >> 20; mb > int64(limits.Memory) {
				return end("Runtime.OutOfMemory", fmt.Sprintf("Runtime exited: memory %d MB, limit is %d MB", mb, limits.Memory))
			}
		case <-s.child.Done():
			return end("Runtime.ExitError", fmt.Sprintf("Runtime exited: %v", s.fate()))
		case <-timer.C:
			return end("Sandbox.Timedout", fmt.Sprintf("Task timed out after %.2f seconds", limits.Timeout.Seconds()))
		case <-w.pool.closing:
			return false
		}
	}
}

func (w *worker) boot() (err error) {
	w.sandbox, err = boot(w.pool.config, w.name, w.output, w.pool.closing)
	return err
}

// drop ends the process, if there is one.
func (w *worker) drop() {
	if w.sandbox != nil {
		w.sandbox.close()
		w.sandbox = nil
	}
}
