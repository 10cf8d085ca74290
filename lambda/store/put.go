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
	ACL          types.ObjectCannedACL // empty leaves it to the bucket
}

// PutIfAbsent stores an object unless its key has one already. If another one was
// first, first is false and etag empty; that is no error.
func (b Bucket) PutIfAbsent(ctx context.Context, key string, o Object) (etag string, first bool, err error) {
	input := &s3.PutObjectInput{
		Bucket:       &b.Name,
		Key:          &key,
		ContentType:  &o.ContentType,
		CacheControl: &o.CacheControl,
		IfNoneMatch:  aws.String("*"),
		ACL:          o.ACL,
	}
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
			if input.IfNoneMatch != nil {
				input.IfNoneMatch = nil
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
