package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// kind is what a request is about.
type kind int

const (
	hit       kind = iota // a preview that is stored and in nginx's cache
	asPhoto               // a photo
	ranged                // a part of a preview or photo
	unchanged             // a preview that the client has
	miss                  // a preview that nobody has asked for in this turn
	joined                // the same, just afterwards: it is being rendered
	missing               // of a photo that there is not
	unsound               // of a photo that can't be rendered
	left                  // a client that does not wait for its answer
	kinds
)

var kindNames = [kinds]string{
	"hits of previews in six variants", "photos", "ranges", "conditions (304)", "misses, each a render", "joined a render",
	"missing photos (404)", "broken photos (422)", "clients that leave",
}

// mix is how many requests of a hundred are of a kind.
var mix = [kinds]int{hit: 54, asPhoto: 6, ranged: 8, unchanged: 4, miss: 4, joined: 8, missing: 8, unsound: 4, left: 4}

// patience is how long a client waits for an answer: longer than nginx, which has the outermost
// timeout, waits for S3 and then for a gateway, on a machine that does other things beside. A
// client without an answer after that counts as hanging.
const patience = 60 * time.Second

// atOnce is how many requests are under way at a time, at most: ten seconds of them, so that a
// machine that can't keep up is not buried.
const atOnce = 2000

// turn is how long the photos of a turn are asked for. A purge of the next ones takes a few
// seconds of it.
const turn = 30 * time.Second

// ofTurn is how many misses there are in a turn, at most.
func ofTurn(rate int) int { return rate*mix[miss]*int(turn/time.Second)/100 + rate }

// outcome is what became of a request.
type outcome int

const (
	right     outcome = iota
	wrong             // an answer that is not true: another body, 404 for a photo that there is
	refused           // 502, 503 or 504: an answer that says to come again
	cut               // the answer ended early
	unreached         // the connection failed before the answer, or there were too many at a time
	hung              // no answer within the client's patience
	gone              // the client did not wait
	outcomes
)

// load is the requests of a run and what became of them.
type load struct {
	plan  plan
	addr  string
	known *answers
	began time.Time
	http  http.Client

	mu     sync.Mutex // protects the rest
	counts [kinds][outcomes]int
	hits   latencies // of previews and photos, in nginx's cache but for a few
	misses latencies // of what is rendered, or waited for
	texts  []string  // the first of what was not right
	asked  int       // previews that were asked for the first time in a turn
}

func newLoad(p plan, addr string, known *answers, began time.Time) *load {
	minutes := int(p.lasts/time.Minute) + 2 // requests may end in the minute after the last
	return &load{
		plan: p, addr: addr, known: known, began: began,
		http: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 200, IdleConnTimeout: 30 * time.Second, DisableCompression: true}},
		hits: make(latencies, minutes), misses: make(latencies, minutes),
	}
}

