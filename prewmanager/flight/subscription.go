package flight

import (
	"strings"
	"sync"
)

// message is what a release publishes about a key. The zero message is only a hint
// to look.
type message struct {
	done    string // the token of the flight that has stored the value
	failure *Failure
}

// subscription is a process's one subscription. It hands Redis's messages to the
// waiting flights of this process.
type subscription struct {
	breaker *breaker
	purged  func(told) // gets each message about a purge
	joined  func()     // is called when the process is subscribed again

	mu      sync.Mutex // protects the rest
	seats   map[string]chan message
	refused int // times in a row that Redis refused the subscription
}

func newSubscription(breaker *breaker) *subscription {
	return &subscription{breaker: breaker, seats: map[string]chan message{}}
}

// lost tells the breaker that the subscription's connection is broken. A process that
// sent no command while Redis restarted has no other sign of the restart. It would
// be the first to ask the empty Redis for a lease that its holder is about to put
// back.
func (s *subscription) lost(err error) { s.breaker.note(err) }

// refuse records that Redis refuses the subscription. Leases are to be had all the
// same, and waiting flights look by themselves. The log says so the second time: until
// then the beats have shown whether Redis refuses everything.
func (s *subscription) refuse(err error) {
	s.breaker.refuse(refusal(err))
	s.mu.Lock()
	s.refused++
	again := s.refused > 1
	s.mu.Unlock()
	if again {
		s.breaker.complain("the subscription", refusal(err), err.Error())
	}
}

// listen returns the channel on which this process's flight of key gets its
// messages, until leave.
func (s *subscription) listen(key string) <-chan message {
	// A flight reads the channel between any two looks. More than a few messages in
	// that time would tell it nothing that its next look does not.
	seat := make(chan message, 8)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seats[key] = seat
	return seat
}

func (s *subscription) leave(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seats, key)
}

func (s *subscription) deliver(key string, m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seat, ok := s.seats[key]; ok {
		offer(seat, m)
	}
}

// everybody wakes all waiting flights to look, and has the log of purges read: messages may
// have been lost.
func (s *subscription) everybody() {
	go s.joined()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = 0
	for _, seat := range s.seats {
		offer(seat, message{})
	}
}

// offer never waits: a flight with a full channel wakes up anyway.
func offer(seat chan message, m message) {
	select {
	case seat <- m:
	default:
	}
}

// parseMessage parses what releaseScript publishes; anything else is a hint to look.
func parseMessage(payload string) message {
	if token, ok := strings.CutPrefix(payload, "D"); ok {
		return message{done: token}
	}
	const failureAt = 1 + 26 + 1 // F, token, audience
	if !strings.HasPrefix(payload, "F") || len(payload) < failureAt {
		return message{}
	}
	failure, err := decodeFailure(payload[failureAt:])
	if err != nil {
		return message{}
	}
	return message{failure: failure}
}
