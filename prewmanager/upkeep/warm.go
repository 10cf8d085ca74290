package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"sync"
	"time"

	"prew"
	"prew/lambda/store"
)

// Warm has previews rendered that are not stored, by asking gateways for them, so that nothing
// is rendered twice beside people's requests. All fields are required, except where a comment
// says otherwise.
type Warm struct {
	Previews Folder
	Photos   Photos
	Names    []string                 // of presets and variants
	Prefix   string                   // of keys; empty: all
	Keys     iter.Seq2[string, error] // of photos; nil: those that are stored
	Gateways []string                 // URLs
	Header   http.Header              // by which gateways know that nobody waits
	Address  func(prew.Ref) string    // of a preview at a gateway, as it lets this program have it
	Rate     float64                  // the most previews that are asked for in a second
	Parallel int                      // the most at a time
	Position *Position

	Dry      bool
	Progress func(asked int64) // nil: nobody hears of it
}

// Warmed says what a warming has done.
type Warmed struct {
	Missing  int64    `json:"missing"`  // previews that were not stored, or were not looked for
	Rendered int64    `json:"rendered"` // of them
	Stored   int64    `json:"stored"`   // of them were stored meanwhile
	Refused  int64    `json:"refused"`  // photos that are gone or can't be rendered
	Failed   int64    `json:"failed"`
	Errors   []string `json:"errors,omitempty"` // the first few
}

const (
	// askTimeout is longer than nginx waits for a gateway, so that the gateway's own answer
	// comes first.
	askTimeout = prew.NginxTimeout + 5*time.Second
	// askTries is how often a preview may fail that may come later, with pauses that double
	// up to mostPause: for eight seconds, in which a gateway is restarted.
	askTries   = 6
	firstPause = 250 * time.Millisecond
	mostPause  = 10 * time.Second
)

// errUnreachable is the error of gateways of which none answers.
var errUnreachable = errors.New("no gateway answers")

