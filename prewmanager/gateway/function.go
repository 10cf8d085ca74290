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
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"prew"
	"prew/prewmanager/flight"
)

// Function is the function that renders. An invocation ends within Timeout.
type Function struct {
	// Call sends a payload and returns the function's answer. If failed is true,
	// the function crashed or was stopped, and the answer only gives the reason.
	Call func(ctx context.Context, payload []byte) (answer []byte, failed bool, err error)
	// Reach returns an error if the function does not exist or may not be called.
	Reach   func(ctx context.Context) error
	Timeout time.Duration
}

// maxAnswer is the largest answer that Lambda sends, in bytes, by its own error
// messages. The SDK reads an answer whole, whoever sends it.
const maxAnswer = 6291556

// bounded is a client that fails to read more than maxAnswer bytes of an answer.
type bounded struct{ aws.HTTPClient }

// Do implements aws.HTTPClient.
func (b bounded) Do(r *http.Request) (*http.Response, error) {
	response, err := b.HTTPClient.Do(r)
	if err == nil {
		response.Body = http.MaxBytesReader(nil, response.Body, maxAnswer)
	}
	return response, err
}

const (
	// firstPause is the longest time that an invocation waits when it is throttled for
	// the first time; jitter takes up to half of it. A render takes about that long,
	// and then Lambda has capacity again.
	firstPause = 50 * time.Millisecond
	// longestPause bounds the pauses, which double each time: what is still throttled
	// then is short of capacity for longer, and asking more often would only add to it.
	longestPause = time.Second
)

// OnLambda returns the Lambda function with a name. A call that is throttled is
// tried again until its time is up; m counts every throttle.
func OnLambda(cfg aws.Config, name string, timeout time.Duration, m *Metrics) Function {
	client := lambda.NewFromConfig(cfg, func(o *lambda.Options) {
		// The SDK would repeat a call that timed out, which is a second render.
		o.Retryer = aws.NopRetryer{}
		o.HTTPClient = bounded{o.HTTPClient}
	})
	call := func(ctx context.Context, payload []byte) ([]byte, bool, error) {
		var refused error
		for pause := firstPause; ; pause = min(2*pause, longestPause) {
			began := time.Now()
			output, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: payload})
			if ctx.Err() != nil && refused != nil && time.Since(began) < firstPause {
				// The render did not take too long: the time was up during one
				// more call, which would have been throttled too.
				return nil, false, fail(prew.Throttled, refused)
			}
			if _, ok := errors.AsType[*lambdatypes.TooManyRequestsException](err); ok {
				m.throttles.Inc()
				refused = err
				select {
				case <-time.After(pause/2 + rand.N(pause/2)):
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
	// A dry run needs the same right as a call and runs nothing (AWS Lambda API
	// Reference, "Invoke").
	reach := func(ctx context.Context) error {
		_, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, InvocationType: lambdatypes.InvocationTypeDryRun})
		if err != nil {
			return fmt.Errorf("function %s: %w", name, err)
		}
		return nil
	}
	return Function{call, reach, timeout}
}

// invoke calls the function and returns its result, and how many bytes the answer
// had. Beside a failure the result has only the timing, if the function sent it.
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
	case errors.As(err, new(*http.MaxBytesError)):
		return result, 0, fail(prew.RenderGarbage, fmt.Errorf("the function's answer has more than %d bytes", maxAnswer))
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

// crashed is the failure of a function that crashed or was stopped. If it ran out
// of memory, it would do so again for the same photo. A panic of its handler has a
// stack trace in the answer (AWS Lambda Developer Guide, "Go", "Errors"), and a
// panic elsewhere ends a Go program with status 2 (Go's package runtime).
func crashed(answer []byte) error {
	reason := fmt.Errorf("function: %.500s", answer)
	switch text := string(answer); {
	case strings.Contains(text, "Task timed out"):
		return fail(prew.TimedOut, reason)
	case strings.Contains(text, "Runtime.OutOfMemory"):
		return fail(prew.SourceTooLarge, reason)
	case strings.Contains(text, `"stackTrace":[`), strings.Contains(text, "exit status 2"):
		return fail(prew.RenderPanic, reason)
	}
	return fail(prew.RenderFailed, reason)
}

// readResult decodes the function's answer.
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
