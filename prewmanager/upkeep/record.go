package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/store"
)

// Record says of each preset and variant that gateways have had how it makes its previews,
// and since when.
type Record struct {
	Presets map[string]Entry `json:"presets"`
}

// Entry is what the record says of a preset. What was stored before Since may have been
// made otherwise. Since is zero where that is not known, which is so of all presets that
// there were when the record was made.
type Entry struct {
	Fingerprint string    `json:"fingerprint"` // prew.Preset.Fingerprint, and prew.MarkedFingerprint
	Since       time.Time `json:"since,omitzero"`
}

// ReadRecord reads the record of a folder of previews. Known is false where there is none, or
// one that can't be read.
func ReadRecord(ctx context.Context, previews Folder) (record Record, known bool, err error) {
	record, known, _, err = previews.readRecord(ctx)
	return record, known, err
}

func (f Folder) readRecord(ctx context.Context) (record Record, known bool, etag string, err error) {
	none := Record{map[string]Entry{}}
	object, err := f.Get(ctx, f.Prefix+prew.RecordName, "", "")
	if store.Missing(err) {
		return none, false, "", nil
	} else if err != nil {
		return none, false, "", fmt.Errorf("%s: %w", prew.RecordName, err)
	}
	defer object.Body.Close()
	text, err := io.ReadAll(io.LimitReader(object.Body, prew.MaxRecord))
	if err != nil {
		return none, false, "", fmt.Errorf("%s: %w", prew.RecordName, err)
	}
	if json.Unmarshal(text, &record) != nil || record.Presets == nil {
		return none, false, aws.ToString(object.ETag), nil
	}
	return record, true, aws.ToString(object.ETag), nil
}

// Fingerprints are those of all presets and variants, with the ETags of the watermarks that the
// bucket of the previews has now. One that it has not is no error.
func (f Folder) Fingerprints(ctx context.Context, presets prew.Presets) (map[string]string, error) {
	etags := map[string]string{}
	for _, key := range presets.MarkObjects() {
		object, err := f.Head(ctx, key)
		switch {
		case err == nil:
			etags[key] = aws.ToString(object.ETag)
		case store.Status(err) != http.StatusNotFound:
			return nil, fmt.Errorf("watermark %s: %w", key, err)
		}
	}
	fingerprints := map[string]string{}
	for _, preset := range presets.Names() {
		for _, name := range append([]string{preset}, presets.Variants(preset)...) {
			made, _ := presets.Get(name)
			fingerprints[name] = made.Fingerprint()
			if key, ok := made.MarkObject(); ok {
				fingerprints[name] = prew.MarkedFingerprint(fingerprints[name], etags[key])
			}
		}
	}
	return fingerprints, nil
}

// Compare returns the names of the presets and variants of which the record has other
// fingerprints than these, and of those that it alone has.
func (r Record) Compare(now map[string]string) (changed, gone []string) {
	before := map[string]string{}
	for name, entry := range r.Presets {
		before[name] = entry.Fingerprint
	}
	return Compare(before, now)
}

// Compare returns the names of the presets and variants whose fingerprints were others before,
// and of those that are gone.
func Compare(before, now map[string]string) (changed, gone []string) {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		switch fingerprint, is := now[name]; {
		case !is:
			gone = append(gone, name)
		case fingerprint != before[name]:
			changed = append(changed, name)
		}
	}
	return changed, gone
}

// Note notes in the record, at the start of a gateway, that these presets are in effect from
// now on. It writes nothing where the record says so already.
func Note(ctx context.Context, previews Folder, presets prew.Presets, now time.Time) error {
	fingerprints, err := previews.Fingerprints(ctx, presets)
	if err != nil {
		return err
	}
	return previews.change(ctx, func(record Record, known bool) (changed bool) {
		for name, fingerprint := range fingerprints {
			if record.Presets[name].Fingerprint == fingerprint {
				continue
			}
			entry := Entry{Fingerprint: fingerprint}
			if known {
				entry.Since = now.UTC()
			}
			record.Presets[name], changed = entry, true
		}
		return changed
	})
}

// Retire notes in the record, at the end of a gateway, that what other gateways have otherwise
// is in effect alone only from now on: this gateway has made previews its own way until now.
// So a preview that it stored while the others already had the new presets counts as old.
func Retire(ctx context.Context, previews Folder, presets prew.Presets, now time.Time) error {
	fingerprints, err := previews.Fingerprints(ctx, presets)
	if err != nil {
		return err
	}
	return previews.change(ctx, func(record Record, known bool) (changed bool) {
		for name, fingerprint := range fingerprints {
			if entry, is := record.Presets[name]; is && entry.Fingerprint != fingerprint {
				entry.Since = now.UTC()
				record.Presets[name], changed = entry, true
			}
		}
		return changed
	})
}

// Forget takes presets out of the record.
func Forget(ctx context.Context, previews Folder, names []string) error {
	return previews.change(ctx, func(record Record, known bool) (changed bool) {
		for _, name := range names {
			_, is := record.Presets[name]
			delete(record.Presets, name)
			changed = changed || is
		}
		return changed
	})
}

// changeTries is how often the record is written until no other gateway was faster. They
// start together, and each write lets one through: enough for the few that a rollout
// starts at a time.
const changeTries = 20

// change changes the record by a conditional write. Where another was faster it reads anew
// what that one wrote, and tries again.
func (f Folder) change(ctx context.Context, change func(record Record, known bool) (changed bool)) error {
	for range changeTries {
		record, known, etag, err := f.readRecord(ctx)
		if err != nil {
			return err
		}
		if !change(record, known) {
			return nil
		}
		text, err := json.MarshalIndent(record, "", "  ")
		if err != nil {
			return err
		}
		object := store.Object{Data: append(text, '\n'), ContentType: "application/json", CacheControl: "no-cache"}
		var written bool
		if etag == "" {
			_, written, err = f.PutIfAbsent(ctx, f.Prefix+prew.RecordName, object)
		} else {
			_, written, err = f.PutIfMatch(ctx, f.Prefix+prew.RecordName, object, etag)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", prew.RecordName, err)
		}
		if written {
			return nil
		}
		select {
		case <-time.After(time.Duration(rand.Int64N(int64(100 * time.Millisecond)))): // less than a round of reading and writing
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errors.New(prew.RecordName + ": others have written it each time before this program could")
}
