package flight

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// server carries out the protocol's steps and passes its messages on. One server is
// Redis; the other is the simulation's, in which a seed decides the order of events.
type server interface {
	// step carries out one script on one key, atomically, and returns the script's
	// result: a []any or an int64.
	step(ctx context.Context, s *script, key string, args ...any) (any, error)
	// listen delivers messages to the subscription until ctx ends. It calls s.lost
	// when the connection is lost, and when leases are taken from another server from
	// now on, s.refuse when Redis refuses to subscribe it, and s.everybody when it is
	// subscribed again.
	listen(ctx context.Context, s *subscription)
	// values returns what is in the place of some keys, or of all keys that begin with
	// prefix if they are nil. A key that is not there is left out.
	values(ctx context.Context, keys []string) (map[string]string, error)
	// uptime returns how long the server has run, at most two seconds less than it has. What
	// took over from another server has run since then, as far as is known.
	uptime(ctx context.Context) (time.Duration, error)
	// purges returns the latest messages about purges, the oldest first.
	purges(ctx context.Context) ([]told, error)
	// failsOver reports whether another server takes over from this one when it fails.
	failsOver() bool
}

// script is one step of the protocol.
type script struct {
	name string
	*redis.Script
}

// A key in Redis holds either a lease or a failure. A lease is "L" and the holder's
// token. A failure is "F", the token of the flight that failed, "!" if it is for all
// or "?" if it is only for those who waited for that flight, and the failure as
// JSON. Lease and failure share one key, so that each step is one atomic script on
// one key and a cluster can place it anywhere. Tokens are 26 characters
// (crypto/rand.Text). Both expire. A string of any other form, or one that does not
// expire, was written by another program: it protects nothing and might stay for
// ever, so that acquireScript writes over it.
var (
	// acquireScript takes the lease, unless another flight has it or a failure is
	// in its place. If the lease has the caller's own token, it was taken by an
	// earlier try whose answer was lost.
	// KEYS: the key. ARGV: token, milliseconds, token waited for, mark doubted,
	// failure that can't be read.
	acquireScript = &script{"acquire", redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if v and v ~= 'L' .. ARGV[1] then
	local kind, left = v:sub(1, 1), redis.call('PTTL', KEYS[1])
	if kind == 'L' and #v == 27 and left >= 0 then
		return {'held', v:sub(2)}
	end
	if kind == 'F' and #v > 28 and left >= 0 and v:sub(29) ~= ARGV[5] then
		local all, waited = v:sub(28, 28) == '!', v:sub(2, 27) == ARGV[3]
		local read, failure = pcall(cjson.decode, v:sub(29))
		local doubted = ARGV[4] ~= '' and read and type(failure) == 'table' and failure.mark == ARGV[4]
		if (all or waited) and not doubted then
			return {'failed', v:sub(29), all and left or 0}
		end
	end
end
redis.call('SET', KEYS[1], 'L' .. ARGV[1], 'PX', ARGV[2])
return {'taken'}`)}

	// extendScript prolongs the holder's lease. It puts the lease back if the key is
	// gone: a restarted Redis has forgotten it while the call goes on. Another
	// holder's lease stays.
	// KEYS: the key. ARGV: token, milliseconds.
	extendScript = &script{"extend", redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if v and v ~= 'L' .. ARGV[1] then
	return 0
end
redis.call('SET', KEYS[1], 'L' .. ARGV[1], 'PX', ARGV[2])
return 1`)}

	// releaseScript gives the holder's lease back, leaves the failure in its place
	// if there is one, and publishes the message, in one step: if the message came
	// before the lease is free, waiting flights would find it held and go on
	// waiting. Another holder's lease stays; the message is true all the same. If
	// Redis refuses to publish, the lease is given back none the less, and the
	// script returns the refusal in a list. What is published is the length of the key, a
	// space, the key and the message.
	// KEYS: the key. ARGV: token, message, milliseconds to keep a failure or 0.
	releaseScript = &script{"release", redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if not v or v == 'L' .. ARGV[1] then
	if ARGV[3] == '0' then
		redis.call('DEL', KEYS[1])
	else
		redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
	end
end
local heard = redis.pcall('PUBLISH', '` + releases + `', #KEYS[1] .. ' ' .. KEYS[1] .. ARGV[2])
if type(heard) == 'table' and heard.err then
	return {heard.err}
end
return 1`)}

	// beatScript does to a key without a flight what a lease needs. It does not
	// publish: every process would hear of every beat, and without messages flights
	// look by themselves.
	// KEYS: a key of beats.
	beatScript = &script{"beat", redis.NewScript(`
redis.call('SET', KEYS[1], 'B', 'PX', 1000)
redis.call('GET', KEYS[1])
redis.call('PTTL', KEYS[1])
redis.call('DEL', KEYS[1])
return 1`)}

	// forgetScript forgets a failure. A lease in its place stays.
	// KEYS: the key.
	forgetScript = &script{"forget", redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if v and v:sub(1, 1) == 'F' then
	redis.call('DEL', KEYS[1])
end
return 1`)}

	// tellScript publishes a message about a purge, after its number in a log of the latest
	// hundred and a space. A Redis that refuses to keep the log publishes it all the same,
	// without a number.
	// KEYS: purgeKey. ARGV: message, milliseconds to keep the log.
	tellScript = &script{"tell", redis.NewScript(`
local number = redis.pcall('XADD', KEYS[1], 'MAXLEN', '100', '*', 'message', ARGV[1])
if type(number) == 'table' then
	number = ''
else
	redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
redis.call('PUBLISH', KEYS[1], number .. ' ' .. ARGV[1])
return 1`)}
)

