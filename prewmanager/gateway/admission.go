package gateway

import (
	"context"
	"fmt"
	"time"

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

// enter waits for a slot among the invocations; leave gives it back. It fails with
// Busy: at once if too many flights wait already, when ctx ends, or when a slot is free
// and ctx leaves less time than an invocation may take by then.
func (a admission) enter(ctx context.Context, takes func() time.Duration) (leave func(), err error) {
	select {
	case a.inside <- struct{}{}:
	default:
		return nil, fail(prew.Busy, fmt.Errorf("%d invocations are under way or wait, limit is %d", len(a.inside), cap(a.inside)))
	}
	select {
	case a.slots <- struct{}{}:
		leave = func() { <-a.slots; <-a.inside }
		deadline, ok := ctx.Deadline()
		if left, needed := time.Until(deadline), takes(); ok && left < needed {
			leave()
			return nil, fail(prew.Busy, fmt.Errorf("%v are left after the wait for a slot, an invocation may take %v", left.Round(time.Millisecond), needed.Round(time.Millisecond)))
		}
		return leave, nil
	case <-ctx.Done():
		<-a.inside
		return nil, fail(prew.Busy, fmt.Errorf("no slot among %d invocations: %w", cap(a.slots), ctx.Err()))
	}
}

// waiting is the number of flights that wait for a slot.
func (a admission) waiting() int { return max(0, len(a.inside)-len(a.slots)) }
