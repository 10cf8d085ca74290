package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"prew"
)

const secret = "0123456789abcdef"

// purged notes what is to go.
type purged struct {
	mu      sync.Mutex
	keys    []string
	fails   error
	were    []prew.Ref
	lasting time.Duration
}

func (p *purged) purge(_ context.Context, keys []string) ([]prew.Ref, error) {
	time.Sleep(p.lasting)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = append(p.keys, keys...)
	return p.were, p.fails
}

// taken returns what was to go since it was called last.
func (p *purged) taken() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	keys := strings.Join(p.keys, " ")
	p.keys = nil
	return keys
}

// handler is one for photos at b/photo/, at b/ of another source, and at c/originals/.
func handler(t *testing.T, p *purged, change ...func(*Settings)) *Handler {
	t.Helper()
	sources, err := prew.ReadSources(prew.Places{Bucket: "b"}, []string{"SOURCE_OLD=bucket=c,prefix=originals/"})
	if err != nil {
		t.Fatal(err)
	}
	s := Settings{Secret: secret, Sources: sources, Purge: p.purge}
	for _, c := range change {
		c(&s)
	}
	return New(t.Context(), s)
}

// post sends a notification and returns the answer's status and body.
func post(h *Handler, text string, header ...string) (int, string) {
	request := httptest.NewRequest(http.MethodPost, "/events", strings.NewReader(text))
	request.Header.Set("Authorization", "Bearer "+secret)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Code, strings.TrimSpace(string(body))
}

// record is a record of S3's notification.
func record(event, bucket, key, sequencer string) string {
	return fmt.Sprintf(`{"eventName":%q,"s3":{"bucket":{"name":%q},"object":{"key":%q,"sequencer":%q}}}`, event, bucket, key, sequencer)
}

func notification(records ...string) string {
	return `{"Records":[` + strings.Join(records, ",") + `]}`
}

func TestPhotosOfEvents(t *testing.T) {
	for name, test := range map[string]struct{ text, gone, answer string }{
		"written":    {notification(record("ObjectCreated:Put", "b", "photo/a%20b.jpg", "1")), "a b.jpg", `{"photos":1}`},
		"removed":    {notification(record("ObjectRemoved:Delete", "b", "photo/a.jpg", "1")), "a.jpg", `{"photos":1}`},
		"MinIO's":    {`{"EventName":"s3:ObjectCreated:Put","Key":"b/photo/a.jpg",` + notification(record("s3:ObjectCreated:Put", "b", "photo%2Fa.jpg", "1"))[1:], "a.jpg", `{"photos":1,"ignored":1}`}, // read in both ways
		"a source's": {notification(record("ObjectCreated:Put", "c", "originals/a.jpg", "1")), "a.jpg", `{"photos":1}`},
		"several":    {notification(record("ObjectCreated:Put", "b", "photo/a.jpg", "1"), record("ObjectCreated:Put", "b", "photo/b.jpg", "1")), "a.jpg b.jpg", `{"photos":2}`},
		"EventBridge's": {`{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"b"},"object":{"key":"photo/a b.jpg","sequencer":"1"}}}`,
			"a b.jpg", `{"photos":1}`},
		"a test":         {`{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}`, "", `{"photos":0}`},
		"a preview":      {notification(record("ObjectCreated:Put", "b", "prew/card/a.jpg", "1")), "", `{"photos":0,"ignored":1}`},
		"another bucket": {notification(record("ObjectCreated:Put", "d", "photo/a.jpg", "1")), "", `{"photos":0,"ignored":1}`},
		"no key":         {notification(record("ObjectCreated:Put", "b", "photo/../a.jpg", "1")), "", `{"photos":0,"ignored":1}`},
		"a copy of tags": {notification(record("ObjectTagging:Put", "b", "photo/a.jpg", "1")), "", `{"photos":0}`},
	} {
		p := new(purged)
		status, answer := post(handler(t, p), test.text)
		if gone := p.taken(); status != http.StatusOK || gone != test.gone || answer != test.answer {
			t.Errorf("%s: %d, %s, gone are %q; want %s, %q", name, status, answer, gone, test.answer, test.gone)
		}
	}
}

// TestEventsTwiceAndInAnyOrder checks that an event is dealt with once where the store says
// what came first, and each time where it does not.
func TestEventsTwiceAndInAnyOrder(t *testing.T) {
	p := new(purged)
	h := handler(t, p)
	const earlier, later = "0055AED6DCD90281E5", "0055AED6DCD90281E6"
	for i, test := range []struct{ event, sequencer, gone string }{
		{"ObjectCreated:Put", later, "a.jpg"},
		{"ObjectCreated:Put", later, ""},
		{"ObjectRemoved:Delete", earlier, ""},
		{"ObjectRemoved:Delete", later + "00A", "a.jpg"},
		{"ObjectCreated:Put", "A", "a.jpg"}, // a counter that begins anew with the store
		{"ObjectCreated:Put", "", "a.jpg"},
	} {
		if status, _ := post(h, notification(record(test.event, "b", "photo/a.jpg", test.sequencer))); status != http.StatusOK {
			t.Error(status)
		}
		if gone := p.taken(); gone != test.gone {
			t.Errorf("%d: gone are %q, want %q", i, gone, test.gone)
		}
	}
	post(h, notification(record("ObjectCreated:Put", "b", "photo/b.jpg", earlier), record("ObjectRemoved:Delete", "b", "photo/b.jpg", later)))
	if gone := p.taken(); gone != "b.jpg" {
		t.Errorf("of two events at once gone are %q, want the photo once", gone)
	}
}

