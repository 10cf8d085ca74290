package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"prew"
	"prew/deploy/local/emulator"
	"prew/deploy/local/process"
	"prew/deploy/local/stack"
	"prew/nginx"
)

const (
	// gateways is how many there are: two of which one is killed every minute, and a last one
	// that lives as long as the run, so that what grows slowly has the time to.
	gateways = 3
	// invokes is how many invocations a gateway makes at a time, and renderers how many the
	// function takes of all: some more, because a call goes on when its gateway is killed.
	invokes, renderers = 2, 8
)

// quiet keeps go-redis from writing to this program's output that Redis is being restarted.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(quiet{}) }

// gateway is a gateway that can be started again at its address.
type gateway struct {
	name    string
	addr    string
	metrics string // host:port
	env     []string
	*stack.Gateway
}

// system is the parts. The S3 server is behind a proxy, by which it can be made slow.
type system struct {
	dir        string
	s3         *stack.S3
	proxy      *stack.Proxy
	emulator   *emulator.Emulator
	nginx      *stack.Nginx
	prometheus *stack.Prometheus // nil: nobody wants to know which alerts fire
	leases     *redis.Client
	purge      []string // environment of prewmanager purge

	mu       sync.Mutex // protects the rest
	redis    *stack.Redis
	gateways []*gateway
	killed   map[*process.Process]bool // on purpose
	died     []string                  // the errors of parts that ended by themselves
	unpurged []string                  // the errors of purges
	said     []string                  // lines of logs that no fault excuses
	stops    []func()
}

// start starts a system with its photos. The caller must stop it even if there is an error.
func start(ctx context.Context, p plan) (*system, error) {
	s := &system{dir: p.dir, killed: map[*process.Process]bool{}}
	var err error
	if s.redis, err = stack.StartRedis(s.dir); err != nil {
		return s, err
	}
	s.keep(s.redis.Process)
	s.leases = redis.NewClient(&redis.Options{Addr: s.redis.Addr})
	s.stops = append(s.stops, func() { s.leases.Close() })
	if s.s3, err = stack.StartS3(s.dir); err != nil {
		return s, err
	}
	s.keep(s.s3.Process)
	if err := s.s3.CreateBucket(ctx, stack.Bucket); err != nil {
		return s, err
	}
	if err := store(ctx, s.s3, ofTurn(p.rate)); err != nil {
		return s, err
	}
	if s.proxy, err = stack.StartProxy(s.s3.Addr, nil); err != nil {
		return s, err
	}
	s.stops = append(s.stops, s.proxy.Stop)
	env := append(s.s3.Env(), "AWS_ENDPOINT_URL_S3=http://"+s.proxy.Addr)
	bootstrap, err := stack.Program("bootstrap")
	if err != nil {
		return s, err
	}
	s.emulator, err = emulator.Start(emulator.Config{
		Bootstrap: bootstrap, Processes: renderers, Timeout: prew.FunctionTimeout, Memory: stack.FunctionMemory, Env: env, Dir: s.dir,
	})
	if err != nil {
		return s, err
	}
	s.stops = append(s.stops, s.emulator.Stop)
	presets, err := stack.Presets()
	if err != nil {
		return s, err
	}
	purges, err := stack.FreeAddr()
	if err != nil {
		return s, err
	}
	env = append(env, "PREW_REDIS="+s.redis.Addr, "PREW_BUCKET="+stack.Bucket)
	s.purge = append(append([]string{}, env...), "HOME="+s.dir)
	site := nginx.Site{Previews: stack.StoreAt(s.proxy.Addr, stack.Bucket), Presets: presets}
	var measured []string
	for i := range gateways {
		g := &gateway{name: fmt.Sprintf("gateway-%d", i+1)}
		if g.addr, err = stack.FreeAddr(); err != nil {
			return s, err
		}
		if g.metrics, err = stack.FreeAddr(); err != nil {
			return s, err
		}
		g.env = append(append([]string{}, env...), "PREW_FUNCTION="+stack.Function, "AWS_ENDPOINT_URL_LAMBDA="+s.emulator.URL,
			"PREW_NGINX=http://"+purges, "PREW_METRICS_LISTEN="+g.metrics, fmt.Sprintf("PREW_INVOKES=%d", invokes))
		if err := s.revive(g); err != nil {
			return s, err
		}
		s.gateways = append(s.gateways, g)
		site.Gateways = append(site.Gateways, g.addr)
		measured = append(measured, g.metrics)
	}
	if site.Listen, err = stack.FreeAddr(); err != nil {
		return s, err
	}
	if s.nginx, err = stack.StartNginxWith(stack.Beside{Purges: purges}, filepath.Join(s.dir, "nginx"), site); err != nil {
		return s, err
	}
	s.keep(s.nginx.Process)
	s.stops = append(s.stops, s.nginx.Stop)
	if p.alerts == "" {
		return s, nil
	}
	s.prometheus, err = stack.StartPrometheus(s.dir, p.alerts, scrapes, map[string][]string{"prewmanager": measured, "prewnginx": {s.nginx.Metrics}})
	if err != nil {
		return s, err
	}
	s.keep(s.prometheus.Process)
	return s, nil
}

