// Package stack starts the real parts of the system on this machine: Redis, an S3
// server, the function in a Lambda emulator, gateways, nginx. Each starts on a free
// port and is waited for. Tests start the parts that they need, `make run` all.
package stack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"prew/deploy/local/process"
)

// start runs a part below dir. It passes on only the variables of this program's
// environment that every program may expect.
func start(dir string, c process.Command) (*process.Process, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c.Dir = dir
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TZ=UTC"}, c.Env...)
	return process.Start(c)
}

// settings are the variables of this program's environment that configure the
// gateway and the function; both get them.
func settings() []string {
	var passed []string
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "PRESET_") || strings.HasPrefix(variable, "SOURCE_") || strings.HasPrefix(variable, "PREW_") {
			passed = append(passed, variable)
		}
	}
	return passed
}

// Root is the folder of the module, found from the working directory; in a test that
// is the package's folder.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if module(filepath.Join(dir, "go.mod")) == "prew" {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod of module prew in the working directory or above: run it inside the checkout")
		}
	}
}

// module is the path of the module of a go.mod file. Root checks it, because the
// tools have a module of their own below.
func module(gomod string) string {
	file, err := os.Open(gomod)
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if path, ok := strings.CutPrefix(lines.Text(), "module "); ok {
			return strings.TrimSpace(path)
		}
	}
	return ""
}

// Program finds a program that `make build` made, by its path below .bin/.
func Program(name string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, ".bin", name)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w: run make build", err)
	}
	return path, nil
}

var (
	givenMutex sync.Mutex
	given      = map[int]bool{} // ports that FreeAddr has handed out
)

// FreeAddr returns a host:port of this machine on which no program listens, and which
// it has not returned before. The port lies below the range from which the kernel
// takes ports for connections (from 32768 on, ip(7)): a client's connection could
// take a port of that range before the part listens on it.
func FreeAddr() (string, error) {
	const first, count, tries = 15000, 15000, 100
	givenMutex.Lock()
	defer givenMutex.Unlock()
	var err error
	for range tries {
		port := first + rand.IntN(count)
		if given[port] {
			continue
		}
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		var listener net.Listener
		if listener, err = net.Listen("tcp", addr); err == nil {
			given[port] = true
			return addr, listener.Close()
		}
	}
	return "", fmt.Errorf("no free port after %d tries: %w", tries, err)
}

// probe asks a part for a page without keeping the connection. A part that is up
// needs far less than a second.
var probe = http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// Answers checks that a GET of a URL gives the wanted status.
func Answers(ctx context.Context, url string, want func(status int) bool) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := probe.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if !want(response.StatusCode) {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}
