package pool

import (
	"bytes"
	"io"
	"sync"
)

const (
	// maxLine is the longest line that is passed on whole, in bytes; a longer one
	// is cut into several. The function's lines have some hundred bytes.
	maxLine = 16 << 10
	// quoted is how much of a process's last output an error carries, in bytes:
	// about ten lines.
	quoted = 1500
)

// output passes a process's output on line by line, so that the lines of several
// processes can go to one place, and remembers the end of the output.
type output struct {
	to io.Writer

	mutex sync.Mutex
	line  []byte // the line that has begun, shorter than maxLine
	last  []byte // at most quoted bytes
}

// Write never fails: a process must not suffer if its output can't be passed on.
func (o *output) Write(text []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.last = append(o.last, text[max(0, len(text)-quoted):]...)
	o.last = append(o.last[:0], o.last[max(0, len(o.last)-quoted):]...)
	for rest := text; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		if room := maxLine - len("\n") - len(o.line); len(line) > room {
			line, after, ended = rest[:room], rest[room:], true
		}
		o.line = append(o.line, line...)
		if ended {
			o.pass()
		}
		rest = after
	}
	return len(text), nil
}

// end passes on the last line, if the process has not ended it.
func (o *output) end() {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if len(o.line) > 0 {
		o.pass()
	}
}

func (o *output) pass() {
	o.to.Write(append(o.line, '\n'))
	o.line = o.line[:0]
}

// lastWords is the end of the process's output, from the start of a line.
func (o *output) lastWords() []byte {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	words := o.last
	if len(words) == quoted {
		_, words, _ = bytes.Cut(words, []byte("\n")) // the first line is cut
	}
	return bytes.Clone(bytes.TrimSpace(words))
}
