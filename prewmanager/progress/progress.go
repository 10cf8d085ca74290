// Package progress shows what a long command is doing.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Line is a line that shows what is being done: on a terminal always the same line,
// elsewhere a new one every few seconds.
type Line struct {
	out      io.Writer
	terminal bool

	mu   sync.Mutex // protects last
	last time.Time
}

// New returns an empty line on out.
func New(out io.Writer) *Line {
	l := &Line{out: out, last: time.Now()}
	if file, ok := out.(*os.File); ok {
		info, err := file.Stat()
		l.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return l
}

// Show shows what is being done now. Several goroutines may call it at once.
func (l *Line) Show(text string) {
	const every = 10 * time.Second // often enough to see in a log that the work goes on
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.terminal:
		fmt.Fprintf(l.out, "\r\x1b[K%.*s", 120, text)
	case time.Since(l.last) >= every:
		l.last = time.Now()
		fmt.Fprintln(l.out, "  ...", text)
	}
}

// Clear ends the line.
func (l *Line) Clear() {
	if l.terminal {
		fmt.Fprint(l.out, "\r\x1b[K")
	}
}
