package gateway

import (
	"cmp"
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/lambda/answer"
	"prew/lambda/store"
)

// openIf opens an object, or the range of it that a request asks for, if the request's
// conditions are met. Stores differ in lists of ETags, weak ones, dates and what they
// say beside a refusal, so that the gateway itself evaluates the conditions, by what
// the store says of the object. Only the question of nginx's cache, whether the object
// still has one ETag, goes to the store, which then sends no body.
func (s storage) openIf(ctx context.Context, key string, c answer.Conditions) (*s3.GetObjectOutput, *answer.Refusal, error) {
	object, err := s.open(ctx, key, c.Range, c.IfNoneMatch())
	switch {
	case store.Status(err) == http.StatusNotModified:
		h := store.Header(err)
		return nil, &answer.Refusal{Status: http.StatusNotModified, ETag: cmp.Or(h.Get("ETag"), c.IfNoneMatch()), CacheControl: h.Get("Cache-Control")}, nil
	case store.Status(err) == http.StatusRequestedRangeNotSatisfiable:
		return s.outside(ctx, key, c)
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
		return s.openIf(ctx, key, c.WithoutRange())
	}
	return object, nil, nil
}

// outside answers a request for a range that the store says the object does not have:
// the conditions count before it, and If-Range may make it the whole object.
func (s storage) outside(ctx context.Context, key string, c answer.Conditions) (*s3.GetObjectOutput, *answer.Refusal, error) {
	head, err := s.head(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	etag, size := aws.ToString(head.ETag), aws.ToInt64(head.ContentLength)
	status := c.Unmet(etag, aws.ToTime(head.LastModified))
	if status == 0 && !c.Same(etag) {
		return s.openIf(ctx, key, c.WithoutRange())
	}
	return nil, &answer.Refusal{Status: cmp.Or(status, http.StatusRequestedRangeNotSatisfiable), ETag: etag, CacheControl: aws.ToString(head.CacheControl), Size: size}, nil
}