// isLease reports whether a value is a lease.
func isLease(value string) bool { return strings.HasPrefix(value, "L") && len(value) == 27 }

const (
	// prefix begins the names of keys and channels, so that they differ from those of
	// other uses of the Redis.
	prefix = "prew:"
	// beatKey is the key of the beats, and begins that of the beats of one primary of
	// several. The key of a flight begins with a bucket and has a slash, so that no flight
	// has such a one.
	beatKey = prefix + "beat"
	// purgeKey is the channel of messages about purges and the key of their log. No flight
	// has this one either.
	purgeKey = prefix + "purge"
	// releases is the channel of messages about flights. One for all keys, so that a
	// process needs one subscription for any number of waiters (1,000 were measured to wake
	// within 1.7 ms; with a subscription each, within 18.6 ms) and does not have to
	// subscribe before it asks for a lease. ElastiCache Serverless has no subscription to a
	// pattern ("Supported and restricted Valkey, Memcached, and Redis OSS commands", Amazon
	// ElastiCache User Guide).
	releases = prefix + "told"

	// callTimeout is the longest time that a command to Redis may take. Redis
	// answers in well under a millisecond; after this time it is treated as gone.
	callTimeout = 200 * time.Millisecond
	// subscribeEvery is the pause before a subscription that was refused is tried
	// again. A refusal mostly lasts until somebody changes Redis's configuration.
	subscribeEvery = time.Second
	// atOnce is how many keys one command of a scan is about: a hundred or a few hundred
	// microseconds of Redis's time.
	atOnce = 1000
)

// redisServer is the server on a Redis that processes share.
type redisServer struct {
	place
	over *succession
}

// place is where the keys are: at one server, at the primary that Sentinels know, or in a
// cluster.
type place interface {
	// keys returns the client that carries out commands on any key.
	keys(ctx context.Context) (redis.UniversalClient, error)
	// primaries returns the servers that have keys now, at least one.
	primaries(ctx context.Context) ([]primary, error)
	// failsOver reports whether a replica takes over from a primary that fails.
	failsOver() bool
	Close() error
}

// primary is a server that has keys.
type primary struct {
	client  *redis.Client
	beatKey string // a key that it has
}

