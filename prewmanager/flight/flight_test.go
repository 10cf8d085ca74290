package flight

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"prew/deploy/local/stack"
)

// shared is the Redis of all tests here; each test has keys of its own.
var shared *stack.Redis

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the tests break things on purpose
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "flight")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if err := certify(dir); err != nil {
			panic(err)
		}
		if shared, err = stack.StartRedis(dir); err != nil {
			panic(err)
		}
		defer shared.Stop()
		return m.Run()
	}())
}

// store stands in for S3 and counts the calls.
type store struct {
	mu     sync.Mutex
	values map[string]string
	made   atomic.Int32
	asked  atomic.Int32
}

func (s *store) put(key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string]string{}
	}
	s.values[key] = value
}

func (s *store) look(key string) (string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.values[key]
	return value, ok, nil
}

// work looks into the store and makes the value with make.
func (s *store) work(key string, make func() (string, error)) Work[string] {
	return Work[string]{
		Look:  func(context.Context) (string, bool, error) { return s.look(key) },
		Admit: admitted,
		Make: func(context.Context) (string, error) {
			s.made.Add(1)
			value, err := make()
			if err == nil {
				s.put(key, value)
			}
			return value, err
		},
		Holds: func(context.Context, *Failure) bool { s.asked.Add(1); return true },
	}
}

// admitted is an Admit that never waits.
func admitted(context.Context, func() time.Duration) (leave func(), err error) { return func() {}, nil }

// group is one gateway's group.
func group(t *testing.T, addr string) *Group[string] {
	t.Helper()
	g, err := New[string](Redis{URL: addr}, 20*time.Second, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close(context.Background()) })
	return g
}

func groups(t *testing.T, n int) []*Group[string] {
	t.Helper()
	gs := make([]*Group[string], n)
	for i := range gs {
		gs[i] = group(t, shared.Addr)
	}
	return gs
}

// until waits until holds is true, which another goroutine is about to make so.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

// leased reports whether the key has a lease.
func leased(t *testing.T, key string) bool {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: shared.Addr})
	defer client.Close()
	value, err := client.Get(t.Context(), prefix+key).Result()
	if err != nil && err != redis.Nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(value, "L")
}

// held takes the lease of a key for a holder, and keeps it however slow the machine is.
func held(t *testing.T, g *Group[string], key string) (claim, *renewal) {
	t.Helper()
	holder := claim{key: prefix + key, token: token('h')}
	until(t, "the lease is taken", func() bool { return g.leases.acquire(t.Context(), &holder).taken })
	renewal := g.leases.renew(holder)
	until(t, "the lease is long", func() bool { return renewal.stretch(t.Context(), stretchMost) })
	return holder, renewal
}

func TestOneCallForAllWhoAsk(t *testing.T) {
	const gateways, clients = 3, 100
	s, key := new(store), newKey(t)
	gs := groups(t, gateways)
	going := make(chan struct{})
	work := s.work(key, func() (string, error) {
		<-going
		return "value", nil
	})
	var wg sync.WaitGroup
	outcomes := make([]atomic.Int32, Found+1)
	var waiting atomic.Int32
	for i := range gateways * clients {
		wg.Go(func() {
			waiting.Add(1)
			value, outcome, err := gs[i%gateways].Do(t.Context(), key, work)
			if value != "value" || err != nil {
				t.Errorf("got %q, %v", value, err)
			}
			outcomes[outcome].Add(1)
		})
	}
	until(t, "everybody asks", func() bool { return waiting.Load() == gateways*clients && s.made.Load() == 1 })
	close(going)
	wg.Wait()
	if n := s.made.Load(); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
	if made := outcomes[Made].Load(); made != 1 {
		t.Errorf("%d callers made it, want 1", made)
	}
	if leased(t, key) {
		t.Error("the lease is left behind")
	}
}

func TestHolderLooksOnceMore(t *testing.T) {
	s, key := new(store), newKey(t)
	s.put(key, "stored before")
	value, outcome, err := group(t, shared.Addr).Do(t.Context(), key, s.work(key, nil))
	if value != "stored before" || outcome != Found || err != nil {
		t.Errorf("got %q, %v, %v; want what is stored, found", value, outcome, err)
	}
	if leased(t, key) {
		t.Error("the lease is left behind")
	}
}

