package flight

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// sentinelTimeout is how long the Sentinels may take to say who is the primary. It
	// leaves half of a beat's callTimeout to the primary.
	sentinelTimeout = 100 * time.Millisecond
	// askedLately is how long their answer is good for who doubts it, so that a thousand
	// flights that failed at once ask once.
	askedLately = beatEvery / 2
)

// sentinels is the primary that Sentinels know by a name. They are asked for it with each
// beat, all at once, and what most of them say is believed: one that is frozen delays
// nothing, one on the far side of a split does not lead a process to the old primary, and
// all processes go over to the new one within the same tenth of a second, of which a
// quarantine has four. go-redis's own failover client believes one Sentinel, each process
// another one.
type sentinels struct {
	name    string
	all     []*sentinel
	options redis.Options // of the primary's client, but for the address
	over    *succession

	current atomic.Pointer[redis.Client] // the primary's; nil until it is known
	doubted atomic.Bool                  // a command failed since the Sentinels were asked

	mu     sync.Mutex // protects the rest, and lets one ask at a time
	addr   string     // of the primary
	asked  time.Time
	closed bool
}

func newSentinels(addresses []string, name string, options *redis.Options, over *succession) *sentinels {
	s := &sentinels{name: name, options: *options, over: over}
	if options.TLSConfig != nil { // the primary's certificate is good for the address that the Sentinels give
		s.options.TLSConfig = options.TLSConfig.Clone()
		s.options.TLSConfig.ServerName = ""
	}
	for _, addr := range addresses {
		s.all = append(s.all, newSentinel(addr, options))
	}
	return s
}

func (s *sentinels) keys(ctx context.Context) (redis.UniversalClient, error) {
	if client := s.current.Load(); client != nil && !s.doubted.Load() {
		return client, nil
	}
	return s.follow(ctx, askedLately)
}

func (s *sentinels) primaries(ctx context.Context) ([]primary, error) {
	client, err := s.follow(ctx, 0)
	if err != nil {
		return nil, err
	}
	return []primary{{client, beatKey}}, nil
}

func (*sentinels) failsOver() bool { return true }

func (s *sentinels) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, one := range s.all {
		one.close()
	}
	if client := s.current.Load(); client != nil {
		return client.Close()
	}
	return nil
}

// follow asks the Sentinels, unless they were asked within the last time of this length,
// and returns the primary's client. If none answers, it is the one of before.
func (s *sentinels) follow(ctx context.Context, lately time.Duration) (*redis.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, redis.ErrClosed
	}
	client := s.current.Load()
	if client != nil && time.Since(s.asked) < lately {
		return client, nil
	}
	addr, err := s.ask(ctx)
	s.asked = time.Now()
	s.doubted.Store(false)
	switch {
	case addr == "" && client == nil:
		return nil, err
	case addr == "" || addr == s.addr:
		return client, nil
	}
	// The breaker hears of it before anybody takes a lease there.
	if client == nil {
		s.over.began()
	} else {
		s.over.took(addr)
		defer client.Close()
	}
	options := s.options
	options.Addr = addr
	client = redis.NewClient(&options)
	client.AddHook(doubter{&s.doubted})
	s.addr = addr
	s.current.Store(client)
	return client, nil
}

// ask returns the address that most of the Sentinels give, at once when it is more than half
// of all. Where as many give another, it is the present one.
func (s *sentinels) ask(ctx context.Context) (addr string, err error) {
	ctx, cancel := context.WithTimeout(ctx, sentinelTimeout)
	defer cancel()
	type answer struct {
		addr string
		err  error
	}
	answers := make(chan answer, len(s.all))
	for _, one := range s.all {
		go func() {
			addr, err := one.primary(ctx, s.name)
			answers <- answer{addr, err}
		}()
	}
	votes := map[string]int{}
	err = errors.New("no Sentinel answers")
	for range s.all {
		var a answer
		select {
		case a = <-answers:
		case <-ctx.Done():
			a.err = err
		}
		if a.err != nil {
			err = a.err
			continue
		}
		votes[a.addr]++
		if votes[a.addr] > len(s.all)/2 {
			return a.addr, nil
		}
	}
	for a, n := range votes {
		if n > votes[addr] || n == votes[addr] && a == s.addr {
			addr = a
		}
	}
	return addr, err
}

// sentinel is one Sentinel.
type sentinel struct {
	addr   string
	open   *redis.SentinelClient // without a password
	closed *redis.SentinelClient // with that of the primary; nil if there is none
	locked atomic.Bool           // it wants a password
}

func newSentinel(addr string, primary *redis.Options) *sentinel {
	client := func(user, password string) *redis.SentinelClient {
		o := &redis.Options{
			Addr: addr, Username: user, Password: password, MaxRetries: -1, DialerRetries: 1,
			DialTimeout: sentinelTimeout, ReadTimeout: sentinelTimeout, WriteTimeout: sentinelTimeout, ContextTimeoutEnabled: true,
		}
		if primary.TLSConfig != nil {
			o.TLSConfig = primary.TLSConfig.Clone()
			o.TLSConfig.ServerName, _, _ = net.SplitHostPort(addr)
		}
		return redis.NewSentinelClient(o)
	}
	s := &sentinel{addr: addr, open: client("", "")}
	if primary.Password != "" {
		s.closed = client(primary.Username, primary.Password)
	}
	return s
}

// primary asks for the address of the primary with a name.
func (s *sentinel) primary(ctx context.Context, name string) (addr string, err error) {
	client := s.open
	if s.locked.Load() {
		client = s.closed
	}
	answer, err := client.GetMasterAddrByName(ctx, name).Result()
	if refusal(err) == "noperm" && client == s.open && s.closed != nil {
		s.locked.Store(true)
		answer, err = s.closed.GetMasterAddrByName(ctx, name).Result()
	}
	switch {
	case errors.Is(err, redis.Nil):
		return "", fmt.Errorf("the Sentinel at %s knows no primary by the name of %q", s.addr, name)
	case err != nil:
		return "", fmt.Errorf("the Sentinel at %s: %w", s.addr, err)
	case len(answer) != 2:
		return "", fmt.Errorf("the Sentinel at %s answers with %d words for an address", s.addr, len(answer))
	}
	return net.JoinHostPort(answer[0], answer[1]), nil
}

func (s *sentinel) close() {
	s.open.Close()
	if s.closed != nil {
		s.closed.Close()
	}
}

// doubter notes that a command failed, so that the Sentinels are asked before the next.
type doubter struct{ doubted *atomic.Bool }

func (d doubter) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if err != nil && (refusal(err) == "" || passing(err)) {
			d.doubted.Store(true)
		}
		return err
	}
}

func (doubter) DialHook(next redis.DialHook) redis.DialHook { return next }

func (doubter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
