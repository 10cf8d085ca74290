package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// health asks whether the gateway that listens at an address is ready, for
// checks that have no other program to ask with.
type health struct {
	Listen string `default:"127.0.0.1:8081" help:"Address of the gateway; of one that answers on every address, this machine's own."`
}

// Run fails unless the gateway says that it is ready. Two seconds are a hundred
// times what that takes.
func (h health) Run() error {
	host, port, err := net.SplitHostPort(h.Listen)
	if err != nil {
		return fmt.Errorf("PREW_LISTEN: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/ready", nil)
	if err != nil {
		return fmt.Errorf("PREW_LISTEN: %w", err)
	}
	direct := &http.Client{Transport: new(http.Transport)} // and not through the proxy that S3 may need
	response, err := direct.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the gateway at %s answers %s", h.Listen, response.Status)
	}
	return nil
}
