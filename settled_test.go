package prew

import (
	"fmt"
	"testing"
)

// TestFewEventsAreRemembered bounds the memory.
func TestFewEventsAreRemembered(t *testing.T) {
	var s Settled
	for i := range 3 * maxSettled {
		s.Note(Event{Bucket: "b", Object: fmt.Sprint(i), Sequencer: "0055AED6DCD90281E5"})
	}
	if len(s.byObject) != maxSettled || len(s.order) != maxSettled {
		t.Errorf("%d and %d are remembered, want %d", len(s.byObject), len(s.order), maxSettled)
	}
}
