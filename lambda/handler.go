package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"prew"
	"prew/lambda/render"
	"prew/lambda/store"
)

// function renders previews from S3 to S3, and deletes those of photos that change. From one
// invocation to the next it keeps only what main gave it, that it has been invoked, watermarks,
// and which events it has dealt with.
type function struct {
	storage storage
	sources prew.Sources
	presets prew.Presets // for what comes without parameters
	log     *slog.Logger
	warm    *atomic.Bool // it has been invoked before
	marks   *marks       // watermarks that lie in the buckets of previews

	rewarms      bool // previews of a photo that has changed are rendered anew
	gateways     *gateways
	settled      *prew.Settled
	cacheControl string // of previews that nobody has asked a gateway for; empty means prew.DefaultCacheControl
	protected    string // of those that not everybody may see; empty means defaultProtected

	site *site // what it answers over HTTP by
}

// handle answers one invocation, whose payload is a prew.RenderRequest in JSON. If
// the request, the photo or S3 is at fault, the result has a code; an error would
// look to Lambda as if the function had crashed.
func (f function) handle(ctx context.Context, payload json.RawMessage) (prew.RenderResult, error) {
	start := time.Now()
	var result prew.RenderResult
	request, err := prew.ReadRequest(payload)
	if err != nil {
		err = fail(prew.RequestInvalid, "request: %v", err)
	} else {
		var data []byte
		result, data, err = f.preview(ctx, request)
		if len(data) <= prew.InlineLimit {
			result.Data = data
		}
	}
	if err != nil {
		result = refused(result.Timing, err)
	}
	result.Timing.Start, result.Timing.Total = start, milliseconds(time.Since(start))
	result.Timing.Cold = !f.warm.Swap(true)
	f.report(ctx, request, result)
	return result, nil
}

// run makes a preview by the function's own presets, as preview does, and reports it.
func (f function) run(ctx context.Context, request prew.RenderRequest) (result prew.RenderResult, data []byte, err error) {
	start := time.Now()
	result, data, err = f.preview(ctx, request)
	if err != nil {
		result = refused(result.Timing, err)
	}
	result.Timing.Start, result.Timing.Total = start, milliseconds(time.Since(start))
	result.Timing.Cold = !f.warm.Swap(true)
	f.report(ctx, request, result)
	return result, data, err
}

// preview reads the photo, renders its preview and stores it. The result is without the
// preview's data, which there are none of if another preview was stored first. Beside an error
// the result has only the timing.
func (f function) preview(ctx context.Context, request prew.RenderRequest) (result prew.RenderResult, data []byte, err error) {
	preset, dst, err := f.read(request)
	if err != nil {
		return result, nil, err
	}
	lap := stopwatch()
	if key, ok := preset.MarkObject(); ok {
		preset.Mark, err = f.marks.get(ctx, store.Bucket{Client: f.storage.previews, Name: request.DstBucket}, key)
	}
	marked := lap()
	result.Timing.Fetch = milliseconds(marked)
	if err != nil {
		return result, nil, err
	}
	photo, err := f.storage.get(ctx, preset.Source, request.SrcBucket, request.SrcKey)
	result.Timing.Opened = milliseconds(photo.waited)
	result.Timing.Fetch = milliseconds(marked + photo.waited)
	if err != nil {
		return result, nil, err
	}
	preview, err := render.Render(photo, preset)
	photo.Close()
	// A JPEG is decoded while it arrives: time that is not spent waiting for bytes
	// is rendering.
	result.Timing.Fetch = milliseconds(marked + photo.waited)
	result.Timing.Render = milliseconds(lap() - photo.waited)
	if bug, ok := errors.AsType[*render.Panic](err); ok {
		f.log.Error("panic", "request", request.RequestID, "src", photo.name, "etag", photo.etag,
			"reason", bug.Error(), "stack", string(bug.Stack))
		return result, nil, fail(prew.RenderPanic, "%v", bug)
	}
	if err != nil {
		return result, nil, about(photo, err)
	}
	etag, first, err := f.storage.put(ctx, request.DstBucket, dst, preview, request.CacheControl)
	result.Timing.Store = milliseconds(lap())
	if err != nil {
		return result, nil, err
	}
	if preview.Note != "" {
		f.log.Warn("photo", "request", request.RequestID, "src", photo.name, "etag", photo.etag, "note", preview.Note)
	}
	result.Status = true
	result.ContentType = preview.ContentType
	result.Width, result.Height = preview.Width, preview.Height
	result.Size = len(preview.Data)
	result.ETag = etag
	result.Outline = preview.Outline
	if first {
		data = preview.Data
	}
	return result, data, nil
}