// Run asks for what is missing. It ends early when ctx does; that is the error then, and
// Position says how far it has come.
func (w Warm) Run(ctx context.Context) (Warmed, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	warming := &warming{Warm: w, client: &http.Client{
		// Not through a proxy, which S3 may need. As many connections as are used.
		Transport: &http.Transport{MaxIdleConnsPerHost: w.Parallel},
		Timeout:   askTimeout,
	}}
	jobs := make(chan job)
	var asking sync.WaitGroup
	for range w.Parallel {
		asking.Go(func() {
			for j := range jobs {
				if err := warming.do(ctx, j); err != nil {
					stop(err)
				}
			}
		})
	}
	err := warming.find(ctx, func(j job) error {
		select {
		case jobs <- j:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	close(jobs)
	asking.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil {
		warming.note(err)
	}
	return warming.done, err
}

// warming is a warming that runs.
type warming struct {
	Warm
	client *http.Client

	mu   sync.Mutex // protects the rest
	done Warmed
	next time.Time // when the next preview may be asked for
}

// job is a photo, with the presets of which it may have no preview.
type job struct {
	number  int
	key     string
	names   []string
	reached map[string]string
}

// find finds the photos that lack previews, in the order of the listing, or takes those that
// are named.
func (w *warming) find(ctx context.Context, do func(job) error) error {
	number := 0
	send := func(listing, reached, key string, names []string) error {
		j := job{number, key, names, map[string]string{listing: reached}}
		number++
		return do(j)
	}
	if w.Keys != nil {
		const listing = "keys"
		after, _ := strconv.Atoi(w.Position.after(listing))
		n := 0
		for key, err := range w.Keys {
			if err != nil {
				return err
			}
			if n++; n <= after {
				continue
			}
			if err := send(listing, strconv.Itoa(n), key, w.Names); err != nil {
				return err
			}
		}
		return nil
	}
	for _, group := range w.Photos.groups(w.Names) {
		if err := w.findOf(ctx, group, send); err != nil {
			return err
		}
	}
	return nil
}

// findOf finds the photos of a source that lack previews.
func (w *warming) findOf(ctx context.Context, of group, send func(listing, reached, key string, names []string) error) error {
	listing := of.listing("photos", w.Prefix)
	for row, err := range join(ctx, of.photos, w.Previews, of.names, w.Prefix, w.Position.after(listing)) {
		if err != nil {
			return err
		}
		if _, wrong := prew.ParsePhoto(prew.PhotoPath(row.key)); !row.photo || wrong != nil {
			continue // an orphan, or a key that no address has
		}
		var names []string
		for i, stored := range row.stored {
			if stored == nil {
				names = append(names, of.names[i])
			}
		}
		if err := send(listing, row.key, row.key, names); err != nil {
			return err
		}
	}
	return nil
}

// do asks for the previews of a photo. An error is one that the next photo would have too.
func (w *warming) do(ctx context.Context, j job) error {
	ok := true
	defer func() { w.Position.done(j.number, j.reached, ok) }()
	for _, name := range j.names {
		ref := prew.Ref{Preset: name, Key: j.key}
		if w.Dry {
			missing := true
			if w.Keys != nil {
				_, err := w.Previews.Head(ctx, w.Previews.object(name, j.key))
				missing = store.Missing(err)
				if err != nil && !missing {
					ok = false
					return err
				}
			}
			if missing {
				w.count(func(d *Warmed) { d.Missing++ })
			}
			continue
		}
		if err := w.pace(ctx); err != nil {
			ok = false
			return err
		}
		outcome, err := w.ask(ctx, ref, j.number)
		if ctx.Err() != nil {
			ok = false
			return context.Cause(ctx)
		}
		w.count(func(d *Warmed) {
			d.Missing++
			switch {
			case err != nil:
				d.Failed++
			case outcome == http.StatusOK:
				d.Rendered++
			case outcome == http.StatusNoContent:
				d.Stored++
			default:
				d.Refused++
			}
		})
		if err != nil {
			ok = false
			if errors.Is(err, errUnreachable) {
				return err
			}
			w.note(fmt.Errorf("%s: %w", ref.Path(), err))
		}
	}
	return nil
}

func (w *warming) note(err error) {
	w.count(func(d *Warmed) {
		if len(d.Errors) < mostErrors {
			d.Errors = append(d.Errors, err.Error())
		}
	})
}

func (w *warming) count(change func(*Warmed)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.done)
	if w.Progress != nil {
		w.Progress(w.done.Missing)
	}
}

// pace waits until the next preview may be asked for.
func (w *warming) pace(ctx context.Context) error {
	w.mu.Lock()
	at := w.next
	if now := time.Now(); at.Before(now) {
		at = now
	}
	w.next = at.Add(time.Duration(float64(time.Second) / w.Rate))
	w.mu.Unlock()
	return sleep(ctx, time.Until(at))
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ask asks for a preview, of another gateway each time that it was not answered for good: a
// few times, but for as long as gateways say that they are busy, which is to give way. The
// outcome is the answer's status, and StatusNoContent where the preview was stored already.
func (w *warming) ask(ctx context.Context, ref prew.Ref, number int) (outcome int, err error) {
	wait := firstPause
	unreachable := 0
	for try, failed := 0, 0; failed < askTries; try++ {
		var after time.Duration
		outcome, after, err = w.askOnce(ctx, w.Gateways[(number+try)%len(w.Gateways)], ref)
		switch outcome {
		case http.StatusOK, http.StatusNoContent, http.StatusUnprocessableEntity, http.StatusNotFound:
			return outcome, err
		case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		case 0:
			unreachable++
			failed++
		default:
			failed++
		}
		if failed == askTries {
			continue
		}
		if err := sleep(ctx, max(wait, after)); err != nil {
			return 0, err
		}
		wait = min(2*wait, mostPause)
	}
	if unreachable == askTries {
		err = fmt.Errorf("%w: %w", errUnreachable, err)
	}
	return outcome, err
}

// askOnce asks a gateway for a preview. After is how long it should not be asked again.
func (w *warming) askOnce(ctx context.Context, gateway string, ref prew.Ref) (outcome int, after time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, gateway+w.Address(ref), nil)
	if err != nil {
		return 0, 0, err
	}
	request.Header = w.Header.Clone()
	response, err := w.client.Do(request)
	if err != nil {
		return 0, 0, err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20)) // so that the connection is kept
	code := response.Header.Get("X-Prew-Error")
	switch response.StatusCode {
	case http.StatusOK:
		// A gateway of private buckets does not say that a preview was stored.
		if from := response.Header.Get("X-Prew"); from == "stored" || from == "" {
			return http.StatusNoContent, 0, nil
		}
		return http.StatusOK, 0, nil
	case http.StatusUnprocessableEntity:
		return response.StatusCode, 0, nil
	case http.StatusNotFound:
		if prew.Code(code) == prew.SourceMissing {
			return response.StatusCode, 0, nil
		}
		return http.StatusNotFound, 0, fmt.Errorf("%s answers %s (%s): is it a gateway with the same presets?", gateway, response.Status, code)
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	return response.StatusCode, min(time.Duration(seconds)*time.Second, mostPause), fmt.Errorf("%s answers %s (%s)", gateway, response.Status, code)
}
