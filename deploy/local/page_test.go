package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyThePagesOfTheRunReachIt(t *testing.T) {
	reached := 0
	guarded := fromPage{[]string{"http://localhost:8080", "http://127.0.0.1:8080"}, "127.0.0.1:4000",
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { reached++ })}
	for _, test := range []struct {
		method, host, origin, header string
		status                       int
		reached                      bool
	}{
		{"POST", "127.0.0.1:4000", "http://localhost:8080", "1", 200, true},
		{"POST", "127.0.0.1:4000", "http://127.0.0.1:8080", "1", 200, true},
		{"GET", "127.0.0.1:4000", "http://localhost:8080", "", 200, true},
		{"OPTIONS", "127.0.0.1:4000", "http://localhost:8080", "", 204, false},
		{"POST", "127.0.0.1:4000", "http://localhost:8080", "", 405, false}, // as a form sends it
		{"PUT", "127.0.0.1:4000", "http://localhost:8080", "1", 405, false},
		{"POST", "127.0.0.1:4000", "http://elsewhere", "1", 403, false},
		{"POST", "127.0.0.1:4000", "null", "1", 403, false}, // a sandboxed frame
		{"POST", "127.0.0.1:4000", "", "1", 403, false},
		{"GET", "127.0.0.1:4000", "", "", 403, false},
		{"OPTIONS", "127.0.0.1:4000", "http://elsewhere", "", 403, false},
		{"POST", "elsewhere:4000", "http://localhost:8080", "1", 403, false}, // a name that leads here
		{"GET", "elsewhere:4000", "http://elsewhere:4000", "", 403, false},
		{"POST", "localhost:4000", "http://localhost:8080", "1", 403, false},
	} {
		before := reached
		request := httptest.NewRequest(test.method, "/", nil)
		request.Host = test.host
		if test.origin != "" {
			request.Header.Set("Origin", test.origin)
		}
		if test.header != "" {
			request.Header.Set("X-Prew-Page", test.header)
		}
		answer := httptest.NewRecorder()
		guarded.ServeHTTP(answer, request)
		if answer.Code != test.status || (reached > before) != test.reached {
			t.Errorf("%+v: %d, reached %t", test, answer.Code, reached > before)
		}
		if allowed := answer.Header().Get("Access-Control-Allow-Origin"); (test.status == http.StatusForbidden) != (allowed == "") {
			t.Errorf("%+v: allows %q", test, allowed)
		}
	}
}
