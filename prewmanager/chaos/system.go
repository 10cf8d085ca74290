package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/redis/go-redis/v9"

	"prew"
	"prew/deploy/local/stack"
	"prew/nginx"
)

// offered makes every format of photos an answer of the preset that is asked for.
const offered = "PRESET_THUMB=formats=avif webp"

// setup says what a system consists of beside Redis and the S3 server.
type setup struct {
	gateways     int
	metrics      []string      // addresses for the gateways' metrics, at least one each; nil: any
	env          []string      // of every gateway
	frontMetrics string        // address for nginx's metrics; empty: any
	plain        bool          // gateways are never those with the race detector
	shortest     time.Duration // of a render
	longest      time.Duration
	deaf         bool // every message of Redis is lost
	slowable     bool // S3 is behind a proxy
	noFront      bool // without nginx
	events       bool // gateways hear of photos that change

	failsOver *failsOver     // the kind of Redis; nil: one server
	network   *stack.Network // of a Redis that fails over; nil: this machine
	apart     int            // so many gateways, the last ones, are on hosts of their own
}

// system is the renderer and the real parts, each of which can be killed, frozen and
// started again at its address.
type system struct {
	dir          string
	program      string       // the gateways'
	redis        *stack.Redis // nil where Redis fails over
	replicated   *replicated  // nil where it is one server
	s3           *stack.S3
	s3Proxy      *stack.Proxy // nil unless slowable
	renderer     *renderer
	gateways     []*gateway
	front        string // nginx's address
	counted      string // where nginx sends what is counted
	frontMetrics string // address of nginx's metrics
	purges       string // where nginx hears of purges

	loaded chan error // of a Redis that loads a snapshot, once it has

	mu    sync.Mutex // protects downs
	downs []down

	client *redis.Client // to look at leases with; nil where Redis fails over
	stops  []func()
}

// gateway is a gateway that can be started again; it calls the function by its own
// name.
type gateway struct {
	name    string
	addr    string
	metrics string // host:port
	events  string // host:port that hears of photos that change; empty: none
	env     []string
	host    *stack.Host // nil: this machine
	*stack.Gateway
}

// down is the time in which a gateway was killed and not yet back.
type down struct {
	gateway *gateway
	from    time.Time
	to      time.Time // zero: still down
}

// start starts a system below dir. The caller must stop it even if there is an error.
func start(ctx context.Context, dir, program string, c setup) (*system, error) {
	s := &system{dir: dir, program: program}
	redisAddr, err := s.startRedis(c)
	if err != nil {
		return s, err
	}
	if s.s3, err = stack.StartS3(dir); err != nil {
		return s, err
	}
	s.stops = append(s.stops, func() { s.s3.Thaw(); s.s3.Stop() })
	if err := s.s3.CreateBucket(ctx, stack.Bucket); err != nil {
		return s, err
	}
	if s.renderer, err = startRenderer(s.s3.Client(), c.shortest, c.longest); err != nil {
		return s, err
	}
	s.stops = append(s.stops, s.renderer.stop)

	s3Addr := s.s3.Addr
	if c.deaf {
		p, err := stack.StartProxy(redisAddr, withoutMessages)
		if err != nil {
			return s, err
		}
		s.stops = append(s.stops, p.Stop)
		redisAddr = p.Addr
	}
	if c.slowable {
		if s.s3Proxy, err = stack.StartProxy(s3Addr, nil); err != nil {
			return s, err
		}
		s.stops = append(s.stops, s.s3Proxy.Stop)
		s3Addr = s.s3Proxy.Addr
	}
	photos, err := startPhotos(s3Addr)
	if err != nil {
		return s, err
	}
	s.stops = append(s.stops, photos.stop)
	presets, err := prew.ReadPresets(os.Getenv("PREW_PRESETS"), append(os.Environ(), offered))
	if err != nil {
		return s, err
	}
	if s.purges, err = stack.FreeAddr(); err != nil {
		return s, err
	}
	between := httptest.NewServer(http.HandlerFunc(s.passOn))
	s.stops = append(s.stops, between.Close)
	site := nginx.Site{Previews: stack.StoreAt(s3Addr, stack.Bucket), Presets: presets}
	for i := range c.gateways {
		g := &gateway{name: fmt.Sprintf("gateway-%d", i+1)}
		free := stack.FreeAddr
		if i >= c.gateways-c.apart {
			if g.host, err = s.apart(c.network, s3Addr, photos.addr, s.renderer.URL, between.URL); err != nil {
				return s, err
			}
			free = g.host.FreeAddr
		}
		addr, err := free()
		if err != nil {
			return s, err
		}
		var metrics string
		if c.metrics != nil && g.host == nil {
			metrics = c.metrics[i]
		} else if metrics, err = free(); err != nil {
			return s, err
		}
		g.addr, g.metrics = addr, metrics
		g.env = append(append(s.s3.Env(),
			"AWS_ENDPOINT_URL_S3=http://"+s3Addr, "PREW_SOURCE_ENDPOINT=http://"+photos.addr, "AWS_ENDPOINT_URL_LAMBDA="+s.renderer.URL,
			"PREW_REDIS="+redisAddr, "PREW_BUCKET="+stack.Bucket, "PREW_FUNCTION="+g.name,
			"PREW_METRICS_LISTEN="+metrics, "PREW_NGINX="+between.URL, offered), c.env...)
		if c.events {
			if g.events, err = stack.FreeAddr(); err != nil {
				return s, err
			}
			g.env = append(g.env, "PREW_EVENTS_LISTEN="+g.events, "PREW_EVENTS_SECRET="+secret)
		}
		if err := s.restart(g); err != nil {
			return s, err
		}
		s.gateways = append(s.gateways, g)
		s.stops = append(s.stops, func() { g.Thaw(); g.Kill() })
		site.Gateways = append(site.Gateways, addr)
	}
	if c.noFront {
		return s, nil
	}
	if site.Listen, err = stack.FreeAddr(); err != nil {
		return s, err
	}
	if c.frontMetrics == "" {
		if c.frontMetrics, err = stack.FreeAddr(); err != nil {
			return s, err
		}
	}
	front, err := stack.StartNginxWith(stack.Beside{Metrics: c.frontMetrics, Purges: s.purges}, filepath.Join(dir, "nginx"), site)
	if err != nil {
		return s, err
	}
	s.stops = append(s.stops, front.Stop)
	s.front, s.frontMetrics, s.counted = site.Listen, front.Metrics, front.Counted
	return s, nil
}

