package main

import (
	"container/list"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// maxCache is how many bytes of bodies are kept.
	maxCache = 256 << 20
	// maxObject is the longest body that is kept, that of the largest preview.
	maxObject = 64 << 20
	// defaultTTL is how long edge.yaml has what says nothing of it kept, errors aside.
	defaultTTL = 24 * time.Hour
	// maxTTL is the longest time that edge.yaml has anything kept.
	maxTTL = 365 * 24 * time.Hour
)

// object is an answer that many may have.
type object struct {
	status int
	header http.Header
	body   []byte
	stored time.Time
	until  time.Time
}

// flight is a request to the origins that others wait for.
type flight struct {
	done   chan struct{}
	object *object // set when done: nil if only who has asked may have the answer
}

// cache keeps objects by their keys, and knows what is being asked for.
type cache struct {
	room    int // for bodies, in bytes
	largest int // of them, in bytes

	mutex   sync.Mutex
	used    int
	objects map[string]*list.Element // of entry
	order   *list.List               // the last used first
	flights map[string]*flight
}

type entry struct {
	key string
	*object
}

func newCache(room, largest int) *cache {
	return &cache{room: room, largest: largest, objects: map[string]*list.Element{}, order: list.New(), flights: map[string]*flight{}}
}

// begin returns the object of a key or, if there is none, the flight that is to be waited for.
// Who leads it asks the origins and then calls end.
func (c *cache) begin(key string) (o *object, wait *flight, lead bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if o := c.fresh(key); o != nil {
		return o, nil, false
	}
	if wait, ok := c.flights[key]; ok {
		return nil, wait, false
	}
	c.flights[key] = &flight{done: make(chan struct{})}
	return nil, c.flights[key], true
}

// end gives an object to who waits, and keeps it; nil is no object. It may be called again.
func (c *cache) end(key string, o *object) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	flight, ok := c.flights[key]
	if !ok {
		return
	}
	delete(c.flights, key)
	flight.object = o
	close(flight.done)
	if o == nil {
		return
	}
	c.drop(key)
	c.objects[key] = c.order.PushFront(entry{key, o})
	for c.used += len(o.body); c.used > c.room; {
		c.drop(c.order.Back().Value.(entry).key)
	}
}

// fresh returns the object of a key, nil if there is none whose time is not over.
func (c *cache) fresh(key string) *object {
	element, ok := c.objects[key]
	if !ok {
		return nil
	}
	o := element.Value.(entry).object
	if !time.Now().Before(o.until) {
		c.drop(key)
		return nil
	}
	c.order.MoveToFront(element)
	return o
}

func (c *cache) drop(key string) {
	if element, ok := c.objects[key]; ok {
		c.used -= len(c.order.Remove(element).(entry).body)
		delete(c.objects, key)
	}
}

// errorsKept are the errors that CloudFront keeps, as long as their Cache-Control says where
// the minimum TTL of errors is 0 ("How CloudFront processes HTTP 4xx and 5xx status codes from
// your origin").
var errorsKept = []int{400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}

// lifetimeOf is how long an answer is kept, 0 if it is neither kept nor given to who waits
// ("Manage how long content stays in the cache (expiration)", where the minimum TTL is 0).
func lifetimeOf(status int, header http.Header) time.Duration {
	lifetime := defaultTTL
	switch {
	case slices.Contains(errorsKept, status):
		lifetime = 0
	case status != http.StatusOK:
		return 0
	}
	if expires, err := http.ParseTime(header.Get("Expires")); err == nil {
		lifetime = time.Until(expires)
	}
	shared := false
	for directive := range strings.SplitSeq(strings.Join(header.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "private", "no-store", "no-cache":
			return 0
		case "s-maxage", "max-age":
			seconds, err := strconv.Atoi(value)
			if err == nil && (name == "s-maxage" || !shared) {
				lifetime, shared = time.Duration(min(seconds, int(maxTTL.Seconds())))*time.Second, name == "s-maxage"
			}
		}
	}
	return min(lifetime, maxTTL)
}