// succession is what is known of servers that took over from others.
type succession struct {
	mu    sync.Mutex
	since time.Time   // when the last one was seen to; zero: never
	tell  func(error) // tells the breaker; nil until there is one
}

// began records that the first primaries are known. When they became primaries is not.
func (s *succession) began() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Now()
}

// took records that the server at addr has taken over. A replica that was promoted may lack
// the last leases, as a Redis that was restarted lacks all. So the breaker is told, and flights
// wait for a quarantine in which the holders put theirs back.
func (s *succession) took(addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Now()
	if s.tell != nil {
		s.tell(fmt.Errorf("%s is a primary now", addr))
	}
}

// taking is the key under which the context of a command says that it takes a lease.
type taking struct{}

// admits returns an error if a command takes a lease, and a server took over so lately that
// holders may not have put theirs back. It is asked when it is known which server gets the
// command: the breaker may have heard of that server after it let the flight pass.
func (s *succession) admits(ctx context.Context) error {
	if ctx.Value(taking{}) != nil && s.longest(quarantine) < quarantine {
		return errTookOver
	}
	return nil
}

var errTookOver = errors.New("another server is a primary since a moment ago")

func (s *succession) told(tell func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell = tell
}

// longest returns the shorter of a time and the time since a server was last seen to take over.
func (s *succession) longest(d time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		return d
	}
	return min(d, time.Since(s.since))
}

func (r *redisServer) step(ctx context.Context, s *script, key string, args ...any) (any, error) {
	if s == beatScript {
		return r.beat(ctx)
	}
	client, err := r.keys(ctx)
	if err != nil {
		return nil, err
	}
	if s == acquireScript {
		ctx = context.WithValue(ctx, taking{}, true)
	}
	if err := r.over.admits(ctx); err != nil {
		return nil, err
	}
	return s.Run(ctx, client, []string{key}, args...).Result()
}

// beat does to every primary what a lease needs, so that Redis is well if all of it is.
func (r *redisServer) beat(ctx context.Context) (any, error) {
	primaries, err := r.primaries(ctx)
	if err != nil {
		return nil, err
	}
	client, err := r.keys(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]*redis.Cmd, len(primaries))
	var beating sync.WaitGroup
	for i, p := range primaries {
		beating.Go(func() { results[i] = beatScript.Run(ctx, client, []string{p.beatKey}) })
	}
	beating.Wait()
	for _, result := range results {
		if result.Err() != nil {
			return nil, result.Err()
		}
	}
	return results[0].Result()
}

func (r *redisServer) values(ctx context.Context, keys []string) (map[string]string, error) {
	client, err := r.keys(ctx)
	if err != nil {
		return nil, err
	}
	if keys == nil {
		primaries, err := r.primaries(ctx)
		if err != nil {
			return nil, err
		}
		found := map[string]bool{} // a scan may return a key twice
		for _, p := range primaries {
			scan := p.client.Scan(ctx, 0, prefix+"*", atOnce).Iterator()
			for scan.Next(ctx) {
				found[scan.Val()] = true
			}
			if err := scan.Err(); err != nil {
				return nil, err
			}
		}
		keys = slices.Collect(maps.Keys(found))
	}
	values := map[string]string{}
	for some := range slices.Chunk(keys, atOnce) {
		// MGET can't have keys of several slots.
		gets := make([]*redis.StringCmd, len(some))
		client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for i, key := range some {
				gets[i] = pipe.Get(ctx, key)
			}
			return nil
		})
		for i, get := range gets {
			switch text, err := get.Result(); {
			case err == nil:
				values[some[i]] = text
			case err != redis.Nil && refusal(err) != "wrongtype": // another program's
				return nil, err
			}
		}
	}
	return values, nil
}

// errSilent is the error of a Redis that does not say how long it has run.
var errSilent = errors.New("redis does not say how long it has run")

