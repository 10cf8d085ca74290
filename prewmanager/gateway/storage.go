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
	"prew/lambda/answer"
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
	source  string // what the metrics call the source of the photos; empty for the previews
	timeout time.Duration
	tracer  trace.Tracer
	metrics *Metrics
}

// preview reads a stored preview into memory.
func (s storage) preview(ctx context.Context, key string) (_ *Preview, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	object, err := s.get(ctx, key, "", "")
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
		return nil, false, fail(prew.StorageFailed, fmt.Errorf("%s is larger than %d bytes", key, maxPreview))
	}
	return &Preview{Preview: answer.Preview{
		Data:         data,
		ContentType:  aws.ToString(object.ContentType),
		ETag:         aws.ToString(object.ETag),
		CacheControl: aws.ToString(object.CacheControl),
		Modified:     aws.ToTime(object.LastModified),
	}}, true, nil
}

// open opens an object, or a range of it, unless it has an ETag. S3 has to begin its
// answer, and to go on with it, within the timeout each time that it is waited for;
// otherwise the body is as slow as its reader, up to StreamTimeout.
func (s storage) open(ctx context.Context, key, byteRange, ifNoneMatch string) (*s3.GetObjectOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, prew.StreamTimeout)
	late := time.AfterFunc(s.timeout, cancel)
	object, err := s.get(ctx, key, byteRange, ifNoneMatch)
	if !late.Stop() {
		if err == nil { // the answer came just as the time was up, and its body can't be read any more
			object.Body.Close()
		}
		return nil, fmt.Errorf("no answer in %v: %w", s.timeout, context.DeadlineExceeded)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	object.Body = &arriving{object.Body, s.timeout, cancel}
	return object, nil
}

// arriving is a body that has to go on within the timeout each time that it is read.
type arriving struct {
	io.ReadCloser
	timeout time.Duration
	cancel  context.CancelFunc
}

// Read implements io.Reader.
func (a *arriving) Read(b []byte) (int, error) {
	late := time.AfterFunc(a.timeout, a.cancel)
	n, err := a.ReadCloser.Read(b)
	if !late.Stop() && err != nil {
		err = fmt.Errorf("no more bytes in %v: %w", a.timeout, context.DeadlineExceeded)
	}
	return n, err
}

// Close implements io.Closer.
func (a *arriving) Close() error {
	defer a.cancel()
	return a.ReadCloser.Close()
}

// get asks for an object, as Bucket.Get.
func (s storage) get(ctx context.Context, key, byteRange, ifNoneMatch string, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	ctx, span := s.tracer.Start(ctx, "S3 GetObject", trace.WithSpanKind(trace.SpanKindClient))
	object, err := s.Get(ctx, key, byteRange, ifNoneMatch, options...)
	endLooked(span, err)
	return object, err
}

// etag returns the present ETag of an object, empty if there is no object.
func (s storage) etag(ctx context.Context, key string) (string, error) {
	head, err := s.head(ctx, key)
	if store.Missing(err) {
		return "", nil
	}
	if err != nil {
		return "", s.failure(ctx, err)
	}
	return aws.ToString(head.ETag), nil
}

// head asks what S3 says of an object.
func (s storage) head(ctx context.Context, key string) (*s3.HeadObjectOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	ctx, span := s.tracer.Start(ctx, "S3 HeadObject", trace.WithSpanKind(trace.SpanKindClient))
	head, err := s.Head(ctx, key)
	endLooked(span, err)
	return head, err
}

// ask returns nil if there is an object, and otherwise the error of S3. It gets the first
// byte, because the answer to a HEAD has no code, which tells a missing object from a
// wrong key or bucket. An empty object has no first byte (416), and is there.
func (s storage) ask(ctx context.Context, key string, options ...func(*s3.Options)) error {
	object, err := s.get(ctx, key, "bytes=0-0", "", options...)
	if unmet(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer object.Body.Close()
	var rest [2]byte // reading to the end keeps the connection; a store that ignores ranges would send everything
	io.ReadFull(object.Body, rest[:])
	return nil
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
	if err := s.ask(ctx, key, store.Once); store.Missing(err) {
		return fail(prew.SourceMissing, store.NoPhoto(s.Name, key, err))
	}
	return nil
}

// unmet reports whether S3 has the object, but the request's condition or its range
// is not met.
func unmet(err error) bool {
	switch store.Status(err) {
	case http.StatusNotModified, http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return false
}

// failure returns the failure that an error of S3 stands for, and counts it, unless it
// says something of the object alone: clients could have that counted at will.
func (s storage) failure(ctx context.Context, err error) error {
	code := store.Refusal(err)
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		code = prew.TimedOut
	}
	if code != prew.PathRefused && code != prew.SourceArchived {
		s.metrics.s3Errors.WithLabelValues(string(code), s.source).Inc()
	}
	return fail(code, fmt.Errorf("s3: %w", err))
}
