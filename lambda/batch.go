package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"prew"
)

// batchJob is what S3 Batch Operations sends of a job, an object of its manifest at a time
// (Amazon S3 User Guide, "Invoke AWS Lambda function"; Lambda Developer Guide, "Invoke a Lambda
// function with Amazon S3 batch events").
type batchJob struct {
	Schema     string `json:"invocationSchemaVersion"` // 1.0, or 2.0, which has arguments
	Invocation string `json:"invocationId"`
	Job        struct {
		Arguments map[string]string `json:"userArguments"`
	}
	Tasks []batchTask
}

type batchTask struct {
	ID        string `json:"taskId"`
	Key       string `json:"s3Key"`       // as in the manifest, which has it escaped as in a query
	BucketARN string `json:"s3BucketArn"` // in 1.0
	Bucket    string `json:"s3Bucket"`    // in 2.0
}

// batchAnswer is what it takes for an answer.
type batchAnswer struct {
	Schema     string        `json:"invocationSchemaVersion"`
	Missing    string        `json:"treatMissingKeysAs"`
	Invocation string        `json:"invocationId"`
	Results    []batchResult `json:"results"`
}

type batchResult struct {
	ID     string `json:"taskId"`
	Code   string `json:"resultCode"`
	Reason string `json:"resultString"` // for the job's report
}

// The outcomes of a task. A job tries those that failed temporarily once more.
const (
	succeeded   = "Succeeded"
	temporarily = "TemporaryFailure"
	permanently = "PermanentFailure"
)

// maxReason is the longest reason of a result, in bytes. Every line of the report has one, of
// which there may be a billion.
const maxReason = 1000

// maxArgument is the longest argument of a job, in bytes: S3 takes no longer one (Amazon S3 API
// Reference, "LambdaInvokeOperation").
const maxArgument = 1024

// batch answers an object of a job's manifest. A job may say in its arguments
//
//	action   warm, as without it: render what is not stored; or purge: delete what is
//	presets  names of presets, each with its variants, or of variants; without it all
//	bucket   the previews', where it is not the photos' and no PREW_BUCKET names it
//
// An error is a payload that is no task, so that there is nothing to answer.
func (f function) batch(ctx context.Context, payload json.RawMessage) (batchAnswer, error) {
	var job batchJob
	if err := json.Unmarshal(payload, &job); err != nil {
		return batchAnswer{}, err
	}
	if job.Schema != "1.0" && job.Schema != "2.0" {
		return batchAnswer{}, fmt.Errorf("invocationSchemaVersion %.20q, expected 1.0 or 2.0", job.Schema)
	}
	if n := len(job.Tasks); n != 1 {
		return batchAnswer{}, fmt.Errorf("%d tasks, expected 1", n)
	}
	task := job.Tasks[0]
	said, err := f.task(ctx, task, job.Job.Arguments)
	result := batchResult{task.ID, outcomeOf(err), said}
	if err != nil {
		result.Reason = err.Error()
	}
	if len(result.Reason) > maxReason {
		result.Reason = strings.ToValidUTF8(result.Reason[:maxReason], "")
	}
	if err != nil {
		f.log.Warn("task", "bucket", clipped(task.bucket()), "key", clipped(task.Key), "outcome", result.Code, "message", result.Reason)
	}
	return batchAnswer{job.Schema, permanently, job.Invocation, []batchResult{result}}, nil
}

// bucket is the name of the task's bucket, which in the ARN stands last.
func (t batchTask) bucket() string {
	if t.Bucket != "" {
		return t.Bucket
	}
	return t.BucketARN[strings.LastIndexByte(t.BucketARN, ':')+1:]
}

