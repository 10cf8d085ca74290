package prew

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// TestLogObeysNobody logs every character that could do harm, as a key, in an error
// and as the message: the line has none of them, and still means the same.
func TestLogObeysNobody(t *testing.T) {
	harmful := "\x00\x1b[2J\x7f\u0080\u009b31m\u009f\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
	for _, text := range []string{harmful, "photo/é 📷 " + harmful + "gpj.exe", `\u202e`, "plain"} {
		var log bytes.Buffer
		NewLog(&log).Info(text, "key", text, "err", errors.New(text))
		if strings.Count(log.String(), "\n") != 1 {
			t.Errorf("%q is not one line", log.String())
		}
		for _, r := range strings.TrimSuffix(log.String(), "\n") {
			if strings.ContainsRune("\x00\x1b\x7f\u0080\u009b\u009f\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r) {
				t.Errorf("%q has %U", log.String(), r)
			}
		}
		var entry struct{ Msg, Key, Err string }
		if err := json.Unmarshal(log.Bytes(), &entry); err != nil || entry.Msg != text || entry.Key != text || entry.Err != text {
			t.Errorf("%q means %+q, %v", log.String(), entry, err)
		}
	}
}
