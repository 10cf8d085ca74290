package gateway

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.opentelemetry.io/otel/trace"

	"prew"
	"prew/lambda/answer"
	"prew/lambda/object"
	"prew/lambda/store"
)

// storage reads the objects of one bucket. Every call ends within timeout, except
// that the body of a streamed object may take longer.
type storage struct {
	store.Bucket
	source  string // what the metrics call the source of the photos; empty for the previews
	timeout time.Duration
	tracer  trace.Tracer
	metrics *Metrics
}

// preview reads a stored preview into memory.
func (s storage) preview(ctx context.Context, key string) (_ *Preview, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	stored, err := s.Get(ctx, key, "", "")
	if store.Missing(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, s.failure(ctx, err)
	}
	defer stored.Body.Close()
	data, err := io.ReadAll(io.LimitReader(stored.Body, prew.MaxPreview+1))
	s.metrics.received.WithLabelValues("s3").Add(float64(len(data)))
	if err != nil {
		return nil, false, s.failure(ctx, err)
	}
	if len(data) > prew.MaxPreview {
		return nil, false, fail(prew.StorageFailed, fmt.Errorf("%s is larger than %d bytes", key, prew.MaxPreview))
	}
	return &Preview{Preview: answer.Preview{
		Data:         data,
		ContentType:  aws.ToString(stored.ContentType),
		ETag:         aws.ToString(stored.ETag),
		CacheControl: aws.ToString(stored.CacheControl),
		Modified:     aws.ToTime(stored.LastModified),
		Outline:      prew.OutlineOf(stored.Metadata),
	}}, true, nil
}

// Get implements object.Bucket.
func (s storage) Get(ctx context.Context, key, byteRange, ifNoneMatch string, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	ctx, span := s.tracer.Start(ctx, "S3 GetObject", trace.WithSpanKind(trace.SpanKindClient))
	got, err := s.Bucket.Get(ctx, key, byteRange, ifNoneMatch, options...)
	endLooked(span, err)
	return got, err
}

// etag returns the present ETag of an object, empty if there is no object.
func (s storage) etag(ctx context.Context, key string) (string, error) {
	head, err := s.Head(ctx, key)
	if store.Missing(err) {
		return "", nil
	}
	if err != nil {
		return "", s.failure(ctx, err)
	}
	return aws.ToString(head.ETag), nil
}

// Head implements object.Bucket.
func (s storage) Head(ctx context.Context, key string) (*s3.HeadObjectOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ctx, span := s.tracer.Start(ctx, "S3 HeadObject", trace.WithSpanKind(trace.SpanKindClient))
	head, err := s.Bucket.Head(ctx, key)
	endLooked(span, err)
	return head, err
}

// lacksTimeout is the longest time that a miss waits to hear whether there is a
// photo. AnswerTimeout leaves 3 s beside an invocation, and the flight needs some of
// them for its lease and the looks for the preview.
const lacksTimeout = 2 * time.Second

// lacks returns SourceMissing if there is no object, and nil if there is one or if S3
// does not say: then the function finds out.
func (s storage) lacks(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, min(lacksTimeout, s.timeout))
	defer cancel()
	if err := object.Ask(ctx, s, key, store.Once); store.Missing(err) {
		return fail(prew.SourceMissing, store.NoPhoto(s.Name, key, err))
	}
	return nil
}

// failure returns the failure that an error of S3 stands for, and counts it, unless it
// says something of the object alone: clients could have that counted at will.
func (s storage) failure(ctx context.Context, err error) error {
	code := object.Code(ctx, err)
	if code != prew.PathRefused && code != prew.SourceArchived {
		s.metrics.s3Errors.WithLabelValues(string(code), s.source).Inc()
	}
	return fail(code, fmt.Errorf("s3: %w", err))
}
