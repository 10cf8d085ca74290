package flight

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	seeds = flag.Int("seeds", 1000, "how many seeds the simulation runs, of each kind of fault")
	seed  = flag.Uint64("seed", 0, "the one seed to run, instead of many")
)

// faults says what may go wrong in a simulation, and what must hold all the same.
// In every simulation each client must get an answer, and the right one.
type faults struct {
	name string

	lostMessages bool // any message may be lost
	kills        int  // processes that die and are replaced
	pauses       int  // processes that stand still for up to 5 s
	restarts     int  // of the server, which forgets everything
	refusals     int  // times that the server refuses all writes, for up to 5 s
	forGood      bool // the server does not come back, or refuses from then on
	keyRefused   bool // the server refuses every command for one key
	unpublished  bool // the server refuses to publish
	unsubscribed bool // the server refuses all subscriptions
	failing      bool // the call fails, with a failure that is remembered
	purges       int  // photos that are replaced, each followed by a purge of its value
	parted       bool // the server is a cluster: each key has a primary of its own
	promotions   int  // primaries whose place is taken by a replica that may lack the last writes
	splits       int  // times that some processes see one primary and the others another one
	troubles     int  // times that the server answers as one that fails over, and forgets nothing
	slots        int  // times that it answers so for one key alone

	// extra is how many calls for a key there may be beyond the first, after the
	// faults of the simulation.
	extra func(s *simulation) int
	// share is how many extra calls there may be for a key on average over many
	// seeds.
	share float64
	// stale is how many answers and stored values, for each purge over many seeds, may be
	// older than a purge that had ended when they were asked for.
	stale float64
}

// Each share is 1.5 times what was measured over 10,000 seeds or, where that was
// almost nothing, what two keys are in 1,000 seeds. Where there are purges, most extra calls
// are for what was purged, and it is 1.1 to 1.2 times; stale values there were 18 after 40,000
// purges with "everything", and none with the other kinds. The share of "restarts" would be
// 0.25 without the quarantine, and 0.006 without the notice of a lost connection. The
// share of "kills and restarts" would be 0.02 if flights started before their
// process has settled. Those of "writes refused" are 1.1 to 1.2 times what was measured:
// they would be 0.58, 0.61 and 0.26 if a beat only read.
var kinds = []faults{
	{name: "none", extra: none},
	{name: "lost messages", lostMessages: true, extra: none},
	{name: "kills", kills: 4, extra: none},
	{name: "kills and lost messages", kills: 4, lostMessages: true, extra: none},
	{name: "failing", failing: true, lostMessages: true, extra: none},
	// A failure is lost with the process that knows it.
	{name: "failing and kills", failing: true, kills: 4, extra: func(s *simulation) int { return s.killed }, share: 0.65},
	{name: "pauses", pauses: 3, extra: func(s *simulation) int { return s.paused }, share: 0.011},
	{name: "restarts", restarts: 2, extra: func(s *simulation) int { return s.restarted }, share: 0.001},
	{name: "kills and restarts", kills: 3, restarts: 2, extra: func(s *simulation) int { return s.killed + s.restarted }, share: 0.013},
	// Every process makes the value once, by itself.
	{name: "gone", restarts: 1, forGood: true, extra: func(s *simulation) int { return s.restarted * (processes - 1) }, share: 0.9},
	{name: "writes refused", refusals: 2, extra: aloneForEachRefusal, share: 0.5},
	{name: "writes refused for good", refusals: 1, forGood: true, extra: aloneForEachRefusal, share: 0.57},
	// Every process makes the value of this key by itself; the other key has its lease.
	{name: "a key refused", keyRefused: true, extra: func(*simulation) int { return processes - 1 }, share: 1},
	{name: "messages refused", unpublished: true, extra: none},
	{name: "messages refused, failing", unpublished: true, failing: true, extra: none},
	{name: "subscriptions refused", unsubscribed: true, extra: none},
	{name: "subscriptions refused and kills", unsubscribed: true, kills: 4, extra: none},
	{name: "writes refused, kills and restarts", refusals: 2, kills: 3, restarts: 2,
		extra: func(s *simulation) int { return aloneForEachRefusal(s) + s.killed + s.restarted }, share: 0.23},
	{name: "everything", lostMessages: true, kills: 3, pauses: 2, restarts: 2,
		extra: func(s *simulation) int { return s.killed + s.paused + s.restarted }, share: 0.017},
	{name: "promotions", promotions: 2, extra: none},
	{name: "promotions in a cluster", parted: true, promotions: 3, lostMessages: true, extra: none},
	// Nobody puts back the lease of a process that is dead.
	{name: "promotions and kills", promotions: 2, kills: 3, extra: func(s *simulation) int { return s.promoted + s.killed }, share: 0.004},
	{name: "split in half", splits: 2, extra: forEachSide, share: 0.12},
	{name: "split in half, and kills", splits: 2, kills: 3, extra: func(s *simulation) int { return forEachSide(s) + s.killed }, share: 0.11},
	{name: "failing over", parted: true, troubles: 3, extra: none},
	{name: "a slot failing over", slots: 2, extra: none},
	{name: "everything in a cluster", parted: true, lostMessages: true, kills: 3, pauses: 2, restarts: 2, promotions: 2, troubles: 2, slots: 1,
		extra: func(s *simulation) int { return s.killed + s.paused + s.restarted + s.promoted }, share: 0.006},
	{name: "purges, promotions and lost messages", purges: 4, promotions: 2, lostMessages: true, extra: forEachPurge, share: 1.5, stale: 0.001},
	{name: "purges", purges: 4, extra: forEachPurge, share: 2.3},
	{name: "purges, kills and lost messages", purges: 4, kills: 4, lostMessages: true, extra: forEachPurge, share: 1.5},
	{name: "purges, restarts and lost messages", purges: 4, restarts: 2, lostMessages: true, extra: forEachPurge, share: 2.5},
	{name: "purges, failing", purges: 4, failing: true, lostMessages: true, extra: forEachPurge, share: 1.1},
	{name: "purges, subscriptions refused", purges: 4, unsubscribed: true, extra: forEachPurge, share: 1.6},
	{name: "purges and pauses", purges: 4, pauses: 3, extra: forEachPurge, share: 1.9, stale: 0.001},
	{name: "purges, kills and restarts", purges: 4, kills: 3, restarts: 2, extra: forEachPurge, share: 1.7, stale: 0.001},
	{name: "purges, writes refused", purges: 4, refusals: 2, extra: forEachPurge, share: 3.6, stale: 0.001},
	{name: "purges and everything", purges: 4, lostMessages: true, kills: 3, pauses: 2, restarts: 2, extra: forEachPurge, share: 1.4, stale: 0.001},
}

