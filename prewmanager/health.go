package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// health asks the gateway at an address whether it is ready. It is for health checks
// in an image that has no other HTTP client.
type health struct {
	Listen string `default:"127.0.0.1:8081" help:"Address of the gateway; if that is every address of this machine, localhost is asked."`
}

// Run fails unless the gateway answers that it is ready. It waits two seconds, a
// hundred times what an answer takes.
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
	direct := &http.Client{Transport: new(http.Transport)} // not through a proxy, which S3 may need
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
