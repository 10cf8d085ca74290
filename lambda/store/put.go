package store

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	// conflictTries is how often an object is put when S3 answers that another
	// request is changing the key (409, a ConditionalRequestConflict). That is over
	// in a moment; what is not over after four pauses is no such conflict.
	conflictTries = 5
	conflictPause = 100 * time.Millisecond
)

// Object is an object to put: its bytes and its headers.
type Object struct {
	Data         []byte
	ContentType  string
	CacheControl string
	Metadata     map[string]string     // by its names in small letters, without x-amz-meta-
	ACL          types.ObjectCannedACL // empty leaves it to the bucket
}

// PutIfAbsent stores an object unless its key has one already. If another one was
// first, first is false and etag empty; that is no error.
func (b Bucket) PutIfAbsent(ctx context.Context, key string, o Object) (etag string, first bool, err error) {
	return b.put(ctx, key, o, &s3.PutObjectInput{IfNoneMatch: aws.String("*")})
}

// PutIfMatch stores an object in the place of the one that has the ETag before. If that one
// is gone or another has its place, replaced is false and etag empty; that is no error.
func (b Bucket) PutIfMatch(ctx context.Context, key string, o Object, before string) (etag string, replaced bool, err error) {
	etag, replaced, err = b.put(ctx, key, o, &s3.PutObjectInput{IfMatch: &before})
	if Status(err) == http.StatusNotFound { // S3's answer where there is no object
		return "", false, nil
	}
	return etag, replaced, err
}

// put stores an object under the condition in input. If it is not met, met is false.
func (b Bucket) put(ctx context.Context, key string, o Object, input *s3.PutObjectInput) (etag string, met bool, err error) {
	input.Bucket, input.Key, input.ACL = &b.Name, &key, o.ACL
	input.ContentType, input.CacheControl, input.Metadata = &o.ContentType, &o.CacheControl, o.Metadata
	for tries := 1; ; tries++ {
		input.Body = bytes.NewReader(o.Data)
		object, err := b.Client.PutObject(ctx, input)
		if err == nil {
			return aws.ToString(object.ETag), true, nil
		}
		switch Status(err) {
		case http.StatusPreconditionFailed:
			return "", false, nil
		case http.StatusConflict:
			if tries < conflictTries && pause(ctx, conflictPause) {
				continue
			}
		case http.StatusNotImplemented:
			// This store knows no conditional write. Two renders of a preview
			// are alike, so the later one does no harm.
			if input.IfNoneMatch != nil || input.IfMatch != nil {
				input.IfNoneMatch, input.IfMatch = nil, nil
				continue
			}
		}
		return "", false, err
	}
}

// pause waits for d. It returns false if ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
