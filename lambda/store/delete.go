package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// deleteAtOnce is the most keys that one call may delete (Amazon S3 API Reference,
// "DeleteObjects").
const deleteAtOnce = 1000

// Delete deletes objects. A key without an object is no error. Every key is tried;
// the error joins all refusals, each with its key.
func (b Bucket) Delete(ctx context.Context, keys []string) error {
	var refused []error
	for some := range slices.Chunk(keys, deleteAtOnce) {
		objects := make([]types.ObjectIdentifier, len(some))
		for i := range some {
			objects[i].Key = &some[i]
		}
		output, err := b.Client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
			Bucket: &b.Name, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
		})
		if err != nil {
			refused = append(refused, fmt.Errorf("%s and %d keys after it: %w", some[0], len(some)-1, err))
			continue
		}
		for _, e := range output.Errors {
			refused = append(refused, fmt.Errorf("%s: %s: %s", aws.ToString(e.Key), aws.ToString(e.Code), aws.ToString(e.Message)))
		}
	}
	return errors.Join(refused...)
}
