package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"prew"
)

func TestLowest(t *testing.T) {
	for _, test := range []struct{ from, holds, want int }{
		{15, 15, 15}, {15, 16, 16}, {15, 17, 17}, {15, 57, 57}, {15, 99, 99}, {15, 100, 100}, {15, 101, 100}, {60, 40, 60}, {60, 61, 61}, {99, 100, 100}, {100, 50, 100}, {100, 101, 100},
	} {
		got, err := lowest(test.from, func(quality int) (bool, error) { return quality >= test.holds, nil })
		if got != test.want || err != nil {
			t.Errorf("from %d, %d holds: %d, %v, want %d", test.from, test.holds, got, err, test.want)
		}
	}
	broken := errors.New("broken")
	for at := range 3 {
		tried := 0
		if _, err := lowest(15, func(int) (bool, error) {
			if tried++; tried > at {
				return false, broken
			}
			return false, nil
		}); err != broken {
			t.Errorf("error %v after %d qualities, want %v", err, at, broken)
		}
	}
}

// TestMeasure goes over a made-up photo: its preview of auto is that of the fixed quality, because
// it is the worst of all.
func TestMeasure(t *testing.T) {
	p, err := open("../../render/testdata/contain.png", 640)
	if err != nil {
		t.Fatal(err)
	}
	r, err := measure([]photo{p}, prew.JPEG, 0.97, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if r.bytes != r.fixeds || r.mean != r.worst {
		t.Errorf("%+v, want the same preview", r)
	}
}

func TestReport(t *testing.T) {
	got := string(report(time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC), 52, 640, []row{{prew.AVIF, 0.97, 78.25, 80.52, 1.16, 86, 836, 1000}}))
	for _, want := range []string{"on 29 November 2026", "52 photographs", "\n| 0.97 | AVIF | 80.5 ± 1.2 | 78.2 | 86 | 0.836 |\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
}
