package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"prew"
	"prew/prewmanager/flight"
)

// Purges is what a gateway does when stored previews are purged: its flights hear which, and
// its nginx when they are gone.
type Purges struct {
	nginx    string // URL of its purge listener
	previews prew.Place
	metrics  *Metrics
	client   *http.Client

	mu      sync.Mutex // protects the rest
	reached bool       // nginx has answered once
	absent  bool       // the log says that there is none
}

// NewPurges returns what hears of purges of the previews at a place, and tells the nginx whose
// purge listener is at a URL. There need not be one.
func NewPurges(nginx string, previews prew.Place, m *Metrics) *Purges {
	return &Purges{nginx: strings.TrimSuffix(nginx, "/"), previews: previews, metrics: m, client: &http.Client{Timeout: nginxTimeout}}
}

const (
	// nginxTimeout is the longest purge of nginx's cache. A walk over 256,000 files that are
	// on no page of memory takes some ten seconds.
	nginxTimeout = time.Minute
)

// The metrics' words: how a gateway heard of a purge, and what became of telling its nginx if
// that has not failed.
const (
	heard, lost   = "heard", "lost"
	done, noNginx = "done", "absent"
)

// againAfter is when nginx is asked again that did not do it, as it may be starting.
var againAfter = []time.Duration{time.Second, 5 * time.Second, 40 * time.Second}

// Hear implements flight.Hear.
func (p *Purges) Hear(message string, late bool) (flight.Purge, bool) {
	var m prew.Purge
	err := json.Unmarshal([]byte(message), &m)
	if err == nil && (m.ID == "" || m.Phase != prew.PurgeBegins && m.Phase != prew.PurgeEnds) {
		err = errors.New("neither a begin nor an end")
	}
	if err != nil {
		slog.Warn("a message about a purge can't be read", "reason", err.Error())
		return flight.Purge{}, false
	}
	if m.Bucket != p.previews.Bucket {
		return flight.Purge{}, false // another site's, on the same Redis
	}
	ended := m.Phase == prew.PurgeEnds
	if ended {
		how := heard
		if late {
			how = lost
		}
		p.metrics.purges.WithLabelValues(how).Inc()
		go p.tell(message)
	}
	return flight.Purge{ID: m.ID, Ended: ended, About: p.about(m.Scope)}, true
}

// about reports of which keys of flights a scope is, in the same time however many photos it
// has: a gateway may have ten thousand failures to forget.
func (p *Purges) about(scope prew.Scope) func(key string) bool {
	root := p.previews.Bucket + "/" + p.previews.Prefix
	set := func(names []string) map[string]bool {
		set := map[string]bool{}
		for _, name := range names {
			set[name] = true
		}
		return set
	}
	presets, photos := set(scope.Presets), set(scope.Photos)
	return func(key string) bool {
		name, ok := strings.CutPrefix(key, root)
		preset, photo, _ := strings.Cut(name, "/")
		switch {
		case !ok, scope.Empty(), len(presets) > 0 && !presets[preset]:
			return false
		case len(photos) == 0 && len(scope.Prefixes) == 0:
			return true
		}
		return photos[photo] || slices.ContainsFunc(scope.Prefixes, func(prefix string) bool { return strings.HasPrefix(photo, prefix) })
	}
}

// tell tells nginx what is gone, until it has done it or it is plain that there is none.
func (p *Purges) tell(message string) {
	result := p.post(message)
	for _, pause := range againAfter {
		if result == done {
			break
		}
		time.Sleep(pause)
		result = p.post(message)
	}
	p.metrics.nginxTold.WithLabelValues(result).Inc()
}

// post asks nginx once.
func (p *Purges) post(message string) (result string) {
	response, err := p.client.Post(p.nginx+"/purge", "application/json", bytes.NewReader([]byte(message)))
	if err == nil {
		io.Copy(io.Discard, io.LimitReader(response.Body, 1<<10))
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			err = fmt.Errorf("nginx's purge listener answers %s", response.Status)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil:
		p.reached, p.absent = true, false
		return done
	case !p.reached && errors.Is(err, syscall.ECONNREFUSED):
		if !p.absent {
			p.absent = true
			slog.Info("no nginx is told of purges: nothing listens there", "nginx", p.nginx)
		}
		return noNginx
	}
	slog.Warn("nginx may answer with what was purged for up to ten minutes", "nginx", p.nginx, "reason", err.Error())
	return failed
}

// delete deletes the preview that this miss has had stored, because it may be from before a
// purge. The miss then begins anew.
func (m *miss) delete(ctx context.Context) error {
	g := m.gateway
	m.began, m.lease, m.known, m.queue, m.timing = time.Now(), 0, 0, 0, nil
	ctx, cancel := context.WithTimeout(ctx, g.previews.timeout)
	defer cancel()
	if err := g.previews.Delete(ctx, []string{m.of.preview}); err != nil {
		return g.previews.failure(ctx, err)
	}
	return nil
}
