package prew

import (
	"reflect"
	"strings"
	"testing"
)

func TestEventsInEveryForm(t *testing.T) {
	record := func(name, key string) string {
		return `{"Records":[{"eventSource":"aws:s3","eventName":"` + name + `","s3":{"bucket":{"name":"b"},"object":{"key":"` + key + `","size":3,"sequencer":"0055AED6DCD90281E5"}}}]}`
	}
	bridged := func(kind, key string) string {
		return `{"version":"0","detail-type":"` + kind + `","source":"aws.s3","detail":{"bucket":{"name":"b"},"object":{"key":"` + key + `","sequencer":"617f08299329d189"},"reason":"PutObject"}}`
	}
	written := func(object string) Event { return Event{Bucket: "b", Object: object, Sequencer: "0055AED6DCD90281E5"} }
	removed := func(object string) Event { e := written(object); e.Removed = true; return e }
	for _, test := range []struct {
		name, payload string
		want          []Event
	}{
		{"written", record("ObjectCreated:Put", "photo/a.jpg"), []Event{written("photo/a.jpg")}},
		{"escaped as in a query", record("ObjectCreated:CompleteMultipartUpload", "photo/a+b%2Bc/%C3%B6%25.jpg"), []Event{written("photo/a b+c/ö%.jpg")}},
		{"removed", record("ObjectRemoved:Delete", "photo/a.jpg"), []Event{removed("photo/a.jpg")}},
		{"hidden by a delete marker", record("ObjectRemoved:DeleteMarkerCreated", "photo/a.jpg"), []Event{removed("photo/a.jpg")}},
		{"expired", record("LifecycleExpiration:Delete", "photo/a.jpg"), []Event{removed("photo/a.jpg")}},
		{"MinIO's or versitygw's", record("s3:ObjectCreated:Put", "photo/a+b.jpg"), []Event{written("photo/a b.jpg"), written("photo/a+b.jpg")}},
		{"versitygw's alone", record("s3:ObjectRemoved:DeleteObjects", "photo/100%.jpg"), []Event{removed("photo/100%.jpg")}},
		{"of no bytes", record("ObjectTagging:Put", "photo/a.jpg"), nil},
		{"of another service", strings.Replace(bridged("Object Created", "k"), "aws.s3", "aws.ec2", 1), nil},
		{"the test of a connection", `{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`, nil},
		{"nothing", `{"Records":[]}`, nil},
		{"EventBridge's", bridged("Object Created", "photo/a+b%20.jpg"), []Event{{Bucket: "b", Object: "photo/a+b%20.jpg", Sequencer: "617f08299329d189"}}},
		{"EventBridge's of a removal", bridged("Object Deleted", "photo/a.jpg"), []Event{{Bucket: "b", Object: "photo/a.jpg", Removed: true, Sequencer: "617f08299329d189"}}},
		{"EventBridge's of a storage class", bridged("Object Storage Class Changed", "photo/a.jpg"), nil},
		{"a rule that names the previews' bucket", `{"source":"aws.s3","detail-type":"Object Created","previews":"small","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`,
			[]Event{{Bucket: "b", Object: "k", Previews: "small"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadEvents([]byte(test.payload))
			if err != nil || !reflect.DeepEqual(got, test.want) || !IsEvents([]byte(test.payload)) {
				t.Errorf("%+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	for payload, says := range map[string]string{
		`[]`:             "cannot unmarshal array",
		`{}`:             "neither Records of S3 nor a detail-type of EventBridge",
		`null`:           "neither Records of S3",
		`{"Records":{}}`: "records: ",
		`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"%zz"}}}]}`: `record 0: key: invalid URL escape "%zz"`,
		`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"object":{"key":"a"}}}]}`:                         "record 0: no name of a bucket",
		`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"}}}]}`:                        "record 0: no key of an object",
		`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"b"}}}`:                 "no key of an object",
		`{"source":"aws.s3","detail-type":"Object Created","detail":[]}`:                                      "cannot unmarshal array",
		`{"Records":[` + strings.Repeat(`{},`, 100) + `{}]}`:                                                  "101 records, limit is 100",
	} {
		events, err := ReadEvents([]byte(payload))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60s: %v, %v, want %s", payload, events, err, says)
		}
	}
	for _, other := range []string{`{}`, `[]`, `{"src_bucket":"b"}`, `{"invocationSchemaVersion":"2.0"}`, `nonsense`} {
		if IsEvents([]byte(other)) {
			t.Errorf("%s is taken for events", other)
		}
	}
}

func TestLaterEventsSettleEarlierOnes(t *testing.T) {
	at := func(sequencer string) Event { return Event{Bucket: "b", Object: "k", Sequencer: sequencer} }
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"0055AED6DCD90281E6", "0055AED6DCD90281E5", true},
		{"0055AED6DCD90281E5", "0055AED6DCD90281E5", true}, // it came twice
		{"0055AED6DCD90281E5", "0055AED6DCD90281E6", false},
		{"0055aed6dcd90281e6", "0055AED6DCD90281E5", true},
		{"0055AED6DCD90281E501", "0055AED6DCD90281E5", true}, // as if that ended in 00
		{"0055AED6DCD90281E6", "0055AED6DCD90281E501", true},
		{"10", "9", false}, // a counter
		{"9", "9", false},  // of two starts
		{"", "0055AED6DCD90281E5", false},
	} {
		if got := at(test.a).Settles(at(test.b)); got != test.want {
			t.Errorf("%s settles %s: %v, want %v", test.a, test.b, got, test.want)
		}
	}
	other := at("0055AED6DCD90281E6")
	other.Object = "l"
	if other.Settles(at("0055AED6DCD90281E5")) {
		t.Error("events of two objects have an order")
	}
}

func FuzzReadEvents(f *testing.F) {
	for _, seed := range []string{`{"Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"a+b"}}}]}`,
		`{"source":"aws.s3","detail-type":"Object Deleted","detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`, `{"Event":"s3:TestEvent"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		events, err := ReadEvents(payload)
		if err == nil && !IsEvents(payload) {
			t.Errorf("%q is read and not of the form", payload)
		}
		for _, e := range events {
			if err == nil && (e.Bucket == "" || e.Object == "") {
				t.Errorf("%+v", e)
			}
		}
	})
}
