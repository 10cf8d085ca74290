package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"prew"
)

// changes is the answer to a notification. Nobody reads it but whoever invokes the function by
// hand.
type changes struct {
	Photos   int `json:"photos"`            // whose previews were deleted
	Rendered int `json:"rendered"`          // anew
	Left     int `json:"left,omitempty"`    // that were there, and are rendered when asked for
	Ignored  int `json:"ignored,omitempty"` // events that are older than one that was dealt with, or of no photo
}

// changed deletes the previews of the photos that a notification says were written or removed,
// tells gateways, and renders anew those that were there if it is to. Its error has Lambda
// invoke it once more, or whoever waits for the answer: what was done then does no harm a
// second time. A notification that can't be read, or of no photo, is not worth that.
func (f function) changed(ctx context.Context, payload json.RawMessage) (changes, error) {
	events, err := prew.ReadEvents(payload)
	if err != nil {
		f.log.Error("event", "outcome", string(prew.RequestInvalid), "message", err.Error())
		return changes{}, nil
	}
	var (
		all    changes
		photos []purged
		errs   []error
	)
	events, all.Ignored = f.settled.Newest(events)
	for _, event := range events {
		found, err := f.find(event.Bucket, event.Object, event.Previews)
		if len(found) == 0 {
			all.Ignored++
			f.log.Info("event", "photo", clipped(event.Bucket+"/"+event.Object), "outcome", "no photo", "message", err.Error())
		}
		for _, p := range found {
			stored, err := f.purgeAll(ctx, p)
			if err != nil {
				errs = append(errs, err)
			} else {
				photos = append(photos, purged{p, event, stored})
			}
			f.reportChange(event, err)
		}
	}
	all.Photos = len(photos)
	if err := errors.Join(errs...); err != nil {
		return all, err
	}
	if all.Photos == 0 {
		return all, nil
	}
	if err := f.gateways.tell(ctx, payload); err != nil {
		f.log.Error("event", "outcome", "gateways were not told", "message", err.Error())
		return all, err
	}
	for _, p := range photos {
		rendered, left := f.rewarm(ctx, p)
		all.Rendered, all.Left = all.Rendered+rendered, all.Left+left
		f.settled.Note(p.event)
	}
	return all, nil
}

// purged is a photo whose previews were deleted.
type purged struct {
	photo changedPhoto
	event prew.Event
	were  map[string]string // presets and variants whose previews were there, with their Cache-Control; nil: not looked for
}

// purgeAll deletes all previews of a photo that there may be, and returns those to be rendered
// anew.
func (f function) purgeAll(ctx context.Context, p changedPhoto) (were map[string]string, err error) {
	recorded, err := f.recorded(ctx, p.previews)
	if err != nil {
		return nil, err
	}
	presets := f.withRecorded(f.known(p.source.Name), recorded)
	if f.rewarms {
		if were, err = f.stored(ctx, p, presets); err != nil {
			return nil, err
		}
		for preset := range were {
			if f.differs(preset, recorded) != nil {
				delete(were, preset)
			}
		}
	}
	return were, f.purge(ctx, p, presets)
}

// rewarm renders what was there before, if the photo is there: an event may be older than the
// photo. What fails, or what there is no time for, is rendered when somebody asks.
func (f function) rewarm(ctx context.Context, p purged) (rendered, left int) {
	presets := slices.Sorted(maps.Keys(p.were))
	for _, preset := range presets {
		if !timeLeft(ctx) {
			return rendered, len(presets) - rendered
		}
		err := f.renderAnew(ctx, p.photo, preset, p.were[preset])
		if failed, ok := errors.AsType[*prew.RenderError](err); ok && failed.Code == prew.SourceMissing {
			return rendered, 0
		}
		if err == nil {
			rendered++
		}
	}
	return rendered, len(presets) - rendered
}

// reportChange logs an event in one line.
func (f function) reportChange(e prew.Event, err error) {
	outcome, message := "previews deleted", ""
	if err != nil {
		outcome, message = string(refused(prew.Timing{}, err).Error.Code), err.Error()
	}
	f.log.Info("event", "photo", clipped(e.Bucket+"/"+e.Object), "removed", e.Removed, "sequencer", clipped(e.Sequencer), "outcome", outcome, "message", message)
}

// gateways are told of what has changed by one of them.
type gateways struct {
	url    string // of its /events; empty: none is told
	secret string
	client http.Client
}

// tellTimeout is the longest time that a gateway takes for an event: it deletes in S3 and waits
// for renders that are under way, which is no longer than a flight takes.
const tellTimeout = 10 * time.Second

// newGateways returns the gateways at a URL. No redirect is followed: the secret is for that
// URL alone.
func newGateways(url, secret string) *gateways {
	return &gateways{url, secret, http.Client{
		Timeout:       tellTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// tell passes a notification on as it came.
func (g *gateways) tell(ctx context.Context, payload []byte) error {
	if g.url == "" {
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, bytes.NewReader(payload))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if g.secret != "" {
		request.Header.Set("Authorization", "Bearer "+g.secret)
	}
	response, err := g.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	io.Copy(io.Discard, io.LimitReader(response.Body, smallRest))
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("PREW_EVENTS_URL answers %s", response.Status)
	}
	return nil
}
