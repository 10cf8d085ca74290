package store

import (
	"context"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Get asks for an object under the range and the conditions of a request's
// header; nil asks for the whole. S3 knows no If-Range: a range that depends on it
// is not asked for, and the whole is always a right answer (RFC 9110, section
// 14.2). Whoever gets an object closes its body.
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

// ETag returns the ETag of an object as it is now, as S3 spells it.
func (b Bucket) ETag(ctx context.Context, key string) (string, error) {
	head, err := b.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: &key})
	if err != nil {
		return "", err
	}
	return aws.ToString(head.ETag), nil
}

// given is a header's value, or nil where the request has none.
func given(h http.Header, name string) *string {
	if value := h.Get(name); value != "" {
		return &value
	}
	return nil
}
