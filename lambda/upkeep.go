package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/store"
)

// changedPhoto is a photo whose previews are to go or to be made, and where these lie.
type changedPhoto struct {
	source   prew.Source // the one that it is of, with the bucket that it lies in
	object   string
	key      string
	previews prew.Place
}

// find returns the photo that an object is, in each source of which it may be one, with the
// previews in the bucket with that name or, where it is empty, in the one of the environment
// or else in the photo's own. Of an object that is no photo there are none, and why says it.
func (f function) find(bucket, object, previewBucket string) (photos []changedPhoto, why error) {
	for _, source := range f.sources.All() {
		switch source.Photos.Bucket {
		case bucket:
		case "": // the default source, of which the environment need not say the bucket
			source.Photos.Bucket = bucket
		default:
			continue
		}
		previews := f.sources.Previews
		if previewBucket != "" {
			previews.Bucket = previewBucket
		}
		if previews.Bucket == "" && source.Name == "" {
			previews.Bucket = bucket
		}
		key, err := source.Photos.ParsePhoto(object, previews)
		switch {
		case err != nil:
			why = err
		case previews.Bucket == "":
			return nil, fail(prew.RequestInvalid, "a photo of the source %s, expected PREW_BUCKET to name the bucket of the previews", source.Label())
		default:
			photos = append(photos, changedPhoto{source, object, key, previews})
		}
	}
	if len(photos) == 0 && why == nil {
		why = fmt.Errorf("no source has the bucket %s", bucket)
	}
	return photos, why
}

// bucketOf is the bucket of the previews.
func (f function) bucketOf(previews prew.Place) store.Bucket {
	return store.Bucket{Client: f.storage.previews, Name: previews.Bucket}
}

// recorded returns the fingerprints (prew.Preset.Fingerprint) that the gateways' record has of
// presets and variants, by their names. Without a record there are none.
func (f function) recorded(ctx context.Context, previews prew.Place) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, prew.StoreTimeout)
	defer cancel()
	name := previews.Prefix + prew.RecordName
	object, err := f.bucketOf(previews).Get(ctx, name, "", "")
	if store.Missing(err) {
		return nil, nil
	} else if err != nil {
		return nil, fail(store.Refusal(err), "%s/%s: %v", previews.Bucket, name, err)
	}
	defer object.Body.Close()
	var record struct {
		Presets map[string]struct{ Fingerprint string }
	}
	text, err := io.ReadAll(io.LimitReader(object.Body, prew.MaxRecord+1))
	if err == nil && len(text) > prew.MaxRecord {
		err = fmt.Errorf("more than %d bytes", prew.MaxRecord)
	}
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil {
		return nil, fail(prew.StorageFailed, "%s/%s: %v", previews.Bucket, name, err)
	}
	fingerprints := map[string]string{}
	for preset, entry := range record.Presets {
		fingerprints[preset] = entry.Fingerprint
	}
	return fingerprints, nil
}

// known lists the presets, with their variants, that have their photos from a source.
func (f function) known(source string) (names []string) {
	for _, preset := range f.presets.Names() {
		if made, _ := f.presets.Get(preset); made.Source == source {
			names = append(append(names, preset), f.presets.Variants(preset)...)
		}
	}
	return names
}

// withRecorded adds the names that the record alone has: of presets of the past, and of those
// that gateways have and the function does not.
func (f function) withRecorded(names []string, recorded map[string]string) []string {
	for _, name := range slices.Sorted(maps.Keys(recorded)) {
		if _, known := f.presets.Get(name); !known && prew.IsPreset(name) {
			names = append(names, name)
		}
	}
	return names
}

// objects are the names of the objects of a photo's previews, by their presets. A preset under
// which S3 can have no such name is left out: nothing is stored there.
func (p changedPhoto) objects(presets []string) map[string]string {
	objects := map[string]string{}
	for _, preset := range presets {
		if object, err := p.previews.Preview(prew.Ref{Preset: preset, Key: p.key}); err == nil {
			objects[preset] = object
		}
	}
	return objects
}