// startRedis starts the Redis and returns how gateways name it.
func (s *system) startRedis(c setup) (named string, err error) {
	if c.failsOver != nil {
		if s.replicated, err = c.failsOver.start(c.network, filepath.Join(s.dir, "redis")); err != nil {
			return "", err
		}
		s.stops = append(s.stops, s.replicated.stop)
		return s.replicated.url, nil
	}
	if s.redis, err = stack.StartRedis(s.dir); err != nil {
		return "", err
	}
	s.stops = append(s.stops, func() { s.redis.Thaw(); s.redis.Kill() })
	s.client = redis.NewClient(&redis.Options{Addr: s.redis.Addr})
	s.stops = append(s.stops, func() { s.client.Close() })
	return s.redis.Addr, nil
}

// apart makes a host for a gateway, from which that reaches some addresses of this machine.
func (s *system) apart(network *stack.Network, addrs ...string) (*stack.Host, error) {
	host, err := network.NewHost()
	for _, addr := range addrs {
		if err == nil {
			err = host.Reach(strings.TrimPrefix(addr, "http://"))
		}
	}
	return host, err
}

// babble sends what counts nginx's requests more than it has room for, and none of it a
// line of nginx's.
func (s *system) babble() error {
	conn, err := net.Dial("udp", s.counted)
	if err != nil {
		return err
	}
	defer conn.Close()
	for range 200 {
		if _, err := conn.Write(make([]byte, 60000)); err != nil {
			return err
		}
	}
	return nil
}

// stop stops every part, the last started first.
func (s *system) stop() {
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.stops[i]()
	}
	s.stops = nil
}

// restart starts a gateway that is not running, at its address.
func (s *system) restart(g *gateway) error {
	started, err := g.host.StartGatewayAt(g.addr, s.program, s.dir, g.name, g.env)
	if err != nil {
		return err
	}
	g.Gateway = started
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.downs {
		if d := &s.downs[i]; d.gateway == g && d.to.IsZero() {
			d.to = time.Now()
		}
	}
	return nil
}

// kill ends a gateway at once and notes for which keys it was holding the lease.
// A run that ends while the gateway is being killed counts too: its answer may
// not have reached any client.
func (s *system) kill(g *gateway) {
	held := s.renderer.holding(g.name)
	s.mu.Lock()
	s.downs = append(s.downs, down{gateway: g, from: time.Now()})
	s.mu.Unlock()
	g.Kill()
	s.renderer.noteKill(held)
}

// doomed reports whether every gateway was down at some time during a request: nginx
// tries each of them once.
func (s *system) doomed(r reply) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	during := map[*gateway]bool{}
	for _, d := range s.downs {
		if d.from.Before(r.ended()) && (d.to.IsZero() || d.to.After(r.began)) {
			during[d.gateway] = true
		}
	}
	return len(during) == len(s.gateways)
}

// killRedis ends Redis at once.
func (s *system) killRedis() { s.redis.Kill() }

// restartRedis starts a Redis that is not running, at its address and empty, with
// more arguments of redis-server's.
func (s *system) restartRedis(more ...string) error {
	started, err := stack.StartRedisAt(s.redis.Addr, s.dir, more...)
	if err != nil {
		return err
	}
	s.redis = started
	return nil
}

// trimLogs empties nginx's log of requests, which grows by half a kilobyte with
// each.
func (s *system) trimLogs() { os.Truncate(filepath.Join(s.dir, "nginx", "access.log"), 0) }

