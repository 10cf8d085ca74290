// Package child runs programs that never outlive the program that started them.
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
	err  error // how the program ended; valid once done is closed
}

// Start starts cmd, which the caller must not use any more. When this process dies,
// even by SIGKILL, the program gets the signal orphan. A program with children needs a
// signal that it can pass on to them.
func Start(cmd *exec.Cmd, orphan syscall.Signal) (*Child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: orphan}
	if err := fork(cmd); err != nil {
		return nil, err
	}
	c := &Child{cmd: cmd, done: make(chan struct{})}
	go func() {
		c.err = cmd.Wait()
		// The rest of its group, such as the workers of an nginx that was killed,
		// would still hold its port.
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
		// thread whenever a goroutine that locked it returns. The goroutine that
		// locks this thread never returns.
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

// Done returns a channel that is closed once the program has ended for any reason.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err is an error that says how the program ended, even with exit status 0. It is nil
// while the program is running.
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

// Kill kills the program and its group, and returns when they have ended.
func (c *Child) Kill() {
	c.Signal(syscall.SIGKILL)
	<-c.done
}

// Signal sends a signal to the program, but not to its children. If the program has
// ended, it does nothing.
func (c *Child) Signal(sig syscall.Signal) {
	// An os.Process knows whether it has been waited for, so the signal never goes to
	// another process that has the same id by now.
	_ = c.cmd.Process.Signal(sig)
}
