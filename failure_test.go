package prew

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestEveryFailureIsAnswered ranges over the table: no answer to a failure is a
// success, and a failure that may pass by itself is not remembered.
func TestEveryFailureIsAnswered(t *testing.T) {
	lasting := []Code{SourceMissing, SourceUnsupported, SourceDamaged, SourceTooLarge, SourceArchived, WatermarkFailed}
	drawn := map[int]Drawing{401: Exclaimed, 403: Exclaimed, 404: Slashed, 422: Exclaimed, 502: Exclaimed, 503: Waiting, 504: Exclaimed}
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

// TestFailuresAreDocumented compares docs/urls.md with the table: the page has
// every code with its status, and no others but nginx's own.
func TestFailuresAreDocumented(t *testing.T) {
	page, err := os.ReadFile("docs/urls.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[Code]int{}
	status := 0
	for _, row := range regexp.MustCompile("(?m)^\\| *([0-9]*) *\\| `([a-z_]+)` \\| (.*) \\|$").FindAllStringSubmatch(string(page), -1) {
		if row[1] != "" { // a status also holds for the rows below it
			status, _ = strconv.Atoi(row[1])
		}
		if status != 0 && !strings.HasSuffix(row[3], "; from nginx") {
			documented[Code(row[2])] = status
		}
	}
	for code, status := range documented {
		if _, f := FailureOf(code); !code.Known() || f.Status != status {
			t.Errorf("%s is documented with %d, and is %d", code, status, f.Status)
		}
	}
	for code := range Codes() {
		if _, ok := documented[code]; !ok {
			t.Errorf("%s is not documented", code)
		}
	}
}

func TestUnknownCodeIsAFailedRender(t *testing.T) {
	if code, f := FailureOf("not_known_yet"); code != RenderFailed || f.Status != 502 || f.Drawing != Exclaimed || f.Keep != 0 {
		t.Errorf("%s, %+v", code, f)
	}
}
