package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"prew"
)

// ending is how an invocation ends.
type ending int

const (
	stored    ending = iota // the preview is in S3 and in the answer
	missing                 // the photo is missing
	damaged                 // the photo can't be rendered
	throttled               // 429: too many at once
	crashed                 // the function's process has died
	panicked                // the function has panicked in its render
	stopped                 // the function was stopped at its timeout
	garbage                 // an answer that can't be read
	unstored                // success with the preview in the answer, and no object
	hollow                  // success without either
	silent                  // no answer until the renderer is closed
)

// plan is what happens to the invocations of one key; the zero value is an
// ordinary render.
type plan struct {
	ending ending
	first  int             // how many invocations end so, later ones are ordinary; 0: all
	takes  time.Duration   // duration of a run, in place of the renderer's own
	gate   <-chan struct{} // a run waits until it is closed; nil: no wait
}

// record is what the renderer knows of one key.
type record struct {
	runs      int            // invocations
	throttled int            // invocations refused with 429; they are no runs
	by        map[string]int // runs by the gateway that asked for them
	now, most int            // runs at once: now, and the most so far
	callers   map[string]int // present runs by the gateway that waits for them
	killed    int            // gateways that were killed while they waited for a run
	stored    time.Time      // zero: not yet
	ended     time.Time      // the end of the latest run
}

// renderer stands in for the function behind the real Invoke API. It puts a preview
// into S3 as the function does, but reads no photo: the preview's bytes follow from
// its key. Like Lambda it goes on when its caller is gone. It recognises a gateway by
// the name under which that calls the function.
type renderer struct {
	URL string

	server *http.Server
	store  *s3.Client
	closed context.Context
	close  context.CancelFunc

	mu       sync.Mutex // protects the rest
	shortest time.Duration
	longest  time.Duration
	plans    map[string]plan
	records  map[string]*record
	versions map[string]int // of the photos of previews, where they are replaced
	slowest  time.Duration  // the longest run
	runs     int
	now      int           // runs at the moment
	warm     int           // processes of the function that have had their first run
	began    chan struct{} // closed, and replaced, whenever a run begins
}

func startRenderer(store *s3.Client, shortest, longest time.Duration) (*renderer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	closed, cancel := context.WithCancel(context.Background())
	f := &renderer{
		URL:      "http://" + listener.Addr().String(),
		store:    store,
		closed:   closed,
		close:    cancel,
		shortest: shortest,
		longest:  longest,
		plans:    map[string]plan{},
		records:  map[string]*record{},
		versions: map[string]int{},
		began:    make(chan struct{}),
	}
	routes := http.NewServeMux()
	routes.HandleFunc("POST /2015-03-31/functions/{function}/invocations", f.invoke)
	f.server = &http.Server{Handler: routes}
	go f.server.Serve(listener)
	return f, nil
}

func (f *renderer) stop() {
	f.close()
	f.server.Close()
}

// arrange sets what happens to a key from its next invocation on.
func (f *renderer) arrange(key string, p plan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plans[key] = p
}

// of returns the record of a key.
func (f *renderer) of(key string) record {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := *f.get(key)
	r.by = maps.Clone(r.by)
	return r
}

// get needs mu.
func (f *renderer) get(key string) *record {
	r, ok := f.records[key]
	if !ok {
		r = &record{by: map[string]int{}, callers: map[string]int{}}
		f.records[key] = r
	}
	return r
}

// total is how many runs there were, and how long the slowest took.
func (f *renderer) total() (runs int, slowest time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.runs, f.slowest
}

// awaitRun returns once the first run of a key has begun.
func (f *renderer) awaitRun(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		f.mu.Lock()
		runs, began := f.get(key).runs, f.began
		f.mu.Unlock()
		if runs > 0 {
			return nil
		}
		select {
		case <-began:
		case <-ctx.Done():
			return fmt.Errorf("no run for %s: %w", key, ctx.Err())
		}
	}
}

// holding lists the keys whose runs a gateway waits for.
func (f *renderer) holding(gateway string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var keys []string
	for key, r := range f.records {
		if r.callers[gateway] > 0 {
			keys = append(keys, key)
		}
	}
	return keys
}

// noteKill counts a holder of each key as killed.
func (f *renderer) noteKill(keys []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range keys {
		f.get(key).killed++
	}
}

// invoke answers POST /2015-03-31/functions/{function}/invocations.
func (f *renderer) invoke(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Amz-Invocation-Type") == "DryRun" { // a gateway's check at its start
		w.WriteHeader(http.StatusNoContent)
		return
	}
	const most = 1 << 20 // a request names two objects and a preset
	var request prew.RenderRequest
	payload, err := io.ReadAll(io.LimitReader(r.Body, most))
	if err != nil || json.Unmarshal(payload, &request) != nil || request.DstKey == "" {
		answer(w, http.StatusBadRequest, "InvalidRequestContentException", []byte(`{"message":"not a render request"}`))
		return
	}
	caller := r.PathValue("function")
	p, cold, ok := f.begin(request.DstKey, caller)
	if !ok {
		answer(w, http.StatusTooManyRequests, "TooManyRequestsException", []byte(`{"Type":"User","message":"Rate Exceeded."}`))
		return
	}
	began := time.Now()
	ended := make(chan []byte, 1)
	go func() { // independent of the caller's context
		result := f.run(request, p, cold)
		f.end(request.DstKey, caller, time.Since(began), p.ending)
		ended <- result
	}()
	select {
	case result := <-ended:
		if p.ending == crashed || p.ending == stopped {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		}
		answer(w, http.StatusOK, "", result)
	case <-r.Context().Done():
	}
}

