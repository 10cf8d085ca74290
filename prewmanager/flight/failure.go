package flight

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Failure is an error that answers everybody who waits for the key, in every
// process.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
	// Mark is what the failure depends on. A failure with one is asked after
	// (Work.Holds) before it is repeated, one without holds for all of Keep.
	Mark string `json:"mark,omitempty"`
	// Keep is how long the failure is remembered for those who come later; zero
	// means that it is only for those who were waiting.
	Keep time.Duration `json:"keep,omitempty"`
	// Until is when a remembered failure is forgotten.
	Until time.Time `json:"-"`
}

func (f *Failure) Error() string {
	if f.Message == "" {
		return f.Code
	}
	return f.Code + ": " + f.Message
}

// asFailure is what of an error travels to other processes: a Failure as it
// is, of any other error its text. Nil stays nil.
func asFailure(err error) *Failure {
	if err == nil {
		return nil
	}
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{Message: err.Error()}
}

func (f *Failure) encode() string {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings can't fail to marshal
	}
	return string(text)
}

func decodeFailure(text string) (*Failure, error) {
	f := new(Failure)
	return f, json.Unmarshal([]byte(text), f)
}

// memoryLimit bounds the failures a process remembers. They come from URLs that
// anybody may invent; Redis remembers what falls out of here.
const memoryLimit = 10_000

// memory is what one process remembers of failures, so that a request for one
// costs nothing, and so that they are remembered without Redis as well.
type memory struct {
	mu       sync.Mutex // protects failures
	failures map[string]remembered
}

type remembered struct {
	failure *Failure
	checked time.Time // when it was last known to be true
}

func newMemory() *memory { return &memory{failures: map[string]remembered{}} }

// remember keeps a failure for as long as it says, if at all.
func (m *memory) remember(key string, f *Failure) {
	if f == nil || f.Keep <= 0 {
		return
	}
	now := time.Now()
	if f.Until.IsZero() {
		f.Until = now.Add(f.Keep)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.failures) >= memoryLimit {
		m.makeRoom(now)
	}
	m.failures[key] = remembered{f, now}
}

// makeRoom drops what has expired and, if that is nothing, one in ten of the
// rest; a map's order is random enough for that.
func (m *memory) makeRoom(now time.Time) {
	for key, r := range m.failures {
		if now.After(r.failure.Until) {
			delete(m.failures, key)
		}
	}
	if len(m.failures) < memoryLimit {
		return
	}
	for key := range m.failures {
		if rand.N(10) == 0 {
			delete(m.failures, key)
		}
	}
}

// recall returns a failure that can be repeated without asking anybody.
func (m *memory) recall(key string) *Failure {
	if f := m.lookup(key); f != nil && (f.Mark == "" || m.checked(key)) {
		return f
	}
	return nil
}

// due returns a failure that has to be asked after before it is repeated.
func (m *memory) due(key string) *Failure {
	if f := m.lookup(key); f != nil && f.Mark != "" && !m.checked(key) {
		return f
	}
	return nil
}

func (m *memory) lookup(key string) *Failure {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.failures[key]
	if !ok || time.Now().After(r.failure.Until) {
		return nil
	}
	return r.failure
}

// checked says whether the failure of key was lately known to be true.
func (m *memory) checked(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.failures[key]
	return ok && time.Since(r.checked) < checkEvery
}

func (m *memory) confirm(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.failures[key]; ok {
		r.checked = time.Now()
		m.failures[key] = r
	}
}

func (m *memory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.failures, key)
}
