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
	// conflictTries is how often an object is put when S3 says that something else
	// is done to the key just now (409, a ConditionalRequestConflict). That is over
	// in a moment; what is not over after four pauses is no such conflict.
	conflictTries = 5
	conflictPause = 100 * time.Millisecond
)

// Object is what is put: its bytes and the headers that it shall have.
type Object struct {
	Data         []byte
	ContentType  string
	CacheControl string
	ACL          types.ObjectCannedACL // empty leaves it to the bucket
}

// PutIfAbsent stores an object unless there is one under its key, and says whether
// this one is it: if another was first, first is false and etag empty.
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
			// A store that knows no conditional write. Two renders of a
			// preview are alike: the later one does no harm.
			if input.IfNoneMatch != nil {
				input.IfNoneMatch = nil
				continue
			}
		}
		return "", false, err
	}
}

// pause waits, and says whether it could wait so long.
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
