package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"prew/lambda/store"
	"prew/prewmanager/pool"
)

// onThisMachine is the name of the function that is no Lambda function but a
// pool of its program's processes on this machine.
const onThisMachine = "local"

// functionTimeout is what the function is stopped after, as on Lambda.
const functionTimeout = 25 * time.Second

// renderer finds the program that renders.
func (s serve) renderer() (string, error) {
	if s.Renderer != "" {
		program, err := exec.LookPath(s.Renderer)
		if err != nil {
			return "", fmt.Errorf("PREW_RENDERER: %w", err)
		}
		return filepath.Abs(program)
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	program := filepath.Join(filepath.Dir(self), "bootstrap")
	if _, err := exec.LookPath(program); err != nil {
		return "", fmt.Errorf("PREW_RENDERER is not set, and beside this program: %w", err)
	}
	return program, nil
}

// renderers is how many processes render: as many as there are CPUs, of which a
// container may have fewer than the machine.
func (s serve) renderers() int { return cmp.Or(s.Renderers, runtime.GOMAXPROCS(0)) }

// startPool starts the processes that render, whose logs are this program's.
func (s serve) startPool(ctx context.Context, program string) (*pool.Pool, error) {
	return pool.Start(ctx, pool.Config{
		Program:   program,
		Processes: s.renderers(),
		Timeout:   functionTimeout,
		Memory:    s.RendererMemory,
		Env:       append(functionEnvironment(os.Environ()), s.placeEnvironment()...),
		Output:    func(string) (io.Writer, error) { return os.Stderr, nil },
	})
}

// functionEnvironment is what of this program's environment a process that
// renders other people's photos is given: what it needs to reach S3, and what
// README.md says that the function reads.
func functionEnvironment(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		if strings.HasPrefix(variable, "AWS_LAMBDA_") { // the pool's to set
			return true
		}
		return !slices.ContainsFunc([]string{
			"AWS_", "PRESET_", "PREW_PRESETS=", "PREW_ACL=", "HOME=", "SSL_CERT_",
			"HTTP_PROXY=", "HTTPS_PROXY=", "NO_PROXY=", "http_proxy=", "https_proxy=", "no_proxy=",
		}, func(prefix string) bool { return strings.HasPrefix(variable, prefix) })
	})
}

// placeEnvironment tells the function where the buckets are, be it by variables
// or by flags that this program was told.
func (s serve) placeEnvironment() (environ []string) {
	photos, previews := s.places()
	for _, place := range []struct {
		prefix string
		store.Place
	}{{"PREW_S3_", previews}, {"PREW_SOURCE_", photos}} {
		environ = append(environ,
			place.prefix+"REGION="+place.Region, place.prefix+"ENDPOINT="+place.Endpoint,
			fmt.Sprintf("%sPATH_STYLE=%t", place.prefix, place.PathStyle), place.prefix+"ROLE="+place.Role)
	}
	return environ
}

// callPool calls the function in a pool of its processes.
func callPool(p *pool.Pool) func(context.Context, []byte) ([]byte, bool, error) {
	return func(ctx context.Context, payload []byte) ([]byte, bool, error) {
		answer, err := p.Invoke(ctx, payload)
		return answer.Body, answer.Failed, err
	}
}
