package colour

import (
	"crypto/sha256"
	"fmt"
	"sync"
)

// FromProfile makes the transform of an ICC profile for a picture of so many
// channels: 1 for grey, 3 for red, green and blue, 4 for inks. It is nil if the
// profile's colours are sRGB's. The error of a profile that is broken, or is for
// another number of channels, says what is wrong with it; whoever shows the picture
// takes it to be without a profile.
//
// The transforms of recent profiles are kept. It keeps nothing of data.
func FromProfile(data []byte, channels int) (*Transform, error) {
	if len(data) > MaxProfile {
		return nil, fmt.Errorf("profile has %d bytes, limit is %d", len(data), MaxProfile)
	}
	key := cacheKey{sha256.Sum256(data), channels}
	if t, has := recent.get(key); has {
		return t, nil
	}
	p, err := parse(data)
	if err != nil {
		return nil, err
	}
	if n := spaces[p.space]; n != channels {
		return nil, fmt.Errorf("profile is for %d channels, the picture has %d", n, channels)
	}
	t, err := p.transform()
	if err != nil {
		return nil, err
	}
	recent.put(key, t)
	return t, nil
}

type cacheKey struct {
	hash     [sha256.Size]byte
	channels int
}

// recent are the transforms of profiles: eight have 8 MB at most.
var recent = cache{size: 8}

type cache struct {
	size int

	mutex   sync.Mutex
	clock   uint64
	entries map[cacheKey]*entry
}

type entry struct {
	transform *Transform
	used      uint64
}

func (c *cache) get(key cacheKey) (*Transform, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	e, has := c.entries[key]
	if !has {
		return nil, false
	}
	c.clock++
	e.used = c.clock
	return e.transform, true
}

// put keeps a transform in place of the one that was not used for longest.
func (c *cache) put(key cacheKey, t *Transform) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.entries == nil {
		c.entries = map[cacheKey]*entry{}
	}
	if _, has := c.entries[key]; !has && len(c.entries) >= c.size {
		var oldest cacheKey
		for k, e := range c.entries {
			if o, has := c.entries[oldest]; !has || e.used < o.used {
				oldest = k
			}
		}
		delete(c.entries, oldest)
	}
	c.clock++
	c.entries[key] = &entry{t, c.clock}
}
