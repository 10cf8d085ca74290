package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"prew/deploy/tools/viewer"
)

// distribution answers by the viewer function that its file has now. When that is replaced, or
// has another time, a front with an empty cache takes the place of the one before, as after a
// deployment with an invalidation. Requests that have begun end as they would have.
type distribution struct {
	function string // the file
	origins  origins
	static   string

	mutex    sync.Mutex
	modified time.Time // of the function of the front
	front    *front
}

// now is the front of the function as it is now. It is the one before where the function can't
// be read, and that is an error.
func (d *distribution) now() (*front, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	info, err := os.Stat(d.function)
	if err != nil || info.ModTime().Equal(d.modified) {
		return d.front, err
	}
	source, err := os.ReadFile(d.function)
	if err != nil {
		return d.front, err
	}
	loaded, err := viewer.Load(source)
	if err != nil {
		return d.front, fmt.Errorf("%s: %w", d.function, err)
	}
	d.modified, d.front = info.ModTime(), newFront(loaded, d.origins, d.static)
	return d.front, nil
}

// ServeHTTP implements http.Handler.
func (d *distribution) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	front, err := d.now()
	if err != nil {
		slog.Error("viewer function", "reason", err.Error())
	}
	front.ServeHTTP(w, r)
}