// forEachPurge is how many extra calls there are if each purge has the value deleted three
// times: what is stored, what was being made, and what was made meanwhile.
func forEachPurge(s *simulation) int {
	return 3*s.purged + s.killed + s.paused + s.restarted + s.refused*(processes-1)
}

func none(*simulation) int { return 0 }

// forEachSide is how many extra calls there are if each side makes the value whenever the
// Redis is split in half.
func forEachSide(s *simulation) int { return s.split }

// aloneForEachRefusal is how many extra calls there are if every process makes the
// value by itself whenever the server refuses.
func aloneForEachRefusal(s *simulation) int { return s.refused * (processes - 1) }

// TestSimulation runs the protocol of three processes against a server, a clock
// and a scheduler. A seed decides everything: which step is carried out next, when
// time passes and how much, and what breaks. One thing happens at a time, so that a
// seed that fails once fails again:
// go test -run TestSimulation/kills -seed 123
func TestSimulation(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			if *seed != 0 {
				simulate(t, kind, *seed)
				return
			}
			keys, extra, purged, stale := 0, 0, 0, 0
			for n := range uint64(*seeds) {
				s := simulate(t, kind, n+1)
				if t.Failed() {
					return
				}
				purged += s.purged
				stale += s.stale
				for _, made := range s.made {
					keys++
					extra += made - 1
				}
			}
			if share := float64(extra) / float64(keys); share > kind.share {
				t.Errorf(kind.name+" %d extra calls for %d keys are %.4f, want at most %.4f", extra, keys, share, kind.share)
			}
			t.Logf("%d extra calls for %d keys, %d stale values after %d purges", extra, keys, stale, purged)
			if share := float64(stale) / float64(max(1, purged)); share > kind.stale {
				t.Errorf("%d stale values after %d purges are %.4f, want at most %.4f", stale, purged, share, kind.stale)
			}
		})
	}
}

