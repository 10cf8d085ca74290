package prew

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
)

// NewLog returns a log of JSON, a line for each entry. A key may have any character,
// and so may whoever invents one: in no entry is there a character that a terminal
// would obey, or that would turn the order of what is read around.
func NewLog(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(escaping{w}, nil)) }

// escaping writes lines of JSON. slog escapes the controls below U+0020 alone.
type escaping struct{ io.Writer }

// Write implements io.Writer for one whole line. In JSON only strings can have the
// characters that it escapes, so the line still means the same.
func (e escaping) Write(line []byte) (int, error) {
	if bytes.IndexFunc(line, obeyed) < 0 {
		return e.Writer.Write(line)
	}
	var escaped strings.Builder
	for _, r := range string(line) {
		if obeyed(r) {
			fmt.Fprintf(&escaped, `\u%04x`, r)
			continue
		}
		escaped.WriteRune(r)
	}
	if _, err := io.WriteString(e.Writer, escaped.String()); err != nil {
		return 0, err
	}
	return len(line), nil
}

// obeyed reports whether a terminal or an editor obeys a character: DEL, the controls
// of C1, and the marks of direction (Unicode, UAX 9).
func obeyed(r rune) bool {
	return r >= 0x7f && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}
