package main

import (
	"context"
	"net"
	"net/http"

	"prew"
	"prew/deploy/local/playground"
	"prew/deploy/local/stack"
	"prew/lambda/store"
)

// droppedBucket has the photos that are dropped on the playground.
const droppedBucket = "playground"

// playgroundOf returns the playground of a running system with these photos and presets.
func playgroundOf(ctx context.Context, system *stack.Stack, photos []photo, added []other, presets func() playground.Presets) (*playground.Playground, error) {
	shown := make([]playground.Photo, len(photos))
	for i, p := range photos {
		shown[i] = playground.Photo{Source: p.source, Bucket: stack.Bucket, Object: prew.DefaultSourcePrefix + p.key}
		for _, o := range added {
			if o.name == p.source {
				shown[i].Bucket, shown[i].Object = o.bucket, o.prefix+p.key
			}
		}
	}
	return playground.New(ctx, playground.Config{
		Photos:   shown,
		Presets:  presets,
		Previews: store.Bucket{Client: system.S3.Client(), Name: stack.Bucket},
		Dropped:  store.Bucket{Client: system.S3.Client(), Name: droppedBucket},
		Invoke:   system.Emulator.Invoke,
	})
}

// servePages serves what the pages ask for beside files, at a listener, to the pages of these
// origins alone.
func servePages(listener net.Listener, origins []string, replaces *replacer, plays *playground.Playground, now *live) *http.Server {
	routes := http.NewServeMux()
	routes.Handle("POST /replace", replaces)
	routes.Handle("POST /playground/", http.StripPrefix("/playground", plays))
	routes.Handle("GET /presets", now)
	server := &http.Server{Handler: fromPage{origins, listener.Addr().String(), routes}}
	go server.Serve(listener)
	return server
}
