package main

import (
	"fmt"
	"os"
	"time"
)

// progress is one line on standard error that says what is being done: on a
// terminal always the same one, elsewhere a new one every few seconds.
type progress struct {
	out      *os.File
	terminal bool
	last     time.Time
}

func newProgress(out *os.File) *progress {
	info, err := out.Stat()
	return &progress{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (p *progress) show(line string) {
	const every = 10 * time.Second // enough to see in a log that it goes on
	switch {
	case p.terminal:
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
	case time.Since(p.last) >= every:
		p.last = time.Now()
		fmt.Fprintln(p.out, "...", line)
	}
}

// clear ends the line.
func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
