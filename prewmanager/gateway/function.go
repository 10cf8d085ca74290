package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"prew"
	"prew/prewmanager/flight"
)

// Function is what renders. An invocation ends within Timeout.
type Function struct {
	// Call sends a payload and returns what the function answered; failed says
	// that it crashed or was stopped, and that the answer only tells why.
	Call func(ctx context.Context, payload []byte) (answer []byte, failed bool, err error)
	// Reach says whether the function is there and may be called.
	Reach   func(ctx context.Context) error
	Timeout time.Duration
}

// HTTPClient is what Lambda and S3 are called with. It keeps a connection for each
// flight there may be at a time: the SDK keeps 10, and a page of 60 previews would
// begin with 50 handshakes each time.
func HTTPClient(flights int) aws.HTTPClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = 0 // no limit but that for a host
		t.MaxIdleConnsPerHost = flights
	})
}

// throttledPause is how long a throttled invocation waits before it tries
// again, with as much again as jitter: a render takes about that long, and
// then a place is free.
const throttledPause = 50 * time.Millisecond

// OnLambda is the Lambda function of that name. A call that is throttled is tried
// again until its time is up, and counted each time.
func OnLambda(cfg aws.Config, name string, timeout time.Duration, m *Metrics) Function {
	client := lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		// The SDK would repeat a call that timed out, which is a second render.
		o.Retryer = aws.NopRetryer{}
	})
	call := func(ctx context.Context, payload []byte) ([]byte, bool, error) {
		var refused error
		for {
			began := time.Now()
			output, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: payload})
			if ctx.Err() != nil && refused != nil && time.Since(began) < throttledPause {
				// Not the render was too long, but the time was up while it was
				// refused once more.
				return nil, false, fail(prew.Throttled, refused)
			}
			if _, ok := errors.AsType[*lambdatypes.TooManyRequestsException](err); ok {
				m.throttles.Inc()
				refused = err
				select {
				case <-time.After(throttledPause + rand.N(throttledPause)):
					continue
				case <-ctx.Done():
					return nil, false, fail(prew.Throttled, err)
				}
			}
			if err != nil {
				return nil, false, err
			}
			return output.Payload, output.FunctionError != nil, nil
		}
	}
	// A dry run asks for no more rights than a call, and runs nothing (AWS Lambda
	// API Reference, "Invoke").
	reach := func(ctx context.Context) error {
		_, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, InvocationType: lambdatypes.InvocationTypeDryRun})
		if err != nil {
			return fmt.Errorf("function %s: %w", name, err)
		}
		return nil
	}
	return Function{call, reach, timeout}
}

// invoke has the function render and returns its result. Beside a failure the
// result has the timing alone, if the function came as far as to say one.
func (f Function) invoke(ctx context.Context, request prew.RenderRequest) (result prew.RenderResult, received int, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.Timeout)
	defer cancel()
	payload, err := json.Marshal(request)
	if err != nil {
		return result, 0, fail(prew.RequestInvalid, err)
	}
	answer, failed, err := f.Call(ctx, payload)
	_, typed := errors.AsType[*flight.Failure](err)
	switch {
	case typed:
		return result, 0, err
	case err != nil && ctx.Err() != nil:
		return result, 0, fail(prew.TimedOut, ctx.Err())
	case err != nil:
		return result, 0, fail(prew.RenderFailed, err)
	case failed:
		return result, len(answer), crashed(answer)
	}
	result, err = readResult(answer)
	return result, len(answer), err
}

// crashed is the failure of a function that was stopped or ended by itself. One
// that was ended for its memory would be again, for the same photo.
func crashed(answer []byte) error {
	reason := fmt.Errorf("function: %.500s", answer)
	switch text := string(answer); {
	case strings.Contains(text, "Task timed out"):
		return fail(prew.TimedOut, reason)
	case strings.Contains(text, "Runtime.OutOfMemory"):
		return fail(prew.SourceTooLarge, reason)
	}
	return fail(prew.RenderFailed, reason)
}

// readResult reads what the function answered.
func readResult(answer []byte) (result prew.RenderResult, err error) {
	if err := json.Unmarshal(answer, &result); err != nil {
		return prew.RenderResult{}, fail(prew.RenderGarbage, err)
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