// TestFailedEventIsTakenAgain checks that the sender hears of a failure and may try again.
func TestFailedEventIsTakenAgain(t *testing.T) {
	p := &purged{fails: errors.New("the store is gone")}
	h := handler(t, p)
	text := notification(record("ObjectCreated:Put", "b", "photo/a.jpg", "0055AED6DCD90281E5"))
	if status, answer := post(h, text); status != http.StatusInternalServerError || answer != "the store is gone" {
		t.Errorf("%d, %q", status, answer)
	}
	p.fails = nil
	p.taken()
	if status, _ := post(h, text); status != http.StatusOK || p.taken() != "a.jpg" {
		t.Error("it is not taken again")
	}
}

func TestWhoMayPost(t *testing.T) {
	p := new(purged)
	h := handler(t, p)
	text := notification(record("ObjectCreated:Put", "b", "photo/a.jpg", ""))
	basic := httptest.NewRequest(http.MethodPost, "/", nil)
	basic.SetBasicAuth("any", secret)
	for _, test := range []struct {
		authorization string
		status        int
	}{
		{"", 401}, {"Bearer ", 401}, {"Bearer " + secret[1:], 401}, {"Bearer " + secret + "x", 401}, {secret, 401}, {"bearer", 401},
		{"Bearer " + secret, 200}, {basic.Header.Get("Authorization"), 200},
	} {
		status, _ := post(h, text, "Authorization", test.authorization)
		if gone := p.taken(); status != test.status || (gone == "") != (status == 401) {
			t.Errorf("%q: %d, want %d", test.authorization, status, test.status)
		}
	}
	if status, _ := post(h, "{"); status != http.StatusBadRequest {
		t.Errorf("garbage: %d", status)
	}
	if status, _ := post(h, `{"Records":"`+strings.Repeat("x", longest)+`"}`); status != http.StatusBadRequest {
		t.Errorf("too long: %d", status)
	}
	for _, test := range []struct {
		method, path string
		status       int
	}{{http.MethodGet, "/events", 405}, {http.MethodPost, "/", 404}, {http.MethodPost, "/prew/card/a.jpg", 404}} {
		request := httptest.NewRequest(test.method, test.path, nil)
		request.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, request); w.Code != test.status {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, w.Code, test.status)
		}
	}
	if CheckSecret(secret) != nil || CheckSecret(secret[1:]) == nil {
		t.Error("16 bytes are not the least of a secret")
	}
}

// TestSenderDoesNotWaitForRenders is about a purge that waits for what is being rendered.
func TestSenderDoesNotWaitForRenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &purged{lasting: 30 * time.Second}
		h := handler(t, p)
		began := time.Now()
		status, _ := post(h, notification(record("ObjectCreated:Put", "b", "photo/a.jpg", "")))
		if took := time.Since(began); status != http.StatusAccepted || took != answerAfter {
			t.Errorf("%d after %v", status, took)
		}
		time.Sleep(p.lasting)
		synctest.Wait()
		if gone := p.taken(); gone != "a.jpg" {
			t.Errorf("gone are %q", gone)
		}
	})
}

// TestWhatWasThereIsRenderedAnew checks that the previews of a photo that was removed are not.
func TestWhatWasThereIsRenderedAnew(t *testing.T) {
	p := &purged{were: []prew.Ref{{Preset: "card", Key: "a.jpg"}, {Preset: "thumb", Key: "a.jpg"}, {Preset: "card", Key: "gone.jpg"}}}
	rendered := make(chan string, 10)
	h := handler(t, p, func(s *Settings) {
		s.Render = func(_ context.Context, ref prew.Ref) error { rendered <- ref.String(); return errors.New("busy") }
	})
	post(h, notification(record("ObjectCreated:Put", "b", "photo/a.jpg", ""), record("ObjectRemoved:Delete", "b", "photo/gone.jpg", "")))
	got := []string{<-rendered, <-rendered}
	slices.Sort(got)
	if !slices.Equal(got, []string{"card/a.jpg", "thumb/a.jpg"}) {
		t.Errorf("rendered are %q", got)
	}
	select {
	case more := <-rendered:
		t.Errorf("%s is rendered too", more)
	case <-time.After(50 * time.Millisecond):
	}
}

// FuzzEvents checks that nothing posted ends the program, or deletes what is no photo.
func FuzzEvents(f *testing.F) {
	f.Add(notification(record("ObjectCreated:Put", "b", "photo/a.jpg", "1")))
	f.Add(`{"detail-type":"Object Created","source":"aws.s3","detail":{"bucket":{"name":"b"},"object":{"key":"photo/a.jpg"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		p := new(purged)
		status, answer := post(handler(t, p), text)
		if status != http.StatusOK && status != http.StatusBadRequest {
			t.Errorf("%d, %q", status, answer)
		}
		if status == http.StatusOK && !json.Valid([]byte(answer)) {
			t.Errorf("%q", answer)
		}
		for _, key := range p.keys {
			if _, err := prew.ParsePhoto(prew.PhotoPath(key)); err != nil {
				t.Errorf("%q is no key: %v", key, err)
			}
		}
	})
}