// task does what a job wants of an object, and says what that was.
func (f function) task(ctx context.Context, t batchTask, arguments map[string]string) (said string, err error) {
	object, err := url.QueryUnescape(t.Key)
	if err != nil {
		return "", fail(prew.PathRefused, "key: %v, expected it escaped as in a URL", err)
	}
	do := f.warmUp
	switch action := arguments["action"]; action {
	case "", "warm":
	case "purge":
		do = f.purgeSome
	default:
		return "", fail(prew.RequestInvalid, "action %.40q, expected warm or purge", action)
	}
	photos, why := f.find(t.bucket(), object, arguments["bucket"])
	if failed, ok := errors.AsType[*prew.RenderError](why); ok {
		return "", failed
	}
	if len(photos) == 0 { // an inventory lists previews and folders too
		return "no photo: " + why.Error(), nil
	}
	var all []string
	for _, p := range photos {
		presets, recorded, err := f.chosen(ctx, p, arguments["presets"])
		if err == nil {
			said, err = do(ctx, p, presets, recorded)
		}
		if err != nil {
			return "", err
		}
		all = append(all, said)
	}
	return strings.Join(all, "; "), nil
}

// chosen returns the presets and variants that a job is about, those of the photo's source, and
// the fingerprints of the gateways' record.
func (f function) chosen(ctx context.Context, p changedPhoto, names string) (presets []string, recorded map[string]string, err error) {
	if recorded, err = f.recorded(ctx, p.previews); err != nil {
		return nil, nil, err
	}
	known := f.known(p.source.Name)
	switch {
	case names == "":
		return known, recorded, nil
	case len(names) > maxArgument:
		return nil, nil, fail(prew.RequestInvalid, "presets of %d bytes, limit is %d", len(names), maxArgument)
	}
	all := f.withRecorded(known, recorded)
	for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return r == ',' || r == ' ' }) {
		chosen := slices.DeleteFunc(slices.Clone(all), func(other string) bool { return other != name && prew.PresetOf(other) != name })
		if _, known := f.presets.Get(name); len(chosen) == 0 && !known {
			return nil, nil, fail(prew.PresetUnknown, "preset %.80q is unknown", name)
		}
		presets = append(presets, chosen...)
	}
	slices.Sort(presets)
	return slices.Compact(presets), recorded, nil
}

// warmUp renders what is not stored of a photo. Each preview is tried; the error has all that
// failed, and is temporary if one of them is.
func (f function) warmUp(ctx context.Context, p changedPhoto, presets []string, recorded map[string]string) (said string, err error) {
	stored, err := f.stored(ctx, p, presets)
	if err != nil {
		return "", err
	}
	rendered := 0
	var errs []error
	for i, preset := range presets {
		if _, there := stored[preset]; there {
			continue
		}
		if err := f.differs(preset, recorded); err != nil {
			errs = append(errs, err)
			continue
		}
		if !timeLeft(ctx) {
			errs = append(errs, fail(prew.TimedOut, "no time for the last %d of %d previews", len(presets)-i, len(presets)))
			break
		}
		err := f.renderAnew(ctx, p, preset, f.cacheControlOf(preset))
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", preset, err))
		} else {
			rendered++
		}
		if codeFor(err) == prew.SourceMissing {
			break // for the others it would be too
		}
	}
	return fmt.Sprintf("%d rendered, %d stored before", rendered, len(stored)), errors.Join(errs...)
}

// purgeSome deletes a photo's previews of some presets.
func (f function) purgeSome(ctx context.Context, p changedPhoto, presets []string, _ map[string]string) (said string, err error) {
	return "purged", f.purge(ctx, p, presets)
}

// outcomeOf is the outcome of a task with an error: what may pass by itself is worth another
// try.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return succeeded
	case mayPass(err):
		return temporarily
	}
	return permanently
}

// mayPass reports whether one of the errors that are joined in err may pass by itself.
func mayPass(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(joined.Unwrap(), mayPass)
	}
	switch codeFor(err) {
	case prew.StorageFailed, prew.StorageBusy, prew.RenderFailed, prew.TimedOut:
		return true
	}
	return false
}

// codeFor is the code of a failure, empty for none.
func codeFor(err error) prew.Code {
	if err == nil {
		return ""
	}
	return refused(prew.Timing{}, err).Error.Code
}