// asksAtOnce is how many previews are looked for at a time: those of a photo take a round or
// two.
const asksAtOnce = 8

// stored returns the Cache-Control of those of a photo's previews that are there, by their
// presets.
func (f function) stored(ctx context.Context, p changedPhoto, presets []string) (cacheControl map[string]string, err error) {
	ctx, cancel := context.WithTimeout(ctx, prew.StoreTimeout)
	defer cancel()
	cacheControl = map[string]string{}
	var (
		mutex sync.Mutex
		asks  sync.WaitGroup
		slots = make(chan struct{}, asksAtOnce)
	)
	for preset, object := range p.objects(presets) {
		slots <- struct{}{}
		asks.Go(func() {
			head, headErr := f.bucketOf(p.previews).Head(ctx, object)
			<-slots
			mutex.Lock()
			defer mutex.Unlock()
			switch {
			case headErr == nil:
				cacheControl[preset] = aws.ToString(head.CacheControl)
			case !store.Missing(headErr):
				err = fail(store.Refusal(headErr), "%s/%s: %v", p.previews.Bucket, object, headErr)
			}
		})
	}
	asks.Wait()
	return cacheControl, err
}

// purge deletes a photo's previews, those that there are.
func (f function) purge(ctx context.Context, p changedPhoto, presets []string) error {
	ctx, cancel := context.WithTimeout(ctx, prew.StoreTimeout)
	defer cancel()
	objects := slices.Sorted(maps.Values(p.objects(presets)))
	if len(objects) == 0 {
		return nil
	}
	if err := f.bucketOf(p.previews).Delete(ctx, objects); err != nil {
		return fail(prew.StorageFailed, "%s: %v", p.previews.Bucket, err)
	}
	return nil
}

// renderAnew makes a photo's preview by the function's own presets and stores it, unless it is
// stored already.
func (f function) renderAnew(ctx context.Context, p changedPhoto, preset, cacheControl string) error {
	request := prew.RenderRequest{
		SrcBucket: p.source.Photos.Bucket, SrcKey: p.object,
		DstBucket: p.previews.Bucket, DstKey: p.previews.Prefix + prew.Ref{Preset: preset, Key: p.key}.String(),
		PresetName: preset, CacheControl: cacheControl,
	}
	_, _, err := f.run(ctx, request)
	return err
}

// differs returns an error if gateways have a preset otherwise than the function: what it
// rendered would be stored for good under the name of theirs.
func (f function) differs(preset string, recorded map[string]string) error {
	made, known := f.presets.Get(preset)
	theirs, noted := recorded[preset]
	switch {
	case !known:
		return fail(prew.PresetUnknown, "preset %q is unknown to the function", preset)
	case noted && prew.UnmarkedFingerprint(theirs) != made.Fingerprint(): // the bucket's watermark is the same for all
		return fail(prew.RequestInvalid, "preset %s: gateways have it otherwise, expected the function to be deployed with theirs", preset)
	}
	return nil
}

// timeLeft reports whether another preview may be begun: reading, rendering and storing one at
// the slowest takes no longer than two calls to the store.
func timeLeft(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > prew.StoreTimeout
}

// defaultProtected is the Cache-Control of what only some may see: their browsers alone keep it.
const defaultProtected = "private"

// cacheControlOf is the Cache-Control of the previews of a preset that nobody has asked a
// gateway for.
func (f function) cacheControlOf(preset string) string {
	if f.presets.Access(preset).Protected() {
		return cmp.Or(f.protected, defaultProtected)
	}
	return f.cacheControl
}

// clipped is a name as it is logged: of an object that there can be, the whole of it.
func clipped(name string) string {
	if len(name) > prew.MaxObject {
		return name[:prew.MaxObject] + "..."
	}
	return name
}