func TestClientThatLeavesCancelsNothing(t *testing.T) {
	s, key, g := new(store), newKey(t), group(t, shared.Addr)
	going := make(chan struct{})
	work := s.work(key, func() (string, error) {
		<-going
		return "value", nil
	})
	first, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, _, err := g.Do(first, key, work)
		left <- err
	}()
	until(t, "the call starts", func() bool { return s.made.Load() == 1 })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(going)
	if value, _, err := g.Do(t.Context(), key, work); value != "value" || err != nil {
		t.Errorf("who stayed got %q, %v", value, err)
	}
	if n := s.made.Load(); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

func TestPassingFailureAnswersThoseWhoWait(t *testing.T) {
	const gateways, clients = 3, 50
	s, key := new(store), newKey(t)
	gs := groups(t, gateways)
	going := make(chan struct{})
	var outcome error = &Failure{Code: "busy", Message: "no slot"}
	work := s.work(key, func() (string, error) {
		<-going
		return "value", outcome
	})
	var wg sync.WaitGroup
	for i := range gateways * clients {
		wg.Go(func() {
			_, _, err := gs[i%gateways].Do(t.Context(), key, work)
			failure, ok := errors.AsType[*Failure](err)
			if !ok || failure.Code != "busy" || failure.Message != "no slot" {
				t.Errorf("got %v", err)
			}
		})
	}
	until(t, "every client waits, and every gateway for the lease of one", func() bool {
		waiters, waits := 0, 0
		for _, g := range gs {
			waiters += int(g.Stats().Waiters)
			waits += int(min(g.Stats().LeaseWaits, 1))
		}
		return waiters == gateways*clients && waits == gateways-1 && s.made.Load() == 1
	})
	close(going)
	wg.Wait()
	if n := s.made.Load(); n != 1 {
		t.Errorf("%d calls for those who waited, want 1", n)
	}
	outcome = nil
	if value, _, err := gs[0].Do(t.Context(), key, work); value != "value" || err != nil {
		t.Errorf("who came later got %q, %v; want it tried again", value, err)
	}
}

func TestLastingFailureIsRemembered(t *testing.T) {
	s, key, gs := new(store), newKey(t), groups(t, 2)
	work := s.work(key, func() (string, error) { return "", &Failure{Code: "missing", Keep: 10 * time.Second} })
	for i := range 6 {
		_, _, err := gs[i%2].Do(t.Context(), key, work)
		failure, ok := errors.AsType[*Failure](err)
		if !ok || failure.Code != "missing" {
			t.Fatalf("got %v", err)
		}
		if left := time.Until(failure.Until); left <= 0 || left > 10*time.Second {
			t.Errorf("remembered for %v more, want up to 10 s", left)
		}
	}
	if n := s.made.Load(); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
	if n := s.asked.Load(); n != 0 {
		t.Errorf("a failure without a mark was asked after %d times", n)
	}
}

func TestMarkedFailureLastsAsLongAsItHolds(t *testing.T) {
	s, key, gs := new(store), newKey(t), groups(t, 2)
	work := s.work(key, func() (string, error) {
		if s.made.Load() == 1 {
			return "", &Failure{Code: "damaged", Mark: "etag-1", Keep: time.Minute}
		}
		return "value", nil
	})
	var changed atomic.Bool
	work.Holds = func(_ context.Context, f *Failure) bool {
		s.asked.Add(1)
		if f.Mark != "etag-1" {
			t.Errorf("asked after mark %q", f.Mark)
		}
		return !changed.Load()
	}
	for i := range 100 {
		if _, _, err := gs[i%2].Do(t.Context(), key, work); err == nil {
			t.Fatal("no failure")
		}
	}
	if n := s.asked.Load(); n > 2 {
		t.Errorf("asked %d times within a second, want once a gateway", n)
	}
	changed.Store(true)
	var value string
	until(t, "the change is seen", func() bool {
		value, _, _ = gs[0].Do(t.Context(), key, work)
		return value != ""
	})
	if value != "value" || s.made.Load() != 2 {
		t.Errorf("got %q after %d calls, want the value after 2", value, s.made.Load())
	}
}

