package main

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"prew"
	"prew/lambda/render"
	"prew/lambda/store"
)

// storage reads photos and stores previews. Which buckets is for each request to
// say; where they lie is the environment's.
type storage struct {
	photos   *s3.Client
	previews *s3.Client
	acl      types.ObjectCannedACL // of a stored preview; empty leaves it to the bucket
}

// photo is an object that is being read. Whoever gets one closes it.
type photo struct {
	body   io.ReadCloser
	name   string // bucket and key, for errors
	etag   string
	cancel context.CancelFunc
	left   int           // bytes that have not been read yet, as the store says
	waited time.Duration // for those that have
}

// smallRest is how many bytes of a photo are read rather than given up: that
// takes less time than the new connection that storing the preview would need.
const smallRest = 64 << 10

// get opens a photo. Its errors are SourceMissing, SourceTooLarge for one that
// says it has more bytes than are rendered, and StorageFailed.
func (s storage) get(ctx context.Context, bucket, key string) (*photo, error) {
	ctx, cancel := context.WithTimeout(ctx, prew.StoreTimeout)
	p := &photo{name: bucket + "/" + key, cancel: cancel}
	start := time.Now()
	object, err := store.Bucket{Client: s.photos, Name: bucket}.Get(ctx, key, nil)
	p.waited = time.Since(start)
	if err != nil {
		cancel()
		switch {
		case store.Missing(err) && store.Status(err) == http.StatusForbidden: // who reads the log must know that it may be either
			return p, fail(prew.SourceMissing, "%s: no such photo, or no right to read it: %v", p.name, err)
		case store.Missing(err):
			return p, fail(prew.SourceMissing, "%s: no such photo", p.name)
		}
		return p, fail(prew.StorageFailed, "%s: %v", p.name, err)
	}
	p.body, p.etag = object.Body, aws.ToString(object.ETag)
	p.left = int(aws.ToInt64(object.ContentLength))
	if p.left > render.MaxSourceBytes {
		p.Close()
		return p, about(p, fail(prew.SourceTooLarge, "image has %d bytes, limit is %d", p.left, render.MaxSourceBytes))
	}
	return p, nil
}

// Read reads on, as io.Reader says. What goes wrong with that is StorageFailed.
func (p *photo) Read(b []byte) (int, error) {
	start := time.Now()
	n, err := p.body.Read(b)
	p.waited += time.Since(start)
	p.left -= n
	if err != nil && err != io.EOF {
		err = fail(prew.StorageFailed, "%s: %v", p.name, err)
	}
	return n, err
}

// Close ends the reading, before the photo's end or after it.
func (p *photo) Close() {
	if 0 < p.left && p.left <= smallRest {
		io.Copy(io.Discard, p.body)
	}
	p.cancel()
	p.body.Close()
}

// put stores a preview unless there is one, and says whether this one is it: if
// another was first, that is as good, and first is false and etag empty. Its
// error is StorageFailed.
func (s storage) put(ctx context.Context, bucket, key string, p render.Preview, cacheControl string) (etag string, first bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, prew.StoreTimeout)
	defer cancel()
	etag, first, err = store.Bucket{Client: s.previews, Name: bucket}.PutIfAbsent(ctx, key, store.Object{
		Data:         p.Data,
		ContentType:  p.ContentType,
		CacheControl: cmp.Or(cacheControl, prew.DefaultCacheControl),
		ACL:          s.acl,
	})
	if err != nil {
		err = fail(prew.StorageFailed, "%s/%s: %v", bucket, key, err)
	}
	return etag, first, err
}
