package main

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// health asks the nginx of this machine whether it answers. An image without a shell has
// no other program for that.
type health struct {
	Listen string `env:"PREW_NGINX_LISTEN" default:"*:8080" help:"Address that it answers on."`
}

func (h health) Run() error {
	host, port, err := net.SplitHostPort(h.Listen)
	if err != nil {
		return fmt.Errorf("PREW_NGINX_LISTEN: %q, expected host:port", h.Listen)
	}
	switch host {
	case "*", "0.0.0.0":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	// nginx answers this itself, in less than a millisecond. The transport has no proxy:
	// another machine would answer in nginx's place.
	client := http.Client{Timeout: 2 * time.Second, Transport: new(http.Transport)}
	response, err := client.Get("http://" + net.JoinHostPort(host, port) + "/health")
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", response.Request.URL, response.Status)
	}
	return nil
}
