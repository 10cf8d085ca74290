package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/emulator"
	"prew/deploy/local/stack"
	"prew/lambda/store"
)

// notification is S3's event that an object of the bucket was written or removed.
func notification(name, key, sequencer string) string {
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":%q,`+
		`"s3":{"bucket":{"name":%q},"object":{"key":%q,"sequencer":%q}}}]}`, name, bucket, key, sequencer)
}

// bridged is EventBridge's form of it, as a rule of deploy/aws/render.yaml passes it on.
func bridged(kind, from, key, previews string) string {
	return fmt.Sprintf(`{"source":"aws.s3","detail-type":%q,"previews":%q,"detail":{"bucket":{"name":%q},"object":{"key":%q}}}`, kind, previews, from, key)
}

// told sends an event to a function.
func told(t *testing.T, f function, payload string) changes {
	t.Helper()
	answer, err := f.invoke(t.Context(), json.RawMessage(payload))
	if err != nil {
		t.Fatal(err)
	}
	return answer.(changes)
}

// below lists the objects of the bucket whose names begin so.
func below(t *testing.T, client *s3.Client, prefix string) (names []string) {
	t.Helper()
	for object, err := range (store.Bucket{Client: client, Name: bucket}).List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, aws.ToString(object.Key))
	}
	return names
}

func TestPhotoThatChangesTakesItsPreviewsWithIt(t *testing.T) {
	client := s3Server(t)
	f, log := functionOn(t, client)
	for _, test := range []struct {
		name, payload string
		gone          []string
		want          changes
	}{
		{"written", notification("ObjectCreated:Put", "photo/a+b/%C3%B6%2B.jpg", ""),
			[]string{"prew/small/a b/ö+.jpg", "prew/small.webp/a b/ö+.jpg", "prew/small@2x.webp/a b/ö+.jpg", "prew/lossless/a b/ö+.jpg", "prew/past/a b/ö+.jpg"}, changes{Photos: 1}},
		{"removed", notification("ObjectRemoved:Delete", "photo/a.jpg", ""), []string{"prew/small/a.jpg"}, changes{Photos: 1}},
		{"EventBridge's", bridged("Object Created", bucket, "photo/a.jpg", ""), []string{"prew/small/a.jpg"}, changes{Photos: 1}},
		{"with two readings", notification("s3:ObjectCreated:Put", "photo/a+b.jpg", ""), []string{"prew/small/a b.jpg", "prew/small/a+b.jpg"}, changes{Photos: 2}},
		{"of nothing that is stored", notification("ObjectCreated:Put", "photo/new.jpg", ""), nil, changes{Photos: 1}},
		{"a preview", notification("ObjectCreated:Put", "prew/small/a.jpg", ""), nil, changes{Ignored: 1}},
		{"the record", notification("ObjectCreated:Put", "prew/.presets.json", ""), nil, changes{Ignored: 1}},
		{"a folder", notification("ObjectCreated:Put", "photo/a/", ""), nil, changes{Ignored: 1}},
		{"a way up", notification("ObjectCreated:Put", "photo/../prew/small/a.jpg", ""), nil, changes{Ignored: 1}},
		{"a name that no object has", notification("ObjectCreated:Put", "photo/"+strings.Repeat("k", 1<<20), ""), nil, changes{Ignored: 1}},
		{"no event of its bytes", notification("ObjectTagging:Put", "photo/a.jpg", ""), nil, changes{}},
		{"a test", `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"photos"}`, nil, changes{}},
		{"none", `{"Records":[{"eventName":"ObjectCreated:Put"}]}`, nil, changes{}},
		{"too many", `{"Records":[` + strings.Repeat(`{},`, 100) + `{}]}`, nil, changes{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			stay := []string{"prew/.presets.json", "prew/past/other.jpg", "prew/small/a.jpg of another photo", "prew/small/other.jpg"}
			upload(t, client, "prew/.presets.json", []byte(`{"presets":{"past":{"fingerprint":"1"},"small":{"fingerprint":"2"},"../photo":{"fingerprint":"3"},"":{}}}`))
			for _, name := range append(stay[1:], test.gone...) {
				upload(t, client, name, []byte("preview"))
			}
			log.Reset()
			if got := told(t, f, test.payload); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			slices.Sort(stay)
			if left := below(t, client, "prew/"); !slices.Equal(left, stay) {
				t.Errorf("left are %q, want %q", left, stay)
			}
			if log.Len() > 8<<10 {
				t.Errorf("it logs %d bytes", log.Len())
			}
		})
	}
}

