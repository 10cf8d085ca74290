package flight

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// server carries out the protocol's steps and passes its messages on. Redis is
// one, and the simulation is another, in which a seed decides what comes when.
type server interface {
	// step carries out one script on one key, atomically, and returns what the
	// script does: a []any, or an int64.
	step(ctx context.Context, s *script, key string, args ...any) (any, error)
	// listen delivers messages to the subscription until ctx ends, says there when its
	// connection is lost, and when it has one again tells everybody to look.
	listen(ctx context.Context, s *subscription)
}

// script is one step of the protocol.
type script struct {
	name string
	*redis.Script
}

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
	acquireScript = &script{"acquire", redis.NewScript(`
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
return {'taken'}`)}

	// extendScript prolongs the holder's lease and puts back one that is gone:
	// a restarted Redis has forgotten it while the call goes on. Somebody
	// else's stays.
	// KEYS: the key. ARGV: token, milliseconds.
	extendScript = &script{"extend", redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if v and v ~= 'L' .. ARGV[1] then
	return 0
end
redis.call('SET', KEYS[1], 'L' .. ARGV[1], 'PX', ARGV[2])
return 1`)}

	// releaseScript gives the holder's lease back, leaves the failure in its
	// place if there is one, and tells everybody, in one step: told before the
	// lease is free, waiters would find it held and go on waiting. Somebody
	// else's lease stays; the news is true all the same.
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
redis.call('PUBLISH', KEYS[1], ARGV[2])
return 1`)}

	// beatScript does nothing. That it is answered is what matters.
	beatScript = &script{"beat", redis.NewScript(`return 1`)}
)

const (
	// prefix begins the names of leases and channels, which are the same, so
	// that they can be told from whatever else a Redis is used for.
	prefix = "prew:"
	// channels are what a process subscribes to: one pattern for all keys, so
	// that it has one subscription however many wait (1,000 waiters were
	// measured to wake within 1.7 ms; with a subscription each, within 18.6 ms)
	// and so that none has to be made before a lease is asked for.
	channels = prefix + "*"

	// callTimeout is the longest a command to Redis may take. Redis answers in
	// well under a millisecond; later than this it is treated as gone.
	callTimeout = 200 * time.Millisecond
	dialTimeout = 150 * time.Millisecond
)

// redisServer is the server that processes share.
type redisServer struct{ client *redis.Client }

// dial prepares the client. go-redis itself tries a command three times and
// waits five seconds; here both would only hide that Redis is gone.
func dial(url string) (*redisServer, error) {
	if !strings.Contains(url, "://") {
		url = "redis://" + url
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		// Why is not told: it would quote the password, where that is what can't be
		// read.
		return nil, errors.New("not a URL of Redis's, expected redis://host:port or host:port, and in user:password@ all but letters and digits escaped, as %2F for /")
	}
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DialTimeout = dialTimeout
	options.ReadTimeout = callTimeout
	options.WriteTimeout = callTimeout
	options.ContextTimeoutEnabled = true
	// The commands are a handful per miss and each is over in a millisecond.
	options.PoolSize = 64
	return &redisServer{redis.NewClient(options)}, nil
}

func (r *redisServer) step(ctx context.Context, s *script, key string, args ...any) (any, error) {
	return s.Run(ctx, r.client, []string{key}, args...).Result()
}

// listen keeps the subscription until ctx ends, making it anew when it breaks.
func (r *redisServer) listen(ctx context.Context, s *subscription) {
	for ctx.Err() == nil {
		pubsub := r.client.PSubscribe(ctx, channels)
		broken := receive(ctx, pubsub, s)
		pubsub.Close()
		if ctx.Err() == nil {
			s.lost(broken)
		}
		select {
		case <-ctx.Done():
		case <-time.After(renewEvery): // a Redis that is gone is not hammered
		}
	}
}

// receive hands messages on until the subscription is broken, and says by what.
// A connection whose other end has vanished says nothing, so silence is
// questioned.
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
			s.everybody()
		case *redis.Message:
			s.deliver(r.Channel, parseMessage(r.Payload))
		}
	}
}

// quiet is go-redis's own log, which has a line for every attempt to reach a
// Redis that is gone; the breaker has one for going and one for coming back.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(quiet{}) }
