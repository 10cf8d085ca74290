package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"prew"
)

// maxPreview is the largest preview read from S3, in bytes. A preview has at
// most the pixels of the largest photo; as a PNG it could be larger than this,
// and then is better served by S3 than held in memory here.
const maxPreview = 64 << 20

// storage reads photos and previews in S3. Every call ends within timeout.
type storage struct {
	client  *s3.Client
	bucket  string
	timeout time.Duration
}

func newStorage(cfg aws.Config, bucket string, pathStyle bool, timeout time.Duration) storage {
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = pathStyle })
	return storage{client, bucket, timeout}
}

// preview reads the stored preview, whole.
func (s storage) preview(ctx context.Context, ref prew.Ref) (_ *preview, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	object, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: aws.String(ref.PreviewKey())})
	if missing(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, storageFailure(ctx, err)
	}
	defer object.Body.Close()
	data, err := io.ReadAll(io.LimitReader(object.Body, maxPreview+1))
	if err != nil {
		return nil, false, storageFailure(ctx, err)
	}
	if len(data) > maxPreview {
		return nil, false, fail(prew.StorageFailed, fmt.Errorf("%s is larger than %d bytes", ref.PreviewKey(), maxPreview))
	}
	return &preview{
		data:         data,
		contentType:  aws.ToString(object.ContentType),
		etag:         aws.ToString(object.ETag),
		cacheControl: aws.ToString(object.CacheControl),
		modified:     aws.ToTime(object.LastModified),
	}, true, nil
}

// photoETag is the ETag of the photo as it is now, empty where there is none.
func (s storage) photoETag(ctx context.Context, ref prew.Ref) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	head, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: aws.String(ref.SourceKey())})
	if missing(err) {
		return "", nil
	}
	if err != nil {
		return "", storageFailure(ctx, err)
	}
	return aws.ToString(head.ETag), nil
}

// missing says whether S3 has no such object.
func missing(err error) bool {
	var code string
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	return prew.Missing(statusOf(err), code)
}

// statusOf is the HTTP status with which a service refused, or 0.
func statusOf(err error) int {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}

func storageFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fail(prew.TimedOut, fmt.Errorf("s3: %w", err))
	}
	return fail(prew.StorageFailed, fmt.Errorf("s3: %w", err))
}

// function is the Lambda that renders. An invocation ends within timeout.
type function struct {
	client  *lambda.Client
	name    string
	timeout time.Duration
}

func newFunction(cfg aws.Config, name string, timeout time.Duration) function {
	client := lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		// The SDK would repeat a call that timed out, which is a second render.
		o.Retryer = aws.NopRetryer{}
	})
	return function{client, name, timeout}
}

// throttledPause is how long a throttled invocation waits before it tries
// again, with as much again as jitter: a render takes about that long, and
// then a place is free.
const throttledPause = 50 * time.Millisecond

// invoke has the function render and returns its result, which is a success.
// Any other end is a failure with the code that says how it came to it.
func (f function) invoke(ctx context.Context, request prew.RenderRequest) (prew.RenderResult, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	payload, err := json.Marshal(request)
	if err != nil {
		return prew.RenderResult{}, fail(prew.RequestInvalid, err)
	}
	for {
		output, err := f.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &f.name, Payload: payload})
		_, throttled := errors.AsType[*lambdatypes.TooManyRequestsException](err)
		switch {
		case throttled:
			select {
			case <-time.After(throttledPause + rand.N(throttledPause)):
				continue
			case <-ctx.Done():
				return prew.RenderResult{}, fail(prew.Throttled, err)
			}
		case ctx.Err() != nil:
			return prew.RenderResult{}, fail(prew.TimedOut, ctx.Err())
		case err != nil:
			return prew.RenderResult{}, fail(prew.RenderFailed, err)
		}
		return readResult(output)
	}
}

// readResult reads what the function answered. A function that crashed or was
// stopped answers with HTTP 200 too; FunctionError tells.
func readResult(output *lambda.InvokeOutput) (result prew.RenderResult, err error) {
	if output.FunctionError != nil {
		reason := fmt.Errorf("function: %.500s", output.Payload)
		if strings.Contains(string(output.Payload), "Task timed out") {
			return result, fail(prew.TimedOut, reason)
		}
		return result, fail(prew.RenderFailed, reason)
	}
	if err := json.Unmarshal(output.Payload, &result); err != nil {
		return result, fail(prew.RenderGarbage, err)
	}
	switch {
	case result.Error != nil && result.Error.Code != "":
		failure := fail(result.Error.Code, result.Error)
		failure.Mark = result.Error.SourceETag
		return result, failure
	case !result.Status:
		return result, fail(prew.RenderGarbage, errors.New("neither status nor error"))
	case len(result.Data) > 0 && (len(result.Data) != result.Size || result.ContentType == ""):
		return result, fail(prew.RenderGarbage, fmt.Errorf("%d bytes of %q, announced were %d", len(result.Data), result.ContentType, result.Size))
	}
	return result, nil
}
