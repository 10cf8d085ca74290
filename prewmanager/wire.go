package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"prew"
	"prew/lambda/answer"
	"prew/lambda/store"
	"prew/prewmanager/flags"
	"prew/prewmanager/flight"
	"prew/prewmanager/gateway"
	"prew/prewmanager/pool"
	"prew/prewmanager/upkeep"
)

// wired is a gateway and, if its function is local, the function's processes.
type wired struct {
	*gateway.Gateway
	pool     *pool.Pool // nil if the function is on Lambda
	redis    flight.Redis
	previews upkeep.Folder
	presets  prew.Presets
	sources  prew.Sources
}

// note notes the gateway's presets in the record beside the previews.
func (w wired) note(ctx context.Context) { w.record(ctx, upkeep.Note) }

// retire notes there that other presets than the gateway's are in effect alone from now on.
func (w wired) retire(ctx context.Context) { w.record(ctx, upkeep.Retire) }

// record changes the record. Without it previews are rendered all the same, but `purge
// --changed` does not know when presets changed.
func (w wired) record(ctx context.Context, change func(context.Context, upkeep.Folder, prew.Presets, time.Time) error) {
	if err := change(ctx, w.previews, w.presets, time.Now()); err != nil && ctx.Err() == nil {
		slog.Warn("the presets are not recorded, prewmanager purge --changed will not know when they changed", "reason", err.Error())
	}
}

// close waits until every flight has landed, or ctx ends, and then ends the
// processes.
func (w wired) close(ctx context.Context) error {
	landed := w.Gateway.Close(ctx)
	if w.pool != nil {
		w.pool.Close()
	}
	return landed
}

// wire builds the gateway that the configuration describes; call close in the end. If
// the configuration has mistakes, it returns all of them, after those in wrong.
func (c config) wire(ctx context.Context, wrong flags.Errors) (wired, error) {
	note := func(err error) {
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	note(c.check())
	presets, err := c.load()
	note(err)
	checker, err := c.checker(presets)
	note(err)
	sources, err := prew.ReadSources(c.Places, os.Environ())
	note(err)
	note(sources.CheckPresets(presets))
	placeholders, err := answer.NewPlaceholders(c.NotFoundImage, c.ErrorImage)
	note(err)
	if !c.ErrorPictures {
		placeholders = nil
	}
	aws, err := store.Load(ctx, c.slots()+c.queue())
	note(err)
	if err == nil && aws.Region == "" {
		note(errors.New("AWS_REGION is not set, expected the region of the bucket and the function"))
	}
	traces, err := gateway.NewTraces(ctx)
	note(err)
	var watcher flight.Watcher
	if traces != nil {
		watcher = traces.Redis
	}
	metrics := gateway.NewMetrics(sources.All())
	purges := gateway.NewPurges(c.Nginx, sources.Previews, metrics)
	redis, err := redisAt(c.Redis, c.RedisIAM, aws)
	note(err)
	flights, err := flight.New[*gateway.Preview](redis, c.AnswerTimeout, watcher, purges.Hear)
	if err != nil {
		note(fmt.Errorf("PREW_REDIS: %w", err))
	}
	program := ""
	if c.Function == onThisMachine {
		program, err = c.renderer()
		note(err)
	}
	if len(wrong) > 0 {
		if flights != nil {
			flights.Close(ctx)
		}
		return wired{}, wrong
	}
	var renderers *pool.Pool
	function := gateway.OnLambda(aws, c.Function, c.InvokeTimeout, metrics)
	if program != "" {
		if renderers, err = c.startPool(ctx, program); err != nil {
			flights.Close(ctx)
			return wired{}, err
		}
		function = inPool(renderers, c.InvokeTimeout)
	}
	photos := map[string]store.Bucket{}
	for _, source := range sources.All() {
		photos[source.Name] = store.Open(aws, source.Photos)
	}
	previews := store.Open(aws, sources.Previews)
	return wired{gateway.New(gateway.Config{
		Presets:      presets,
		Flights:      flights,
		Sources:      sources,
		Photos:       photos,
		Previews:     previews,
		Function:     function,
		S3Timeout:    c.S3Timeout,
		Invokes:      c.slots(),
		Queue:        c.queue(),
		Access:       checker,
		PhotoAccess:  c.PhotoAccess,
		CacheControl: c.CacheControl,
		Protected:    c.ProtectedCacheControl,
		Private:      c.Private,
		Placeholders: placeholders,
		Metrics:      metrics,
		Traces:       traces,
	}), renderers, redis, upkeep.Folder{Bucket: previews, Prefix: sources.Previews.Prefix}, presets, sources}, nil
}
