package prew

import (
	"slices"
	"sync"
)

// Settled remembers the newest events that a process has dealt with, so that those which come
// twice or too late do nothing. Another process does not know of them, and deletes once more:
// that costs a render. The zero value remembers none; it may be used by many goroutines.
type Settled struct {
	mutex    sync.Mutex
	byObject map[[2]string]Event // by bucket and object
	order    [][2]string         // of byObject, the oldest first
}

// maxSettled is how many events are remembered: 1 MB at the longest names, and more than come
// in the minutes in which one may come a second time.
const maxSettled = 1000

// Newest returns the events but for those that are settled by one that was dealt with, or by
// another of the same object among them, and how many it has left out.
func (s *Settled) Newest(events []Event) (some []Event, left int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, e := range events {
		i := slices.IndexFunc(some, func(other Event) bool { return other.Bucket == e.Bucket && other.Object == e.Object })
		switch {
		case s.byObject[[2]string{e.Bucket, e.Object}].Settles(e):
			left++
		case i < 0:
			some = append(some, e)
		default: // one purge is enough for both
			left++
			if !some[i].Settles(e) {
				some[i] = e
			}
		}
	}
	return some, left
}

// Note remembers that events have been dealt with, and forgets the oldest where there is no
// room.
func (s *Settled) Note(events ...Event) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.byObject == nil {
		s.byObject = map[[2]string]Event{}
	}
	for _, e := range events {
		object := [2]string{e.Bucket, e.Object}
		before, dealt := s.byObject[object]
		if dealt && before.Settles(e) {
			continue
		}
		if s.byObject[object] = e; !dealt {
			s.order = append(s.order, object)
		}
		if len(s.order) > maxSettled {
			delete(s.byObject, s.order[0])
			s.order = slices.Delete(s.order, 0, 1)
		}
	}
}