// read checks a request and returns how to render and where to store.
func (f function) read(request prew.RenderRequest) (preset prew.Preset, dst string, err error) {
	for _, name := range []struct{ field, value string }{
		{"src_bucket", request.SrcBucket},
		{"src_key", request.SrcKey},
		{"dst_bucket", request.DstBucket},
	} {
		if name.value == "" {
			return preset, "", fail(prew.RequestInvalid, "%s is empty", name.field)
		}
	}
	if dst, err = request.Destination(); err != nil {
		return preset, "", fail(prew.RequestInvalid, "%v", err)
	}
	if request.Preset == (prew.Preset{}) {
		var ok bool
		if preset, ok = f.presets.Get(request.PresetName); !ok {
			return preset, "", fail(prew.RequestInvalid, "preset_name %q is unknown and the request has no parameters", request.PresetName)
		}
	} else if preset, err = request.Resolve(); err != nil {
		return preset, "", fail(prew.RequestInvalid, "%v", err)
	}
	if _, inBucket := preset.MarkObject(); preset.Watermark != "" && preset.Mark == "" && !inBucket {
		return preset, "", fail(prew.RequestInvalid, "watermark %s came without its file", preset.Watermark)
	}
	// Whoever may invoke the function gets no further than its URLs do, whatever its
	// credentials may read and write.
	source, ok := f.sources.Get(preset.Source)
	if !ok {
		return preset, "", fail(prew.RequestInvalid, "source %q is unknown", preset.Source)
	}
	photos, previews := source.Photos, f.sources.Previews
	if source.Name != "" && photos.Bucket != request.SrcBucket {
		return preset, "", fail(prew.RequestInvalid, "src_bucket %q, expected %s of the source %s", request.SrcBucket, photos.Bucket, source.Name)
	}
	photos.Bucket, previews.Bucket = request.SrcBucket, request.DstBucket // those of the default source are the request's
	if _, err := photos.ParsePhoto(request.SrcKey, previews); err != nil {
		return preset, "", fail(prew.RequestInvalid, "src_key: %v", err)
	}
	if _, err := previews.ParsePreview(dst); err != nil {
		return preset, "", fail(prew.RequestInvalid, "destination: %v", err)
	}
	return preset, dst, nil
}

// report logs an invocation in one line, with the id of the client's request and
// Lambda's own id of the invocation.
func (f function) report(ctx context.Context, request prew.RenderRequest, result prew.RenderResult) {
	outcome, message := "stored", ""
	switch {
	case result.Error != nil:
		outcome, message = string(result.Error.Code), result.Error.Message
	case result.ETag == "":
		outcome = "stored before"
	}
	invocation := ""
	if c, ok := lambdacontext.FromContext(ctx); ok {
		invocation = c.AwsRequestID
	}
	dst, _ := request.Destination()
	f.log.Info("render",
		"request", request.RequestID, "invocation", invocation, "cold", result.Timing.Cold,
		"source", f.sourceOf(request), "src", request.SrcBucket+"/"+request.SrcKey, "dst", request.DstBucket+"/"+dst, "preset", request.PresetName,
		"outcome", outcome, "message", message,
		"width", result.Width, "height", result.Height, "size", result.Size, "crop", result.Outline.Crop,
		"fetch_ms", result.Timing.Fetch, "render_ms", result.Timing.Render, "store_ms", result.Timing.Store,
		"ms", result.Timing.Total)
}

// sourceOf is what the log calls the source of a request.
func (f function) sourceOf(request prew.RenderRequest) string {
	preset, _ := f.presets.Get(request.PresetName)
	if request.Preset != (prew.Preset{}) {
		preset = request.Preset
	}
	return prew.Source{Name: preset.Source}.Label()
}

// about adds the ETag of the photo that could not be rendered to its failure: as
// long as the photo has this ETag, rendering it again would fail again. It adds
// none if only reading the photo failed, or the watermark.
func about(p *photo, err error) error {
	if failure, ok := errors.AsType[*prew.RenderError](err); ok && failure.Code != prew.StorageFailed && failure.Code != prew.WatermarkFailed {
		failure.SourceETag = p.etag
	}
	return err
}

// refused is the result of a request that failed.
func refused(timing prew.Timing, err error) prew.RenderResult {
	failure, ok := errors.AsType[*prew.RenderError](err)
	if !ok {
		failure = &prew.RenderError{Code: prew.RenderFailed, Message: err.Error()}
	}
	return prew.RenderResult{Error: failure, Timing: timing}
}

func fail(code prew.Code, format string, args ...any) error {
	return &prew.RenderError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// stopwatch returns a function that returns the time since its last call, or since
// its start.
func stopwatch() func() time.Duration {
	last := time.Now()
	return func() time.Duration {
		now := time.Now()
		lap := now.Sub(last)
		last = now
		return lap
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
