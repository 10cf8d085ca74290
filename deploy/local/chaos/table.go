package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"text/tabwriter"
	"time"
)

// progress is one line that says what is being done: on a terminal always the
// same one, elsewhere a new one every few seconds.
type progress struct {
	out      io.Writer
	terminal bool

	mu   sync.Mutex // protects last
	last time.Time
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, last: time.Now()}
	if file, ok := out.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *progress) show(line string) {
	const every = 10 * time.Second // enough to see in a log that it goes on
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.terminal:
		fmt.Fprintf(p.out, "\r\x1b[K%.*s", 120, line)
	case time.Since(p.last) >= every:
		p.last = time.Now()
		fmt.Fprintln(p.out, "  ...", line)
	}
}

// clear ends the line.
func (p *progress) clear() {
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// printRows prints what was measured of one promise.
func printRows(out io.Writer, rows []row) {
	for _, r := range rows {
		mark := "kept  "
		if !r.Kept {
			mark = "BROKEN"
		}
		fmt.Fprintf(out, "  %s  %s: %s\n", mark, r.Asked, r.Measured)
	}
}

// printTable prints every row, with its size where that is a new one.
func printTable(out io.Writer, rows []row) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "promise\tsize\tasked\tmeasured\t")
	last := ""
	for _, r := range rows {
		number, about := fmt.Sprint(r.Promise), r.Size
		if number+about == last {
			number, about = "", ""
		}
		last = fmt.Sprint(r.Promise) + r.Size
		broken := ""
		if !r.Kept {
			broken = "BROKEN"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", number, about, r.Asked, r.Measured, broken)
	}
	table.Flush()
}
