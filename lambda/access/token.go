package access

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// leeway is how far the clock of who makes tokens may be from this one (RFC 7519,
	// section 4.1.4: "usually no more than a few minutes").
	leeway = 60 * time.Second

	// maxToken is the longest token that is read, in bytes: nginx takes no longer line in a
	// header.
	maxToken = 8 << 10

	// latestExpiry bounds the exp of a token, in seconds, so that no arithmetic overflows:
	// the year 33658.
	latestExpiry = 1e12
)

// tokens verifies tokens: JWTs (RFC 7519), signed as JWS (RFC 7515). The key decides the
// algorithm, and what a token's header says of keys and addresses is not followed
// (RFC 8725, sections 3.1 and 3.10).
type tokens struct {
	parser    *jwt.Parser
	validator *jwt.Validator
	audience  string
	claim     string
	now       func() time.Time
	keys      atomic.Pointer[keySet] // nil until they have been fetched
	remote    *remote                // nil for those of a file
	verified  memory
}

// newTokens reads the keys of a file; those of a URL are fetched later. It is nil where
// neither is named.
func newTokens(s Settings) (*tokens, error) {
	if s.TokenKeys == "" {
		return nil, nil
	}
	t := &tokens{audience: s.Audience, claim: s.Claim, now: time.Now}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(methods), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithLeeway(leeway),
		jwt.WithIssuer(s.Issuer), jwt.WithTimeFunc(func() time.Time { return t.now() }),
	}
	if s.Audience != "" {
		options = append(options, jwt.WithAudience(s.Audience))
	}
	t.parser = jwt.NewParser(append(options, jwt.WithoutClaimsValidation())...)
	t.validator = jwt.NewValidator(options...)
	if strings.Contains(s.TokenKeys, "://") {
		var err error
		t.remote, err = newRemote(s.TokenKeys)
		return t, err
	}
	data, err := os.ReadFile(s.TokenKeys)
	if err != nil {
		return nil, fmt.Errorf("PREW_TOKEN_KEYS: %w", err)
	}
	keys, err := parseFile(data)
	if err != nil {
		return nil, fmt.Errorf("PREW_TOKEN_KEYS: %s: %w", s.TokenKeys, err)
	}
	t.keys.Store(keys)
	return t, nil
}

// grant is what a token allows that has been verified by a set of keys.
type grant struct {
	keys        *keySet
	from, until time.Time // with the leeway
	scope       scope
}

// check returns until when a token is good for a target.
func (t *tokens) check(target Target, token string, now time.Time) (until time.Time, _ *Refusal) {
	switch {
	case token == "":
		return until, errNoToken
	case t == nil:
		return until, errNoKeys
	case len(token) > maxToken:
		return until, refused(fmt.Sprintf("a token of %d bytes, limit is %d", len(token), maxToken))
	}
	hash := sha256.Sum256([]byte(token))
	g, ok := t.verified.get(hash)
	if !ok || g.keys != t.keys.Load() {
		var refusal *Refusal
		if g, refusal = t.verify(token); refusal != nil {
			return until, refusal
		}
		t.verified.put(hash, g)
	}
	switch {
	case now.Before(g.from):
		return until, refused("the token is not valid yet")
	case !now.Before(g.until):
		return until, errExpired
	case !g.scope.covers(target):
		return until, refused("the token is for other presets or folders")
	}
	return g.until, nil
}

// verify checks a token's signature and claims and returns what it allows.
func (t *tokens) verify(token string) (g grant, _ *Refusal) {
	claims := jwt.MapClaims{}
	_, err := t.parser.ParseWithClaims(token, claims, func(token *jwt.Token) (any, error) {
		if _, ok := token.Header["crit"]; ok { // RFC 7515, section 4.1.11: what is not understood is refused
			return nil, errors.New("crit")
		}
		id, isText := token.Header["kid"].(string)
		if _, ok := token.Header["kid"]; ok && !isText {
			return nil, errors.New("kid")
		}
		g.keys = t.keysFor(id)
		return g.keys.find(token.Method.Alg(), id), nil
	})
	// The library's errors name algorithms, and parts of what can't be read: they are of the
	// token, and go nowhere.
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return g, refused("the token can't be read")
	case err != nil:
		return g, refused("the token is not signed by a key that is known, in that key's algorithm")
	}
	if refusal := t.validate(claims); refusal != nil {
		return g, refusal
	}
	expires, _ := claims.GetExpirationTime()
	g.until = expires.Add(leeway)
	if from, _ := claims.GetNotBefore(); from != nil {
		g.from = from.Add(-leeway)
	}
	if claim, ok := claims[t.claim]; ok {
		if g.scope, err = readScope(claim); err != nil {
			return g, refused("the token's claim " + t.claim + ": " + err.Error())
		}
	}
	return g, nil
}

