package main

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/render/mark"
	"prew/lambda/store"
)

const (
	// markAgain is how long a watermark is taken as it was: a preview that is rendered later
	// than that shows what the bucket has.
	markAgain = time.Minute
	// markTimeout is how long the bucket has for one: so short that reading and storing still
	// leave time to render (prew.FunctionTimeout).
	markTimeout = prew.StoreTimeout / 2
	// mostMarks is how many watermarks are kept, of prew.MaxMark at most each.
	mostMarks = 16
)

// marks are the watermarks that were read from the buckets of previews.
type marks struct {
	mutex sync.Mutex // held while one is read: others want the same
	kept  map[string]keptMark
}

type keptMark struct {
	file prew.Mark
	etag string
	seen time.Time // when the bucket last had it
}

// get returns the watermark at a key, which can be decoded. Its errors are WatermarkFailed for
// one that is missing or may not be read, and for what is none; and those of store.Refusal for
// what may pass.
func (m *marks) get(ctx context.Context, bucket store.Bucket, key string) (prew.Mark, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	name := bucket.Name + "/" + key
	before := m.kept[name]
	if time.Since(before.seen) < markAgain {
		return before.file, nil
	}
	delete(m.kept, name)
	read, err := readMark(ctx, bucket, key, before)
	if err != nil {
		return "", err
	}
	if m.kept == nil || len(m.kept) >= mostMarks {
		m.kept = map[string]keptMark{}
	}
	m.kept[name] = read
	return read.file, nil
}

// readMark reads a watermark, or finds that it is the one from before.
func readMark(ctx context.Context, bucket store.Bucket, key string, before keptMark) (keptMark, error) {
	ctx, cancel := context.WithTimeout(ctx, markTimeout)
	defer cancel()
	object, err := bucket.Get(ctx, key, "", before.etag)
	if store.Status(err) == http.StatusNotModified {
		before.seen = time.Now()
		return before, nil
	}
	name := bucket.Name + "/" + key
	if err != nil {
		switch code := store.Refusal(err); code {
		case prew.SourceMissing, prew.PathRefused:
			return keptMark{}, fail(prew.WatermarkFailed, "%s: no such watermark, or no right to read it: %v", name, err)
		case prew.SourceArchived:
			return keptMark{}, fail(prew.WatermarkFailed, "%s: the watermark is in an archive of the store: %v", name, err)
		default:
			return keptMark{}, fail(code, "watermark %s: %v", name, err)
		}
	}
	defer object.Body.Close()
	data, err := io.ReadAll(io.LimitReader(object.Body, prew.MaxMark+1))
	if err != nil {
		return keptMark{}, fail(prew.StorageFailed, "watermark %s: %v", name, err)
	}
	read := keptMark{prew.Mark(data), aws.ToString(object.ETag), time.Now()}
	if len(data) > prew.MaxMark {
		return keptMark{}, fail(prew.WatermarkFailed, "%s: the watermark has more than %d bytes, which is the limit", name, prew.MaxMark)
	}
	if err := mark.Check(read.file); err != nil {
		return keptMark{}, fail(prew.WatermarkFailed, "%s: the watermark can't be drawn: %v", name, err)
	}
	return read, nil
}
