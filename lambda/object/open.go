// Package object opens objects of a store for answers to clients: only if the conditions of
// the request are met, and no slower than the store may be.
package object

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/lambda/answer"
	"prew/lambda/store"
)

// Bucket is where an object is: a store.Bucket, or one whose calls are watched.
type Bucket interface {
	Get(ctx context.Context, key, byteRange, ifNoneMatch string, options ...func(*s3.Options)) (*s3.GetObjectOutput, error)
	Head(ctx context.Context, key string) (*s3.HeadObjectOutput, error)
}

// Open opens an object, or the range of it that a request asks for, if the request's
// conditions are met; the caller closes its body. Stores differ in lists of ETags, weak ones, dates and what they
// say beside a refusal, so that the conditions are evaluated here, by what
// the store says of the object. Only the question of a cache, whether the object
// still has one ETag, goes to the store, which then sends no body.
//
// The store has to begin its answer, and to go on with it, within the timeout each time that it
// is waited for; otherwise the body is as slow as its reader, up to prew.StreamTimeout.
func Open(ctx context.Context, b Bucket, key string, c answer.Conditions, timeout time.Duration) (*s3.GetObjectOutput, *answer.Refusal, error) {
	object, err := open(ctx, b, key, c, timeout)
	switch {
	case store.Status(err) == http.StatusNotModified:
		h := store.Header(err)
		return nil, &answer.Refusal{Status: http.StatusNotModified, ETag: cmp.Or(h.Get("ETag"), c.IfNoneMatch()), CacheControl: h.Get("Cache-Control")}, nil
	case store.Status(err) == http.StatusRequestedRangeNotSatisfiable:
		return outside(ctx, b, key, c, timeout)
	case err != nil:
		return nil, nil, err
	}
	etag := aws.ToString(object.ETag)
	if status := c.Unmet(etag, aws.ToTime(object.LastModified)); status != 0 {
		object.Body.Close()
		return nil, &answer.Refusal{Status: status, ETag: etag, CacheControl: aws.ToString(object.CacheControl)}, nil
	}
	if object.ContentRange != nil && !c.Same(etag) {
		object.Body.Close()
		return Open(ctx, b, key, c.WithoutRange(), timeout)
	}
	return object, nil, nil
}

// outside answers a request for a range that the store says the object does not have:
// the conditions count before it, and If-Range may make it the whole object.
func outside(ctx context.Context, b Bucket, key string, c answer.Conditions, timeout time.Duration) (*s3.GetObjectOutput, *answer.Refusal, error) {
	asking, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	head, err := b.Head(asking, key)
	if err != nil {
		return nil, nil, err
	}
	etag, size := aws.ToString(head.ETag), aws.ToInt64(head.ContentLength)
	status := c.Unmet(etag, aws.ToTime(head.LastModified))
	if status == 0 && !c.Same(etag) {
		return Open(ctx, b, key, c.WithoutRange(), timeout)
	}
	return nil, &answer.Refusal{Status: cmp.Or(status, http.StatusRequestedRangeNotSatisfiable), ETag: etag, CacheControl: aws.ToString(head.CacheControl), Size: size}, nil
}

// open opens an object, or the range of it, unless it has the ETag of the conditions.
func open(ctx context.Context, b Bucket, key string, c answer.Conditions, timeout time.Duration) (*s3.GetObjectOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, prew.StreamTimeout)
	late := time.AfterFunc(timeout, cancel)
	object, err := b.Get(ctx, key, c.Range, c.IfNoneMatch())
	if !late.Stop() {
		if err == nil { // the answer came just as the time was up, and its body can't be read any more
			object.Body.Close()
		}
		return nil, fmt.Errorf("no answer in %v: %w", timeout, context.DeadlineExceeded)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	object.Body = &arriving{object.Body, timeout, cancel}
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

// Ask returns nil if there is an object, and otherwise the error of S3. It gets the first
// byte, because the answer to a HEAD has no code, which tells a missing object from a
// wrong key or bucket. An empty object has no first byte (416), and is there.
func Ask(ctx context.Context, b Bucket, key string, options ...func(*s3.Options)) error {
	object, err := b.Get(ctx, key, "bytes=0-0", "", options...)
	if Unmet(err) {
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

// Unmet reports whether S3 has the object, but the request's condition or its range
// is not met.
func Unmet(err error) bool {
	switch store.Status(err) {
	case http.StatusNotModified, http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return false
}

// Code is the code of the failure that an error of S3 stands for in a call with ctx.
func Code(ctx context.Context, err error) prew.Code {
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return prew.TimedOut
	}
	return store.Refusal(err)
}

// modifiedTimeout is how long a rendered preview waits for its Last-Modified. S3 takes
// some 10 ms for it. The preview is worth more than its date, so the limit is far below
// that of other calls.
const modifiedTimeout = 500 * time.Millisecond

// Modified asks S3 when it stored the object with an ETag, so that the first answer has
// the Last-Modified of all later ones. The answer to a PUT does not have it, and its Date
// may be of another second. The time is zero if S3 does not say in time.
func Modified(ctx context.Context, b Bucket, key, etag string) time.Time {
	ctx, cancel := context.WithTimeout(ctx, modifiedTimeout)
	defer cancel()
	head, err := b.Head(ctx, key)
	if err != nil || aws.ToString(head.ETag) != etag {
		return time.Time{}
	}
	return aws.ToTime(head.LastModified)
}
