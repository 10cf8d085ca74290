package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/lambda/store"
)

// maxPreview is the largest preview that is read from S3, in bytes. A preview has
// at most the pixels of the largest photo. As a PNG it could have more bytes than
// this; then S3 should serve it, and no gateway should hold it in memory.
const maxPreview = 64 << 20

// storage reads the objects of one bucket. Every call ends within timeout, except
// that the body of a streamed object may take longer.
type storage struct {
	store.Bucket
	timeout time.Duration
	tracer  trace.Tracer
	metrics *Metrics
}

// preview reads a stored preview into memory.
func (s storage) preview(ctx context.Context, ref prew.Ref) (_ *Preview, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	object, err := s.get(ctx, ref.PreviewKey(), nil)
	if store.Missing(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, s.failure(ctx, err)
	}
	defer object.Body.Close()
	data, err := io.ReadAll(io.LimitReader(object.Body, maxPreview+1))
	s.metrics.received.WithLabelValues("s3").Add(float64(len(data)))
	if err != nil {
		return nil, false, s.failure(ctx, err)
	}
	if len(data) > maxPreview {
		return nil, false, fail(prew.StorageFailed, fmt.Errorf("%s is larger than %d bytes", ref.PreviewKey(), maxPreview))
	}
	return &Preview{
		data:         data,
		contentType:  aws.ToString(object.ContentType),
		etag:         aws.ToString(object.ETag),
		cacheControl: aws.ToString(object.CacheControl),
		modified:     aws.ToTime(object.LastModified),
	}, true, nil
}

// open opens an object under the range and the conditions of a request. S3 has to
// begin its answer within the timeout; the body is as slow as its reader.
func (s storage) open(ctx context.Context, key string, conditions http.Header) (*s3.GetObjectOutput, error) {
	ctx, cancel := context.WithCancel(ctx)
	late := time.AfterFunc(s.timeout, cancel)
	object, err := s.get(ctx, key, conditions)
	if late.Stop() {
		return object, err
	}
	if err == nil { // the answer came just as the time was up, and its body can't be read any more
		object.Body.Close()
	}
	return nil, fmt.Errorf("no answer in %v: %w", s.timeout, context.DeadlineExceeded)
}

// get asks for an object, under conditions unless they are nil.
func (s storage) get(ctx context.Context, key string, conditions http.Header) (*s3.GetObjectOutput, error) {
	ctx, span := s.tracer.Start(ctx, "S3 GetObject", trace.WithSpanKind(trace.SpanKindClient))
	object, err := s.Get(ctx, key, conditions)
	endLooked(span, err)
	return object, err
}

// etag returns the present ETag of an object, empty if there is no object.
func (s storage) etag(ctx context.Context, key string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ctx, span := s.tracer.Start(ctx, "S3 HeadObject", trace.WithSpanKind(trace.SpanKindClient))
	etag, err := s.ETag(ctx, key)
	endLooked(span, err)
	if store.Missing(err) {
		return "", nil
	}
	if err != nil {
		return "", s.failure(ctx, err)
	}
	return etag, nil
}

// unmet reports whether S3 has the object, but the request's conditions or its
// range are not met.
func unmet(err error) bool {
	switch store.Status(err) {
	case http.StatusNotModified, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return false
}

// failure counts an error of S3 and returns the failure that it stands for.
func (s storage) failure(ctx context.Context, err error) error {
	code := prew.StorageFailed
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		code = prew.TimedOut
	}
	s.metrics.s3Errors.WithLabelValues(string(code)).Inc()
	return fail(code, fmt.Errorf("s3: %w", err))
}