// answer answers as Lambda does; kind is the type of an error.
func answer(w http.ResponseWriter, status int, kind string, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	if kind != "" {
		w.Header().Set("X-Amzn-ErrorType", kind)
	}
	w.WriteHeader(status)
	w.Write(body)
}

// begin counts an invocation. It is cold if no process of the function is idle; ok is
// false if it is throttled.
func (f *renderer) begin(key, caller string) (p plan, cold, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, r := f.plans[key], f.get(key)
	if p.first > 0 && r.runs+r.throttled >= p.first {
		p.ending = stored
	}
	if p.ending == throttled {
		r.throttled++
		return p, false, false
	}
	if p.takes == 0 {
		p.takes = f.shortest
		if spread := f.longest - f.shortest; spread > 0 {
			p.takes += rand.N(spread)
		}
	}
	f.runs++
	f.now++
	cold = f.now > f.warm
	f.warm = max(f.warm, f.now)
	r.runs++
	r.by[caller]++
	r.callers[caller]++
	r.now++
	r.most = max(r.most, r.now)
	close(f.began)
	f.began = make(chan struct{})
	return p, cold, true
}

func (f *renderer) end(key, caller string, took time.Duration, how ending) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now--
	if how == crashed || how == stopped {
		f.warm--
	}
	r := f.get(key)
	r.now--
	r.callers[caller]--
	r.ended = time.Now()
	if how == stored && r.stored.IsZero() {
		r.stored = r.ended
	}
	f.slowest = max(f.slowest, took)
}

// run is one invocation; it returns the function's answer. A quarter of its time, and
// the wait for a gate, count as reading the photo, the rest as rendering.
func (f *renderer) run(request prew.RenderRequest, p plan, cold bool) []byte {
	ctx, cancel := context.WithTimeout(f.closed, prew.FunctionTimeout)
	defer cancel()
	timing := prew.Timing{Start: time.Now(), Cold: cold}
	since := timing.Start
	step := func(ms *float64) {
		now := time.Now()
		*ms, since = float64(now.Sub(since).Microseconds())/1000, now
		timing.Total += *ms
	}
	refused := func(code prew.Code, message, etag string) []byte {
		return encode(prew.RenderResult{Error: &prew.RenderError{Code: code, Message: message, SourceETag: etag}, Timing: timing})
	}
	if p.gate != nil {
		select {
		case <-p.gate:
		case <-ctx.Done():
		}
	}
	pause(ctx, p.takes/4)
	version := f.version(request.DstKey)
	step(&timing.Fetch)
	timing.Opened = timing.Fetch
	pause(ctx, p.takes-p.takes/4)
	step(&timing.Render)
	body := preview(request.DstKey)
	if version > 0 {
		body = versioned(request.DstKey, version)
	}
	result := prew.RenderResult{Status: true, ContentType: "image/jpeg", Width: 1, Height: 1, Size: len(body)}
	switch p.ending {
	case stored:
		etag, first, err := f.put(ctx, request, body)
		step(&timing.Store)
		if err != nil {
			return refused(prew.StorageFailed, err.Error(), "")
		}
		result.ETag = etag
		if first && len(body) <= prew.InlineLimit {
			result.Data = body
		}
	case missing:
		return refused(prew.SourceMissing, "no such photo", "")
	case damaged:
		head, err := f.store.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &request.SrcBucket, Key: &request.SrcKey})
		if err != nil {
			return refused(prew.StorageFailed, err.Error(), "")
		}
		return refused(prew.SourceDamaged, "not an image", aws.ToString(head.ETag))
	case panicked:
		return refused(prew.RenderPanic, "panic: index out of range", "")
	case crashed:
		return []byte(`{"errorType":"Runtime.ExitError","errorMessage":"Error: Runtime exited with error: signal: killed"}`)
	case stopped:
		return []byte(`{"errorType":"Sandbox.Timedout","errorMessage":"Error: Task timed out after 25.00 seconds"}`)
	case garbage:
		return []byte(`<html>`)
	case unstored:
		result.Data = body
	case hollow:
	case silent:
		<-f.closed.Done()
	}
	result.Timing = timing
	return encode(result)
}

// put stores a preview unless there is one already; first is true if it stored this
// one.
func (f *renderer) put(ctx context.Context, request prew.RenderRequest, body []byte) (etag string, first bool, err error) {
	object, err := f.store.PutObject(ctx, &s3.PutObjectInput{
		Bucket:       &request.DstBucket,
		Key:          &request.DstKey,
		Body:         bytes.NewReader(body),
		ContentType:  aws.String("image/jpeg"),
		CacheControl: &request.CacheControl,
		IfNoneMatch:  aws.String("*"),
	})
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.HTTPStatusCode() == http.StatusPreconditionFailed {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return aws.ToString(object.ETag), true, nil
}

func encode(result prew.RenderResult) []byte {
	text, err := json.Marshal(result)
	if err != nil {
		panic(err) // numbers, strings and bytes always marshal
	}
	return text
}

// big is part of the names of the previews that have 2 MB.
const big = "/big/"

// previewSize is the length of a key's preview, in bytes: some thousand, like a
// thumbnail, or 2 MB.
func previewSize(key string) int {
	if strings.Contains(key, big) {
		return 2 << 20
	}
	hash := fnv.New32a()
	io.WriteString(hash, key)
	return 4000 + int(hash.Sum32()%8000)
}

// preview is the preview of a key: the key, line after line. Its bytes and its length
// follow from the key alone, so that a client can check that it is right and whole.
func preview(key string) []byte {
	line, size := key+"\n", previewSize(key)
	return []byte(strings.Repeat(line, size/len(line)+1)[:size])
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
