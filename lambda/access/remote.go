package access

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// fetchAgain is the shortest time from one fetch to the next: anybody can make up ids of
	// keys.
	fetchAgain = time.Minute
	// fetchTimeout is the longest fetch; whoever shows a token with a new id waits for it.
	fetchTimeout = 5 * time.Second
	// maxJWKS is the largest set of keys that is read, in bytes.
	maxJWKS = 1 << 20
)

// remote fetches keys from the URL of a JWKS.
type remote struct {
	url    string
	client *http.Client

	mu    sync.Mutex // held while keys are fetched
	asked time.Time  // when the last fetch began
}

func newRemote(text string) (*remote, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("PREW_TOKEN_KEYS: expected a file, or a URL as https://host/path")
	}
	return &remote{url: text, client: &http.Client{
		Timeout: fetchTimeout,
		// A redirect could lead to plain HTTP, or to whoever the host lets choose it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// fetch gets the keys. Those that can't be used are left out, because they may be for others,
// and so are secrets: whoever can ask for them has them.
func (r *remote) fetch(ctx context.Context) (*keySet, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, fmt.Errorf("keys of tokens: %w", err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json") // RFC 7517, section 8.5
	response, err := r.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("keys of tokens: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("keys of tokens: %s answers %s", request.URL.Redacted(), response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, maxJWKS+1))
	if err == nil && len(data) > maxJWKS {
		err = fmt.Errorf("more than %d bytes", maxJWKS)
	}
	if err != nil {
		return nil, fmt.Errorf("keys of tokens: %s: %w", request.URL.Redacted(), err)
	}
	set, _, err := parseJWKS(data)
	if err == nil {
		set, err = set.public()
	}
	if err != nil {
		return nil, fmt.Errorf("keys of tokens: %s: %w", request.URL.Redacted(), err)
	}
	return set, nil
}

// public returns the set without its secrets.
func (s *keySet) public() (*keySet, error) {
	set := new(keySet)
	for _, k := range s.keys {
		if k.algorithm != hs256 {
			set.keys = append(set.keys, k)
		}
	}
	if len(set.keys) == 0 {
		return nil, errors.New("secrets alone, expected public keys")
	}
	return set, nil
}

// refresh fetches the keys again for a token whose key has a new id, at most once in
// fetchAgain. Where that fails the present ones stay.
func (t *tokens) refresh(id string) *keySet {
	t.remote.mu.Lock()
	defer t.remote.mu.Unlock()
	keys := t.keys.Load()
	if keys == nil || keys.has(id) || t.now().Sub(t.remote.asked) < fetchAgain {
		return keys
	}
	t.remote.asked = t.now()
	fetched, err := t.remote.fetch(context.Background()) // for all that wait, whoever leaves
	if err != nil {
		slog.Warn("the keys of tokens stay as they are", "reason", err)
		return keys
	}
	t.keys.Store(fetched)
	return fetched
}
