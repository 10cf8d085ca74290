package playground

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"prew"
	"prew/lambda/store"
)

const (
	// MaxDropped is the largest photo that can be dropped on the page, in bytes: a scan of 50
	// megapixels, or what a camera of 100 makes.
	MaxDropped = 128 << 20
	// keptDropped is how many of them are kept: those of the pages that somebody has open.
	keptDropped = 4
)

// dropped are the photos that were dropped on the page last.
type dropped struct {
	bucket store.Bucket

	mutex sync.Mutex
	names []string // the oldest first
}

func (d *dropped) object(name string) string { return prew.DefaultSourcePrefix + name }

// get returns the object of a photo by its name.
func (d *dropped) get(name string) (object string, ok bool) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.object(name), slices.Contains(d.names, name)
}

// add keeps a photo under a name that nobody can guess, and forgets the oldest one.
func (d *dropped) add(ctx context.Context, photo []byte) (name string, err error) {
	name = "dropped-" + rand.Text()
	if _, _, err := d.bucket.PutIfAbsent(ctx, d.object(name), store.Object{Data: photo, ContentType: "application/octet-stream"}); err != nil {
		return "", err
	}
	d.mutex.Lock()
	d.names = append(d.names, name)
	var old []string
	for len(d.names) > keptDropped {
		old, d.names = append(old, d.object(d.names[0])), d.names[1:]
	}
	d.mutex.Unlock()
	return name, d.bucket.Delete(ctx, old)
}

// drop answers with the name of a photo that is the body of the request.
func (p *Playground) drop(w http.ResponseWriter, r *http.Request) {
	photo, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxDropped))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, string(prew.SourceTooLarge), mistake{"", fmt.Sprintf("photo: %v, limit is %d bytes", err, MaxDropped)})
		return
	}
	name, err := p.dropped.add(r.Context(), photo)
	if err != nil {
		refuse(w, http.StatusBadGateway, string(prew.StorageFailed), mistake{"", err.Error()})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"photo": name})
}
