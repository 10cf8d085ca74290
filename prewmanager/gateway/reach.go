package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"prew"
	"prew/lambda/store"
)

// reachAgain is how long a gateway that could not reach what it needs waits before
// it tries once more, with three small requests: whoever has set that right should
// neither have to restart it nor to wait.
const reachAgain = time.Second

// Reach asks whether the buckets and the function are there, until all of them
// have been reached once or ctx ends. As long as one has not, the gateway is not
// ready and says why, once in the log and to whoever asks for /ready; it answers
// requests all the same.
func (g *Gateway) Reach(ctx context.Context) {
	for said := false; ; said = true {
		err := g.reach(ctx)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			g.unreached.Store(nil)
			if said {
				slog.Info("the buckets and the function are reached")
			}
			return
		}
		reason := strings.ReplaceAll(err.Error(), "\n", "; ")
		g.unreached.Store(&reason)
		if !said {
			slog.Warn("not ready", "reason", reason)
		}
		select {
		case <-time.After(reachAgain):
		case <-ctx.Done():
			return
		}
	}
}

// reach asks all of them once and returns what is wrong with each.
func (g *Gateway) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, g.previews.timeout)
	defer cancel()
	var previews, photos, function error
	var asking sync.WaitGroup
	asking.Go(func() { previews = g.previews.reach(ctx, "previews", prew.PreviewRoot) })
	asking.Go(func() { photos = g.photos.reach(ctx, "photos", prew.SourceRoot) })
	asking.Go(func() { function = g.function.Reach(ctx) })
	asking.Wait()
	return errors.Join(previews, photos, function)
}

// reach asks for an object that nobody has: what S3 says of a missing one it says
// of a bucket that is there and may be read.
func (s storage) reach(ctx context.Context, what, root string) error {
	object, err := s.Get(ctx, root+"/.reach", nil)
	switch {
	case err == nil:
		object.Body.Close()
	case !store.Missing(err):
		return fmt.Errorf("bucket of the %s, %s: %w", what, s.Name, err)
	}
	return nil
}