// validate checks the claims of a token that is signed. That its time is over is said of
// tokens alone that were good until then.
func (t *tokens) validate(claims jwt.MapClaims) *Refusal {
	for _, name := range []string{"exp", "nbf"} {
		if n, ok := claims[name].(float64); ok && (n < -latestExpiry || n > latestExpiry) {
			return refused("the token's " + name + " is no time")
		}
	}
	// Who is no audience must not take a token that has one (RFC 7519, section 4.1.3).
	if audience, err := claims.GetAudience(); err != nil || t.audience == "" && len(audience) > 0 {
		return refused("the token is for another audience")
	}
	err := t.validator.Validate(claims)
	for _, other := range []struct {
		err    error
		reason string
	}{
		{jwt.ErrTokenInvalidIssuer, "the token is of another issuer"},
		{jwt.ErrTokenInvalidAudience, "the token is for another audience"},
		{jwt.ErrTokenRequiredClaimMissing, "the token lacks one of exp, iss, aud"},
		{jwt.ErrInvalidType, "a claim of the token is of the wrong type"},
		{jwt.ErrTokenNotValidYet, "the token is not valid yet"},
	} {
		if errors.Is(err, other.err) {
			return refused(other.reason)
		}
	}
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return errExpired
	case err != nil:
		return refused("the token's claims can't be read")
	}
	return nil
}

// keysFor returns the keys by which to verify a token that names its key by an id, empty if
// it names none. Keys of a URL are fetched again where the id is new.
func (t *tokens) keysFor(id string) *keySet {
	keys := t.keys.Load()
	if t.remote == nil || id == "" || keys.has(id) {
		return keys
	}
	return t.refresh(id)
}

// reach fetches the keys of a URL for the first time.
func (t *tokens) reach(ctx context.Context) error {
	if t.remote == nil {
		return nil
	}
	t.remote.mu.Lock()
	defer t.remote.mu.Unlock()
	if t.keys.Load() != nil {
		return nil
	}
	t.remote.asked = t.now()
	keys, err := t.remote.fetch(ctx)
	if err == nil {
		t.keys.Store(keys)
	}
	return err
}

// scope is what the claim of a token allows. Nil lists allow everything, as does a token
// without the claim.
type scope struct {
	Presets  []string `json:"presets"`  // names, each of which stands for the preset's variants too
	Prefixes []string `json:"prefixes"` // folders of keys, which end in a slash
}

// readScope reads the claim of a token, {"presets": [...], "prefixes": [...]}, of which each
// may be left out. What can't be read, or has anything else in it, allows nothing: it was meant
// to limit the token.
func readScope(claim any) (s scope, err error) {
	members, ok := claim.(map[string]any)
	if !ok {
		return s, errors.New(`expected {"presets": [...], "prefixes": [...]}`)
	}
	for name, value := range members {
		if _, isList := value.([]any); !isList || name != "presets" && name != "prefixes" {
			return s, errors.New("expected lists called presets and prefixes, and nothing else")
		}
	}
	text, _ := json.Marshal(members)
	if err := json.Unmarshal(text, &s); err != nil {
		return s, errors.New("expected lists of texts")
	}
	if slices.ContainsFunc(s.Prefixes, func(prefix string) bool { return !strings.HasSuffix(prefix, "/") }) {
		return s, errors.New("expected prefixes that end in a slash")
	}
	return s, nil
}

// covers reports whether a target is within the scope. A scope that names presets is for
// their previews, and not for photos.
func (s scope) covers(t Target) bool {
	if s.Presets != nil && (t.Preset == "" || !slices.Contains(s.Presets, t.Preset)) {
		return false
	}
	return s.Prefixes == nil || slices.ContainsFunc(s.Prefixes, func(prefix string) bool { return strings.HasPrefix(t.Key, prefix) })
}
