package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"prew/prewmanager/flight"
)

// elastiCache is a cache of Amazon ElastiCache whose users show who they are by IAM: their
// password is a token, a request that is signed and never sent ("Authenticating with IAM",
// Amazon ElastiCache User Guide).
type elastiCache struct {
	name, region, user string
	serverless         bool
	credentials        aws.CredentialsProvider
}

const (
	// tokenFor is how long a token is good for making a connection: no longer one is taken.
	// What is connected stays so.
	tokenFor = 15 * time.Minute
	// hashOfNothing is the SHA-256 of a request without a body.
	hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// cacheNames are the names that replication groups and serverless caches may have.
var cacheNames = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// redisAt is the Redis at an address. Where it is a cache of ElastiCache's that knows its users
// by IAM, cache is its name, as in PREW_REDIS_IAM; otherwise it is empty.
func redisAt(address, cache string, cfg aws.Config) (flight.Redis, error) {
	at := flight.Redis{URL: address}
	if cache == "" {
		return at, nil
	}
	e, err := newElastiCache(address, cache, cfg)
	if err != nil {
		return at, fmt.Errorf("PREW_REDIS_IAM: %w", err)
	}
	at.Credentials = func(ctx context.Context) (user, password string, err error) {
		password, err = e.token(ctx, time.Now())
		return e.user, password, err
	}
	return at, nil
}

// newElastiCache is the cache of a name at an address. The address says who the user is, that
// there is TLS, without which ElastiCache takes no token, and whether the cache is serverless,
// by a name of ElastiCache's. Errors do not quote it: it may hold a password.
func newElastiCache(address, name string, cfg aws.Config) (elastiCache, error) {
	name = strings.ToLower(name) // as ElastiCache does
	if !cacheNames.MatchString(name) {
		return elastiCache{}, fmt.Errorf("%q, expected the name of a serverless cache or the id of a replication group", name)
	}
	scheme, rest, _ := strings.Cut(address, "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	at := strings.LastIndexByte(authority, '@')
	user, err := url.PathUnescape(authority[:max(at, 0)])
	if !strings.HasPrefix(scheme, "rediss") || user == "" || strings.Contains(user, ":") || err != nil {
		return elastiCache{}, errors.New("PREW_REDIS has no TLS, no user, or a password too, expected rediss://user@host:port or rediss+cluster://user@host:port: a token is the password")
	}
	return elastiCache{
		name:        name,
		region:      cfg.Region,
		user:        user,
		serverless:  strings.Contains(authority[at+1:], ".serverless."),
		credentials: cfg.Credentials,
	}, nil
}

// token is the password of a connection that is made within tokenFor from now.
func (e elastiCache) token(ctx context.Context, now time.Time) (string, error) {
	credentials, err := e.credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	query := url.Values{"Action": {"connect"}, "User": {e.user}, "X-Amz-Expires": {strconv.Itoa(int(tokenFor.Seconds()))}}
	if e.serverless {
		query.Set("ResourceType", "ServerlessCache")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+e.name+"/?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, request, hashOfNothing, "elasticache", e.region, now)
	return strings.TrimPrefix(signed, "https://"), err
}
