package pool

import (
	"bytes"
	"io"
	"sync"
)

const (
	// maxLine is the longest line that is passed on whole, in bytes; a longer one
	// is cut into several. What the function logs has some hundred.
	maxLine = 16 << 10
	// quoted is how much of what a process wrote last an error carries, in bytes:
	// about ten lines.
	quoted = 1500
)

// output passes on what a process writes, line by line, so that the lines of
// several processes can go to one place, and remembers the end of it.
type output struct {
	to io.Writer

	mutex sync.Mutex
	line  []byte // begun, shorter than maxLine
	last  []byte // at most quoted bytes
}

// Write takes everything: a process whose output can't be written is none the
// worse for it.
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

// end passes on a last line that the process has not ended.
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

// lastWords is the end of what the process wrote, from the start of a line.
func (o *output) lastWords() []byte {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	words := o.last
	if len(words) == quoted {
		_, words, _ = bytes.Cut(words, []byte("\n")) // the first line is cut
	}
	return bytes.Clone(bytes.TrimSpace(words))
}
