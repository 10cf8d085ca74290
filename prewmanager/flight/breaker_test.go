package flight

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"
)

// TestTroubleIsLoggedInMilliseconds is about the unit: a time.Duration in JSON would
// be nanoseconds, and every other time in the log is in milliseconds.
func TestTroubleIsLoggedInMilliseconds(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)

	h := newBreaker()
	h.note(errors.New("gone"))
	h.since, h.lastError = time.Now().Add(-time.Minute), time.Now().Add(-time.Minute)
	h.note(nil)

	for line := range bytes.Lines(log.Bytes()) {
		var said struct {
			Msg string
			MS  float64
		}
		if err := json.Unmarshal(line, &said); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if said.Msg == "redis is well again" && said.MS >= 60_000 && said.MS < 120_000 {
			return
		}
	}
	t.Errorf("%s: want a minute, in milliseconds", log.Bytes())
}
