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

// storage reads photos and stores previews. Each request names its buckets; the
// environment says where they lie.
type storage struct {
	photos   *s3.Client
	previews *s3.Client
	acl      types.ObjectCannedACL // of a stored preview; empty leaves it to the bucket
}

// photo is an object that is being read. The caller of get closes it.
type photo struct {
	body   io.ReadCloser
	name   string // bucket and key, for errors
	etag   string
	cancel context.CancelFunc
	left   int           // bytes that have not been read yet, by the store's Content-Length
	waited time.Duration // time spent waiting for the bytes that have
}

// smallRest is the largest rest of a photo, in bytes, that Close reads so that the
// connection can be used again: reading it takes less time than a new connection.
const smallRest = 64 << 10

// get opens a photo. Its errors are SourceMissing, SourceTooLarge for a photo with
// more than render.MaxSourceBytes, and StorageFailed.
func (s storage) get(ctx context.Context, bucket, key string) (*photo, error) {
	ctx, cancel := context.WithTimeout(ctx, prew.StoreTimeout)
	p := &photo{name: bucket + "/" + key, cancel: cancel}
	start := time.Now()
	object, err := store.Bucket{Client: s.photos, Name: bucket}.Get(ctx, key, "", "")
	p.waited = time.Since(start)
	if err != nil {
		cancel()
		switch {
		case store.Missing(err) && store.Status(err) == http.StatusForbidden: // the log must say that it may be either
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

// Read implements io.Reader. Its errors are StorageFailed.
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

// Close ends the reading, at the photo's end or before it.
func (p *photo) Close() {
	if 0 < p.left && p.left <= smallRest {
		io.Copy(io.Discard, p.body)
	}
	p.cancel()
	p.body.Close()
}

// put stores a preview unless there is one already. If another one was first, first
// is false and etag empty; that preview is as good, so it is no error. Its error is
// StorageFailed.
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
