package gateway

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"prew"
	"prew/lambda/access"
)

// targetOf is what the path of a request asks for. The error wraps prew.ErrPath where the path
// names no preview or photo that could be asked for.
func (g *Gateway) targetOf(path string) (access.Target, error) {
	if prew.IsPhoto(path) {
		key, err := prew.ParsePhoto(path)
		return access.PhotoTarget(g.photoAccess, key), err
	}
	ref, err := prew.ParsePath(path)
	if _, known := g.presets.Get(ref.Preset); err == nil && !known {
		err = errors.New("no preset has this name")
	}
	return access.PreviewTarget(g.presets, ref), err
}

// admits returns the failure of a request that may not see its target. It
// stands before all that the answer could depend on, so that who may not see a thing does not
// learn whether it exists either. Whatever is answered to who may is kept as protected.
func (g *Gateway) admits(e *entry, t access.Target) error {
	if !t.Access.Protected() {
		return nil
	}
	e.cacheControl = g.protectedCacheControl
	_, query, _ := strings.Cut(e.request.RequestURI, "?")
	_, err := g.access.Check(t, g.access.Credentials(query, e.request.Header))
	if err != nil {
		return fail(access.Challenge(e.Header(), err), err)
	}
	return nil
}

// targetHeader is the header in which nginx names what a client asks for, path and query, as
// the client spelt it.
const targetHeader = "X-Prew-Target"

// maxKept is the longest time for which nginx may keep a verdict. It bounds for how long
// a token is good after its key has been taken away.
const maxKept = time.Minute

// serveAccess answers nginx, which asks for the verdict on a client's request before it serves
// anything that not everybody may see, be it from its cache: 204, with the seconds for which
// the verdict holds, or 401 or 403. What this gateway can't tell, because it takes the path
// for none of an object, or knows no such preset, nobody may see.
func (g *Gateway) serveAccess(e *entry) {
	asked := e.request.Header.Get(targetHeader)
	path, _ := g.presets.Address(asked)
	_, query, _ := strings.Cut(asked, "?")
	h := e.Header()
	h.Set("Cache-Control", "no-store")
	target, err := g.targetOf(path)
	e.preset, e.key = target.Preset, target.Key
	var until time.Time
	if err == nil {
		until, err = g.access.Check(target, g.access.Credentials(query, e.request.Header))
	}
	if err != nil {
		failure := fail(access.Challenge(h, err), err)
		code, how := prew.FailureOf(prew.Code(failure.Code))
		e.fail(failure)
		h.Set("X-Prew-Error", string(code))
		h.Set("Content-Length", "0")
		e.WriteHeader(how.Status)
		return
	}
	e.outcome = allowed
	h.Set("X-Accel-Expires", strconv.Itoa(keptFor(until, time.Now())))
	e.WriteHeader(http.StatusNoContent)
}

// keptFor is how many seconds nginx may keep a verdict that holds until a time; the zero time
// has no end. nginx counts in whole seconds, and keeps what it got in one of them to the end of
// another: one less is never too long.
func keptFor(until, now time.Time) int {
	left := maxKept
	if !until.IsZero() {
		left = min(left, until.Sub(now)-time.Second)
	}
	return max(0, int(left/time.Second))
}
