package access

import (
	"crypto/ecdsa"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"prew"
)

// published is a server that publishes keys.
type published struct {
	*httptest.Server
	answer  atomic.Pointer[func(http.ResponseWriter)]
	fetched atomic.Int32
}

func publish(t *testing.T) *published {
	t.Helper()
	p := new(published)
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys.json" {
			t.Errorf("asked for %s", r.URL)
		}
		p.fetched.Add(1)
		(*p.answer.Load())(w)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *published) set(answer func(http.ResponseWriter)) { p.answer.Store(&answer) }

func (p *published) keys(set string) {
	p.set(func(w http.ResponseWriter) { w.Write([]byte(set)) })
}

// checkerOf is a checker of tokens by the keys of a server, with a clock of its own.
func (p *published) checkerOf(t *testing.T, now *atomic.Int64) *Checker {
	t.Helper()
	c, err := New(Settings{TokenKeys: p.URL + "/keys.json", Cookie: "prew", Claim: "prew"})
	if err != nil {
		t.Fatal(err)
	}
	trusting := p.Client()
	trusting.CheckRedirect, trusting.Timeout = c.tokens.remote.client.CheckRedirect, c.tokens.remote.client.Timeout
	c.tokens.remote.client = trusting
	c.now = func() time.Time { return time.Unix(now.Load(), 0) }
	c.tokens.now = c.now
	return c
}

func signedBy(key *ecdsa.PrivateKey, kid string, until int64) string {
	t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"exp": until})
	t.Header["kid"] = kid
	return must(t.SignedString(key))
}

var anything = Target{Access: prew.Token, Paths: []string{"/photo/a/b.jpg"}, Key: "a/b.jpg"}

func TestKeysOfAURLAreFetchedAgainForANewOne(t *testing.T) {
	p := publish(t)
	var now atomic.Int64
	now.Store(1_000_000)
	c := p.checkerOf(t, &now)
	see := func(kid string, want bool, fetched int32) {
		t.Helper()
		_, err := c.Check(anything, Credentials{Token: signedBy(ecKey, kid, 2_000_000)})
		if (err == nil) != want || p.fetched.Load() != fetched {
			t.Errorf("kid %q: %v after %d fetches, want %v after %d", kid, err, p.fetched.Load(), want, fetched)
		}
	}
	see("a", false, 0) // not fetched yet, and whoever asks can't change that

	p.set(func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) })
	if err := c.Reach(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "/keys.json answers 502 Bad Gateway") {
		t.Errorf("%v", err)
	}
	see("a", false, 1)
	p.keys(jwks(ofEC("kid", "a")))
	for range 2 {
		if err := c.Reach(t.Context()); err != nil {
			t.Error(err)
		}
	}
	see("a", true, 2)
	see("", true, 2)

	p.keys(jwks(ofEC("kid", "b"))) // a is taken back
	see("b", false, 2)             // within the minute
	now.Add(59)
	see("b", false, 2)
	now.Add(1)
	see("b", true, 3)
	see("a", false, 3) // also where the token has been seen
	now.Add(60)
	see("made-up", false, 4)
	see("made-up-2", false, 4)

	// What can't be fetched leaves things as they are.
	for i, answer := range []func(http.ResponseWriter){
		func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
		func(w http.ResponseWriter) { w.Write([]byte("<html>")) },
		func(w http.ResponseWriter) { w.Write([]byte(`{"keys": []}`)) },
		func(w http.ResponseWriter) {
			w.Write([]byte(jwks([]string{"kty", "oct", "kid", "c", "k", text(make([]byte, 32))})))
		},
		func(w http.ResponseWriter) {
			w.Write([]byte(strings.Repeat(" ", maxJWKS) + jwks(ofEC("kid", "c"))))
		},
		func(w http.ResponseWriter) {
			w.Header().Set("Location", "/keys.json")
			w.WriteHeader(http.StatusFound)
		},
		func(w http.ResponseWriter) {
			w.Write([]byte(jwks(ofEC("kid", "c")))[:20])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
	} {
		p.set(answer)
		now.Add(60)
		see(fmt.Sprint("c", i), false, int32(5+i))
		see("b", true, int32(5+i))
	}
}

// TestManyTokensOfANewKeyFetchOnce also checks that known tokens do not wait for a fetch.
func TestManyTokensOfANewKeyFetchOnce(t *testing.T) {
	p := publish(t)
	var now atomic.Int64
	now.Store(1_000_000)
	c := p.checkerOf(t, &now)
	p.keys(jwks(ofEC("kid", "a")))
	if err := c.Reach(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked, answer := make(chan struct{}), make(chan struct{})
	p.set(func(w http.ResponseWriter) {
		close(asked)
		<-answer
		w.Write([]byte(jwks(ofEC("kid", "a"), ofEC("kid", "b"))))
	})
	now.Add(60)
	var waiting sync.WaitGroup
	for range 30 {
		waiting.Go(func() {
			if _, err := c.Check(anything, Credentials{Token: signedBy(ecKey, "b", 2_000_000)}); err != nil {
				t.Error(err)
			}
		})
	}
	<-asked
	if _, err := c.Check(anything, Credentials{Token: signedBy(ecKey, "a", 2_000_000)}); err != nil {
		t.Error(err)
	}
	close(answer)
	waiting.Wait()
	if n := p.fetched.Load(); n != 2 {
		t.Errorf("%d fetches", n)
	}
}

// TestServerThatIsNotTrustedHasNoKeys checks that a certificate counts.
func TestServerThatIsNotTrustedHasNoKeys(t *testing.T) {
	p := publish(t)
	p.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	p.keys(jwks(ofEC("kid", "a")))
	c := must(New(Settings{TokenKeys: p.URL + "/keys.json", Cookie: "prew"}))
	if err := c.Reach(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v", err)
	}
}
