package flight

import (
	"maps"
	"sync"
	"time"
)

// negativeLimit is how many failures a process remembers. A limit is needed because
// anybody may invent URLs that fail; Redis still has what is dropped here.
const negativeLimit = 10_000

// sweepEvery is how often failures that are over are dropped: most are of keys that nobody
// asks for again, and would stay until the limit is reached. It takes a millisecond where
// there are as many as the limit.
const sweepEvery = time.Minute

// negativeCache holds the failures that one process remembers, so that repeating a
// failure costs nothing, and so that failures are remembered without Redis too.
//
// It keeps two generations. When the younger one is half of the limit, it becomes the
// older one, and all of that is dropped at once, so that a new failure costs the same
// whether or not there is room. A failure that is asked for moves to the younger
// generation: invented URLs, each asked for once, do not drive it out.
type negativeCache struct {
	mu             sync.Mutex // protects the rest
	younger, older map[string]remembered
	swept          time.Time
}

type remembered struct {
	failure *Failure
	checked time.Time // when it was last known to be true
}

func newNegativeCache() *negativeCache { return &negativeCache{younger: map[string]remembered{}} }

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
	if now.Sub(n.swept) >= sweepEvery {
		n.swept = now
		n.sweep(func(_ string, r remembered) bool { return now.After(r.failure.Until) })
	}
	n.put(key, remembered{f, now})
}

// put puts a failure into the younger generation. It needs mu.
func (n *negativeCache) put(key string, r remembered) {
	delete(n.older, key)
	n.younger[key] = r
	if len(n.younger) >= negativeLimit/2 {
		n.older, n.younger = n.younger, map[string]remembered{}
	}
}

// get returns what is remembered of a key, if it still is. It needs mu.
func (n *negativeCache) get(key string) (remembered, bool) {
	r, ok := n.younger[key]
	if !ok {
		if r, ok = n.older[key]; ok {
			n.put(key, r)
		}
	}
	if ok && time.Now().After(r.failure.Until) {
		n.drop(key)
		return remembered{}, false
	}
	return r, ok
}

// drop forgets a key. It needs mu.
func (n *negativeCache) drop(key string) {
	delete(n.younger, key)
	delete(n.older, key)
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
	r, _ := n.get(key)
	return r.failure
}

// checked reports whether the failure of key was known to be true within checkEvery.
func (n *negativeCache) checked(key string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	r, ok := n.get(key)
	return ok && time.Since(r.checked) < checkEvery
}

func (n *negativeCache) confirm(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r, ok := n.get(key); ok {
		r.checked = time.Now()
		n.put(key, r)
	}
}

func (n *negativeCache) forget(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drop(key)
}

// forgetAll forgets the keys that match.
func (n *negativeCache) forgetAll(match func(key string) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sweep(func(key string, _ remembered) bool { return match(key) })
}

// sweep drops failures of both generations. It needs mu.
func (n *negativeCache) sweep(over func(key string, r remembered) bool) {
	maps.DeleteFunc(n.younger, over)
	maps.DeleteFunc(n.older, over)
}
