package gateway

import (
	"context"
	"fmt"

	"prew"
)

// admission is the gateway's admission control: it limits the invocations under
// way and the flights that wait for one to end. A flight beyond both limits is
// refused at once; in an endless queue every request would be answered too late.
type admission struct {
	slots  chan struct{} // holds one element for each invocation under way
	inside chan struct{} // holds one element for each invocation under way or waiting flight
}

func newAdmission(invokes, queue int) admission {
	return admission{make(chan struct{}, invokes), make(chan struct{}, invokes+queue)}
}

// enter waits for a slot among the invocations; leave gives it back. It fails
// with Busy: at once if too many flights wait already, or when ctx ends.
func (a admission) enter(ctx context.Context) (leave func(), err error) {
	select {
	case a.inside <- struct{}{}:
	default:
		return nil, fail(prew.Busy, fmt.Errorf("%d invocations are under way or wait, limit is %d", len(a.inside), cap(a.inside)))
	}
	select {
	case a.slots <- struct{}{}:
		return func() { <-a.slots; <-a.inside }, nil
	case <-ctx.Done():
		<-a.inside
		return nil, fail(prew.Busy, fmt.Errorf("no slot among %d invocations: %w", cap(a.slots), ctx.Err()))
	}
}

// waiting is the number of flights that wait for a slot.
func (a admission) waiting() int { return max(0, len(a.inside)-len(a.slots)) }