func TestEventsOfSourcesAndTwoBuckets(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	f.sources = sourcesOf(t, "SOURCE_PEOPLE=bucket=people,prefix=faces/")
	presets, err := prew.LoadPresets("presets.yaml", []byte("small: {width: 20}\nface: {width: 9, source: people}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	f.presets = presets
	for _, test := range []struct {
		name, payload string
		gone          string
		want          changes
	}{
		{"of a source, where the rule names the previews' bucket", bridged("Object Created", "people", "faces/a.jpg", bucket), "prew/face/a.jpg", changes{Photos: 1}},
		{"of the default source in a bucket of its own", bridged("Object Created", "originals", "photo/a.jpg", bucket), "prew/small/a.jpg", changes{Photos: 1}},
		{"of another folder", bridged("Object Created", "people", "a.jpg", bucket), "", changes{Ignored: 1}},
		{"of a source, where nobody says where the previews are", notification("ObjectCreated:Put", "faces/a.jpg", ""), "", changes{Ignored: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range []string{"prew/small/a.jpg", "prew/face/a.jpg"} {
				upload(t, client, name, []byte("preview"))
			}
			if got := told(t, f, test.payload); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
			want := slices.DeleteFunc([]string{"prew/face/a.jpg", "prew/small/a.jpg"}, func(name string) bool { return name == test.gone })
			if left := below(t, client, "prew/"); !slices.Equal(left, want) {
				t.Errorf("left are %q, want %q", left, want)
			}
		})
	}
}

// TestEventsTwiceAndInAnyOrder sends the events of one photo as S3 may deliver them.
func TestEventsTwiceAndInAnyOrder(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	const first, second, third = "0055AED6DCD90281E5", "0055AED6DCD90281E6", "0055AED6DCD90281E601"
	for _, step := range []struct {
		name, sequencer string
		purges          bool
	}{
		{"ObjectCreated:Put", second, true},
		{"ObjectCreated:Put", second, false},   // twice
		{"ObjectRemoved:Delete", first, false}, // too late
		{"ObjectRemoved:Delete", third, true},
		{"ObjectCreated:Put", second, false},
		{"ObjectCreated:Put", "", true}, // of a store that does not say
		{"ObjectCreated:Put", "1F", true},
		{"ObjectCreated:Put", "2", true}, // of a counter that began anew
	} {
		upload(t, client, "prew/small/a.jpg", []byte("preview"))
		got, want := told(t, f, notification(step.name, "photo/a.jpg", step.sequencer)), changes{Photos: 1}
		if !step.purges {
			want = changes{Ignored: 1}
		}
		if left := len(below(t, client, "prew/")) > 0; got != want || left == step.purges {
			t.Errorf("%s %q: %+v, a preview is left: %v; want %+v", step.name, step.sequencer, got, left, want)
		}
	}
	several := strings.Replace(notification("ObjectCreated:Put", "photo/b.jpg", first), `{"Records":[`,
		`{"Records":[`+strings.TrimSuffix(strings.TrimPrefix(notification("ObjectRemoved:Delete", "photo/b.jpg", second), `{"Records":[`), `]}`)+",", 1)
	if got, want := told(t, f, several), (changes{Photos: 1, Ignored: 1}); got != want {
		t.Errorf("two of one photo: %+v, want %+v", got, want)
	}
}

func TestPreviewsThatWereThereAreRenderedAnew(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	f.rewarms = true
	made, _ := f.presets.Get("lossless")
	upload(t, client, "prew/.presets.json", fmt.Appendf(nil, `{"presets":{"small":{"fingerprint":"otherwise"},"past":{},"lossless":{"fingerprint":%q}}}`, made.Fingerprint()))
	for _, name := range []string{"prew/small/a.jpg", "prew/small@2x.webp/a.jpg", "prew/past/a.jpg", "prew/small@2x.webp/b.jpg"} {
		upload(t, client, name, []byte("old"))
	}
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("prew/lossless/a.jpg"), CacheControl: aws.String("max-age=7"), Body: strings.NewReader("old")}); err != nil {
		t.Fatal(err)
	}
	upload(t, client, "photo/a.jpg", picture(t, 80, 60))

	// What gateways have otherwise is theirs to render; small@2x.webp they have not noted.
	if got, want := told(t, f, notification("ObjectCreated:Put", "photo/a.jpg", "")), (changes{Photos: 1, Rendered: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if left, want := below(t, client, "prew/"), []string{"prew/.presets.json", "prew/lossless/a.jpg", "prew/small@2x.webp/a.jpg", "prew/small@2x.webp/b.jpg"}; !slices.Equal(left, want) {
		t.Errorf("there are %q, want %q", left, want)
	}
	if object, data := stored(t, client, "prew/lossless/a.jpg"); aws.ToString(object.ContentType) != "image/png" || aws.ToString(object.CacheControl) != "max-age=7" {
		t.Errorf("it is a %s of %d bytes with cache-control %q", aws.ToString(object.ContentType), len(data), aws.ToString(object.CacheControl))
	}

	// Of two events the first to arrive is the later one: the photo is gone, and stays so.
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String("photo/a.jpg")}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ObjectRemoved:Delete", "ObjectCreated:Put"} {
		if got, want := told(t, f, notification(name, "photo/a.jpg", "")), (changes{Photos: 1}); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if left, want := below(t, client, "prew/"), []string{"prew/.presets.json", "prew/small@2x.webp/b.jpg"}; !slices.Equal(left, want) {
		t.Errorf("there are %q, want %q", left, want)
	}
}

func TestGatewaysAreToldOfAnEvent(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	status, heard := http.StatusNoContent, ""
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heard = r.Method + " " + r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(body)
		if left := below(t, client, "prew/"); len(left) > 0 {
			t.Errorf("told with %q still there", left)
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	defer gateway.Close()
	f.gateways = newGateways(gateway.URL+"/events", "a secret of this long")
	payload := notification("ObjectCreated:Put", "photo/a.jpg", "0055AED6DCD90281E5")
	for _, status = range []int{http.StatusInternalServerError, http.StatusTemporaryRedirect} {
		if _, err := f.invoke(t.Context(), json.RawMessage(payload)); err == nil || !strings.Contains(err.Error(), fmt.Sprint("PREW_EVENTS_URL answers ", status)) {
			t.Errorf("%d: %v", status, err)
		}
	}
	status = http.StatusNoContent
	if got, want := told(t, f, payload), (changes{Photos: 1}); got != want { // Lambda's second try
		t.Errorf("%+v, want %+v", got, want)
	}
	if want := "POST /events Bearer a secret of this long " + payload; heard != want {
		t.Errorf("a gateway heard %q, want %q", heard, want)
	}
	heard = ""
	if got := told(t, f, payload); got != (changes{Ignored: 1}) || heard != "" {
		t.Errorf("a third time: %+v, and a gateway heard %q", got, heard)
	}
}

// TestGatewayTakesWhatTheFunctionPassesOn tells a real gateway, with its secret and with
// another one.
func TestGatewayTakesWhatTheFunctionPassesOn(t *testing.T) {
	dir := t.TempDir()
	server, err := stack.StartS3(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	if err := server.CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	redis, err := stack.StartRedis(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Stop)
	listen, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	const secret = "a secret of this long"
	gateway, err := stack.StartGateway(dir, "gateway", append(server.Env(), "PREW_BUCKET="+bucket, "PREW_REDIS="+redis.Addr, "PREW_FUNCTION=local",
		"PREW_RENDERERS=1", "PREW_EVENTS_LISTEN="+listen, "PREW_EVENTS_SECRET="+secret))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gateway.Stop)

	client := server.Client()
	f, _ := functionOn(t, client)
	for i, payload := range []string{
		notification("ObjectCreated:Put", "photo/a+b.jpg", "0055AED6DCD90281E5"),
		bridged("Object Deleted", bucket, "photo/a b.jpg", bucket),
	} {
		upload(t, client, "prew/small/a b.jpg", []byte("preview"))
		f.gateways = newGateways("http://"+listen+"/events", "another one of this long")
		if _, err := f.invoke(t.Context(), json.RawMessage(payload)); err == nil || !strings.Contains(err.Error(), "401") {
			t.Errorf("event %d with another secret: %v", i, err)
		}
		f.gateways = newGateways("http://"+listen+"/events", secret)
		if got, want := told(t, f, payload), (changes{Photos: 1}); got != want {
			t.Errorf("event %d: %+v, want %+v", i, got, want)
		}
	}
	log, err := os.ReadFile(filepath.Join(dir, "gateway.log"))
	if err != nil || strings.Count(string(log), `"photos have changed"`) != 2 {
		t.Errorf("%v: the gateway says\n%s", err, log)
	}
}

// TestFailureOfAnEventIsAnError has Lambda try once more.
func TestFailureOfAnEventIsAnError(t *testing.T) {
	f, log := functionOn(t, s3Server(t))
	answer, err := f.invoke(t.Context(), json.RawMessage(bridged("Object Created", bucket, "photo/a.jpg", "nowhere")))
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("%+v, %v", answer, err)
	}
	if !strings.Contains(log.String(), `"outcome":"storage_failed"`) {
		t.Errorf("logged %s", log)
	}
}

// TestDoorsOfTheProgram sends one payload to each door of the program that is deployed.
func TestDoorsOfTheProgram(t *testing.T) {
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	if err := server.CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	upload(t, client, "photo/a.jpg", picture(t, 80, 60))
	upload(t, client, "prew/small/a.jpg", []byte("old"))
	program, err := stack.Program("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	lambda, err := emulator.Start(emulator.Config{
		Bootstrap: program, Processes: 1, Timeout: prew.FunctionTimeout, Memory: stack.FunctionMemory, Dir: t.TempDir(),
		Env: append(server.Env(), "PREW_BUCKET="+bucket, "PRESET_SMALL=width=20", "PREW_EVENTS=rewarm"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lambda.Stop)
	for _, test := range []struct{ payload, want string }{
		{notification("ObjectCreated:Put", "photo/a.jpg", ""), `{"photos":1,"rendered":1}`},
		{notification("ObjectRemoved:Delete", "prew/small/a.jpg", ""), `{"photos":0,"rendered":0,"ignored":1}`},
		{`{"invocationSchemaVersion":"1.0","invocationId":"i","job":{"id":"j"},"tasks":[{"taskId":"t","s3Key":"photo/none.jpg","s3BucketArn":"arn:aws:s3:::photos"}]}`,
			`{"invocationSchemaVersion":"1.0","treatMissingKeysAs":"PermanentFailure","invocationId":"i","results":[{"taskId":"t","resultCode":"PermanentFailure","resultString":"`},
		{`{"invocationSchemaVersion":"2.0","invocationId":"i","job":{"id":"j","userArguments":{"presets":"small"}},"tasks":[{"taskId":"t","s3Key":"photo/a.jpg","s3Bucket":"photos"}]}`,
			`{"invocationSchemaVersion":"2.0","treatMissingKeysAs":"PermanentFailure","invocationId":"i","results":[{"taskId":"t","resultCode":"Succeeded","resultString":"0 rendered, 1 stored before"}]}`},
		{`{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/small/b.jpg","preset_name":"small"}`, `{"status":true,`},
		{`{"rawPath":"/prew/small/a.jpg","headers":{"range":"bytes=0-1"},"requestContext":{"http":{"method":"GET"}}}`, `{"statusCode":206,"headers":{"Accept-Ranges":"bytes",`},
		{`{"path":"/photo/a.jpg","httpMethod":"HEAD","requestContext":{"requestId":"r"}}`, `{"statusCode":200,"headers":{"Accept-Ranges":"bytes",`},
		{`{"Records":7}`, `{"photos":0,"rendered":0}`},
		{`{"tasks":[]}`, `{"status":false,`},
	} {
		response, err := http.Post(lambda.URL+"/2015-03-31/functions/prew/invocations", "application/json", strings.NewReader(test.payload))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || !strings.HasPrefix(string(answer), test.want) {
			t.Errorf("%s: %s, %v; want %s", test.payload, answer, err, test.want)
		}
	}
	if _, data := stored(t, client, "prew/small/a.jpg"); string(data) == "old" {
		t.Error("the old preview is still there")
	}
}

func TestWordOfPREW_EVENTS(t *testing.T) {
	for value, want := range map[string]bool{"": false, "rewarm": true} {
		if got, err := readEvents(value); got != want || err != nil {
			t.Errorf("%q: %v, %v", value, got, err)
		}
	}
	if _, err := readEvents("warm"); err == nil || err.Error() != `PREW_EVENTS: "warm", expected rewarm or nothing` {
		t.Error(err)
	}
}
