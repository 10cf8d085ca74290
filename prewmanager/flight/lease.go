package flight

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// takeFor is how long a lease is taken for at first: six renewals, so that
	// a holder survives losing a few, and a dead one is missed for little more
	// than half a second.
	takeFor = 600 * time.Millisecond
	// renewEvery is how often a holder says that it is alive, and puts back a
	// lease that a restarted Redis has lost.
	renewEvery = 100 * time.Millisecond
	// stretchLeast and stretchMost bound the lease during a call. A call goes on
	// when its holder dies; under 3 s the next holder was measured to start a
	// second one, and nobody should wait out a whole 27 s call for a holder
	// that died: renewals keep the lease of a live one as long as it takes.
	stretchLeast = 3 * time.Second
	stretchMost  = 27 * time.Second

	// callTimeout is the longest a command to Redis may take. Redis answers in
	// well under a millisecond; later than this it is treated as gone.
	callTimeout = 200 * time.Millisecond
	dialTimeout = 150 * time.Millisecond
)

// A key in Redis holds either a lease, "L" and the holder's token, or a
// remembered failure, "F", the token of the flight that failed, "!" for one
// that everybody shall be told or "?" for one that only those are told who
// waited for that flight, and the failure as JSON. Lease and failure share one
// key, so that each step is one atomic script on one key and a cluster can
// place it anywhere. Tokens are 26 characters (crypto/rand.Text).
var (
	// acquireScript takes the lease unless somebody has it or a failure stands
	// in its way. A lease under the own token is one whose answer was lost.
	// KEYS: the key. ARGV: token, milliseconds, token waited for, mark doubted.
	acquireScript = redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if v and v:sub(1, 1) == 'L' and v ~= 'L' .. ARGV[1] then
	return {'held', v:sub(2)}
end
if v and v:sub(1, 1) == 'F' then
	local all, waited = v:sub(28, 28) == '!', v:sub(2, 27) == ARGV[3]
	local doubted = ARGV[4] ~= '' and cjson.decode(v:sub(29)).mark == ARGV[4]
	if (all or waited) and not doubted then
		return {'failed', v:sub(29), all and redis.call('PTTL', KEYS[1]) or 0}
	end
end
redis.call('SET', KEYS[1], 'L' .. ARGV[1], 'PX', ARGV[2])
return {'taken'}`)

	// extendScript prolongs the holder's lease and puts back one that is gone:
	// a restarted Redis has forgotten it while the call goes on. Somebody
	// else's stays.
	// KEYS: the key. ARGV: token, milliseconds.
	extendScript = redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if v and v ~= 'L' .. ARGV[1] then
	return 0
end
redis.call('SET', KEYS[1], 'L' .. ARGV[1], 'PX', ARGV[2])
return 1`)

	// releaseScript gives the holder's lease back, leaves the failure in its
	// place if there is one, and tells everybody, in one step: told before the
	// lease is free, waiters would find it held and go on waiting. Somebody
	// else's lease stays; the news is true all the same.
	// KEYS: the key. ARGV: token, message, milliseconds to keep a failure or 0.
	releaseScript = redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if not v or v == 'L' .. ARGV[1] then
	if ARGV[3] == '0' then
		redis.call('DEL', KEYS[1])
	else
		redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
	end
