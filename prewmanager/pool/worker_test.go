package pool

import (
	"io"
	"net/http"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"prew/prewmanager/pool/child"
)

// TestWorkerThatComesLateMissesNothing is about a process that has answered and
// asked for more before its worker looks: the worker then finds both at once.
func TestWorkerThatComesLateMissesNothing(t *testing.T) {
	sleeping, err := child.Start(exec.Command("/bin/sleep", "600"), syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	defer sleeping.Kill()
	w := &worker{
		pool: &Pool{config: Config{Timeout: time.Second, Memory: 100}},
		sandbox: &sandbox{
			child: sleeping, output: &output{to: io.Discard}, server: new(http.Server),
			ready: make(chan struct{}, 1), answered: make(chan Answer, 1),
		},
	}
	for range 100 { // select takes either of two ready channels
		i := &invocation{answer: make(chan Answer, 1)}
		w.sandbox.answered <- Answer{Body: []byte("done")}
		w.sandbox.ready <- struct{}{}
		if !w.invoke(i) || string((<-i.answer).Body) != "done" || w.sandbox == nil {
			t.Fatal("the worker waited for a process that is done, until its time was over")
		}
	}
}
