package main

import (
	"net/http"
	"testing"
	"time"
)

func TestWrongAnswersAreTold(t *testing.T) {
	jpeg := request{kind: hit, status: 200, body: []byte("a preview"), contentType: "image/jpeg"}
	part := request{kind: ranged, status: 206, body: []byte("a p"), contentType: "image/jpeg"}
	same := request{kind: unchanged, status: 304}
	none := request{kind: missing, status: 404, code: "source_missing"}
	const picture = "\x89PNG\r\n\x1a\n..."
	for _, test := range []struct {
		name              string
		request           request
		status            int
		contentType, code string
		body              string
		want              outcome
	}{
		{"the preview", jpeg, 200, "image/jpeg", "", "a preview", right},
		{"another one", jpeg, 200, "image/jpeg", "", "a Preview", wrong},
		{"another type", jpeg, 200, "image/webp", "", "a preview", wrong},
		{"a part that nobody asked for", jpeg, 206, "image/jpeg", "", "a preview", wrong},
		{"no photo", jpeg, 404, "image/png", "source_missing", picture, wrong},
		{"busy", jpeg, 503, "image/png", "busy", picture, refused},
		{"no gateway", jpeg, 502, "image/png", "upstream_unreachable", picture, refused},
		{"too late", jpeg, 504, "image/png", "timed_out", picture, refused},
		{"a part", part, 206, "image/jpeg", "", "a p", right},
		{"another part", part, 206, "image/jpeg", "", "rev", wrong},
		{"all", part, 200, "image/jpeg", "", "a preview", wrong},
		{"unchanged", same, 304, "", "", "", right},
		{"unchanged, with a body", same, 304, "", "", "x", wrong},
		{"changed", same, 200, "image/jpeg", "", "a preview", wrong},
		{"missing", none, 404, "image/png", "source_missing", picture, right},
		{"missing, without a picture", none, 404, "image/png", "source_missing", "", wrong},
		{"for another reason", none, 404, "image/png", "preset_unknown", picture, wrong},
		{"found", none, 200, "image/jpeg", "", "a preview", wrong},
	} {
		header := http.Header{"Content-Type": {test.contentType}, "X-Prew-Error": {test.code}}
		if got, text := test.request.judge(&http.Response{StatusCode: test.status, Header: header}, []byte(test.body)); got != test.want || (text == "") != (test.want == right) {
			t.Errorf("%s: %d %q, want %d", test.name, got, text, test.want)
		}
	}
}

func TestMixIsOfAHundred(t *testing.T) {
	sum := 0
	for _, n := range mix {
		sum += n
	}
	if sum != 100 {
		t.Errorf("%d", sum)
	}
}

func TestPercentiles(t *testing.T) {
	l := make(latencies, 3)
	for i := range 1000 {
		l.add(time.Minute, time.Duration(i+1)*time.Millisecond)
	}
	l.add(0, time.Microsecond)
	l.add(time.Hour, time.Hour) // in the last minute and class
	for _, test := range []struct {
		part         float64
		from, before int
		want         time.Duration
	}{
		{0.5, 1, 2, 500 * time.Millisecond},
		{0.99, 1, 2, 990 * time.Millisecond},
		{1, 1, 2, time.Second},
		{0.5, 0, 1, 10 * time.Microsecond},
		{0.5, 0, 3, 500 * time.Millisecond},
		{0.5, 2, 3, 75 * time.Second},
		{0.5, 3, 9, 0},
	} {
		got := l.percentile(test.part, test.from, test.before)
		if off := got.Seconds() - test.want.Seconds(); off > 0.021*test.want.Seconds() || off < -0.021*test.want.Seconds() {
			t.Errorf("%v of minutes %d to %d: %v, want %v", test.part, test.from, test.before, got, test.want)
		}
	}
}

// TestPicturesAreTold checks that a preview of one picture is not taken for another's.
func TestPicturesAreTold(t *testing.T) {
	v := variant{contentType: "image/jpeg", width: 800, height: 600}
	for of := range pictures {
		body := photo(of)
		for as := range pictures {
			if err := v.shows(body, as); (err == nil) != (of == as) {
				t.Errorf("picture %d as %d: %v", of, as, err)
			}
		}
	}
	if err := (variant{contentType: "image/jpeg", width: 400, height: 300}).shows(photo(0), 0); err == nil {
		t.Error("another size was not found")
	}
}