end
redis.call('PUBLISH', KEYS[1], ARGV[2])
return 1`)
)

// lateFor is how long a failure that is not remembered is kept for those who
// were waiting and missed the message: two polls.
const lateFor = 4 * pollEvery

// claim is one flight's wish for the lease of its key.
type claim struct {
	key     string
	token   string
	waited  string // the token of the holder it has waited for, if any
	doubted string // the mark of a remembered failure that no longer holds
}

// state is the answer to a claim: taken, a failure, or neither, then the claim
// waits: pause if that is set, else its ordinary while.
type state struct {
	taken    bool
	failure  *Failure
	hopeless bool // Redis has been gone for longer than the grace
	pause    time.Duration
}

// dial prepares the client. go-redis itself tries a command three times and
// waits five seconds; here both would only hide that Redis is gone.
func dial(url string) (*redis.Client, error) {
	if !strings.Contains(url, "://") {
		url = "redis://" + url
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("redis: %w, expected redis://host:port or host:port", err)
	}
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DialTimeout = dialTimeout
	options.ReadTimeout = callTimeout
	options.WriteTimeout = callTimeout
	options.ContextTimeoutEnabled = true
	// The commands are a handful per miss and each is over in a millisecond.
	options.PoolSize = 64
	return redis.NewClient(options), nil
}

// leases talks to Redis about leases and knows whether Redis can be trusted.
type leases struct {
	client *redis.Client
	health *health
	cancel context.CancelFunc
}

func newLeases(client *redis.Client) *leases {
	ctx, cancel := context.WithCancel(context.Background())
	l := &leases{client: client, health: newHealth(), cancel: cancel}
	go l.health.watch(ctx, func(ctx context.Context) error { return client.Ping(ctx).Err() })
	return l
}

func (l *leases) close() error {
	l.cancel()
	return l.client.Close()
}

// run runs a script within callTimeout and takes note of how Redis did; that a
// flight's own time was up says nothing of Redis.
func (l *leases) run(flight context.Context, script *redis.Script, key string, args ...any) *redis.Cmd {
	ctx, cancel := context.WithTimeout(flight, callTimeout)
	defer cancel()
	cmd := script.Run(ctx, l.client, []string{key}, args...)
	if flight.Err() == nil {
		l.health.note(cmd.Err())
	}
	return cmd
}

// acquire tries for the lease of c once.
func (l *leases) acquire(ctx context.Context, c *claim) state {
	if pause := l.health.pause(); pause > 0 {
		return state{hopeless: l.health.hopeless(), pause: pause}
	}
	answer, err := l.run(ctx, acquireScript, c.key, c.token, takeFor.Milliseconds(), c.waited, c.doubted).Slice()
	if err != nil {
		return state{hopeless: l.health.hopeless(), pause: l.health.pause()}
	}
	switch answer[0] {
	case "taken":
		return state{taken: true}
	case "failed":
		failure, err := decodeFailure(answer[1].(string))
		if err != nil { // not written by this program; its lifetime is short
			return state{}
		}
		failure.Keep = time.Duration(answer[2].(int64)) * time.Millisecond // what is left of it
		return state{failure: failure}
	default:
		c.waited = answer[1].(string)
		return state{}
	}
}

// release gives the lease back and tells everybody how the flight ended. It
// runs whether or not the flight's time is up.
func (l *leases) release(c claim, failure *Failure) {
	message, keep := "D"+c.token, time.Duration(0)
	if failure != nil {
		audience := "?"
		keep = lateFor
		if failure.Keep > 0 {
			audience, keep = "!", failure.Keep
		}
		message = "F" + c.token + audience + failure.encode()
	}
	// An unheard release expires by itself, and waiters look by themselves.
	l.run(context.Background(), releaseScript, c.key, c.token, message, keep.Milliseconds())
}

// renewal keeps a lease alive until it is stopped.
type renewal struct {
	leases *leases
	claim  claim
	ttl    atomic.Int64 // milliseconds
	quit   chan struct{}
	ended  chan struct{}
}

func (l *leases) renew(c claim) *renewal {
	r := &renewal{leases: l, claim: c, quit: make(chan struct{}), ended: make(chan struct{})}
	r.ttl.Store(takeFor.Milliseconds())
	go func() {
		defer close(r.ended)
		ticker := time.NewTicker(renewEvery)
		defer ticker.Stop()
		for {
			select {
			case <-r.quit:
				return
			case <-ticker.C:
				r.extend()
			}
		}
	}()
	return r
}

// extend says whether the lease is held after it.
func (r *renewal) extend() bool {
	n, err := r.leases.run(context.Background(), extendScript, r.claim.key, r.claim.token, r.ttl.Load()).Int()
	return err == nil && n == 1
}

// stretch prolongs the lease to the length a call needs and says whether it is
// still held. If not, somebody else may be making the call already.
func (r *renewal) stretch(length time.Duration) bool {
	r.ttl.Store(length.Milliseconds())
	return r.extend()
}

func (r *renewal) stop() {
	close(r.quit)
	<-r.ended
}

// recent estimates how long calls take: the longest of late, forgetting a tenth
// of it with every call.
type recent struct {
	mu      sync.Mutex // protects longest
	longest time.Duration
}

func (r *recent) took(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.longest = max(d, r.longest*9/10)
}

// several is a lease that a call will fit in even when it takes four times as
// long as any of late.
func (r *recent) several() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return min(max(4*r.longest, stretchLeast), stretchMost)
}
