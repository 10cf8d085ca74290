package gateway

import (
	"context"
	"fmt"

	"prew"
)

// admission bounds the invocations of this gateway: so many at a time, and so
// many flights that wait for one of them to end. Whoever comes then is told at
// once to come again; in an endless queue everybody would be served too late.
type admission struct {
	places chan struct{} // holds one for each invocation under way
	inside chan struct{} // and one for each of them or of those that wait
}

func newAdmission(invokes, queue int) admission {
	return admission{make(chan struct{}, invokes), make(chan struct{}, invokes+queue)}
}

// enter waits for a place, which leave gives back. Its failure is Busy: at once
// where too many wait already, or when ctx ends.
func (a admission) enter(ctx context.Context) (leave func(), err error) {
	select {
	case a.inside <- struct{}{}:
	default:
		return nil, fail(prew.Busy, fmt.Errorf("%d invocations are under way or wait, limit is %d", len(a.inside), cap(a.inside)))
	}
	select {
	case a.places <- struct{}{}:
		return func() { <-a.places; <-a.inside }, nil
	case <-ctx.Done():
		<-a.inside
		return nil, fail(prew.Busy, fmt.Errorf("no place among %d invocations: %w", cap(a.places), ctx.Err()))
	}
}

// waiting is how many flights wait for a place.
func (a admission) waiting() int { return max(0, len(a.inside)-len(a.places)) }
