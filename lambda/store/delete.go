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

// DeleteAtOnce is the most keys that one call may delete (Amazon S3 API Reference,
// "DeleteObjects").
const DeleteAtOnce = 1000

// Delete deletes objects. A key without an object is no error. Every key is tried;
// the error joins all refusals, each with its key.
func (b Bucket) Delete(ctx context.Context, keys []string) error {
	var errs []error
	for some := range slices.Chunk(keys, DeleteAtOnce) {
		refused, err := b.DeleteSome(ctx, some)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s and %d keys after it: %w", some[0], len(some)-1, err))
			continue
		}
		for _, e := range refused {
			errs = append(errs, fmt.Errorf("%s: %s: %s", aws.ToString(e.Key), aws.ToString(e.Code), aws.ToString(e.Message)))
		}
	}
	return errors.Join(errs...)
}

// DeleteSome deletes at most DeleteAtOnce objects by one call, and returns what the store
// refuses of them, each with its key. A key without an object is not refused.
func (b Bucket) DeleteSome(ctx context.Context, keys []string) (refused []types.Error, err error) {
	objects := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		objects[i].Key = &keys[i]
	}
	output, err := b.Client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket: &b.Name, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(output.Errors, func(e types.Error) bool {
		return aws.ToString(e.Code) == "NoSuchKey" // versitygw's, where two delete it at once
	}), nil
}
