package main

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
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
	photos   map[string]*s3.Client // of each source, by its name
	previews *s3.Client
	acl      types.ObjectCannedACL // of a stored preview; empty leaves it to the bucket
}

// photo is an object that is being read. The caller of get closes it.
type photo struct {
	body   io.ReadCloser
	name   string // bucket and key, for errors
	etag   string
	focus  string       // its metadata of that name, as it is; empty if there is none
	packed *gzip.Reader // nil: the body is the photo itself, or nothing of it has been read
	coding string       // the object's Content-Encoding; empty for a photo as it is
	cancel context.CancelFunc
	left   int           // bytes that have not been read yet, by the store's Content-Length
	waited time.Duration // time spent waiting for the bytes that have
	most   time.Duration // of waited; then the store is too slow
}

// focusName is the object metadata of a photo that says what to keep of it: the header
// x-amz-meta-focus.
const focusName = "focus"

// smallRest is the largest rest of a photo, in bytes, that Close reads so that the
// connection can be used again: reading it takes less time than a new connection.
const smallRest = 64 << 10

// wait cancels the photo unless the function that it returns is called within the time
// that is left to wait for the store. The time in between is waited; late reports that
// it was too long. Rendering between two reads takes none of it.
func (p *photo) wait() (done func() (late bool)) {
	start := time.Now()
	timer := time.AfterFunc(p.most-p.waited, p.cancel)
	return func() bool {
		p.waited += time.Since(start)
		return !timer.Stop()
	}
}

// get opens a photo of a source. The store has StoreTimeout for all of it, which counts only while
// the photo is waited for. Its errors are SourceTooLarge for a photo with more than
// render.MaxSourceBytes, and those of store.Refusal.
func (s storage) get(ctx context.Context, source, bucket, key string) (*photo, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &photo{name: bucket + "/" + key, cancel: cancel, most: prew.StoreTimeout}
	done := p.wait()
	object, err := store.Bucket{Client: s.photos[source], Name: bucket}.Get(ctx, key, "", "")
	late := done()
	if err != nil {
		cancel()
		code := store.Refusal(err)
		switch {
		case late:
			return p, fail(prew.StorageFailed, "%s: no answer in %v: %v", p.name, p.most, err)
		case code == prew.SourceMissing:
			return p, fail(code, "%v", store.NoPhoto(bucket, key, err))
		}
		return p, fail(code, "%s: %v", p.name, err)
	}
	p.body, p.etag, p.focus = object.Body, aws.ToString(object.ETag), object.Metadata[focusName]
	p.left = int(aws.ToInt64(object.ContentLength))
	p.coding = strings.ToLower(aws.ToString(object.ContentEncoding))
	switch p.coding {
	case "identity":
		p.coding = ""
	case "", "gzip", "x-gzip":
	default:
		p.Close()
		return p, about(p, fail(prew.SourceUnsupported, "content encoding %q, expected gzip or none", p.coding))
	}
	if p.left > render.MaxSourceBytes {
		p.Close()
		return p, about(p, fail(prew.SourceTooLarge, "image has %d bytes, limit is %d", p.left, render.MaxSourceBytes))
	}
	return p, nil
}

// Read implements io.Reader: the photo, unpacked where it is stored as gzip (RFC 9110,
// section 8.4.1). How much it unpacks to is bounded by whoever reads. Its errors are
// StorageFailed, and SourceDamaged for what is no whole gzip file.
func (p *photo) Read(b []byte) (n int, err error) {
	if p.coding == "" {
		return p.receive(b)
	}
	if p.packed == nil {
		p.packed, err = gzip.NewReader(receiver{p})
	}
	if err == nil {
		n, err = p.packed.Read(b)
	}
	if _, ours := errors.AsType[*prew.RenderError](err); err != nil && err != io.EOF && !ours {
		err = fail(prew.SourceDamaged, "%s: %v", p.name, err)
	}
	return n, err
}

// Size is the size of a photo that is not packed, in bytes, and otherwise 0. It is what
// is left when nothing has been read yet.
func (p *photo) Size() int {
	if p.coding != "" {
		return 0
	}
	return p.left
}

// Focus is the point that an editor has set in the photo, as render.Render reads it.
func (p *photo) Focus() string { return p.focus }

// receiver reads a photo as it is stored.
type receiver struct{ *photo }

// Read implements io.Reader.
func (r receiver) Read(b []byte) (int, error) { return r.receive(b) }

// receive reads what the store sends.
func (p *photo) receive(b []byte) (int, error) {
	done := p.wait()
	n, err := p.body.Read(b)
	late := done()
	p.left -= n
	switch {
	case err == nil || err == io.EOF:
	case late:
		err = fail(prew.StorageFailed, "%s: not sent within %v of waiting: %v", p.name, p.most, err)
	default:
		err = fail(prew.StorageFailed, "%s: %v", p.name, err)
	}
	return n, err
}

// Close ends the reading, at the photo's end or before it.
func (p *photo) Close() {
	if 0 < p.left && p.left <= smallRest {
		io.Copy(io.Discard, p)
	}
	p.cancel()
	p.body.Close()
}

// put stores a preview unless there is one already. If another one was first, first
// is false and etag empty; that preview is as good, so it is no error. Its errors are
// those of store.Refusal; a right to write that is missing is StorageFailed.
func (s storage) put(ctx context.Context, bucket, key string, p render.Preview, cacheControl string) (etag string, first bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, prew.StoreTimeout)
	defer cancel()
	etag, first, err = store.Bucket{Client: s.previews, Name: bucket}.PutIfAbsent(ctx, key, store.Object{
		Data:         p.Data,
		ContentType:  p.ContentType,
		CacheControl: cmp.Or(cacheControl, prew.DefaultCacheControl),
		Metadata:     p.Outline.Metadata(),
		ACL:          s.acl,
	})
	if err != nil {
		code := store.Refusal(err)
		if code == prew.SourceMissing {
			code = prew.StorageFailed
		}
		err = fail(code, "%s/%s: %v", bucket, key, err)
	}
	return etag, first, err
}