// TestSimulationReplays checks that a seed decides everything.
func TestSimulationReplays(t *testing.T) {
	for _, kind := range kinds {
		for seed := range uint64(20) {
			first, second := simulate(t, kind, seed).history, simulate(t, kind, seed).history
			for i := range min(len(first), len(second)) {
				if first[i] != second[i] {
					t.Fatalf("%s, seed %d: event %d is %s, then %s", kind.name, seed, i, first[i], second[i])
				}
			}
			if len(first) != len(second) || len(first) == 0 {
				t.Fatalf("%s, seed %d: %d events, then %d", kind.name, seed, len(first), len(second))
			}
		}
	}
}

// simulate runs one world to its end.
func simulate(t *testing.T, kind faults, seed uint64) *simulation {
	s := &simulation{
		faults: kind, seed: seed, random: rand.New(rand.NewPCG(seed, 0)),
		store: map[string]string{}, drawn: map[string]int{},
		made: map[string]int{}, making: map[string]int{}, most: map[string]int{},
		makers: map[string][]int{},
		photos: map[string]int{}, floors: map[string]int{},
	}
	s.primaries = []*machine{newMachine()}
	if kind.parted {
		s.primaries = append(s.primaries, newMachine())
	}
	for range processes {
		s.views = append(s.views, slices.Clone(s.primaries))
	}
	synctest.Test(t, func(t *testing.T) {
		s.t = t
		s.run()
	})
	return s
}

const (
	processes = 3
	clients   = 8
	// slowest is the longest call; the shortest takes half of it.
	slowest = 800 * time.Millisecond
	// promptly is the longest time that a step waits to be carried out, unless its
	// process stands still.
	promptly = 40 * time.Millisecond
	// patience is the time after which a client without an answer counts as
	// forgotten: every fault may cost a whole lease of 3.2 s, and then a call.
	patience = 40 * time.Second
)

// simulation is one world: a server, a store, calls that make values, processes.
type simulation struct {
	t      *testing.T
	faults faults
	seed   uint64
	random *rand.Rand

	mu      sync.Mutex // protects all that follows while goroutines run between two events
	events  []*event
	order   int // number of the last event, to tell equal events apart
	procs   []*proc
	waiting int // clients without an answer
	over    bool

	primaries []*machine   // one for each part of the keys
	views     [][]*machine // the primaries that each process sees
	coming    []coming
	store     map[string]string

	refusing time.Time // the server refuses all writes until then
	deleting bool      // but not to delete, as when its memory is full
	slot     error     // what the server answers to all that is about key 1; nil: as it should

	made, making, most map[string]int // calls of a key: in all, now, most at a time

	killed, paused, restarted, refused, promoted, split, troubled, slots int

	failing bool              // a node fails over, or answers as if it did
	sides   []bool            // of each process while the Redis is split in half; nil: it is whole
	called  [2]map[string]int // calls of a key by the processes of each side
	makers  map[string][]int  // the processes that call for a key now

	photos  map[string]int // how often each was replaced
	floors  map[string]int // the oldest photo whose value may be found, after the purges that have ended
	purgers []*proc
	purged  int // purges that have begun
	purging int // that have not ended
	stale   int // values that were older than a floor

	drawn   map[string]int
	history []string // a line for each event
}

// proc is one process: a group and what the simulation does to it.
type proc struct {
	name         int
	group        *Group[string]
	subscription *subscription
	settled      chan struct{} // closed when the process may start flights
	dead         bool
	stopped      time.Time // the process stands still until then
	clients      []context.CancelFunc
}

// event is something that happens when the scheduler chooses it.
type event struct {
	proc  *proc // nil: of no process
	what  string
	order int
	since time.Time
	ctx   context.Context // of the goroutine that waits for it
	do    func() (any, error)
	done  chan struct{}
	value any
	err   error
}

// add puts an event among those that the scheduler chooses from.
func (s *simulation) add(ctx context.Context, p *proc, what string, do func() (any, error)) *event {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order++
	e := &event{proc: p, what: what, order: s.order, since: time.Now(), ctx: ctx, do: do, done: make(chan struct{})}
	s.events = append(s.events, e)
	return e
}

