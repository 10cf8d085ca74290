package answer

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"prew"
)

// Failure is a failure as it is answered.
type Failure struct {
	Code         string        // as X-Prew-Error says it
	Keep         time.Duration // how long caches may keep it, if it is a 404; zero: not at all
	Private      bool          // and only the client's own cache, because not everybody may see what is asked for
	ServerTiming string        // of the render so far; empty: none
}

// Describe sets the headers of a failure and returns its true status and its body, the
// placeholder in the size of the preset, which pictures draw; nil draw none. No cache may keep
// it, except for a missing photo, and then only for a moment, so that a photo uploaded late
// appears everywhere at once.
func (f Failure) Describe(h http.Header, pictures *Placeholders, preset prew.Preset) (status int, body []byte) {
	_, how := prew.FailureOf(prew.Code(f.Code))
	var placeholder Placeholder
	if pictures != nil {
		placeholder = pictures.Get(preset, how.Drawing)
	}
	Protect(h)
	SetIfAny(h, "Content-Type", placeholder.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(placeholder.Data)))
	h.Set("X-Prew-Error", f.Code)
	SetIfAny(h, "Server-Timing", f.ServerTiming)
	h.Set("Cache-Control", "no-store")
	if how.Status == http.StatusNotFound && f.Keep > 0 {
		audience := "public"
		if f.Private {
			audience = "private"
		}
		h.Set("Cache-Control", fmt.Sprintf("%s, max-age=%d", audience, int(f.Keep.Seconds())))
	}
	if how.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1") // by then a render has probably ended and a slot is free
	}
	return how.Status, placeholder.Data
}

// NotAllowed sets the headers of the answer to a method other than GET and HEAD, and returns
// its status and body.
func NotAllowed(h http.Header) (status int, body []byte) {
	Protect(h)
	h.Set("Allow", "GET, HEAD")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	return http.StatusMethodNotAllowed, []byte("expected GET or HEAD\n")
}
