package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// sampled is how often all processes are looked at.
	sampled = 5 * time.Second
	// scrapes is how often Prometheus asks for metrics, as deploy/monitoring/prometheus.yaml has it.
	scrapes = 15 * time.Second
)

// usage is what a part of the system uses, all of its processes together.
type usage struct {
	goroutines  int // 0: it is no Go program that says so
	descriptors int
	connections int   // descriptors that are sockets
	resident    int64 // bytes
}

// sample is how things are at a time. What could not be looked at, because it was just being
// started again, is the zero usage, and -1.
type sample struct {
	after            time.Duration
	usages           []usage // in the order of names
	leases, failures int     // in Redis
	cache, stored    int64   // bytes in nginx's cache and of what the S3 server has stored
}

// names are the parts that are sampled.
func (s *system) names() []string {
	return []string{"gateway-1", "gateway-2", "gateway-3", "nginx", "Redis", "the S3 server", "the function", "this program"}
}

// watch samples the system until ctx ends.
func (s *system) watch(ctx context.Context, began time.Time, took func(sample)) error {
	for i := 1; ; i++ {
		pause(ctx, time.Until(began.Add(time.Duration(i)*sampled)))
		if ctx.Err() != nil {
			return nil
		}
		now, err := s.sample(ctx, began)
		if err != nil {
			return err
		}
		took(now)
	}
}

func (s *system) sample(ctx context.Context, began time.Time) (sample, error) {
	now := sample{after: time.Since(began)}
	s.mu.Lock()
	var pids [][]int
	var measured []string
	for _, g := range s.gateways {
		pids = append(pids, []int{g.PID()})
		measured = append(measured, g.metrics)
	}
	redis := s.redis.PID()
	s.mu.Unlock()
	pids = append(pids, append(children(s.nginx.PID()), s.nginx.PID()), []int{redis}, []int{s.s3.PID()}, s.functions(), []int{os.Getpid()})
	for i, of := range pids {
		var sum usage
		for _, pid := range of {
			u, err := use(pid)
			if errors.Is(err, fs.ErrNotExist) {
				continue // it has just ended
			}
			if err != nil {
				return now, err
			}
			sum.descriptors += u.descriptors
			sum.connections += u.connections
			sum.resident += u.resident
		}
		if i < len(measured) {
			sum.goroutines = goroutines(ctx, measured[i])
			if sum.goroutines == 0 {
				sum = usage{} // it is being started again
			}
		}
		now.usages = append(now.usages, sum)
	}
	var err error
	if now.leases, now.failures, err = s.keys(ctx); err != nil {
		now.leases, now.failures = -1, -1 // Redis is being started again
	}
	if now.cache, err = size(filepath.Join(s.dir, "nginx", "cache")); err != nil {
		return now, err
	}
	now.stored, err = size(filepath.Join(s.dir, "s3"))
	return now, err
}

// functions are the processes of the function, which are this program's children.
func (s *system) functions() (pids []int) {
	for _, pid := range children(os.Getpid()) {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)) // one that has ended is none
		if strings.TrimSpace(string(name)) == "bootstrap" {
			pids = append(pids, pid)
		}
	}
	return pids
}

// children are the children of a process, of all its threads (proc(5)).
func children(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is well formed
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread that has ended has none
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// use is what a process uses (proc(5)).
func use(pid int) (u usage, err error) {
	dir := fmt.Sprintf("/proc/%d", pid)
	text, err := os.ReadFile(dir + "/statm")
	if err != nil {
		return u, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return u, fmt.Errorf("%s/statm: %q, expected at least two numbers", dir, text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return u, fmt.Errorf("%s/statm: %w", dir, err)
	}
	u.resident = pages * int64(os.Getpagesize())
	open, err := os.ReadDir(dir + "/fd")
	if err != nil {
		return u, err
	}
	for _, file := range open {
		u.descriptors++
		if to, _ := os.Readlink(dir + "/fd/" + file.Name()); strings.HasPrefix(to, "socket:") { // or it was closed just now
			u.connections++
		}
	}
	return u, nil
}

// goroutines is how many a gateway has, by its metrics; 0 if it does not answer.
func goroutines(ctx context.Context, addr string) int {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", nil)
	if err != nil {
		return 0
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return goroutinesIn(response.Body)
}

// goroutinesIn finds them in metrics in Prometheus's format; 0 if they are not there.
func goroutinesIn(metrics io.Reader) int {
	for lines := bufio.NewScanner(metrics); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "go_goroutines "); ok {
			n, _ := strconv.Atoi(value)
			return n
		}
	}
	return 0
}

// size is how many bytes the files in a folder have. Files may come and go meanwhile.
func size(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = entry.Info(); err == nil {
				sum += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return sum, err
}