// complaints are the lines in the gateways' logs that no fault excuses.
func (s *system) complaints() (lines []string) {
	for _, g := range s.gateways {
		text, err := os.ReadFile(filepath.Join(s.dir, g.name+".log"))
		if err != nil {
			return []string{err.Error()}
		}
		for line := range bytes.Lines(text) {
			if bytes.Contains(line, []byte("DATA RACE")) || bytes.Contains(line, []byte("panic")) && !bytes.Contains(line, []byte(prew.RenderPanic)) {
				lines = append(lines, g.name+": "+strings.TrimSpace(string(line)))
			}
		}
	}
	return lines
}

// addrs are the gateways' own addresses.
func (s *system) addrs() []string {
	addrs := make([]string, len(s.gateways))
	for i, g := range s.gateways {
		addrs[i] = g.addr
	}
	return addrs
}

// awaitWaiters returns once at least n requests wait for a flight in all gateways
// together.
func (s *system) awaitWaiters(ctx context.Context, n int) error {
	return s.await(ctx, func(waiting int) bool { return waiting >= n })
}

// awaitAtMost returns once at most n requests wait for a flight.
func (s *system) awaitAtMost(ctx context.Context, n int) error {
	return s.await(ctx, func(waiting int) bool { return waiting <= n })
}

// await returns once the gateways' count of waiting requests is as wanted.
func (s *system) await(ctx context.Context, wanted func(waiting int) bool) error {
	const every = 20 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience/2) // before the clients give up
	defer cancel()
	for {
		waiting, err := s.waiting(ctx)
		if err != nil {
			return err
		}
		if wanted(waiting) {
			return nil
		}
		pause(ctx, every)
		if ctx.Err() != nil {
			return fmt.Errorf("%d requests wait: %w", waiting, ctx.Err())
		}
	}
}

// waiting is how many requests wait for a flight in all gateways together.
func (s *system) waiting(ctx context.Context) (int, error) {
	n, err := s.sum(ctx, waitersGauge)
	return int(n), err
}

var waitersGauge = regexp.MustCompile(`(?m)^prew_waiters (\d+)$`)

// sum adds up a metric of all gateways.
func (s *system) sum(ctx context.Context, metric *regexp.Regexp) (sum float64, err error) {
	for _, g := range s.gateways {
		text, err := fetch(ctx, "http://"+g.metrics+"/metrics")
		if err != nil {
			return 0, err
		}
		found := metric.FindSubmatch(text)
		if found == nil {
			return 0, fmt.Errorf("%s has no metric %s", g.name, metric)
		}
		value, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			return 0, err
		}
		sum += value
	}
	return sum, nil
}

// fetch reads a page.
func fetch(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// upload puts a photo into S3.
func (s *system) upload(ctx context.Context, key, text string) error {
	_, err := s.s3.Client().PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(stack.Bucket), Key: &key, Body: strings.NewReader(text),
	})
	return err
}

// awaitStored returns once a preview is in S3.
func (s *system) awaitStored(ctx context.Context, key string) error {
	const every = 20 * time.Millisecond
	client := s.s3.Client()
	for {
		_, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(stack.Bucket), Key: &key})
		if err == nil {
			return nil
		}
		pause(ctx, every)
		if ctx.Err() != nil {
			return fmt.Errorf("%s is not stored: %w", key, err)
		}
	}
}

// leases returns the leases in Redis by key, each with its holder's token and its
// remaining time.
func (s *system) leases(ctx context.Context) (map[string]lease, error) {
	found := map[string]lease{}
	for keys := s.client.Scan(ctx, 0, "prew:*", 1000).Iterator(); ; {
		if !keys.Next(ctx) {
			return found, keys.Err()
		}
		value, err := s.client.Get(ctx, keys.Val()).Result()
		token, ok := strings.CutPrefix(value, "L")
		if err != nil || !ok {
			continue // gone meanwhile, or a failure
		}
		left, err := s.client.PTTL(ctx, keys.Val()).Result()
		if err != nil {
			return found, err
		}
		found[keys.Val()] = lease{token, left}
	}
}

// leaseOf is the key in Redis of a preview's lease.
func leaseOf(preview string) string { return "prew:" + stack.Bucket + "/" + preview }

type lease struct {
	token string
	left  time.Duration
}

// orphans names the leases without a holder that renews them. A holder renews ten
// times a second, so a lease that only runs down for twice half a second has no holder:
// after the first half it may be one that a busy machine holds up.
func (s *system) orphans(ctx context.Context) (keys []string, err error) {
	const while, runDown = 500 * time.Millisecond, 450 * time.Millisecond
	first, err := s.leases(ctx)
	if err != nil {
		return nil, err
	}
	running := first
	for range 2 {
		pause(ctx, while)
		now, err := s.leases(ctx)
		if err != nil {
			return nil, err
		}
		still := map[string]lease{}
		for key, l := range now {
			if was, ok := running[key]; ok && was.token == l.token && was.left-l.left > runDown {
				still[key] = l
			}
		}
		running = still
	}
	for key, l := range running {
		keys = append(keys, fmt.Sprintf("%s of %s, %s left", key, l.token, brief(first[key].left)))
	}
	return keys, nil
}
