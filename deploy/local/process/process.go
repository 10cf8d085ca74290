// Package process runs the parts of a local system as child processes that
// never outlive the program which started them.
package process

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"prew/prewmanager/pool/child"
)

const (
	// startDeadline is how long a part may take until it is ready. The slowest takes
	// half a second on an idle machine; a busy machine needs much longer.
	startDeadline = 30 * time.Second
	// stopGrace is how long a part may take to end after SIGTERM.
	stopGrace = 10 * time.Second
	// pollEvery is the pause between two calls of Ready, short enough not to slow a
	// start down.
	pollEvery = 5 * time.Millisecond
	// quoted is how many bytes of the end of a log an error carries: about ten
	// lines.
	quoted = 1500
)

// Command says what to run.
type Command struct {
	Name string   // names the log file and the process in errors
	Dir  string   // absolute; the log is <Dir>/<Name>.log, appended to
	Path string   // of the program
	Args []string // without the program's own name
	Env  []string // the whole environment, nothing is inherited

	// OnOrphan is the signal that the process gets when its parent dies, even by
	// SIGKILL. Zero means SIGKILL. A process with children needs a signal that it
	// can pass on to them.
	OnOrphan syscall.Signal

	// Ready is called again and again until it returns nil; until then the process
	// is still starting. Without it the process is ready at once.
	Ready func(ctx context.Context) error
}

// Process is a running command. Its methods may be called at any time and from
// any goroutine.
type Process struct {
	*child.Child
	Name string
	Log  string // the file with its output

	from int64 // offset in the log at which the output of this process starts
}

// Start runs a command and waits until it is ready. If it ends before, or takes longer
// than 30 seconds, the error quotes the end of its log.
func Start(c Command) (*Process, error) {
	log, err := os.OpenFile(filepath.Join(c.Dir, c.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.Dir, log, log
	cmd.Env = append([]string{}, c.Env...) // never nil, which would inherit
	orphan := c.OnOrphan
	if orphan == 0 {
		orphan = syscall.SIGKILL
	}
	started, err := child.Start(cmd, orphan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	p := &Process{Child: started, Name: c.Name, Log: log.Name(), from: from}
	if err := p.await(c.Ready); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

func (p *Process) await(ready func(context.Context) error) error {
	if ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), startDeadline)
	defer cancel()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.Done():
			return p.Err()
		case <-ctx.Done():
			return fmt.Errorf("%s: not ready: %w%s", p.Name, err, p.lastLines())
		case <-time.After(pollEvery):
		}
	}
}

// Err is an error that says how the process ended, with the end of its log. It is nil
// while the process is running.
func (p *Process) Err() error {
	ended := p.Child.Err()
	if ended == nil {
		return nil
	}
	return fmt.Errorf("%s ended: %w%s", p.Name, ended, p.lastLines())
}

// Stop sends the process SIGTERM, kills it after 10 seconds, and returns when it and
// its group have ended.
func (p *Process) Stop() {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.Done():
	case <-time.After(stopGrace):
		p.Kill()
	}
}

// Freeze suspends the process; its connections stay open.
func (p *Process) Freeze() { p.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (p *Process) Thaw() { p.Signal(syscall.SIGCONT) }

// lastLines is the end of this process's output in its log, indented, on new lines;
// empty if it wrote nothing.
func (p *Process) lastLines() string {
	file, err := os.Open(p.Log)
	if err != nil {
		return ""
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	start := max(p.from, size-quoted)
	text := make([]byte, max(size-start, 0))
	n, _ := file.ReadAt(text, start)
	text = text[:n]
	if start > p.from {
		_, text, _ = bytes.Cut(text, []byte("\n")) // the first line is cut
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return ", and logged nothing"
	}
	return "; the end of " + p.Log + ":\n    " + string(bytes.ReplaceAll(text, []byte("\n"), []byte("\n    ")))
}