func (r *redisServer) uptime(ctx context.Context) (time.Duration, error) {
	primaries, err := r.primaries(ctx)
	if err != nil {
		return 0, err
	}
	youngest := time.Duration(math.MaxInt64)
	for _, p := range primaries {
		info, err := p.client.Info(ctx, "server").Result()
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(info, "uptime_in_seconds:")
		seconds, _, _ := strings.Cut(rest, "\r\n")
		n, err := strconv.Atoi(seconds)
		if err != nil {
			return 0, errSilent
		}
		// Redis takes the difference of two times in whole seconds, which may be one too many.
		youngest = min(youngest, time.Duration(max(0, n-1))*time.Second)
	}
	return r.over.longest(youngest), nil
}

func (r *redisServer) purges(ctx context.Context) ([]told, error) {
	client, err := r.keys(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := client.XRange(ctx, purgeKey, "-", "+").Result()
	log := make([]told, len(entries))
	for i, entry := range entries {
		text, _ := entry.Values["message"].(string)
		log[i] = told{entry.ID, text}
	}
	return log, err
}

// listen subscribes until ctx ends, and subscribes anew when the connection breaks or another
// server takes over, at another primary if there are several: each has all messages. The
// server of before may go on for itself, and its subscribers would hear nothing.
func (r *redisServer) listen(ctx context.Context, s *subscription) {
	for turn := rand.IntN(slots); ctx.Err() == nil; turn++ {
		subscribed, leave := context.WithCancel(ctx)
		r.over.told(func(err error) {
			s.lost(err)
			leave()
		})
		broken := r.subscribe(subscribed, turn, s)
		pause := renewEvery // do not flood a Redis that is gone with attempts
		switch {
		case subscribed.Err() != nil:
		case refusal(broken) != "":
			s.refuse(broken)
			pause = subscribeEvery
		default:
			s.lost(broken)
		}
		leave()
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// subscribe subscribes at the primary whose turn it is until ctx ends, and returns why it no
// longer is.
func (r *redisServer) subscribe(ctx context.Context, turn int, s *subscription) error {
	looking, cancel := context.WithTimeout(ctx, callTimeout)
	primaries, err := r.primaries(looking)
	cancel()
	if err != nil {
		return err
	}
	pubsub := primaries[turn%len(primaries)].client.Subscribe(ctx, releases, purgeKey)
	defer pubsub.Close()
	defer context.AfterFunc(ctx, func() { pubsub.Close() })() // go-redis waits for a message to the end
	return receive(ctx, pubsub, s)
}

// receive hands messages on until the subscription breaks, and returns the reason. A
// connection whose other end has vanished gives no error, so after a second of
// silence receive sends a ping.
func receive(ctx context.Context, pubsub *redis.PubSub, s *subscription) error {
	questioned := false
	for {
		received, err := pubsub.ReceiveTimeout(ctx, time.Second)
		timeout, ok := errors.AsType[net.Error](err)
		switch {
		case err == nil:
			questioned = false
		case ok && timeout.Timeout() && !questioned && ctx.Err() == nil:
			questioned = true
			if err := pubsub.Ping(ctx); err != nil {
				return err
			}
			continue
		default:
			return err
		}
		switch r := received.(type) {
		case *redis.Subscription:
			if r.Count == 2 { // both channels
				s.everybody()
			}
		case *redis.Message:
			if r.Channel == purgeKey {
				number, text, _ := strings.Cut(r.Payload, " ")
				s.purged(told{number, text})
				continue
			}
			if key, text, ok := parseRelease(r.Payload); ok {
				s.deliver(key, parseMessage(text))
			}
		}
	}
}

// parseRelease parts what releaseScript publishes into the key and the message; ok is false
// if it is of another form.
func parseRelease(payload string) (key, message string, ok bool) {
	length, rest, _ := strings.Cut(payload, " ")
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 || n > len(rest) {
		return "", "", false
	}
	return rest[:n], rest[n:], true
}

// quiet silences go-redis's own log, which would have a line for every attempt to
// reach a Redis that is gone. The breaker logs one line when Redis fails and one when
// it is back.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(quiet{}) }
