package store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Get gets an object, or the range of it that is not empty, unless it has the ETag
// ifNoneMatch (304). Stores differ in how they read other conditions. The caller
// closes the object's body.
func (b Bucket) Get(ctx context.Context, key, byteRange, ifNoneMatch string, options ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	return b.Client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: &b.Name, Key: &key, Range: given(byteRange), IfNoneMatch: given(ifNoneMatch),
	}, options...)
}

// Once is an option for whoever can go on without an answer, and sooner than the SDK
// would ask a second time.
func Once(o *s3.Options) { o.Retryer = aws.NopRetryer{} }

// Head returns what S3 says of an object without sending it.
func (b Bucket) Head(ctx context.Context, key string) (*s3.HeadObjectOutput, error) {
	return b.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: &key})
}

// given is a value, or nil for an empty one.
func given(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}
