package main

import (
	"net/http"
	"strconv"
	"sync"

	"prew"
	"prew/lambda/store"
)

// replacer puts another photo in the place of one, for a button of the gallery. It serves
// POST /replace?photo=<n>, n counted as in gallery.json.
type replacer struct {
	photos  []photo
	buckets map[string]store.Bucket // of the sources, by their names
	folders map[string]string

	mutex   sync.Mutex
	presses map[int]int
}

// ServeHTTP implements http.Handler.
func (r *replacer) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	n, err := strconv.Atoi(request.URL.Query().Get("photo"))
	if err != nil || n < 0 || n >= len(r.photos) {
		http.Error(w, "no such photo", http.StatusNotFound)
		return
	}
	replaced := r.photos[n]
	if err := put(request.Context(), r.buckets[replaced.source], r.folders[replaced.source], r.next(n)); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// next is what takes the place of a photo: the next one of all, then the one after it, until
// it is itself again.
func (r *replacer) next(n int) photo {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.presses == nil {
		r.presses = map[int]int{}
	}
	r.presses[n]++
	other := r.photos[(n+r.presses[n])%len(r.photos)]
	other.key = r.photos[n].key
	return other
}

// newReplacer returns the replacer of these photos in the bucket, and in those of the sources
// that were added.
func newReplacer(bucket store.Bucket, photos []photo, added []other) *replacer {
	r := &replacer{photos: photos, buckets: map[string]store.Bucket{"": bucket}, folders: map[string]string{"": prew.DefaultSourcePrefix}}
	for _, o := range added {
		r.buckets[o.name], r.folders[o.name] = store.Bucket{Client: bucket.Client, Name: o.bucket}, o.prefix
	}
	return r
}
