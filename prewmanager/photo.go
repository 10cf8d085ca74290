package main

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
)

// servePhoto streams a photo whose name nginx can't spell for S3, such as one
// with a bare "+", with S3's own answer to ranges and conditions.
func (g *gateway) servePhoto(w http.ResponseWriter, r *http.Request, path string) {
	key, err := prew.ParsePhoto(path)
	if err != nil {
		g.answerFailure(w, r, prew.Preset{}, fail(prew.PathRefused, err))
		return
	}
	object, err := g.storage.photo(r.Context(), key, r.Header)
	switch status := statusOf(err); {
	case status == http.StatusNotModified, status == http.StatusPreconditionFailed, status == http.StatusRequestedRangeNotSatisfiable:
		protect(w.Header())
		w.WriteHeader(status)
		return
	case missing(err):
		g.answerFailure(w, r, prew.Preset{}, fail(prew.SourceMissing, nil))
		return
	case err != nil:
		g.answerFailure(w, r, prew.Preset{}, storageFailure(r.Context(), err))
		return
	}
	defer object.Body.Close()
	h := w.Header()
	protect(h)
	h.Set("Accept-Ranges", "bytes")
	setIfAny(h, "Content-Type", aws.ToString(object.ContentType))
	setIfAny(h, "Cache-Control", aws.ToString(object.CacheControl))
	setIfAny(h, "ETag", aws.ToString(object.ETag))
	setIfAny(h, "Content-Range", aws.ToString(object.ContentRange))
	if object.LastModified != nil {
		h.Set("Last-Modified", object.LastModified.UTC().Format(http.TimeFormat))
	}
	if object.ContentLength != nil {
		h.Set("Content-Length", strconv.FormatInt(*object.ContentLength, 10))
	}
	if object.ContentRange != nil {
		w.WriteHeader(http.StatusPartialContent)
	}
	if r.Method == http.MethodGet {
		// A copy that breaks off leaves fewer bytes than Content-Length says,
		// which the client sees.
		io.Copy(w, object.Body)
	}
}

// photo opens a photo under the range and the conditions of a request. The
// timeout is for S3 to begin its answer; the body is as slow as its reader.
func (s storage) photo(ctx context.Context, key string, h http.Header) (*s3.GetObjectOutput, error) {
	ctx, cancel := context.WithCancel(ctx)
	began := time.AfterFunc(s.timeout, cancel)
	defer began.Stop()
	input := &s3.GetObjectInput{
		Bucket:      &s.bucket,
		Key:         aws.String(prew.SourceRoot + "/" + key),
		Range:       given(h, "Range"),
		IfMatch:     given(h, "If-Match"),
		IfNoneMatch: given(h, "If-None-Match"),
	}
	if since, err := http.ParseTime(h.Get("If-Modified-Since")); err == nil {
		input.IfModifiedSince = &since
	}
	if since, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil {
		input.IfUnmodifiedSince = &since
	}
	return s.client.GetObject(ctx, input)
}

// given is a header's value, or nil where the request has none.
func given(h http.Header, name string) *string {
	if value := h.Get(name); value != "" {
		return &value
	}
	return nil
}