// keep has a process stopped with the system, and its death before that noticed.
func (s *system) keep(p *process.Process) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stops = append(s.stops, func() { s.end(p, p.Stop) })
	go func() {
		<-p.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.killed[p] {
			s.died = append(s.died, p.Err().Error())
		}
		delete(s.killed, p)
	}()
}

// end ends a process on purpose.
func (s *system) end(p *process.Process, how func()) {
	s.mu.Lock()
	if p.Err() == nil {
		s.killed[p] = true
	}
	s.mu.Unlock()
	how()
}

// stop stops every part, the last started first.
func (s *system) stop() {
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.stops[i]()
	}
}

// revive starts a gateway that is not running, at its address.
func (s *system) revive(g *gateway) error {
	program, err := stack.Program("prewmanager")
	if err != nil {
		return err
	}
	started, err := stack.StartGatewayAt(g.addr, program, s.dir, g.name, g.env)
	if err != nil {
		return err
	}
	s.keep(started.Process)
	s.mu.Lock()
	defer s.mu.Unlock()
	g.Gateway = started
	return nil
}

// ended are the errors of parts that ended by themselves.
func (s *system) ended() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.died
}

// logs are the logs, none of which may grow for as long as the run lasts.
func (s *system) logs() []string {
	var logs []string
	for _, pattern := range []string{"*.log", "nginx/*.log"} {
		found, _ := filepath.Glob(filepath.Join(s.dir, pattern)) // the patterns are well formed
		logs = append(logs, found...)
	}
	return logs
}

// trimLogs empties the logs, and keeps the lines that no fault excuses.
func (s *system) trimLogs() error {
	for _, log := range s.logs() {
		text, err := os.ReadFile(log)
		if err != nil {
			return err
		}
		if err := os.Truncate(log, 0); err != nil {
			return err
		}
		for line := range bytes.Lines(text) {
			for _, word := range []string{"DATA RACE", "panic", "fatal error", "[alert]", "[emerg]"} {
				if bytes.Contains(line, []byte(word)) {
					s.mu.Lock()
					s.said = append(s.said, filepath.Base(log)+": "+strings.TrimSpace(string(line)))
					s.mu.Unlock()
				}
			}
		}
	}
	return nil
}

// complaints are the lines of the logs that no fault excuses.
func (s *system) complaints() []string {
	err := s.trimLogs()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		return append(s.said, err.Error())
	}
	return s.said
}

// rendered is how often previews of photos that take turns were rendered.
func (s *system) rendered() (n int) {
	for key, times := range s.emulator.Invocations() {
		if strings.Contains(key, "/fresh-") {
			n += times
		}
	}
	return n
}

// keys counts the leases and the remembered failures in Redis. A key that is neither is an error.
func (s *system) keys(ctx context.Context) (leases, failures int, err error) {
	var cursor uint64
	for {
		keys, next, err := s.leases.Scan(ctx, cursor, "prew:*", 1000).Result()
		if err != nil {
			return 0, 0, err
		}
		for _, key := range keys {
			value, err := s.leases.Get(ctx, key).Result()
			switch {
			case errors.Is(err, redis.Nil): // it has ended meanwhile
			case err != nil:
				if !strings.Contains(err.Error(), "WRONGTYPE") { // the log of purges is a list
					return 0, 0, err
				}
			case strings.HasPrefix(value, "L"):
				leases++
			case strings.HasPrefix(value, "F"):
				failures++
			}
		}
		if cursor = next; cursor == 0 {
			return leases, failures, nil
		}
	}
}

// awaitNoLease returns how many leases there still are some time after the last request: as
// long as the longest lease lasts, or less where there is none before.
func (s *system) awaitNoLease(ctx context.Context) (left int, err error) {
	deadline := time.Now().Add(prew.InvokeTimeout + 5*time.Second)
	for {
		left, _, err = s.keys(ctx)
		if err == nil && left == 0 || ctx.Err() != nil || time.Now().After(deadline) {
			return left, err
		}
		pause(ctx, 100*time.Millisecond)
	}
}
