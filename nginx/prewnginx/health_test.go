package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthIsWhatNginxSays(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		listen string
		status int
		err    string
	}{
		{"127.0.0.1:" + port, 200, ""},
		{"*:" + port, 200, ""},
		{"0.0.0.0:" + port, 200, ""},
		{"*:" + port, 503, "503 Service Unavailable"},
		{"127.0.0.1:1", 200, "connection refused"},
		{"8080", 200, `PREW_NGINX_LISTEN: "8080", expected host:port`},
	} {
		status = test.status
		err := health{test.listen}.Run()
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s answering %d: %v, want %q", test.listen, test.status, err, test.err)
		}
	}
}
