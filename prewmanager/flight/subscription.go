package flight

import (
	"strings"
	"sync"
)

// message is news of a key. The zero message is only a hint to look.
type message struct {
	done    string // the token of the flight that has stored the value
	failure *Failure
}

// subscription is the one that a process has. It hands the messages of Redis to the
// flights of this process that wait.
type subscription struct {
	// lost is told when the connection breaks on which messages come. A process
	// that asked for nothing while Redis was restarted has no other sign of it,
	// and would be the first to ask the empty one for a lease that somebody is
	// about to put back.
	lost func(error)

	mu    sync.Mutex // protects seats
	seats map[string]chan message
}

func newSubscription(lost func(error)) *subscription {
	return &subscription{lost: lost, seats: map[string]chan message{}}
}

// listen returns the channel on which the one flight of key in this process
// gets its messages until it leaves.
func (s *subscription) listen(key string) <-chan message {
	// A flight reads between any two looks; more than a few messages in that
	// time tell it nothing that its next look does not.
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

// everybody wakes all who wait, to look: messages may have been lost.
func (s *subscription) everybody() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seat := range s.seats {
		offer(seat, message{})
	}
}

// offer never waits: a full seat has plenty to wake up for.
func offer(seat chan message, m message) {
	select {
	case seat <- m:
	default:
	}
}

// parseMessage reads what releaseScript publishes; anything else is a hint.
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
