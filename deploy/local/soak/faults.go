package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"prew/deploy/local/stack"
)

// The schedule. What is done every minute is far enough apart that one thing is over before the
// next begins; of what is rarer the first time is early, so that a run of two minutes has it.
var schedule = []struct {
	first, every time.Duration
	name         string
	do           func(s *system, ctx context.Context, n int) error
}{
	{5 * time.Second, turn, "purges", (*system).purgeNext},
	{15 * time.Second, time.Minute, "gateways killed", (*system).killGateway},
	{28 * time.Second, turn, "logs emptied", func(s *system, _ context.Context, _ int) error { return s.trimLogs() }},
	{50 * time.Second, time.Minute, "restarts of Redis", (*system).restartRedis},
	{70 * time.Second, 5 * time.Minute, "reloads of nginx", (*system).reload},
	{85 * time.Second, 10 * time.Minute, "times that S3 was slow", (*system).slowS3},
}

const (
	// slowFor is how long S3 is slow, and slowBy by how much each piece of its answers.
	slowFor = 10 * time.Second
	slowBy  = 300 * time.Millisecond
)

// suffered is what was done to a system: how often each of the schedule.
type suffered [6]int

// suffer does what is on the schedule, until ctx ends.
func (s *system) suffer(ctx context.Context, began time.Time, done *suffered) error {
	for {
		next, at := 0, time.Duration(0)
		for i, entry := range schedule {
			if due := entry.first + time.Duration(done[i])*entry.every; i == 0 || due < at {
				next, at = i, due
			}
		}
		pause(ctx, time.Until(began.Add(at)))
		if ctx.Err() != nil {
			return nil
		}
		// What was begun is done, so that the end of the run finds all parts running.
		if err := schedule[next].do(s, context.WithoutCancel(ctx), done[next]); err != nil {
			return fmt.Errorf("%s: %w", schedule[next].name, err)
		}
		done[next]++
	}
}

// killGateway kills one of the gateways but the last, each in turn, and starts it again. As a
// service manager it tries that more than once: where the machine has no time for it, a gateway
// is not ready within the half minute that it is waited for.
func (s *system) killGateway(_ context.Context, n int) (err error) {
	g := s.gateways[n%(gateways-1)]
	s.end(g.Process, g.Kill)
	for range 3 {
		if err = s.revive(g); err == nil {
			return nil
		}
	}
	return err
}

// restartRedis kills Redis and starts another one at its address, which has nothing.
func (s *system) restartRedis(ctx context.Context, _ int) error {
	s.end(s.redis.Process, s.redis.Kill)
	pause(ctx, 200*time.Millisecond) // as long as a service manager takes
	started, err := stack.StartRedisAt(s.redis.Addr, s.dir)
	if err != nil {
		return err
	}
	s.keep(started.Process)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.redis = started
	return nil
}

// reload has nginx read its configuration anew, as nginx -s reload does.
func (s *system) reload(context.Context, int) error {
	s.nginx.Signal(syscall.SIGHUP)
	return nil
}

// slowS3 makes the S3 server slow for a while.
func (s *system) slowS3(ctx context.Context, _ int) error {
	s.proxy.Slow(slowBy)
	defer s.proxy.Slow(0)
	pause(ctx, slowFor)
	return nil
}

// purgeNext purges the previews of the photos whose turn is next. One that fails ends nothing:
// these photos are hits then, and the run says so.
func (s *system) purgeNext(ctx context.Context, n int) error {
	program, err := stack.Program("prewmanager")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, turn)
	defer cancel()
	purge := exec.CommandContext(ctx, program, "purge", "--prefix="+freshPrefix(n+1))
	purge.Env, purge.Dir = s.purge, s.dir
	var said bytes.Buffer
	purge.Stdout, purge.Stderr = &said, &said
	if err := purge.Run(); err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.unpurged = append(s.unpurged, fmt.Sprintf("%v: %s", err, bytes.TrimSpace(said.Bytes())))
	}
	return nil
}
