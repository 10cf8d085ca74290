package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"prew/prewmanager/flags"
)

// debugging is the setting of the listener for profiles.
type debugging struct {
	DebugListen string `placeholder:"ADDRESS" help:"Address of this machine's own, such as 127.0.0.1:6060, at whose /debug/pprof/ to serve profiles of this program; if left out there are none."`
}

// listen opens the listener, nil if there is none to be, and adds what is wrong with the setting.
// The address has to be a loopback one: whoever reads a profile sees the memory's keys and tokens,
// and may have the program profiled as often as they like.
func (d debugging) listen(wrong flags.Errors) (net.Listener, flags.Errors) {
	if d.DebugListen == "" {
		return nil, wrong
	}
	addr, err := net.ResolveTCPAddr("tcp", d.DebugListen)
	if err == nil && !addr.IP.IsLoopback() {
		err = fmt.Errorf("%q, expected a loopback address such as 127.0.0.1:6060: profiles are for this machine alone", d.DebugListen)
	}
	var listener net.Listener
	if err == nil {
		listener, err = net.ListenTCP("tcp", addr)
	}
	if err != nil {
		return nil, append(wrong, fmt.Errorf("PREW_DEBUG_LISTEN: %w", err))
	}
	return listener, wrong
}

// server answers with profiles, as go tool pprof asks for them.
func (debugging) server() *http.Server {
	profiles := http.NewServeMux()
	profiles.HandleFunc("/debug/pprof/", pprof.Index)
	profiles.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	profiles.HandleFunc("/debug/pprof/profile", pprof.Profile)
	profiles.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	profiles.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return &http.Server{Handler: profiles, ReadHeaderTimeout: 10 * time.Second}
}
