// Package events hears which photos were written or removed, from their store or from the
// function, and has the previews of these photos go everywhere.
package events

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"prew"
)

// Handler answers POST /events with a notification of S3, of a store that speaks its form, or
// of EventBridge. 200: the previews are gone; 202: they soon will be; 400: it can't be read; 401:
// it lacks the secret; 500: it failed, and should be sent again. It must be made by New.
type Handler struct {
	settings Settings
	settled  prew.Settled
	queue    chan prew.Ref // previews to be rendered anew
}

// Settings are what a Handler needs.
type Settings struct {
	Secret  string // as the token of Authorization: Bearer, or the password of Basic
	Sources prew.Sources
	// Purge deletes all previews of photos everywhere, and returns those that there were if
	// Render is set.
	Purge func(ctx context.Context, keys []string) (were []prew.Ref, err error)
	// Render renders a preview anew, behind people's requests. Nil: whoever asks first has it
	// rendered.
	Render func(ctx context.Context, ref prew.Ref) error
}

const (
	// longest is the longest notification, in bytes: 1,000 records with names of 1,024 bytes,
	// all escaped, have less.
	longest = 8 << 20
	// answerAfter is when a sender is answered although renders are under way that the purge
	// waits for: the function gives a gateway 10 s.
	answerAfter = 8 * time.Second
	// purgeFor is the longest purge: flights are waited for, which end within 35 s.
	purgeFor = time.Minute
	// mostQueued is how many previews wait to be rendered anew. Of more photos changed at a
	// time, whoever asks first has the rest rendered.
	mostQueued = 10_000
	// renderers is how many of them are rendered at a time.
	renderers = 4
)

// New returns a Handler. What it renders anew it renders until ctx ends.
func New(ctx context.Context, s Settings) *Handler {
	h := &Handler{settings: s, queue: make(chan prew.Ref, mostQueued)}
	if s.Render != nil {
		for range renderers {
			go h.render(ctx)
		}
	}
	return h
}

// outcome is the answer to a notification.
type outcome struct {
	Photos  int `json:"photos"`            // whose previews were deleted
	Ignored int `json:"ignored,omitempty"` // events of no photo, or older than one that was dealt with
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != "/events":
		http.NotFound(w, r)
		return
	case !h.authentic(r):
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "expected the secret of PREW_EVENTS_SECRET as a Bearer token or a password", http.StatusUnauthorized)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "expected POST", http.StatusMethodNotAllowed)
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longest))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	events, err := prew.ReadEvents(text)
	if err != nil {
		slog.Warn("an event can't be read", "reason", err.Error())
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	done := make(chan error, 1)
	var result outcome
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), purgeFor)
		defer cancel()
		var err error
		result, err = h.take(ctx, events)
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(result)
	case <-time.After(answerAfter):
		w.WriteHeader(http.StatusAccepted)
	}
}

// authentic reports whether a request has the secret.
func (h *Handler) authentic(r *http.Request) bool {
	secret, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		_, secret, ok = r.BasicAuth()
	}
	got, want := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(h.settings.Secret)) // of one length
	return ok && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// take has the previews of all photos go of which there are events that were not dealt with.
func (h *Handler) take(ctx context.Context, events []prew.Event) (result outcome, err error) {
	events, result.Ignored = h.settled.Newest(events)
	var keys []string
	removed := map[string]bool{}
	for _, event := range events {
		of := h.keys(event)
		if len(of) == 0 {
			result.Ignored++
		}
		for _, key := range of {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
			removed[key] = event.Removed
		}
	}
	if len(keys) == 0 {
		return result, nil
	}
	were, err := h.settings.Purge(ctx, keys)
	if err != nil {
		slog.Error("the previews of photos that have changed are not deleted", "photos", len(keys), "first", keys[0], "reason", err.Error())
		return result, err
	}
	slog.Info("photos have changed", "photos", len(keys), "first", keys[0], "ignored", result.Ignored)
	h.settled.Note(events...)
	for _, ref := range were {
		if removed[ref.Key] {
			continue
		}
		select {
		case h.queue <- ref:
		default:
		}
	}
	result.Photos = len(keys)
	return result, nil
}

// keys are those of the photos that an event's object is, one for each source that has it.
func (h *Handler) keys(event prew.Event) (keys []string) {
	for _, source := range h.settings.Sources.All() {
		if source.Photos.Bucket != event.Bucket {
			continue
		}
		if key, err := source.Photos.ParsePhoto(event.Object, h.settings.Sources.Previews); err == nil && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// render renders previews anew, one after the other. What fails is rendered when somebody asks.
func (h *Handler) render(ctx context.Context) {
	for {
		select {
		case ref := <-h.queue:
			if err := h.settings.Render(ctx, ref); err != nil && ctx.Err() == nil {
				slog.Warn("a preview is not rendered anew", "preview", ref.String(), "reason", err.Error())
			}
		case <-ctx.Done():
			return
		}
	}
}

// CheckSecret returns an error for a secret that could be guessed.
func CheckSecret(secret string) error {
	const least = 16 // bytes, as of the keys of signed addresses
	if len(secret) < least {
		return errors.New("shorter than 16 bytes, expected a random secret that the sender has too")
	}
	return nil
}
