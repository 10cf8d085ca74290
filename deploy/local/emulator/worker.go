package emulator

import (
	"encoding/json"
	"fmt"
	"time"
)

// invocation is one call of the function.
type invocation struct {
	id       string
	function string
	payload  []byte
	deadline time.Time
	answer   chan answer // takes one without a reader: the caller may have left
}

// answer is what the caller of the function gets: its result or, if it failed,
// an error in Lambda's form.
type answer struct {
	body   []byte
	failed bool
}

// failure is an answer of the emulator's own, in place of the function's.
func failure(kind, format string, args ...any) answer {
	body, err := json.Marshal(map[string]string{"errorType": kind, "errorMessage": fmt.Sprintf(format, args...)})
	if err != nil {
		panic(err) // two strings always marshal
	}
	return answer{body, true}
}

// worker keeps one process of the bootstrap going and gives it one invocation
// after another.
type worker struct {
	config Config
	name   string
	work   chan *invocation // holds one: a worker is in the idle channel once
	idle   chan<- *worker
	box    *sandbox // nil when its process has ended
}

// run works until closing is closed, and leaves no process behind.
func (w *worker) run(closing <-chan struct{}) {
	defer func() {
		if w.box != nil {
			w.box.close()
		}
	}()
	for {
		var i *invocation
		select {
		case i = <-w.work:
		case <-closing:
			return
		}
		a := w.invoke(i, closing)
		// First idle, then the answer: a caller that has its answer and asks
		// again at once must not find the only process busy.
		w.idle <- w
		i.answer <- a
		if w.box == nil {
			// Started ahead for the next invocation, which meets and reports
			// what may go wrong here when it starts the process once more.
			w.box, _ = boot(w.config, w.name)
		}
	}
}

// invoke hands an invocation to the process, starting one where there is none.
// It ends when the process asks for more work or is gone, which is when Lambda
// counts an invocation as over.
func (w *worker) invoke(i *invocation, closing <-chan struct{}) answer {
	if w.box != nil && w.box.ended() { // died while it had nothing to do
		w.drop()
	}
	if w.box == nil {
		var err error
		if w.box, err = boot(w.config, w.name); err != nil {
			return failure("Runtime.ExitError", "RequestId: %s Error: %v", i.id, err)
		}
	}
	i.deadline = time.Now().Add(w.config.Timeout)
	timer := time.NewTimer(w.config.Timeout)
	defer timer.Stop()

	next, answered := w.box.next, w.box.answered
	var given *answer
	for {
		select {
		case next <- i:
			next = nil // handed over
		case a := <-answered:
			given = &a
			answered = nil // one answer an invocation
		case <-w.box.ready:
			// Before there is an answer this says nothing: the process may have
			// lost the connection in which it asked, and asked again.
			if given != nil {
				return *given
			}
		case <-w.box.process.Done():
			ended := w.box.process.Err()
			select {
			case a := <-answered: // posted just before the end, as a panic is
				given = &a
			default:
			}
			w.drop()
			if given != nil {
				return *given
			}
			return failure("Runtime.ExitError", "RequestId: %s Error: Runtime exited: %v", i.id, ended)
		case <-timer.C:
			w.drop()
			return failure("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %.2f seconds", i.id, w.config.Timeout.Seconds())
		case <-closing:
			return failure("Runtime.ExitError", "RequestId: %s Error: emulator stopped", i.id)
		}
	}
}

func (w *worker) drop() {
	w.box.close()
	w.box = nil
}
