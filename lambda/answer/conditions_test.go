package answer

import (
	"net/http"
	"testing"
	"time"
)

// TestRangesAreOneOrNone is about the spelling that goes on to a store.
func TestRangesAreOneOrNone(t *testing.T) {
	for _, test := range []struct{ method, asked, ifRange, want string }{
		{"GET", "bytes=2-4", "", "bytes=2-4"},
		{"GET", "Bytes=2-", "", "bytes=2-"},
		{"GET", "bytes=-3", `"e"`, "bytes=-3"},
		{"GET", "bytes=2-2", "", "bytes=2-2"},
		{"GET", "bytes=2-1", "", ""},
		{"GET", "bytes=2-4,6-7", "", ""},
		{"GET", "bytes=2-4", "Sat, 01 Jun 2024 12:00:00 GMT", ""},
		{"GET", "bytes=2-4", `W/"e"`, ""},
		{"GET", "bytes=2-1000000000000000000", "", ""}, // 19 digits
		{"HEAD", "bytes=2-4", "", ""},
	} {
		r := &http.Request{Method: test.method, Header: http.Header{"Range": {test.asked}, "If-Range": {test.ifRange}}}
		if got := ConditionsOf(r).Range; got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

func TestPartsOfAnObject(t *testing.T) {
	for _, test := range []struct {
		asked    string
		size     int64
		from, to int64
		status   int
	}{
		{"", 10, 0, 10, 200},
		{"bytes=0-", 10, 0, 10, 206},
		{"bytes=9-9", 10, 9, 10, 206},
		{"bytes=8-999999999999999999", 10, 8, 10, 206},
		{"bytes=-999999999999999999", 10, 0, 10, 206},
		{"bytes=10-", 10, 0, 0, 416},
		{"bytes=-0", 10, 0, 0, 416},
		{"bytes=0-", 0, 0, 0, 416},
		{"bytes=-5", 0, 0, 0, 416},
	} {
		from, to, status := Conditions{Range: test.asked}.Part(`"e"`, test.size)
		if from != test.from || to != test.to || status != test.status {
			t.Errorf("%q of %d bytes: %d to %d, %d", test.asked, test.size, from, to, status)
		}
	}
}

// TestOneETagGoesToTheStore: what stores read differently, they do not get.
func TestOneETagGoesToTheStore(t *testing.T) {
	for _, test := range []struct {
		header http.Header
		want   string
	}{
		{http.Header{"If-None-Match": {`"e"`}}, `"e"`},
		{http.Header{"If-None-Match": {`"e"`}, "If-Modified-Since": {"Sat, 01 Jun 2024 12:00:00 GMT"}}, `"e"`},
		{http.Header{"If-None-Match": {`W/"e"`}}, ""},
		{http.Header{"If-None-Match": {`"e", "f"`}}, ""},
		{http.Header{"If-None-Match": {"*"}}, ""},
		{http.Header{"If-None-Match": {`"e"`}, "If-Match": {`"e"`}}, ""},
		{http.Header{"If-None-Match": {`"e"`}, "If-Unmodified-Since": {"Sat, 01 Jun 2024 12:00:00 GMT"}}, ""},
	} {
		if got := ConditionsOf(&http.Request{Method: "GET", Header: test.header}).IfNoneMatch(); got != test.want {
			t.Errorf("%v: %q, want %q", test.header, got, test.want)
		}
	}
}

// TestDatesOfAnUnknownChangeDecideNothing: 0001 is not when it was changed.
func TestDatesOfAnUnknownChangeDecideNothing(t *testing.T) {
	r := &http.Request{Method: "GET", Header: http.Header{"If-Modified-Since": {"Sat, 01 Jun 2024 12:00:00 GMT"}}}
	if got := ConditionsOf(r).Unmet(`"e"`, time.Time{}); got != 0 {
		t.Errorf("status %d", got)
	}
}
