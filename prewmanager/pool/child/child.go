// Package child runs programs that never outlive the one which started them.
// It needs Linux.
package child

import (
	"errors"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Child is a running program. It leads a process group of its own, so that
// Ctrl-C at the terminal reaches only the parent, which can then end its
// children in order. Its methods may be called at any time and from any
// goroutine.
type Child struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended, valid once done is closed
}

// Start starts cmd, which must be left alone from then on. The signal orphan is
// what the program gets when this one dies, be it by SIGKILL; one with children
// of its own needs a signal that it can still pass on to them.
func Start(cmd *exec.Cmd, orphan syscall.Signal) (*Child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: orphan}
	if err := fork(cmd); err != nil {
		return nil, err
	}
	c := &Child{cmd: cmd, done: make(chan struct{})}
	go func() {
		c.err = cmd.Wait()
		// What is left of its group, such as the workers of an nginx that was
		// killed, would go on holding its port.
		_ = syscall.Kill(-c.PID(), syscall.SIGKILL)
		close(c.done)
	}()
	return c, nil
}

// forks hands commands to the one thread that starts them all.
var forks = sync.OnceValue(func() chan<- forkRequest {
	requests := make(chan forkRequest)
	go func() {
		// The kernel sends the parent-death signal when the thread that forked
		// ends, not the process (prctl(2), PR_SET_PDEATHSIG), and Go ends a
		// thread whenever a goroutine that locked it returns. This one is
		// locked by a goroutine that never does.
		runtime.LockOSThread()
		for r := range requests {
			r.err <- r.cmd.Start()
		}
	}()
	return requests
})

type forkRequest struct {
	cmd *exec.Cmd
	err chan error
}

func fork(cmd *exec.Cmd) error {
	r := forkRequest{cmd, make(chan error)}
	forks() <- r
	return <-r.err
}

// PID is the program's process id.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Done is closed once the program has ended, for whatever reason.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err says how the program ended, be it with exit status 0. It is nil while the
// program is running.
func (c *Child) Err() error {
	select {
	case <-c.done:
	default:
		return nil
	}
	if c.err == nil {
		return errors.New("exit status 0")
	}
	return c.err
}

// Kill ends the program and its group at once, and returns when they have.
func (c *Child) Kill() {
	c.Signal(syscall.SIGKILL)
	<-c.done
}

// Signal sends the program, and not its children, a signal. To one that has
// ended it does nothing.
func (c *Child) Signal(sig syscall.Signal) {
	// An os.Process knows whether it was waited for, so that no stranger which
	// has been given the same id since gets the signal.
	_ = c.cmd.Process.Signal(sig)
}
