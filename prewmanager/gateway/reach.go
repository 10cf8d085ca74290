package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"prew/lambda/store"
)

// reachAgain is the pause between two attempts to reach the buckets and the
// function. An attempt is a small request to each, so it can be short: once the cause
// is removed, the gateway is ready without a restart and without a wait.
const reachAgain = time.Second

// Reach tries to reach the buckets and the function until it has reached each of
// them or ctx ends. Until then the gateway is not ready; it gives the reason once
// in the log and in each answer to /ready. It answers other requests all the same.
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

// reach tries the buckets and the function, and the URL of the keys of tokens, once and returns what is wrong with each.
func (g *Gateway) reach(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, g.previews.timeout)
	defer cancel()
	var previews, function, keys error
	sources := g.sources.All()
	photos := make([]error, len(sources))
	var asking sync.WaitGroup
	asking.Go(func() { previews = g.previews.reach(ctx, "previews", g.sources.Previews.Prefix) })
	for i, source := range sources {
		what := "photos"
		if source.Name != "" {
			what += " of the source " + source.Name
		}
		asking.Go(func() { photos[i] = g.photos[source.Name].reach(ctx, what, source.Photos.Prefix) })
	}
	asking.Go(func() { function = g.function.Reach(ctx) })
	asking.Go(func() { keys = g.access.Reach(ctx) })
	asking.Wait()
	return errors.Join(append(append([]error{previews}, photos...), function, keys)...)
}

// reach asks for an object that does not exist: if S3 answers that the object is
// missing, the bucket exists and may be read.
func (s storage) reach(ctx context.Context, what, prefix string) error {
	object, err := s.Bucket.Get(ctx, prefix+".reach", "", "")
	switch {
	case err == nil:
		object.Body.Close()
	case !store.Missing(err):
		return fmt.Errorf("bucket of the %s, %s: %w", what, s.Name, err)
	}
	return nil
}
