package store

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Get gets an object under the range and the conditions of a request's header; nil
// gets the whole object. S3 knows no If-Range: a range that depends on it is left
// out, since the whole object is always a correct answer (RFC 9110, section 14.2).
// The caller closes the object's body.
func (b Bucket) Get(ctx context.Context, key string, conditions http.Header) (*s3.GetObjectOutput, error) {
	input := &s3.GetObjectInput{
		Bucket:      &b.Name,
		Key:         &key,
		IfMatch:     given(conditions, "If-Match"),
		IfNoneMatch: given(conditions, "If-None-Match"),
	}
	if conditions.Get("If-Range") == "" {
		input.Range = given(conditions, "Range")
	}
	if since, err := http.ParseTime(conditions.Get("If-Modified-Since")); err == nil {
		input.IfModifiedSince = &since
	}
	if since, err := http.ParseTime(conditions.Get("If-Unmodified-Since")); err == nil {
		input.IfUnmodifiedSince = &since
	}
	return b.Client.GetObject(ctx, input)
}

// ETag returns the present ETag of an object, as S3 spells it.
func (b Bucket) ETag(ctx context.Context, key string) (string, error) {
	head, err := b.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: &key})
	if err != nil {
		return "", err
	}
	return aws.ToString(head.ETag), nil
}

// given is a header's value, or nil if the request has none.
func given(h http.Header, name string) *string {
	if value := h.Get(name); value != "" {
		return &value
	}
	return nil
}
