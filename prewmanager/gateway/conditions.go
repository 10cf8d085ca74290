package gateway

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/lambda/answer"
	"prew/lambda/store"
)

// refusal is the answer to a request whose conditions or whose range an object does
// not meet: 304, 412 or 416.
type refusal struct {
	status       int
	etag         string // with 304, as in the 200 (RFC 9110, section 15.4.5)
	cacheControl string // with 304
	size         int64  // with 416
}

// refuse sends a refusal. It has no body, and 412 and 416, which are about this one
// request, are kept nowhere.
func (e *entry) refuse(r refusal) {
	h := e.Header()
	answer.Protect(h)
	if r.status == http.StatusNotModified {
		answer.SetIfAny(h, "ETag", r.etag)
		answer.SetIfAny(h, "Cache-Control", cmp.Or(e.cacheControl, r.cacheControl))
		answer.SetIfAny(h, "Content-Location", e.location)
	} else {
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Length", "0")
	}
	if r.status == http.StatusRequestedRangeNotSatisfiable {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", r.size))
	}
	e.WriteHeader(r.status)
}

// openIf opens an object, or the range of it that a request asks for, if the request's
// conditions are met. Stores differ in lists of ETags, weak ones, dates and what they
// say beside a refusal, so that the gateway itself evaluates the conditions, by what
// the store says of the object. Only the question of nginx's cache, whether the object
// still has one ETag, goes to the store, which then sends no body.
func (s storage) openIf(ctx context.Context, key string, c answer.Conditions) (*s3.GetObjectOutput, *refusal, error) {
	object, err := s.open(ctx, key, c.Range, c.IfNoneMatch())
	switch {
	case store.Status(err) == http.StatusNotModified:
		h := store.Header(err)
		return nil, &refusal{status: http.StatusNotModified, etag: cmp.Or(h.Get("ETag"), c.IfNoneMatch()), cacheControl: h.Get("Cache-Control")}, nil
	case store.Status(err) == http.StatusRequestedRangeNotSatisfiable:
		return s.outside(ctx, key, c)
	case err != nil:
		return nil, nil, err
	}
	etag := aws.ToString(object.ETag)
	if status := c.Unmet(etag, aws.ToTime(object.LastModified)); status != 0 {
		object.Body.Close()
		return nil, &refusal{status: status, etag: etag, cacheControl: aws.ToString(object.CacheControl)}, nil
	}
	if object.ContentRange != nil && !c.Same(etag) {
		object.Body.Close()
		return s.openIf(ctx, key, c.WithoutRange())
	}
	return object, nil, nil
}

// outside answers a request for a range that the store says the object does not have:
// the conditions count before it, and If-Range may make it the whole object.
func (s storage) outside(ctx context.Context, key string, c answer.Conditions) (*s3.GetObjectOutput, *refusal, error) {
	head, err := s.head(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	etag, size := aws.ToString(head.ETag), aws.ToInt64(head.ContentLength)
	status := c.Unmet(etag, aws.ToTime(head.LastModified))
	if status == 0 && !c.Same(etag) {
		return s.openIf(ctx, key, c.WithoutRange())
	}
	return nil, &refusal{status: cmp.Or(status, http.StatusRequestedRangeNotSatisfiable), etag: etag, cacheControl: aws.ToString(head.CacheControl), size: size}, nil
}