// put makes rate requests a second, whether or not they are answered, until ctx ends, and
// returns when all have ended.
func (l *load) put(ctx context.Context) {
	random := rand.New(rand.NewPCG(l.plan.seed, 2))
	var order []kind // of a hundred requests
	for k, n := range mix {
		for range n {
			order = append(order, kind(k))
		}
	}
	var asking sync.WaitGroup
	under := make(chan struct{}, atOnce)
	last, lastTurn, n := 0, 0, 0
	for i := 0; ; i++ {
		pause(ctx, time.Until(l.began.Add(time.Duration(i)*time.Second/time.Duration(l.plan.rate))))
		if ctx.Err() != nil {
			break
		}
		if i%len(order) == 0 {
			random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		now := int(time.Since(l.began) / turn)
		if now != lastTurn {
			lastTurn, n = now, 0
		}
		r := l.next(order[i%len(order)], random)
		switch r.kind {
		case miss:
			last = n
			n++
			fallthrough
		case joined:
			if n == 0 { // none yet in this turn
				r = l.next(hit, random)
				break
			}
			l.renders(&r, now, last)
			if r.kind == miss {
				l.mu.Lock()
				l.asked++
				l.mu.Unlock()
			}
		case left:
			if n > 0 && random.IntN(2) == 0 {
				l.renders(&r, now, last)
			}
		}
		select {
		case under <- struct{}{}:
		default:
			l.note(r, time.Now(), unreached, "too many requests under way")
			continue
		}
		asking.Go(func() {
			began := time.Now()
			became, text := l.ask(r)
			l.note(r, began, became, text)
			<-under
		})
	}
	asking.Wait()
	l.http.CloseIdleConnections()
}

// request is one request and its right answer.
type request struct {
	kind        kind
	path        string
	header      [2]string // a name and its value; empty: none
	accept      string
	leaves      time.Duration // after which the client leaves; 0: it waits
	status      int
	code        string // of a failure
	body        []byte
	contentType string
}

// next makes up a request of a kind.
func (l *load) next(k kind, random *rand.Rand) request {
	n := random.IntN(pictures)
	v := hotVariants[random.IntN(len(hotVariants))]
	known := l.known.previews[v][n]
	r := request{kind: k, path: v.path(hot(n)), accept: v.accept, status: http.StatusOK, body: known.body, contentType: v.contentType}
	switch k {
	case asPhoto:
		r.path, r.body, r.contentType = "/photo/"+hot(n), l.known.photos[n], "image/jpeg"
	case ranged:
		if random.IntN(2) == 0 {
			r.path, r.body, r.contentType = "/photo/"+hot(n), l.known.photos[n], "image/jpeg"
		}
		from := random.IntN(len(r.body))
		to := from + random.IntN(len(r.body)-from)
		r.status, r.header, r.body = http.StatusPartialContent, [2]string{"Range", fmt.Sprintf("bytes=%d-%d", from, to)}, r.body[from:to+1]
	case unchanged:
		r.status, r.header, r.body, r.contentType = http.StatusNotModified, [2]string{"If-None-Match", known.etag}, nil, ""
	case missing:
		r.path, r.status, r.code = fmt.Sprintf("/prew/%s/none-%d.jpg", v.preset, random.Uint32()), http.StatusNotFound, "source_missing"
		if random.IntN(2) == 0 { // it is remembered
			r.path = fmt.Sprintf("/prew/%s/none-%d.jpg", v.preset, n)
		}
	case unsound:
		key, code := broken(n)
		r.path, r.status, r.code = v.path(key), http.StatusUnprocessableEntity, code
	case left:
		r.leaves = time.Duration(random.Int64N(int64(30 * time.Millisecond)))
	}
	return r
}

// renders makes a request one for a preview of a turn.
func (l *load) renders(r *request, now, n int) {
	v := freshVariants[n%len(freshVariants)]
	known := l.known.previews[v][n%pictures]
	r.path, r.accept, r.body, r.contentType = v.path(fresh(now, n)), v.accept, known.body, v.contentType
}

// note notes what became of a request that began at a time and has just ended.
func (l *load) note(r request, began time.Time, became outcome, text string) {
	took := time.Since(began)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[r.kind][became]++
	if text != "" && len(l.texts) < 50 {
		l.texts = append(l.texts, fmt.Sprintf("%s after %s: %s %s %s: %s", began.Sub(l.began).Round(100*time.Millisecond), brief(took), kindNames[r.kind], r.path, strings.Join(r.header[:], " "), text))
	}
	if became != right {
		return
	}
	switch r.kind {
	case hit, asPhoto, ranged, unchanged:
		l.hits.add(began.Sub(l.began), took)
	case miss, joined:
		l.misses.add(began.Sub(l.began), took)
	}
}

// ask makes a request. text says what is not right with the answer.
func (l *load) ask(r request) (became outcome, text string) {
	waits := patience
	if r.kind == left {
		waits = r.leaves
	}
	ctx, cancel := context.WithTimeout(context.Background(), waits)
	defer cancel()
	asked, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.addr+r.path, nil)
	if err != nil {
		return unreached, err.Error()
	}
	asked.Header.Set("Accept", r.accept)
	if r.header[0] != "" {
		asked.Header.Set(r.header[0], r.header[1])
	}
	response, err := l.http.Do(asked)
	var body []byte
	if err == nil {
		body, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	switch {
	case r.kind == left && errors.Is(err, context.DeadlineExceeded):
		return gone, ""
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded):
		return hung, err.Error()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return cut, fmt.Sprintf("%s, %d bytes: %v", response.Status, len(body), err)
	case err != nil:
		return unreached, err.Error()
	case r.kind == left:
		return gone, "" // it was answered before it left, or says that there is no such photo
	}
	return r.judge(response, body)
}

// judge says what an answer is.
func (r request) judge(response *http.Response, body []byte) (outcome, string) {
	code := response.Header.Get("X-Prew-Error")
	text := fmt.Sprintf("%s %s %s, %d bytes", response.Status, code, response.Header.Get("Content-Type"), len(body))
	switch response.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return refused, text
	case r.status:
	default:
		return wrong, text
	}
	var is bool
	switch {
	case r.code != "":
		is = code == r.code && bytes.HasPrefix(body, []byte("\x89PNG"))
	case r.status == http.StatusNotModified:
		is = len(body) == 0
	default:
		is = bytes.Equal(body, r.body) && response.Header.Get("Content-Type") == r.contentType
	}
	if !is {
		return wrong, text
	}
	return right, ""
}

// told is the first of what was not right.
func (l *load) told() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.texts
}

// of is how many requests of all kinds became something.
func (l *load) of(became outcome) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, counts := range l.counts {
		n += counts[became]
	}
	return n
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
