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

// reachAgain is the pause between two attempts to reach the buckets and the
// function. An attempt is three small requests, so it can be short: once the cause
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

// reach tries the buckets and the function once and returns what is wrong with each.
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

// reach asks for an object that does not exist: if S3 answers that the object is
// missing, the bucket exists and may be read.
func (s storage) reach(ctx context.Context, what, root string) error {
	object, err := s.Get(ctx, root+"/.reach", "", "")
	switch {
	case err == nil:
		object.Body.Close()
	case !store.Missing(err):
		return fmt.Errorf("bucket of the %s, %s: %w", what, s.Name, err)
	}
	return nil
}
