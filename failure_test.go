package prew

import (
	"slices"
	"testing"
	"time"
)

// TestEveryFailureIsAnswered ranges over the table: no answer to a failure is a
// success, and what may pass by itself is remembered for nobody.
func TestEveryFailureIsAnswered(t *testing.T) {
	lasting := []Code{SourceMissing, SourceUnsupported, SourceDamaged, SourceTooLarge}
	drawn := map[int]Drawing{404: Slashed, 422: Exclaimed, 502: Exclaimed, 503: Waiting, 504: Exclaimed}
	for code := range Codes() {
		same, f := FailureOf(code)
		if same != code {
			t.Errorf("%s is answered as %s", code, same)
		}
		if want, ok := drawn[f.Status]; !ok || f.Drawing != want {
			t.Errorf("%s: %d with %q, want %q", code, f.Status, f.Drawing, want)
		}
		if kept := f.Keep > 0; kept != slices.Contains(lasting, code) {
			t.Errorf("%s is remembered for %v", code, f.Keep)
		}
	}
	if _, f := FailureOf(SourceMissing); f.Keep != 10*time.Second {
		t.Errorf("a missing photo is remembered for %v", f.Keep)
	}
}

func TestUnknownCodeIsAFailedRender(t *testing.T) {
	if code, f := FailureOf("not_known_yet"); code != RenderFailed || f.Status != 502 || f.Drawing != Exclaimed || f.Keep != 0 {
		t.Errorf("%s, %+v", code, f)
	}
}
