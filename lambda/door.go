package main

import (
	"context"
	"encoding/json"

	"prew"
)

// invoke answers one invocation by the door that its payload is for: a notification that
// photos have changed, a task of S3 Batch Operations, a request over HTTP, or else the request
// of a gateway for a preview.
func (f function) invoke(ctx context.Context, payload json.RawMessage) (any, error) {
	var task struct {
		Schema *string `json:"invocationSchemaVersion"`
	}
	request, overHTTP := readHTTP(payload)
	switch {
	case overHTTP:
		return f.http(ctx, request), nil
	case prew.IsEvents(payload):
		f.warm.Store(true)
		return f.changed(ctx, payload)
	case json.Unmarshal(payload, &task) == nil && task.Schema != nil:
		f.warm.Store(true)
		return f.batch(ctx, payload)
	}
	return f.handle(ctx, payload)
}
