package access

import (
	"crypto/sha256"
	"sync"
)

// maxRemembered is how many tokens are remembered: at some 300 bytes each they take 6 MB, and
// as many people look at pictures of one gateway at a time.
const maxRemembered = 20_000

// memory holds what tokens allow that have been verified, by their hashes, so that no token
// stays in memory. It has two generations: when the younger one is full, the older one, of
// tokens that nobody has shown since, is dropped.
type memory struct {
	mu             sync.Mutex
	younger, older map[[sha256.Size]byte]grant
}

func (m *memory) get(token [sha256.Size]byte) (g grant, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g, ok = m.younger[token]; ok {
		return g, true
	}
	if g, ok = m.older[token]; ok {
		m.set(token, g)
	}
	return g, ok
}

func (m *memory) put(token [sha256.Size]byte, g grant) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set(token, g)
}

func (m *memory) set(token [sha256.Size]byte, g grant) {
	if m.younger == nil || len(m.younger) >= maxRemembered/2 {
		m.younger, m.older = map[[sha256.Size]byte]grant{}, m.younger
	}
	m.younger[token] = g
}
