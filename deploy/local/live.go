package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"prew"
	"prew/deploy/local/playground"
	"prew/deploy/local/stack"
	"prew/lambda/store"
	"prew/prewmanager/flight"
	"prew/prewmanager/upkeep"
)

// looksEvery is how often the file of the presets is looked at, which takes some microseconds.
// What has changed is read when it is as it was at the look before: it may have been found half
// written. So what is saved is read after 0.1 s at most.
const looksEvery = 50 * time.Millisecond

// live are the presets of a run, whose file is watched: what is saved there is put into force or,
// with mistakes, is not, and these are said in the terminal and to the pages.
type live struct {
	file   string
	check  func(prew.Presets) error    // beside what prew.LoadPresets finds
	reload func(context.Context) error // puts what the file says into force, or changes nothing
	say    func(line string)

	// renew has previews and pages follow what is in force, and returns the presets and variants
	// that make other previews than before, and those that are gone.
	renew func(before, now prew.Presets) (changed, gone []string, err error)

	mutex    sync.Mutex
	presets  prew.Presets       // in force
	written  playground.Presets // as which they are written
	version  int                // of the presets in force
	mistakes []string           // of what was saved last
	told     chan struct{}      // closed and made anew when one of them changes
}

// inForce are the presets that are in force, as they are written.
func (l *live) inForce() playground.Presets {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.written
}

// watch looks at the file until ctx ends.
func (l *live) watch(ctx context.Context) {
	type look struct {
		modified time.Time
		size     int64
	}
	see := func() (look, bool) {
		info, err := os.Stat(l.file)
		if err != nil {
			return look{}, false // an editor is about to put it there
		}
		return look{info.ModTime(), info.Size()}, true
	}
	var read, last look // none: what was saved since the start of the run is read
	for ticks := time.Tick(looksEvery); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		now, there := see()
		if there && now == last && now != read {
			read = now
			l.read(ctx)
		}
		last = now
	}
}

// read reads the file, and puts what it says into force if that is without mistakes.
func (l *live) read(ctx context.Context) {
	began := time.Now()
	text, err := os.ReadFile(l.file)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	written := l.inForce()
	if err == nil && string(text) == string(written.Text) {
		l.tell(l.presets, written, nil)
		return
	}
	written.Text = text
	var presets prew.Presets
	if err == nil {
		presets, err = prew.LoadPresets(l.file, text, written.Environ)
	}
	if err == nil {
		err = l.check(presets)
	}
	if err == nil {
		err = l.reload(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		l.say(fmt.Sprintf("\n%v\nThe presets stay as they were.", err))
		l.tell(l.presets, l.inForce(), strings.Split(err.Error(), "\n"))
		return
	}
	var failed []string
	changed, gone, err := l.renew(l.presets, presets)
	if err != nil {
		l.say(fmt.Sprintf("\n%v", err))
		failed = strings.Split(err.Error(), "\n")
	}
	said := append([]string{fmt.Sprintf("presets in force after %.1f s", time.Since(began).Seconds())}, anew(changed, gone)...)
	l.say(strings.Join(said, "; "))
	l.tell(presets, written, failed)
}

// tell tells the pages what is in force, and what is not.
func (l *live) tell(presets prew.Presets, written playground.Presets, mistakes []string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if string(written.Text) != string(l.written.Text) {
		l.version++
	}
	l.presets, l.written, l.mistakes = presets, written, mistakes
	close(l.told)
	l.told = make(chan struct{})
}

// ServeHTTP answers a page with an event for what is in force now and each time that changes
// (HTML, "Server-sent events"). Its data is {"version": n, "mistakes": [...]}.
func (l *live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for {
		l.mutex.Lock()
		told := l.told
		event, err := json.Marshal(struct {
			Version  int      `json:"version"`
			Mistakes []string `json:"mistakes"`
		}{l.version, l.mistakes})
		l.mutex.Unlock()
		if err != nil {
			panic(err) // texts always marshal
		}
		fmt.Fprintf(w, "data: %s\n\n", event)
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-told:
		case <-r.Context().Done():
			return
		}
	}
}

// purge deletes the previews that presets which have changed, or are gone, have made before,
// from the store and from what keeps them in front of it, and returns which these are. Whatever
// renders has the new presets already.
func purge(ctx context.Context, system *stack.Stack, before, now prew.Presets) (changed, gone []string, err error) {
	previews := upkeep.Folder{Bucket: store.Bucket{Client: system.S3.Client(), Name: stack.Bucket}, Prefix: prew.DefaultPrefix}
	was, err := previews.Fingerprints(ctx, before)
	if err != nil {
		return nil, nil, err
	}
	is, err := previews.Fingerprints(ctx, now)
	if err != nil {
		return nil, nil, err
	}
	changed, gone = upkeep.Compare(was, is)
	names := slices.Concat(changed, gone)
	if len(names) == 0 {
		return nil, nil, nil
	}
	purge := upkeep.Purge{Selection: upkeep.Selection{Presets: names, Names: names}, Previews: previews, Parallel: 4, // keep a disk busy
		Position: upkeep.Nowhere()}
	if system.Front == nil {
		gateways, err := flight.NewPurger(flight.Redis{URL: system.Redis.Addr})
		if err != nil {
			return nil, nil, err
		}
		defer gateways.Close()
		purge.Gateways = gateways
	}
	summary, err := purge.Run(ctx)
	switch {
	case err != nil:
	case summary.Untold != "":
		err = fmt.Errorf("gateways were not told: %s", summary.Untold)
	case system.Front != nil: // where no gateway notes in the record what it has
		err = errors.Join(system.Front.Invalidate(), upkeep.Note(ctx, previews, now, time.Now()))
	}
	return changed, gone, errors.Join(err, upkeep.Forget(ctx, previews, gone))
}
