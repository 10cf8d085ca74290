package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestHealthAsksWhetherTheGatewayIsReady(t *testing.T) {
	for _, test := range []struct {
		status int
		ok     bool
	}{{200, true}, {503, false}, {404, false}} {
		var asked atomic.Value
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r.URL.Path)
			w.WriteHeader(test.status)
		}))
		out, err := itself(t, []string{"PREW_LISTEN=" + server.Listener.Addr().String()}, "health").CombinedOutput()
		if (err == nil) != test.ok || asked.Load() != "/ready" {
			t.Errorf("%d: %v, asked %v\n%s", test.status, err, asked.Load(), out)
		}
		_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
		if err := itself(t, []string{"PREW_LISTEN=0.0.0.0:" + port}, "health").Run(); (err == nil) != test.ok {
			t.Errorf("%d on every address: %v", test.status, err)
		}
		server.Close()
	}
	if err := itself(t, []string{"PREW_LISTEN=127.0.0.1:1"}, "health").Run(); err == nil {
		t.Error("healthy, but nobody is there")
	}
	// The proxy is for S3. For 127.0.0.1 Go uses none by itself.
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer proxy.Close()
	if err := itself(t, []string{"PREW_LISTEN=gateway.invalid:8081", "HTTP_PROXY=" + proxy.URL}, "health").Run(); err == nil {
		t.Error("healthy, but it was a proxy that said so")
	}
}
