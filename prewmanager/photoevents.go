package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"prew"
	"prew/prewmanager/events"
	"prew/prewmanager/flags"
	"prew/prewmanager/flight"
	"prew/prewmanager/upkeep"
)

// photoEvents are the settings of the listener that hears of photos that change.
type photoEvents struct {
	EventsListen string `placeholder:"ADDRESS" help:"Address at whose /events to hear which photos were written or removed; if left out there is none."`
	EventsSecret string `placeholder:"SECRET" help:"What whoever posts there sends as a Bearer token or a password, of at least 16 bytes."`
	Events       string `placeholder:"rewarm" help:"rewarm: previews of a photo that was replaced are rendered anew; without it they are deleted."`
}

// rewarm is the word of PREW_EVENTS for previews that are rendered anew.
const rewarm = "rewarm"

// listen opens the listener, nil if there is none to be, and adds what is wrong with the
// settings.
func (p photoEvents) listen(wrong flags.Errors) (net.Listener, flags.Errors) {
	if p.Events != "" && p.Events != rewarm {
		wrong = append(wrong, fmt.Errorf("PREW_EVENTS: %q, expected %s or nothing", p.Events, rewarm))
	}
	if p.EventsListen == "" {
		return nil, wrong // PREW_EVENTS_SECRET may be the function's
	}
	if err := events.CheckSecret(p.EventsSecret); err != nil {
		wrong = append(wrong, fmt.Errorf("PREW_EVENTS_SECRET: %w", err))
	}
	listener, err := net.Listen("tcp", p.EventsListen)
	if err != nil {
		wrong = append(wrong, fmt.Errorf("PREW_EVENTS_LISTEN: %w", err))
	}
	return listener, wrong
}

// server answers what is posted for a gateway. What is rendered anew is until ctx ends.
func (p photoEvents) server(ctx context.Context, g wired, purger *flight.Purger) *http.Server {
	settings := events.Settings{Secret: p.EventsSecret, Sources: g.sources, Purge: func(ctx context.Context, keys []string) ([]prew.Ref, error) {
		were, err := g.purgePhotos(ctx, purger, keys, p.Events == rewarm)
		g.Changed(len(keys), err)
		return were, err
	}}
	if p.Events == rewarm {
		settings.Render = g.Render
	}
	return &http.Server{Handler: events.New(ctx, settings), ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10}
}

// purgePhotos deletes all previews of photos, also those of presets that only the record or the
// store knows, and tells every gateway. It returns those that there were if look is true.
func (w wired) purgePhotos(ctx context.Context, purger *flight.Purger, keys []string, look bool) (were []prew.Ref, err error) {
	record, _, err := upkeep.ReadRecord(ctx, w.previews)
	if err != nil {
		return nil, err
	}
	names, err := upkeep.Expand(nil, w.presets, record.Names())
	if err != nil {
		return nil, err
	}
	purge := upkeep.Purge{
		Selection: upkeep.Selection{Names: names, Photos: each(keys)},
		Previews:  w.previews, Parallel: callsForPhotos, Position: upkeep.Nowhere(), Gateways: purger,
	}
	if look {
		dry := purge
		dry.Dry, dry.Found = true, func(f upkeep.Found) error { were = append(were, f.Ref); return nil }
		if _, err := dry.Run(ctx); err != nil {
			return nil, err
		}
	}
	summary, err := purge.Run(ctx)
	switch {
	case err != nil:
		return nil, err
	case summary.Failed > 0:
		return nil, fmt.Errorf("%d previews are not deleted: %w", summary.Failed, joined(summary.Errors))
	case summary.Untold != "":
		return nil, errors.New("gateways were not told: " + summary.Untold)
	}
	return were, nil
}

// callsForPhotos is how many calls a purge of some photos makes at a time, beside those for
// people's requests.
const callsForPhotos = 4
