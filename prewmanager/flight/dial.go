package flight

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis says where the Redis is that processes share, and who they are to it.
type Redis struct {
	// URL is of one of four kinds, in which rediss in place of redis is TLS:
	//   - redis://[user:password@]host:port[/db], or host:port: one server, whose name may
	//     come to mean another one;
	//   - redis+cluster://[user:password@]host:port,..., or host:port,host:port,...: some
	//     nodes of a cluster, or the name of all;
	//   - redis+sentinel://[user:password@]host:port,.../name[/db]: the primary that
	//     Sentinels know by a name.
	URL string
	// Credentials returns the user and the password of each new connection, in place of the
	// URL's. It may be nil.
	Credentials func(context.Context) (user, password string, err error)
}

const (
	// dialTimeout is the longest time that a connection may take to be made. It leaves some
	// of callTimeout to the command for which it is made.
	dialTimeout = 150 * time.Millisecond
	// credentialsFor is the longest life of a connection that was made with Credentials.
	// ElastiCache ends one after 12 hours ("Authenticating with IAM", Amazon ElastiCache
	// User Guide), in the midst of a command if need be.
	credentialsFor = 11 * time.Hour
)

// dial prepares a server. It connects to nothing.
func dial(at Redis) (*redisServer, error) {
	kind, addresses, name, options, err := parse(at.URL)
	if err != nil {
		return nil, err
	}
	// By default go-redis repeats a command three times and waits five seconds; here both
	// would only hide that Redis is gone.
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.DialTimeout = dialTimeout
	options.ReadTimeout = callTimeout
	options.WriteTimeout = callTimeout
	options.ContextTimeoutEnabled = true
	// The commands are a handful per miss and each is over in a millisecond.
	options.PoolSize = 64
	if at.Credentials != nil {
		options.CredentialsProviderContext = at.Credentials
		options.ConnMaxLifetime = credentialsFor
	}
	over := new(succession)
	switch kind {
	case "cluster":
		return &redisServer{newCluster(addresses, options, over), over}, nil
	case "sentinel":
		return &redisServer{newSentinels(addresses, name, options, over), over}, nil
	}
	return &redisServer{newSingle(options, over), over}, nil
}

// errURL leaves the parsers' own errors out: they quote the password if that is the part
// that can't be read.
var errURL = errors.New("not a URL of Redis's, expected redis://host:port or host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/name, " +
	"and in user:password@ all but letters and digits escaped, as %2F for /")

// parse takes a Redis's URL apart: the kind is "cluster" or "sentinel" and has addresses, or
// it is empty and its address is in the options. The options have what all connections to
// servers with keys share.
func parse(address string) (kind string, addresses []string, name string, options *redis.Options, err error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		scheme, rest = "redis", address
		if strings.Contains(address, ",") {
			scheme = "redis+cluster"
		}
	}
	scheme, kind, plus := strings.Cut(scheme, "+")
	if !plus {
		options, err := redis.ParseURL(scheme + "://" + rest)
		if err != nil || strings.Contains(options.Addr, ",") {
			return "", nil, "", nil, errURL
		}
		return "", nil, "", options, nil
	}
	at := strings.LastIndex(rest, "@") + 1
	credentials, rest := rest[:at], rest[at:]
	hosts, path, _ := strings.Cut(rest, "/")
	addresses = strings.Split(hosts, ",")
	options, err = redis.ParseURL(scheme + "://" + credentials + addresses[0])
	if err != nil || kind != "cluster" && kind != "sentinel" || scheme == "unix" {
		return "", nil, "", nil, errURL
	}
	// A password before an @ that is missing looks like any of these parts, so none is quoted.
	for i, a := range addresses {
		host, port, err := net.SplitHostPort(a)
		if n, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil || host == "" || n == 0 {
			return "", nil, "", nil, fmt.Errorf("address %d of %d is not host:port", i+1, len(addresses))
		}
	}
	if kind == "cluster" {
		if path != "" {
			return "", nil, "", nil, errors.New("something follows the addresses, expected nothing: a cluster has one database, and no options")
		}
		return kind, addresses, "", options, nil
	}
	name, db, numbered := strings.Cut(path, "/")
	if numbered {
		if options.DB, err = strconv.Atoi(db); err != nil || options.DB < 0 {
			return "", nil, "", nil, errors.New("what follows the primary's name is not the number of a database")
		}
	}
	if name, err = url.PathUnescape(name); err != nil || name == "" || strings.Contains(path, "?") {
		return "", nil, "", nil, errors.New("no name follows the addresses, expected the one by which Sentinels know the primary, and no options")
	}
	return kind, addresses, name, options, nil
}

// single is one server. If its name comes to mean another one, as that of a primary does
// whose replica is promoted, new connections lead there: every dial looks the name up.
type single struct {
	*redis.Client
	host string
	over *succession

	mu   sync.Mutex // protects peer
	peer string     // the server's own address, as of the last connection
}

func newSingle(options *redis.Options, over *succession) *single {
	host, _, _ := net.SplitHostPort(options.Addr) // a socket has none
	// While one connection is found to lead to another server, one beside it may be made for a
	// command that passed the breaker before that was known.
	options.OnConnect = func(ctx context.Context, _ *redis.Conn) error { return over.admits(ctx) }
	s := &single{Client: redis.NewClient(options), host: host, over: over}
	s.AddHook(s)
	return s
}

func (s *single) keys(context.Context) (redis.UniversalClient, error) { return s.Client, nil }

func (s *single) primaries(context.Context) ([]primary, error) {
	return []primary{{s.Client, beatKey}}, nil
}

func (*single) failsOver() bool { return false }

// DialHook notes where a new connection leads to.
func (s *single) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := next(ctx, network, addr)
		if err == nil && s.reached(ctx, conn.RemoteAddr().String()) {
			conn.Close() // the command for which it was made may take a lease
			return nil, errTookOver
		}
		return conn, err
	}
}

// reached reports whether a connection leads to a server that has taken over, and tells of it.
// That is so if the name no longer means the server of before; it may mean several addresses
// of the same server at a time.
func (s *single) reached(ctx context.Context, peer string) (another bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, _, _ := net.SplitHostPort(s.peer)
	if s.peer == "" || s.peer == peer {
		s.peer = peer
		return false
	}
	if meant, err := net.DefaultResolver.LookupHost(ctx, s.host); err != nil || slices.Contains(meant, before) {
		return false
	}
	s.peer = peer
	s.over.took(peer)
	return true
}

func (*single) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }

func (*single) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