// await adds an event and waits until it has happened, or ctx ends. A goroutine
// of a process that dies meanwhile ends here.
func (s *simulation) await(ctx context.Context, p *proc, what string, do func() (any, error)) (any, error) {
	s.alive(p)
	e := s.add(ctx, p, what, do)
	var err error
	select {
	case <-e.done:
		err = e.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.alive(p)
	if err != nil {
		return nil, err
	}
	return e.value, nil
}

// alive ends the goroutine of a process that is dead.
func (s *simulation) alive(p *proc) {
	s.mu.Lock()
	dead := p.dead
	s.mu.Unlock()
	if dead {
		runtime.Goexit()
	}
}

// work is the work of a process's flights for a key.
func (s *simulation) work(p *proc, key string) Work[string] {
	return Work[string]{
		Look: func(ctx context.Context) (string, bool, error) {
			value, err := s.await(ctx, p, "look "+key, func() (any, error) { return s.store[key], nil })
			if err != nil {
				return "", false, err
			}
			return value.(string), value != "", nil
		},
		Delete: func(ctx context.Context) error {
			_, err := s.await(ctx, p, "delete "+key, func() (any, error) { delete(s.store, key); return nil, nil })
			return err
		},
		Holds: func(context.Context, *Failure) bool { return true },
		Admit: admitted,
		Make: func(ctx context.Context) (string, error) {
			took := slowest/2 + s.draw("call of "+key, slowest/2)
			done := make(chan error, 1)
			var stored string
			// From here on the call goes on even if the process dies.
			_, err := s.await(ctx, p, "call "+key, func() (any, error) {
				s.calls(p.name, key)
				value := fmt.Sprint("value ", s.photos[key], " of ", key)
				go func() {
					time.Sleep(took)
					s.add(context.Background(), nil, "store "+key, func() (any, error) {
						s.lands(p.name, key)
						if s.faults.failing {
							done <- &Failure{Code: "broken", Keep: time.Minute}
							return nil, nil
						}
						if s.store[key] == "" { // the call stores under the condition that there is none
							s.store[key] = value
						}
						stored = s.store[key]
						done <- nil
						return nil, nil
					})
				}()
				return nil, nil
			})
			if err != nil {
				return "", err
			}
			select {
			case err = <-done:
			case <-ctx.Done():
				err = ctx.Err()
			}
			// While the answer is on its way, the process may die.
			if _, lost := s.await(ctx, p, "answer "+key, func() (any, error) { return nil, nil }); lost != nil {
				err = lost
			}
			return stored, err
		},
	}
}

// draw returns a duration below most. It depends on the seed, on what, and on how
// often there was a draw for that before, because goroutines that wake at once draw
// in any order.
func (s *simulation) draw(what string, most time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drawn[what]++
	hash := fnv.New64a()
	fmt.Fprint(hash, s.seed, what, s.drawn[what])
	return time.Duration(hash.Sum64() % uint64(most))
}

func (s *simulation) start(name int) {
	p := &proc{name: name, settled: make(chan struct{})}
	p.group = newGroup[string](s.seat(p), patience, nil, s.hear())
	p.group.jitter = func(key string, most time.Duration) time.Duration { return s.draw(fmt.Sprint(name, key), most) }
	go func() {
		defer close(p.settled) // also if the process dies before
		p.group.Settle(p.group.ctx)
		s.await(p.group.ctx, p, "settle", func() (any, error) { return nil, nil })
	}()
	s.mu.Lock()
	s.procs[name] = p
	s.mu.Unlock()
}

// hear is what processes hear purges with; nil in a simulation without.
func (s *simulation) hear() Hear {
	if s.faults.purges == 0 {
		return nil
	}
	return func(message string, _ bool) (Purge, bool) {
		fields := strings.SplitN(message, " ", 3)
		return Purge{ID: fields[1], Ended: fields[0] == "end", About: func(key string) bool { return key == fields[2] }}, true
	}
}

// replace replaces the photo of a key, and some time later the key is purged, as a program
// does that can reach the server.
func (s *simulation) replace(key string) {
	s.photos[prefix+key]++
	s.purged++
	s.purging++
	id := s.purged
	p := &proc{name: processes + id}
	s.purgers = append(s.purgers, p)
	go func() {
		time.Sleep(s.draw("purge of "+key, slowest))
		purger := newPurger(s.seat(p), nil)
		for {
			s.alive(p)
			s.mu.Lock()
			floor := s.photos[prefix+key]
			s.mu.Unlock()
			if err := s.purge(purger, p, id, key); err == nil {
				time.Sleep(callTimeout) // a process that heard nothing lets callers join until a lease is given back
				s.mu.Lock()
				s.floors[prefix+key] = max(s.floors[prefix+key], floor)
				s.purging--
				s.mu.Unlock()
				return
			}
			time.Sleep(renewEvery) // it is not done, and whoever wanted it tries again
		}
	}()
}

// purge does all that a purge does, in its order.
func (s *simulation) purge(purger *Purger, p *proc, id int, key string) error {
	remove := func() {
		s.await(context.Background(), p, "delete "+key, func() (any, error) { delete(s.store, prefix+key); return nil, nil })
	}
	leased, err := purger.Begin(context.Background(), fmt.Sprint(id), func(k string) bool { return k == key }, fmt.Appendf(nil, "begin %d %s", id, key))
	if err != nil {
		return err
	}
	remove()
	if len(leased) > 0 {
		if err := purger.Wait(context.Background(), leased); err != nil {
			return err
		}
		remove()
	}
	return purger.End(context.Background(), fmt.Appendf(nil, "end %d %s", id, key))
}

// judge counts a value that is older than a purge that had ended before.
func (s *simulation) judge(what, value string, floor int) {
	age := 0
	if fmt.Sscanf(value, "value %d", &age); value == "" || age >= floor {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale++
	if s.faults.stale == 0 {
		s.t.Errorf("seed %d: %s: %q, want photo %d", s.seed, what, value, floor)
	}
}

// client asks for a key until it gets an answer, at another process when its own
// dies. Where there are purges it does so again and again.
func (s *simulation) client(name int) {
	s.asks(name)
	for n := range s.faults.purges {
		time.Sleep(s.draw(fmt.Sprint("client ", name), 2*time.Second))
		s.asks(name + 3*n)
	}
	s.mu.Lock()
	s.waiting--
	s.mu.Unlock()
}

// asks is one question of a client.
func (s *simulation) asks(name int) {
	key := fmt.Sprint("key ", name%2)
	began := time.Now()
	for at := name; ; at++ {
		s.mu.Lock()
		if s.over {
			s.mu.Unlock()
			return
		}
		p := s.procs[at%processes]
		ctx, cancel := context.WithCancel(context.Background())
		p.clients = append(p.clients, cancel)
		dead := p.dead
		floor := s.floors[prefix+key]
		s.mu.Unlock()
		if dead {
			time.Sleep(time.Millisecond)
			continue
		}
		<-p.settled
		value, _, err := p.group.Do(ctx, key, s.work(p, prefix+key))
		s.mu.Lock()
		dead = p.dead
		s.mu.Unlock()
		// A process that did not hear of a purge before the server forgot it can't know why a
		// value is not there.
		ignorant := s.restarted+s.promoted > 0 && errors.Is(err, ErrVanished)
		if dead || ignorant || err != nil && strings.Contains(err.Error(), ErrPurged.Error()) { // purged in each of three calls
			continue
		}
		failure, _ := errors.AsType[*Failure](err)
		switch {
		case s.faults.failing && (failure == nil || failure.Code != "broken"):
			s.t.Errorf("seed %d: client %d got %q, %v; want the failure", s.seed, name, value, err)
		case !s.faults.failing && (err != nil || !strings.HasSuffix(value, " of "+prefix+key)):
			s.t.Errorf("seed %d: client %d got %q, %v; want the value", s.seed, name, value, err)
		}
		s.judge(fmt.Sprint("client ", name), value, floor)
		if took := time.Since(began); took > patience {
			s.t.Errorf("seed %d: client %d was answered after %v", s.seed, name, took)
		}
		return
	}
}

// run lets clients ask and events happen until every client has an answer.
func (s *simulation) run() {
	s.procs = make([]*proc, processes)
	for name := range s.procs {
		s.start(name)
	}
	time.Sleep(quarantine + 2*beatEvery) // after this all processes have settled
	s.waiting = clients
	toStart := clients
	var landed chan struct{} // made when every client has an answer, closed when no flight is under way
	for began := time.Now(); ; {
		synctest.Wait() // now every goroutine waits for an event or for time to pass
		if s.waiting == 0 && s.purging == 0 && landed == nil {
			landed = s.landing()
			continue
		}
		if s.t.Failed() || ended(landed) {
			break
		}
		if time.Since(began) > 2*patience {
			s.t.Errorf("seed %d: %d clients are not answered or their leases not given back, %d purges have not ended, %d events stand about", s.seed, s.waiting, s.purging, len(s.events))
			break
		}
		s.come()
		switch {
		case toStart > 0 && s.random.IntN(4) == 0:
			toStart--
			go s.client(toStart)
		case landed == nil && s.breakSomething():
		case s.happen():
		default:
			time.Sleep(time.Duration(1 + s.random.Int64N(int64(30*time.Millisecond))))
		}
	}
	for key, made := range s.made {
		if most := 1 + s.faults.extra(s); made > most {
			s.t.Errorf("seed %d: %d calls for %s, want at most %d (%d killed, %d paused, %d restarted, %d refused, %d promoted, %d split)",
				s.seed, made, key, most, s.killed, s.paused, s.restarted, s.refused, s.promoted, s.split)
		}
	}
	for key, value := range s.store {
		s.judge("stored in the end", value, s.floors[key])
	}
	s.end()
	if s.faults.kills+s.faults.pauses+s.faults.restarts+s.faults.refusals > 0 || s.faults.failsOver() {
		return
	}
	for _, n := range s.primaries {
		for key, l := range n.leases {
			if strings.HasPrefix(l.value, "L") {
				s.t.Errorf("seed %d: the lease of %s is left behind", s.seed, key)
			}
		}
	}
}

// landing returns a channel that is closed when the flights of all processes have given
// their leases back.
func (s *simulation) landing() chan struct{} {
	landed := make(chan struct{})
	go func() {
		defer close(landed)
		for _, p := range s.procs {
			p.group.running.Wait()
		}
	}()
	return landed
}

func ended(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default: // also if c is nil
		return false
	}
}

// happen chooses one of the events that may happen now, or none.
func (s *simulation) happen() bool {
	s.mu.Lock()
	now := time.Now()
	var ready []*event
	for _, e := range s.events {
		if e.proc == nil || now.After(e.proc.stopped) {
			ready = append(ready, e)
		}
	}
	// Goroutines that woke at once have added their events in any order.
	slices.SortFunc(ready, func(a, b *event) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.name(), b.name()), cmp.Compare(a.what, b.what), cmp.Compare(a.order, b.order))
	})
	if len(ready) == 0 || s.random.IntN(3) == 0 && now.Sub(ready[0].since) < promptly {
		s.mu.Unlock()
		return false
	}
	e := ready[s.random.IntN(len(ready))]
	if now.Sub(ready[0].since) >= promptly {
		e = ready[0]
	}
	s.events = slices.DeleteFunc(s.events, func(other *event) bool { return other == e })
	s.history = append(s.history, fmt.Sprintf("%v process %d: %s", now.UnixMicro(), e.name(), e.what))
	// A step whose caller has given up is carried out late or never arrives.
	if e.ctx.Err() == nil || s.random.IntN(2) == 0 {
		e.value, e.err = e.do()
	}
	s.mu.Unlock()
	if e.err != errUnanswered {
		close(e.done)
	}
	return true
}

func (e *event) name() int {
	if e.proc == nil {
		return -1
	}
	return e.proc.name
}

// kill ends a process: its events do not happen, its clients lose their connections
// and its goroutines end.
func (s *simulation) kill(p *proc) {
	s.mu.Lock()
	p.dead = true
	var ended []*event
	s.events = slices.DeleteFunc(s.events, func(e *event) bool {
		if e.proc == p {
			ended = append(ended, e)
		}
		return e.proc == p
	})
	for _, cancel := range p.clients {
		cancel()
	}
	s.mu.Unlock()
	if p.group != nil {
		p.group.hangUp()
	}
	for _, e := range ended {
		close(e.done)
	}
	synctest.Wait()
}

// end kills the remaining processes, so that no goroutine outlives the simulation.
func (s *simulation) end() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	for _, p := range slices.Concat(s.procs, s.purgers) {
		s.kill(p)
	}
	for range 100 {
		time.Sleep(pollEvery)
		synctest.Wait()
		for s.happen() {
			synctest.Wait()
		}
	}
}
