package stack

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"prew"
)

// Events hears the notifications of an S3 server, and passes those about photos on to a
// gateway, or to the function. The server wants its webhook to answer when it starts, before there are gateways;
// and what is uploaded until then may take the place of photos of an earlier run.
type Events struct {
	URL string // the webhook

	previews string // the folder of the previews, of which nobody need hear
	server   *http.Server
	serving  sync.WaitGroup
	sending  chan struct{} // closed with Stop
	mutex    sync.Mutex
	waiting  [][]byte
	more     chan struct{} // has an element if something is waiting
	passed   int           // notifications that were passed on, or given up
	progress chan struct{} // closed and made anew when passed grows
	to       target
}

// target is where notifications are passed on to.
type target struct{ url, secret string }

// maxNotification is the longest notification that is passed on, in bytes. One of an object
// with the longest name has some thousand.
const maxNotification = 64 << 10

// StartEvents listens for notifications of a server with previews in a folder.
func StartEvents(previews string) (*Events, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	e := &Events{URL: "http://" + listener.Addr().String() + "/", previews: previews, sending: make(chan struct{}), more: make(chan struct{}, 1), progress: make(chan struct{})}
	e.server = &http.Server{Handler: http.HandlerFunc(e.hear)}
	e.serving.Go(func() { e.server.Serve(listener) })
	return e, nil
}

// hear keeps a notification, and answers at once: the server waits no more than 3 s.
func (e *Events) hear(w http.ResponseWriter, r *http.Request) {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotification))
	if err != nil {
		return // the server has left, or it is no notification
	}
	events, err := prew.ReadEvents(payload)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
	if !slices.ContainsFunc(events, func(event prew.Event) bool { return !strings.HasPrefix(event.Object, e.previews) }) {
		return
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.waiting = append(e.waiting, payload)
	select {
	case e.more <- struct{}{}:
	default:
	}
}

// PassOn sends what has come and what comes to a gateway's /events or to the function's Invoke
// API, which takes no secret, in the order in which it came, until Stop. Called again, it has
// what is still waiting sent to another gateway.
func (e *Events) PassOn(url, secret string) {
	e.mutex.Lock()
	before := e.to
	e.to = target{url, secret}
	e.mutex.Unlock()
	if before != (target{}) {
		return
	}
	e.serving.Go(func() {
		for {
			select {
			case <-e.sending:
				return
			case <-e.more:
			}
			e.mutex.Lock()
			waiting := e.waiting
			e.waiting = nil
			e.mutex.Unlock()
			for _, payload := range waiting {
				e.send(payload)
				e.mutex.Lock()
				e.passed++
				close(e.progress)
				e.progress = make(chan struct{})
				e.mutex.Unlock()
			}
		}
	})
}

// lateEvent is how long Await waits for each further notification. On a busy machine they come
// some 100 ms after the object; one that has not come by then is lost.
const lateEvent = 10 * time.Second

// Await returns when n notifications have been passed on, when one is lost, or when ctx ends.
// Until then a preview may be deleted just after it was made, because the notification of its
// photo, which was there before, comes late.
func (e *Events) Await(ctx context.Context, n int) {
	for {
		e.mutex.Lock()
		passed, progress := e.passed, e.progress
		e.mutex.Unlock()
		if passed >= n {
			return
		}
		select {
		case <-progress:
		case <-time.After(lateEvent):
			return
		case <-ctx.Done():
			return
		}
	}
}

// send tries for some seconds, in which a gateway that was killed is there again, and one of
// the function's processes idle.
func (e *Events) send(payload []byte) {
	for range 20 {
		e.mutex.Lock()
		to := e.to
		e.mutex.Unlock()
		if passed(to, payload) {
			return
		}
		select {
		case <-e.sending:
			return
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func passed(to target, payload []byte) bool {
	ctx, cancel := context.WithTimeout(context.Background(), prew.AnswerTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.url, bytes.NewReader(payload))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+to.secret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	// What is refused is refused again.
	return response.StatusCode < http.StatusInternalServerError && response.StatusCode != http.StatusTooManyRequests
}

// Stop ends everything. It may be called again.
func (e *Events) Stop() {
	e.mutex.Lock()
	select {
	case <-e.sending:
	default:
		close(e.sending)
	}
	e.mutex.Unlock()
	e.server.Close()
	e.serving.Wait()
}