func TestLostMessageCostsAPoll(t *testing.T) {
	s, key, g := new(store), newKey(t), group(t, shared.Addr)
	_, renewal := held(t, g, key) // never released, so no message comes
	defer renewal.stop()
	got := make(chan string)
	go func() {
		value, outcome, err := g.Do(t.Context(), key, s.work(key, nil))
		got <- fmt.Sprintln(value, outcome == Joined, err)
	}()
	until(t, "it waits", func() bool {
		g.subscription.mu.Lock()
		defer g.subscription.mu.Unlock()
		return len(g.subscription.seats) == 1
	})
	s.put(key, "value")
	if got := <-got; got != "value true <nil>\n" {
		t.Errorf("got %s", got)
	}
}

func TestDeadHolderIsFollowed(t *testing.T) {
	s, key, g := new(store), newKey(t), group(t, shared.Addr)
	dead := claim{key: prefix + key, token: token('d')}
	if state := g.leases.acquire(t.Context(), &dead); !state.taken {
		t.Fatalf("%+v", state)
	}
	value, outcome, err := g.Do(t.Context(), key, s.work(key, func() (string, error) { return "value", nil }))
	if value != "value" || outcome != Made || err != nil {
		t.Errorf("got %q, %v, %v", value, outcome, err)
	}
}

func TestWordOfAValueThatIsNotThere(t *testing.T) {
	key, g := newKey(t), group(t, shared.Addr)
	holder, renewal := held(t, g, key)
	defer renewal.stop()
	got := make(chan error, 1)
	go func() {
		_, _, err := g.Do(t.Context(), key, Work[string]{
			Look:  func(context.Context) (string, bool, error) { return "", false, nil },
			Admit: admitted,
			Make:  func(context.Context) (string, error) { return "", errors.New("called") },
		})
		got <- err
	}()
	client := redis.NewClient(&redis.Options{Addr: shared.Addr})
	defer client.Close()
	// The lease is kept and the message sent until it is heard: a flight that happens to
	// look by itself while a release is under way finds the lease free, and rightly takes it.
	until(t, "the message is heard", func() bool {
		client.Publish(t.Context(), releases, fmt.Sprint(len(prefix+key), " ", prefix+key, "D", holder.token))
		return len(got) == 1
	})
	if err := <-got; !errors.Is(err, ErrVanished) {
		t.Errorf("got %v, want ErrVanished", err)
	}
}

func TestPanicsAreAnswers(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	s, key, g := new(store), newKey(t), group(t, shared.Addr)
	_, _, err := g.Do(t.Context(), key, s.work(key, func() (string, error) { panic("boom") }))
	if err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("got %v, want the panic", err)
	}
	if leased(t, key) {
		t.Error("the lease is left behind")
	}
	work := s.work(key+"2", nil)
	work.Look = func(context.Context) (string, bool, error) { panic("bang") }
	if _, _, err := g.Do(t.Context(), key+"2", work); err == nil || !strings.Contains(err.Error(), "bang") {
		t.Errorf("got %v, want the panic", err)
	}
	if n := g.Stats().Panics; n != 2 {
		t.Errorf("%d panics are counted, want 2", n)
	}
	for _, want := range []string{"boom", "bang", "TestPanicsAreAnswers"} { // the last is in the stacks
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q: %s", want, &log)
		}
	}
}

func TestBudgetEndsAFlight(t *testing.T) {
	key := newKey(t)
	g, err := New[string](Redis{URL: shared.Addr}, 50*time.Millisecond, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close(context.Background())
	work := new(store).work(key, nil)
	work.Make = func(ctx context.Context) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}
	if _, _, err := g.Do(t.Context(), key, work); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if leased(t, key) {
		t.Error("the lease is left behind")
	}
}

func TestWithoutRedisEachProcessCoalescesAlone(t *testing.T) {
	own, err := stack.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, key, g := new(store), newKey(t), group(t, own.Addr)
	own.Kill()
	work := s.work(key, func() (string, error) { return "value", nil })
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if value, _, err := g.Do(t.Context(), key, work); value != "value" || err != nil {
				t.Errorf("got %q, %v", value, err)
			}
		})
	}
	wg.Wait()
	if n := s.made.Load(); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// TestLastingFailureIsRememberedWithoutRedis is about a failure before the call: there
