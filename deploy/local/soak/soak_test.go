package main

import (
	"testing"
	"time"
)

// TestTwoMinutes soaks the system for two minutes, with every fault of the schedule at least once.
// Tests of other packages run beside it, so that nothing here is about time, what it may grow by
// is generous, and there are fewer requests than in an hour's run.
func TestTwoMinutes(t *testing.T) {
	t.Parallel()
	r, err := run(t.Context(), plan{dir: t.TempDir(), lasts: 2 * time.Minute, rate: 40, seed: 1, progress: func(string) {}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.find() {
		if !f.Kept && f.Timely {
			t.Logf("asked: %s; measured: %s", f.Asked, f.Measured)
		} else if !f.Kept {
			t.Errorf("asked: %s; measured: %s", f.Asked, f.Measured)
		}
	}
	if t.Failed() {
		for _, text := range r.wrong {
			t.Log(text)
		}
	}
	for i, entry := range schedule {
		if r.faults[i] == 0 {
			t.Errorf("%s: none", entry.name)
		}
	}
	if err := r.writeFiles(t.TempDir()); err != nil {
		t.Error(err)
	}
}
