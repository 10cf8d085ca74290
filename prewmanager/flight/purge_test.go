package flight

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// hear reads the messages of these tests: begin or end, an id, and the beginning of the keys.
func hear(message string, _ bool) (Purge, bool) {
	fields := strings.Fields(message)
	if len(fields) != 3 {
		return Purge{}, false
	}
	return Purge{ID: fields[1], Ended: fields[0] == "end", About: func(key string) bool { return strings.HasPrefix(key, fields[2]) }}, true
}

// purger returns a Purger on the Redis of all tests.
func purger(t *testing.T) *Purger {
	t.Helper()
	p, err := NewPurger(Redis{URL: shared.Addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// purge carries out a purge of a key of the store, between two functions.
func (s *store) purge(t *testing.T, p *Purger, key string, begun func()) {
	t.Helper()
	leased, err := p.Begin(t.Context(), key, func(k string) bool { return k == key }, []byte("begin "+key+" "+key))
	if err != nil {
		t.Error(err)
	}
	s.remove(key)
	begun()
	if err := p.Wait(t.Context(), leased); err != nil {
		t.Error(err)
	}
	if len(leased) > 0 {
		s.remove(key)
	}
	if err := p.End(t.Context(), []byte("end "+key+" "+key)); err != nil {
		t.Error(err)
	}
}

func (s *store) remove(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, key)
}

// replaced is work on a photo that is replaced while the first call is under way.
func (s *store) replaced(key string, calls int, began, on chan struct{}) Work[string] {
	n := 0
	work := s.work(key, func() (string, error) {
		n++
		if n <= calls {
			began <- struct{}{}
			<-on
			return "old", nil
		}
		return "new", nil
	})
	work.Delete = func(context.Context) error { s.remove(key); return nil }
	return work
}

// TestPurgeWhileTheValueIsMade checks that nobody gets a value whose call began before a
// purge: neither who waits for it in this process, nor who waits in another, nor who looks
// when the purge has ended.
func TestPurgeWhileTheValueIsMade(t *testing.T) {
	s, key, gs := new(store), newKey(t), hearing(t, 2)
	began, on := make(chan struct{}), make(chan struct{})
	work := s.replaced(key, 1, began, on)
	answers := make(chan string, 3)
	ask := func(g *Group[string]) {
		value, _, err := g.Do(t.Context(), key, work)
		if err != nil {
			t.Error(err)
		}
		answers <- value
	}
	go ask(gs[0])
	<-began
	go ask(gs[0])
	go ask(gs[1])
	s.purge(t, purger(t), key, func() {
		until(t, "the flight is marked", func() bool { return marks(gs[0], key) == 1 })
		close(on)
	})
	for range 3 {
		if value := <-answers; value != "new" {
			t.Errorf("got %q", value)
		}
	}
	if value, found, _ := s.look(key); found && value != "new" {
		t.Errorf("%q is stored", value)
	}
	if n := gs[0].Stats().Remade; n != 1 {
		t.Errorf("%d values are counted as made again, want 1", n)
	}
}

// TestPurgeAgainAndAgain checks that a flight gives up where every call of it is purged, and
// leaves nothing behind.
func TestPurgeAgainAndAgain(t *testing.T) {
	s, key, gs := new(store), newKey(t), hearing(t, 1)
	p := purger(t)
	began, on := make(chan struct{}), make(chan struct{})
	got := make(chan error, 1)
	go func() {
		_, _, err := gs[0].Do(t.Context(), key, s.replaced(key, 9, began, on))
		got <- err
	}()
	for n := range mostCalls {
		<-began
		if err := p.End(t.Context(), []byte("end "+key+string(rune('a'+n))+" "+key)); err != nil {
			t.Fatal(err)
		}
		until(t, "the flight is marked", func() bool { return marks(gs[0], key) == n+1 })
		on <- struct{}{}
	}
	if err := <-got; !errors.Is(err, ErrPurged) {
		t.Errorf("got %v, want ErrPurged", err)
	}
	if _, found, _ := s.look(key); found || leased(t, key) {
		t.Error("a value or a lease is left behind")
	}
}

// TestPurgeForgetsFailures checks that what was missing is looked for anew, in this process
// and in others.
func TestPurgeForgetsFailures(t *testing.T) {
	s, key, gs := new(store), newKey(t), hearing(t, 2)
	missing := s.work(key, func() (string, error) { return "", &Failure{Code: "missing", Keep: time.Minute} })
	for _, g := range gs {
		if _, _, err := g.Do(t.Context(), key, missing); err == nil {
			t.Fatal("no failure")
		}
	}
	s.purge(t, purger(t), key, func() {})
	until(t, "the purge is heard", func() bool { return gs[1].negatives.recall(prefix+key) == nil })
	if value, _, err := gs[1].Do(t.Context(), key, s.work(key, func() (string, error) { return "value", nil })); value != "value" {
		t.Errorf("got %q, %v", value, err)
	}
}

// TestPurgeExplainsWhatIsNotThere is about a value that is purged between the holder's message
// and the look of a flight that waits for it.
func TestPurgeExplainsWhatIsNotThere(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: shared.Addr})
	defer client.Close()
	p := purger(t)
	for name, begin := range map[string]func(message string) error{
		"heard": func(message string) error { return p.End(t.Context(), []byte(message)) },
		"lost": func(message string) error {
			return client.XAdd(t.Context(), &redis.XAddArgs{Stream: purgeKey, Values: []string{"message", message}}).Err()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, key, g := new(store), newKey(t), hearing(t, 1)[0]
			holder, renewal := held(t, g, key)
			got := make(chan string, 1)
			go func() {
				value, _, err := g.Do(t.Context(), key, s.work(key, func() (string, error) { return "value", nil }))
				if err != nil {
					t.Error(err)
				}
				got <- value
			}()
			until(t, "it waits", func() bool { return g.Stats().LeaseWaits > 0 })
			if err := begin("begin " + key + " " + key); err != nil {
				t.Fatal(err)
			}
			renewal.stop()
			g.leases.release(t.Context(), holder, nil)
			if value := <-got; value != "value" {
				t.Errorf("got %q", value)
			}
		})
	}
}

