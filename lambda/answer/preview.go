package answer

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"prew"
)

// What X-Prew says of a preview that whoever answers has had rendered, or has found in the
// store.
const (
	Rendered = "rendered"
	Stored   = "stored"
)

// Preview is a preview as it is answered. Nothing changes it.
type Preview struct {
	Data         []byte
	ContentType  string
	ETag         string // as S3 spells it, quotes included
	CacheControl string
	Modified     time.Time // when S3 stored it; zero if it does not say
	Outline      prew.Outline
}

// As is what an answer says beside what the store says of an object.
type As struct {
	Outcome      string // X-Prew; empty for a photo
	Location     string // Content-Location of a success (RFC 9110, section 8.7); empty: none
	CacheControl string // where not everybody may see it; or else empty: the object's own
	ServerTiming string // of its render; empty: none
}

// Describe evaluates the conditions and the range of a request for a preview. It sets the
// headers of the answer and returns its status and the bytes of its body: none of 304, 412 and
// 416.
func (p *Preview) Describe(h http.Header, c Conditions, as As) (status int, body []byte) {
	SetIfAny(h, "Server-Timing", as.ServerTiming)
	from, to, status := c.Part(p.ETag, int64(len(p.Data)))
	if unmet := c.Unmet(p.ETag, p.Modified); unmet != 0 {
		status = unmet
	}
	if status >= 300 {
		r := Refusal{Status: status, ETag: p.ETag, CacheControl: p.CacheControl, Size: int64(len(p.Data))}
		return r.Describe(h, as), nil
	}
	Protect(h)
	h.Set("Content-Type", p.ContentType)
	h.Set("X-Prew", as.Outcome)
	SetOutline(h, p.Outline)
	SetIfAny(h, "ETag", p.ETag)
	SetIfAny(h, "Content-Location", as.Location)
	SetIfAny(h, "Cache-Control", cmp.Or(as.CacheControl, p.CacheControl))
	if !p.Modified.IsZero() {
		h.Set("Last-Modified", p.Modified.UTC().Format(http.TimeFormat))
	}
	h.Set("Accept-Ranges", "bytes")
	if status == http.StatusPartialContent {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(p.Data)))
	}
	h.Set("Content-Length", strconv.FormatInt(to-from, 10))
	return status, p.Data[from:to]
}

// Refusal is the answer to a request whose conditions or whose range an object does
// not meet: 304, 412 or 416.
type Refusal struct {
	Status       int
	ETag         string // with 304, as in the 200 (RFC 9110, section 15.4.5)
	CacheControl string // with 304
	Size         int64  // with 416
}

// Describe sets the headers of a refusal and returns its status. It has no body, and 412 and
// 416, which are about one request, are kept nowhere.
func (r Refusal) Describe(h http.Header, as As) (status int) {
	Protect(h)
	if r.Status == http.StatusNotModified {
		SetIfAny(h, "ETag", r.ETag)
		SetIfAny(h, "Cache-Control", cmp.Or(as.CacheControl, r.CacheControl))
		SetIfAny(h, "Content-Location", as.Location)
	} else {
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Length", "0")
	}
	if r.Status == http.StatusRequestedRangeNotSatisfiable {
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", r.Size))
	}
	return r.Status
}