// is nothing to call for.
func TestLastingFailureIsRememberedWithoutRedis(t *testing.T) {
	own, err := stack.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, key, g := new(store), newKey(t), group(t, own.Addr)
	own.Kill()
	prepared, admissions := 0, 0
	work := s.work(key, nil)
	work.Prepare = func(context.Context) { prepared++ }
	work.Admit = func(context.Context, func() time.Duration) (func(), error) {
		admissions++
		return nil, &Failure{Code: "missing", Keep: time.Minute}
	}
	for range 3 {
		if _, _, err := g.Do(t.Context(), key, work); err == nil || err.Error() != "missing" {
			t.Errorf("got %v, want the failure", err)
		}
	}
	if prepared != 1 || admissions != 1 {
		t.Errorf("prepared %d times and admitted %d times, want once", prepared, admissions)
	}
}

func TestHolderPutsItsLeaseBackIntoARestartedRedis(t *testing.T) {
	s, key, g := new(store), newKey(t), group(t, shared.Addr)
	going := make(chan struct{})
	done := make(chan error)
	go func() {
		_, _, err := g.Do(t.Context(), key, s.work(key, func() (string, error) {
			<-going
			return "value", nil
		}))
		done <- err
	}()
	until(t, "the call starts", func() bool { return s.made.Load() == 1 })
	client := redis.NewClient(&redis.Options{Addr: shared.Addr})
	defer client.Close()
	if err := client.Del(t.Context(), prefix+key).Err(); err != nil {
		t.Fatal(err)
	}
	until(t, "the lease is back", func() bool { return leased(t, key) })
	close(going)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestCloseWaitsForFlights(t *testing.T) {
	s, key := new(store), newKey(t)
	g, err := New[string](Redis{URL: shared.Addr}, 20*time.Second, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	going := make(chan struct{})
	client, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		g.Do(client, key, s.work(key, func() (string, error) {
			<-going
			return "value", nil
		}))
		close(left)
	}()
	until(t, "the call starts", func() bool { return s.made.Load() == 1 })
	leave()
	<-left
	closed := make(chan error)
	go func() { closed <- g.Close(t.Context()) }()
	close(going)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if leased(t, key) {
		t.Error("the lease is left behind")
	}
	if value, _, _ := s.look(key); value != "value" {
		t.Errorf("%q is stored", value)
	}
}

func TestCloseEndsWithItsContext(t *testing.T) {
	s, key := new(store), newKey(t)
	g, err := New[string](Redis{URL: shared.Addr}, 20*time.Second, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	going := make(chan struct{})
	defer close(going)
	go g.Do(t.Context(), key, s.work(key, func() (string, error) {
		<-going
		return "value", nil
	}))
	until(t, "the call starts", func() bool { return s.made.Load() == 1 })
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := g.Close(soon); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestReleaseIsTriedAgain freezes Redis for longer than a command may take, as a
// busy machine does.
func TestReleaseIsTriedAgain(t *testing.T) {
	own, err := stack.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer own.Stop()
	s, key, g := new(store), newKey(t), group(t, own.Addr)
	_, outcome, err := g.Do(t.Context(), key, s.work(key, func() (string, error) {
		own.Signal(syscall.SIGSTOP)
		return "value", nil
	}))
	if outcome != Made || err != nil {
		t.Errorf("%v, %v", outcome, err)
	}
	own.Signal(syscall.SIGCONT)
	if err := g.Close(t.Context()); err != nil {
		t.Error(err)
	}
	client := redis.NewClient(&redis.Options{Addr: own.Addr})
	defer client.Close()
	if value, err := client.Get(t.Context(), prefix+key).Result(); err != redis.Nil {
		t.Errorf("%q, %v: the lease is left behind", value, err)
	}
}

func TestValueDoesNotWaitForTheRelease(t *testing.T) {
	answered := make(chan struct{})
	g, err := New[string](Redis{URL: shared.Addr}, 20*time.Second, func(_ context.Context, step string, _ time.Time, _ error) {
		if step == "release" {
			<-answered
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, key := new(store), newKey(t)
	landed := make(chan struct{})
	go func() {
		defer close(landed)
		if _, outcome, err := g.Do(t.Context(), key, s.work(key, func() (string, error) { return "value", nil })); outcome != Made || err != nil {
			t.Errorf("%v, %v", outcome, err)
		}
	}()
	select {
	case <-landed:
	case <-time.After(10 * time.Second):
		t.Error("the value waits until the lease is given back")
	}
	close(answered)
	g.Close(t.Context())
	if leased(t, key) {
		t.Error("the lease is left behind")
	}
}

// token returns a token of the right length that is easy to recognise.
func token(c byte) string { return strings.Repeat(string(c), 26) }

// newKey is a key that no other test has used, nor this one in an earlier run.
func newKey(t *testing.T) string { return t.Name() + "/" + rand.Text() }

func TestWatcherHearsOfAFlightsSteps(t *testing.T) {
	type mark struct{}
	var mu sync.Mutex
	var steps []string
	g, err := New[string](Redis{URL: shared.Addr}, 20*time.Second, func(flight context.Context, step string, began time.Time, err error) {
		mu.Lock()
		defer mu.Unlock()
		if flight.Value(mark{}) == nil {
			return
		}
		steps = append(steps, step)
		if took := time.Since(began); took <= 0 || took > callTimeout || err != nil {
			t.Errorf("%s took %v: %v", step, took, err)
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := new(store)
	if _, _, err := g.Do(context.WithValue(t.Context(), mark{}, true), rand.Text(), s.work("watched", func() (string, error) { return "v", nil })); err != nil {
		t.Fatal(err)
	}
	g.Close(t.Context())
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Join(steps, " "); got != "acquire extend release" {
		t.Errorf("heard of %q, want acquire extend release", got)
	}
}

// aged is a server that has run for some time, says nothing of it, or is gone.
type aged struct {
	unpurged
	up          time.Duration
	silent, not error
}

func (a aged) uptime(context.Context) (time.Duration, error) { return a.up, a.silent }
func (aged) listen(ctx context.Context, _ *subscription)     { <-ctx.Done() }
func (a aged) step(context.Context, *script, string, ...any) (any, error) {
	return int64(1), a.not
}

func TestSettleWaitsForRedisOrTheGrace(t *testing.T) {
	for name, c := range map[string]struct {
		server aged
		want   time.Duration
	}{
		"one that has long run":         {aged{up: time.Hour}, 0},
		"one that has just begun":       {aged{up: 0}, quarantine},
		"one that does not say so":      {aged{silent: refusedError("NOPERM this user has no permissions to run the 'info' command")}, quarantine},
		"one that is gone":              {aged{up: time.Hour, not: errDown}, grace},
		"one that refuses what matters": {aged{up: time.Hour, not: refusedError("OOM command not allowed")}, grace},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGroup[string](c.server, time.Second, nil, nil)
				defer g.Close(t.Context())
				began := time.Now()
				g.Settle(t.Context())
				if took := time.Since(began); took != c.want {
					t.Errorf("settled after %v, want %v", took, c.want)
				}
			})
		})
	}
}

func TestAdmitHearsHowLongCallsTake(t *testing.T) {
	const budget = 500 * time.Millisecond
	g, err := New[string](Redis{URL: shared.Addr}, budget, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close(context.Background())
	for _, test := range []struct {
		call        time.Duration // after which the next call is judged
		least, most time.Duration
	}{
		{0, 0, 0},
		{100 * time.Millisecond, 150 * time.Millisecond, 9 * budget / 10},
		{budget + time.Second, 9 * budget / 10, 9 * budget / 10}, // it is cut off
	} {
		s, key := new(store), newKey(t)
		if test.call > 0 {
			g.Do(t.Context(), key, Work[string]{
				Look:  func(context.Context) (string, bool, error) { return s.look(key) },
				Admit: admitted,
				Make: func(ctx context.Context) (string, error) {
					select {
					case <-time.After(test.call):
						return "value", nil
					case <-ctx.Done():
						return "", ctx.Err()
					}
				},
			})
		}
		work := s.work(key+"2", func() (string, error) { return "value", nil })
		heard := time.Duration(-1)
		work.Admit = func(_ context.Context, takes func() time.Duration) (func(), error) {
			heard = takes()
			return nil, errors.New("not now")
		}
		g.Do(t.Context(), key+"2", work)
		if heard < test.least || heard > test.most {
			t.Errorf("after a call of %v: %v, want %v to %v", test.call, heard, test.least, test.most)
		}
	}
}