// TestLostMessageIsRead checks that a process which was not subscribed when a purge began and
// ended hears of it when it is.
func TestLostMessageIsRead(t *testing.T) {
	key := newKey(t)
	p := purger(t)
	for _, message := range []string{"begin " + key + " x", "end " + key + " x"} {
		if err := p.End(t.Context(), []byte(message)); err != nil {
			t.Fatal(err)
		}
	}
	var mu sync.Mutex
	var got []string
	g, err := New[string](Redis{URL: shared.Addr}, time.Second, nil, func(message string, _ bool) (Purge, bool) {
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(message, key) {
			got = append(got, message)
		}
		return Purge{}, false
	})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close(t.Context())
	want := []string{"begin " + key + " x", "end " + key + " x"}
	until(t, "both are read", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Equal(got, want)
	})
	g.catchUp(t.Context())
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(got, want) {
		t.Errorf("heard %q, want each message once", got)
	}
}

// TestLogOfPurgesIsShort checks that it does not grow in Redis.
func TestLogOfPurgesIsShort(t *testing.T) {
	p := purger(t)
	for range 150 {
		if err := p.End(t.Context(), []byte("end long x")); err != nil {
			t.Fatal(err)
		}
	}
	client := redis.NewClient(&redis.Options{Addr: shared.Addr})
	defer client.Close()
	if n := client.XLen(t.Context(), purgeKey).Val(); n != 100 {
		t.Errorf("%d messages are kept, want 100", n)
	}
	if left := client.PTTL(t.Context(), purgeKey).Val(); left <= 0 || left > logFor {
		t.Errorf("the log is kept for %v, want %v", left, logFor)
	}
}

// TestWaitIsOverWhenTheHolderIs checks that a purge waits for the holder of its time alone.
func TestWaitIsOverWhenTheHolderIs(t *testing.T) {
	key, g, p := newKey(t), group(t, shared.Addr), purger(t)
	holder, renewal := held(t, g, key)
	leased, err := p.Begin(t.Context(), key, func(k string) bool { return k == key }, []byte("begin "+key+" x"))
	if err != nil || !slices.Equal(leased, []string{key}) {
		t.Fatalf("%q, %v", leased, err)
	}
	over := make(chan error, 1)
	go func() { over <- p.Wait(t.Context(), leased) }()
	select {
	case err := <-over:
		t.Errorf("it does not wait: %v", err)
	case <-time.After(4 * waitEvery):
	}
	renewal.stop()
	g.leases.release(t.Context(), holder, nil)
	if state := g.leases.acquire(t.Context(), &claim{key: prefix + key, token: token('n')}); !state.taken {
		t.Errorf("%+v", state)
	}
	if err := <-over; err != nil {
		t.Error(err)
	}
	if len(p.held) > 0 {
		t.Errorf("%v is remembered", p.held)
	}
}

// TestRightsOfAPurge is about the user that SECURITY.md describes.
func TestRightsOfAPurge(t *testing.T) {
	client, url := limited(t, rightsOfAGateway+" +scan +info")
	heard := make(chan string, 10)
	g, err := New[string](Redis{URL: url}, time.Second, nil, func(message string, _ bool) (Purge, bool) { heard <- message; return Purge{}, false })
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close(t.Context())
	p, err := NewPurger(Redis{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, renewal := held(t, g, "k")
	renewal.stop()
	client.Set(t.Context(), prefix+"failed", "F"+token('x')+"!{}", time.Minute)
	leased, err := p.Begin(t.Context(), "1", func(string) bool { return true }, []byte("begin"))
	if err != nil || !slices.Equal(leased, []string{"k"}) {
		t.Errorf("%q, %v", leased, err)
	}
	client.Del(t.Context(), prefix+"k")
	if err := p.Wait(t.Context(), leased); err != nil {
		t.Error(err)
	}
	if n := client.Exists(t.Context(), prefix+"failed").Val(); n != 0 {
		t.Error("the failure is not forgotten")
	}
	if message := <-heard; message != "begin" {
		t.Errorf("heard %q", message)
	}
}

// TestPurgeWithoutRedis checks that a purge says soon that nobody was told.
func TestPurgeWithoutRedis(t *testing.T) {
	p, err := NewPurger(Redis{URL: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	began := time.Now()
	if _, err := p.Begin(t.Context(), "7", func(string) bool { return true }, nil); err == nil || time.Since(began) > 2*askFor {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// hearing returns groups that hear of purges, once they have read the log.
func hearing(t *testing.T, n int) []*Group[string] {
	t.Helper()
	gs := make([]*Group[string], n)
	for i := range gs {
		g, err := New[string](Redis{URL: shared.Addr}, 20*time.Second, nil, hear)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close(context.Background()) })
		gs[i] = g
		until(t, "it is subscribed", func() bool {
			g.purges.mu.Lock()
			defer g.purges.mu.Unlock()
			return g.purges.once
		})
	}
	return gs
}

// marks is how often the flight of a key was marked.
func marks(g *Group[string], key string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c, ok := g.calls[prefix+key]; ok {
		return int(c.marks.Load())
	}
	return -1
}
