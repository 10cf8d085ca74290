package flight

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis says where the Redis is that processes share, and who they are to it.
type Redis struct {
	// URL is redis://[user:password@]host:port[/db], with rediss:// for TLS, or host:port.
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

// dial prepares the client. By default go-redis repeats a command three times and
// waits five seconds; here both would only hide that Redis is gone.
func dial(at Redis) (*redisServer, error) {
	url := at.URL
	if !strings.Contains(url, "://") {
		url = "redis://" + url
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		// The parser's own error is left out: it quotes the password if that is the
		// part that can't be read.
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
	if at.Credentials != nil {
		options.CredentialsProviderContext = at.Credentials
		options.ConnMaxLifetime = credentialsFor
	}
	return &redisServer{redis.NewClient(options)}, nil
}
