package gateway

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"prew"
)

// WarmHeader marks a request for which nobody waits, of `prewmanager warm`. Whoever sends it
// only puts oneself last.
const WarmHeader = "X-Prew-Warm"

const (
	// warmPatience is how long such a request waits to be let in. Then it is busy and its
	// sender comes again, so that it is not a connection that hangs.
	warmPatience = 5 * time.Second
	// warmLook is the pause between two looks whether it may: a tenth of a short render.
	warmLook = 10 * time.Millisecond
)

// background is admission's class for requests for which nobody waits. It stands before a
// flight begins and not inside of it: in a flight that is held back, people might wait who
// came later, here or at another gateway.
type background struct {
	admission
	mu      sync.Mutex // protects pending
	pending int        // let in, and without a slot so far
}

// spare is how many slots are left to people: a quarter, and at least one where there are
// more than one.
func (b *background) spare() int {
	most := cap(b.slots)
	return max(most/4, min(most-1, 1))
}

// enter waits until nobody is waiting for a slot and more slots are free than are spared.
// Whoever is let in calls admitted once its flight has a slot or is over; it may do so again.
// The error is Busy.
func (b *background) enter(ctx context.Context) (admitted func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, warmPatience)
	defer cancel()
	for !b.admit() {
		select {
		case <-time.After(warmLook):
		case <-ctx.Done():
			return nil, fail(prew.Busy, errors.New("no slot that people do not need"))
		}
	}
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.pending--
	}), nil
}

// admit lets one in, if it may come in now.
func (b *background) admit() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting() > 0 || len(b.slots)+b.pending >= cap(b.slots)-b.spare() {
		return false
	}
	b.pending++
	return true
}

// warm lets a request in that nobody waits for. Any other one it lets in at once.
func (g *Gateway) warm(r *http.Request) (admitted func(), err error) {
	if r.Header.Get(WarmHeader) == "" {
		return func() {}, nil
	}
	return g.background.enter(r.Context())
}

// Render has a preview rendered for which nobody waits, unless it is stored, when people leave
// room for it or until ctx ends.
func (g *Gateway) Render(ctx context.Context, ref prew.Ref) error {
	objects, known, err := g.objectsOf(ref)
	switch {
	case !known:
		return fail(prew.PresetUnknown, nil)
	case err != nil:
		return fail(prew.PathRefused, err)
	}
	admitted, err := g.background.enter(ctx)
	for err != nil && ctx.Err() == nil {
		admitted, err = g.background.enter(ctx)
	}
	if err != nil {
		return err
	}
	defer admitted()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, ref.Path(), nil)
	if err != nil {
		return err
	}
	e := g.begin(nil, request, routePreview)
	defer g.end(e)
	e.preset, e.key, e.source = ref.Preset, ref.Key, objects.photos.source
	_, outcome, err := g.fly(e, ref, objects, admitted)
	if err != nil {
		failure := failureOf(err)
		_, how := prew.FailureOf(prew.Code(failure.Code))
		e.fail(failure)
		e.status = how.Status
		return failure
	}
	e.outcome = outcomes[outcome]
	return nil
}
