package prew

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Event says that an object of a store was written or removed. It does not say that the
// object is a photo, nor that it still is as the event left it: events come twice and in any
// order.
type Event struct {
	Bucket    string
	Object    string // its name, decoded
	Removed   bool   // and not written
	Sequencer string // orders the events of one object, see Settles; empty where the store has none

	// Previews is the bucket of the previews, where whoever passes the event on names it. S3
	// does not.
	Previews string
}

// maxEvents is the most records of one notification. S3 and the stores like it send one; what
// has more is made up, and each costs its reader calls to the store.
const maxEvents = 100

// IsEvents reports whether a JSON object has the form of what ReadEvents reads.
func IsEvents(payload []byte) bool {
	form, err := formOf(payload)
	return err == nil && form.isEvents()
}

// eventForm is what tells the forms of events: S3's notification, its test, EventBridge's.
type eventForm struct {
	Records    json.RawMessage
	Event      json.RawMessage
	DetailType *string `json:"detail-type"`
}

func formOf(payload []byte) (form eventForm, err error) {
	err = json.Unmarshal(payload, &form)
	return form, err
}

func (f eventForm) isEvents() bool { return f.Records != nil || f.Event != nil || f.DetailType != nil }

// ReadEvents reads the events of a notification of S3, or of a store that speaks its form
// (Amazon S3 User Guide, "Event message structure"), and of EventBridge's form of them (same
// place, "EventBridge event message structure"), to which a rule may add the bucket of the
// previews as "previews". Of what neither writes nor removes an object, such as the event that
// tests a connection, there are none. The error is of a text that has neither form, or of a
// record that can't be read.
func ReadEvents(payload []byte) ([]Event, error) {
	form, err := formOf(payload)
	switch {
	case err != nil:
		return nil, err
	case form.DetailType != nil:
		return readBridged(payload)
	case form.Records != nil:
		return readNotification(form.Records)
	case form.Event != nil:
		return nil, nil
	}
	return nil, errors.New("neither Records of S3 nor a detail-type of EventBridge")
}

// readNotification reads the records of S3's own form.
func readNotification(text []byte) (events []Event, err error) {
	var records []struct {
		EventName string `json:"eventName"`
		S3        struct {
			Bucket struct{ Name string }
			Object struct{ Key, Sequencer string }
		} `json:"s3"`
	}
	if err := json.Unmarshal(text, &records); err != nil {
		return nil, fmt.Errorf("records: %w", err)
	}
	if n := len(records); n > maxEvents {
		return nil, fmt.Errorf("%d records, limit is %d", n, maxEvents)
	}
	for i, r := range records {
		name, foreign := strings.CutPrefix(r.EventName, "s3:")
		kind, _, _ := strings.Cut(name, ":")
		event := Event{Bucket: r.S3.Bucket.Name, Sequencer: r.S3.Object.Sequencer}
		switch kind {
		case "ObjectCreated":
		case "ObjectRemoved", "LifecycleExpiration":
			event.Removed = true
		default:
			continue
		}
		objects, err := namesOf(r.S3.Object.Key, foreign)
		if err != nil {
			return nil, fmt.Errorf("record %d: key: %w", i, err)
		}
		for _, event.Object = range objects {
			if err := event.check(); err != nil {
				return nil, fmt.Errorf("record %d: %w", i, err)
			}
			events = append(events, event)
		}
	}
	return events, nil
}

// namesOf are the names of objects that the key of a record may mean. S3 writes it as in a
// query, with a plus sign for a space. Stores that call an event s3:ObjectCreated:Put do so
// too (MinIO) or write the name itself (versitygw), and nothing else tells the two apart: then
// both are meant, as deleting a preview too many costs a render and no more.
func namesOf(key string, foreign bool) ([]string, error) {
	name, err := url.QueryUnescape(key)
	switch {
	case !foreign:
		return []string{name}, err
	case err != nil || name == key:
		return []string{key}, nil
	}
	return []string{name, key}, nil
}

// readBridged reads the form of EventBridge, in which names are not escaped.
func readBridged(text []byte) ([]Event, error) {
	var bridged struct {
		Source     string
		DetailType string `json:"detail-type"`
		Detail     struct {
			Bucket struct{ Name string }
			Object struct{ Key, Sequencer string }
		}
		Previews string
	}
	if err := json.Unmarshal(text, &bridged); err != nil {
		return nil, err
	}
	detail := bridged.Detail
	event := Event{Bucket: detail.Bucket.Name, Object: detail.Object.Key, Sequencer: detail.Object.Sequencer, Previews: bridged.Previews}
	switch bridged.DetailType {
	case "Object Created":
	case "Object Deleted":
		event.Removed = true
	default:
		return nil, nil
	}
	if bridged.Source != "aws.s3" {
		return nil, nil
	}
	return []Event{event}, event.check()
}

// check returns what is missing.
func (e Event) check() error {
	switch {
	case e.Bucket == "":
		return errors.New("no name of a bucket")
	case e.Object == "":
		return errors.New("no key of an object")
	}
	return nil
}

// orderedDigits is the fewest digits of a sequencer that is compared: S3's have 16 and more, and
// MinIO's are nanoseconds. versitygw has a counter, "9" and then "A" and "10", which begins
// anew with each start, so that an order by it would take new events for old ones.
const orderedDigits = 16

// Settles reports whether whoever has dealt with an event need not deal with another one: both
// are of the same object, and the other is known to be the same event or an earlier one, by
// their sequencers. Of different lengths, the shorter one is filled up with zeros at its right
// (Amazon S3 User Guide, "Event message structure").
func (e Event) Settles(other Event) bool {
	a, b := strings.ToUpper(e.Sequencer), strings.ToUpper(other.Sequencer)
	if e.Bucket != other.Bucket || e.Object != other.Object || len(a) < orderedDigits || len(b) < orderedDigits {
		return false
	}
	longest := max(len(a), len(b))
	return a+strings.Repeat("0", longest-len(a)) >= b+strings.Repeat("0", longest-len(b))
}
