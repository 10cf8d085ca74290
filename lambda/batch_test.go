package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
)

// task is a task of a job in the schema 2.0.
func task(key string, arguments map[string]string) string {
	given, err := json.Marshal(arguments)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"invocationSchemaVersion":"2.0","invocationId":"an invocation","job":{"id":"a job","userArguments":%s},`+
		`"tasks":[{"taskId":"a task","s3Key":%q,"s3VersionId":null,"s3Bucket":%q}]}`, given, key, bucket)
}

// answered sends a task to a function and returns the outcome and its reason.
func answered(t *testing.T, f function, payload string) (code, reason string) {
	t.Helper()
	answer, err := f.invoke(t.Context(), json.RawMessage(payload))
	if err != nil {
		t.Fatal(err)
	}
	got := answer.(batchAnswer)
	if got.Invocation != "an invocation" || got.Missing != "PermanentFailure" || len(got.Results) != 1 || got.Results[0].ID != "a task" ||
		!strings.Contains(payload, `"invocationSchemaVersion":"`+got.Schema+`"`) {
		t.Errorf("%+v", got)
	}
	return got.Results[0].Code, got.Results[0].Reason
}

func TestTasksOfAJob(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	upload(t, client, "photo/a b+ö.jpg", picture(t, 80, 60))
	upload(t, client, "photo/text.jpg", []byte("hello"))
	upload(t, client, "prew/past/a.jpg", []byte("old"))
	record := func(presets string) { upload(t, client, "prew/.presets.json", []byte(`{"presets":{`+presets+`}}`)) }
	record(`"past":{}`)
	type args = map[string]string
	const key = "photo/a+b%2B%C3%B6.jpg"
	for _, test := range []struct {
		name, payload, code, reason string
		left                        []string // below prew/, without the record and what was there
	}{
		{"a preset with its variants", task(key, args{"presets": "small"}), "Succeeded", "4 rendered, 0 stored before",
			[]string{"small.webp/a b+ö.jpg", "small/a b+ö.jpg", "small@2x.webp/a b+ö.jpg", "small@2x/a b+ö.jpg"}},
		{"once more", task(key, args{"presets": "small"}), "Succeeded", "0 rendered, 4 stored before",
			[]string{"small.webp/a b+ö.jpg", "small/a b+ö.jpg", "small@2x.webp/a b+ö.jpg", "small@2x/a b+ö.jpg"}},
		{"a variant is purged", task(key, args{"presets": "small.webp", "action": "purge"}), "Succeeded", "purged",
			[]string{"small/a b+ö.jpg", "small@2x.webp/a b+ö.jpg", "small@2x/a b+ö.jpg"}},
		{"two names, of which one is a part of the other", task(key, args{"presets": "small@2x,small", "action": "purge"}), "Succeeded", "purged", nil},
		{"all of them, in 1.0", strings.NewReplacer("2.0", "1.0", `"s3Bucket":"`, `"s3BucketArn":"arn:aws:s3:::`, `,"userArguments":null`, ``).Replace(task(key, nil)),
			"Succeeded", "5 rendered, 0 stored before",
			[]string{"lossless/a b+ö.jpg", "small.webp/a b+ö.jpg", "small/a b+ö.jpg", "small@2x.webp/a b+ö.jpg", "small@2x/a b+ö.jpg"}},
		{"all are purged", task(key, args{"action": "purge"}), "Succeeded", "purged", nil},
		{"a preset of the past is purged", task("photo/a.jpg", args{"presets": "past", "action": "purge"}), "Succeeded", "purged", nil},
		{"a preset of the past", task(key, args{"presets": "past"}), "PermanentFailure", `preset "past" is unknown to the function`, nil},
		{"an unknown preset", task(key, args{"presets": "small,large"}), "PermanentFailure", `preset "large" is unknown`, nil},
		{"an unknown action", task(key, args{"action": "burn"}), "PermanentFailure", `action "burn", expected warm or purge`, nil},
		{"a preview", task("prew/small/a.jpg", nil), "Succeeded", "no photo: path refused: ", nil},
		{"a folder", task("photo/", nil), "Succeeded", "no photo: path refused: ", nil},
		{"a way up", task("photo/../secret", nil), "Succeeded", "no photo: path refused: ", nil},
		{"a missing photo", task("photo/none.jpg", args{"presets": "small"}), "PermanentFailure", "small: photos/photo/none.jpg: no such photo", nil},
		{"no picture", task("photo/text.jpg", args{"presets": "small,lossless"}), "PermanentFailure", "lossless: not a JPEG, ", nil},
		{"a key that is not escaped", task("photo/100%.jpg", nil), "PermanentFailure", `key: invalid URL escape "%.j", expected it escaped as in a URL`, nil},
		{"another bucket of previews", task(key, args{"bucket": "nowhere", "presets": "small"}), "TemporaryFailure", "nowhere/prew/", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, reason := answered(t, f, test.payload)
			if code != test.code || !strings.HasPrefix(reason, test.reason) || len(reason) > 1000 {
				t.Errorf("%s: %s, want %s: %s", code, reason, test.code, test.reason)
			}
			var left []string
			for _, name := range below(t, client, "prew/") {
				if name = strings.TrimPrefix(name, "prew/"); name != ".presets.json" && !strings.HasPrefix(name, "past/") {
					left = append(left, name)
				}
			}
			if !slices.Equal(left, test.left) {
				t.Errorf("there are %q, want %q", left, test.left)
			}
		})
	}
	if names := below(t, client, "prew/past/"); len(names) > 0 {
		t.Errorf("left are %q", names)
	}

	record(`"small":{"fingerprint":"otherwise"}`)
	code, reason := answered(t, f, task(key, args{"presets": "small"}))
	if code != "PermanentFailure" || !strings.Contains(reason, "preset small: gateways have it otherwise") {
		t.Errorf("a preset that gateways have otherwise: %s, %s", code, reason)
	}
	if names := below(t, client, "prew/"); slices.Contains(names, "prew/small/a b+ö.jpg") {
		t.Error("and is stored")
	}
}

// TestTaskEndsInTime is about a photo with more previews than there is time for.
func TestTaskEndsInTime(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	upload(t, client, "photo/a.jpg", picture(t, 80, 60))
	ctx, cancel := context.WithTimeout(t.Context(), prew.StoreTimeout-time.Millisecond)
	defer cancel()
	answer, err := f.invoke(ctx, json.RawMessage(task("photo/a.jpg", map[string]string{"presets": "small"})))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := answer.(batchAnswer).Results[0], (batchResult{"a task", "TemporaryFailure", "no time for the last 4 of 4 previews"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestTasksThatAreNone(t *testing.T) {
	f, _ := functionOn(t, nil)
	for payload, says := range map[string]string{
		`{"invocationSchemaVersion":"3.0"}`:                                                          `invocationSchemaVersion "3.0", expected 1.0 or 2.0`,
		`{"invocationSchemaVersion":"` + strings.Repeat("9", 1<<20) + `"}`:                           `invocationSchemaVersion "99999999999999999999", expected`,
		`{"invocationSchemaVersion":"2.0","tasks":[]}`:                                               "0 tasks, expected 1",
		`{"invocationSchemaVersion":"2.0","tasks":[{},{}]}`:                                          "2 tasks, expected 1",
		`{"invocationSchemaVersion":"2.0","job":{"userArguments":{"presets":["small"]}},"tasks":[]}`: "cannot unmarshal array",
	} {
		if answer, err := f.invoke(t.Context(), json.RawMessage(payload)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60s: %+v, %v, want %s", payload, answer, err, says)
		}
	}
	for _, long := range []string{task(strings.Repeat("%C3%B6", 1<<18), nil), task("photo/a.jpg", map[string]string{"presets": strings.Repeat("x", 1<<20)}),
		task("photo/a.jpg", map[string]string{"action": strings.Repeat("ö", 1<<20)})} {
		f, log := functionOn(t, s3Server(t))
		if _, reason := answered(t, f, long); len(reason) > 1000 || log.Len() > 8<<10 {
			t.Errorf("a reason of %d bytes, a log of %d", len(reason), log.Len())
		}
	}
}

// unreachable is an HTTP client of a store that does not answer.
type unreachable struct{}

func (unreachable) Do(*http.Request) (*http.Response, error) { return nil, errors.New("no store") }

// FuzzDoors sends any payload to a function whose store does not answer.
func FuzzDoors(f *testing.F) {
	client := s3.New(s3.Options{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: unreachable{}, Retryer: aws.NopRetryer{}})
	for _, seed := range []string{notification("ObjectCreated:Put", "photo/a", ""), bridged("Object Created", bucket, "photo/a", ""),
		task("photo/a", map[string]string{"presets": "small", "action": "purge"}), `{"width":1}`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		function, log := functionOn(t, client)
		_, _ = function.invoke(t.Context(), payload)
		if log.Len() > 1<<20 {
			t.Errorf("%d bytes of log for %d", log.Len(), len(payload))
		}
	})
}
