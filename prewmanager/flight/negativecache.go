package flight

import (
	"math/rand/v2"
	"sync"
	"time"
)

// negativeLimit is how many failures a process remembers. A limit is needed because
// anybody may invent URLs that fail; Redis still has what is dropped here.
const negativeLimit = 10_000

// negativeCache holds the failures that one process remembers, so that repeating a
// failure costs nothing, and so that failures are remembered without Redis too.
type negativeCache struct {
	mu       sync.Mutex // protects failures
	failures map[string]remembered
}

type remembered struct {
	failure *Failure
	checked time.Time // when it was last known to be true
}

func newNegativeCache() *negativeCache { return &negativeCache{failures: map[string]remembered{}} }

// remember keeps a failure for its Keep; a failure without one is not kept.
func (n *negativeCache) remember(key string, f *Failure) {
	if f == nil || f.Keep <= 0 {
		return
	}
	now := time.Now()
	if f.Until.IsZero() {
		f.Until = now.Add(f.Keep)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.failures) >= negativeLimit {
		n.makeRoom(now)
	}
	n.failures[key] = remembered{f, now}
}

// makeRoom drops the failures that have expired and, if there are none, one in ten
// of all at random.
func (n *negativeCache) makeRoom(now time.Time) {
	for key, r := range n.failures {
		if now.After(r.failure.Until) {
			delete(n.failures, key)
		}
	}
	if len(n.failures) < negativeLimit {
		return
	}
	for key := range n.failures {
		if rand.N(10) == 0 {
			delete(n.failures, key)
		}
	}
}

// recall returns a failure that can be repeated without a check.
func (n *negativeCache) recall(key string) *Failure {
	if f := n.lookup(key); f != nil && (f.Mark == "" || n.checked(key)) {
		return f
	}
	return nil
}

// due returns a failure that has to be checked before it is repeated.
func (n *negativeCache) due(key string) *Failure {
	if f := n.lookup(key); f != nil && f.Mark != "" && !n.checked(key) {
		return f
	}
	return nil
}

func (n *negativeCache) lookup(key string) *Failure {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.failures[key]
	if !ok || time.Now().After(r.failure.Until) {
		return nil
	}
	return r.failure
}

// checked reports whether the failure of key was known to be true within checkEvery.
func (n *negativeCache) checked(key string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.failures[key]
	return ok && time.Since(r.checked) < checkEvery
}

func (n *negativeCache) confirm(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r, ok := n.failures[key]; ok {
		r.checked = time.Now()
		n.failures[key] = r
	}
}

func (n *negativeCache) forget(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.failures, key)
}
