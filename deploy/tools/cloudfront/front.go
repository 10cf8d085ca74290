package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"prew/deploy/tools/viewer"
	"prew/lambda/answer"
)

// maxURI is the longest path and query that CloudFront takes, in bytes ("Quotas").
const maxURI = 8192

// What CloudFront says of an answer in X-Cache.
const (
	hit       = "Hit from cloudfront"
	miss      = "Miss from cloudfront"
	failed    = "Error from cloudfront"
	generated = "FunctionGeneratedResponse from cloudfront"
)

// front answers viewers.
type front struct {
	function *viewer.Function
	origins  origins
	cache    *cache
	static   http.Handler // nil: there is none
}

func newFront(function *viewer.Function, o origins, static string) *front {
	f := &front{function: function, origins: o, cache: newCache(maxCache, maxObject)}
	if static != "" {
		routes, files := http.NewServeMux(), http.FileServerFS(os.DirFS(static))
		routes.Handle("/{$}", files)
		routes.Handle("/gallery/", http.StripPrefix("/gallery", files))
		f.static = routes
	}
	return f
}

// ServeHTTP implements http.Handler. What is at / and /gallery/ is no part of CloudFront.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	uri, query, _ := strings.Cut(r.RequestURI, "?")
	switch {
	case f.static != nil && (uri == "/" || strings.HasPrefix(uri, "/gallery/")):
		f.static.ServeHTTP(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		refuse(w, http.StatusForbidden, "This distribution is not configured to allow the HTTP request method that was used for this request.")
		return
	case len(r.RequestURI) > maxURI:
		refuse(w, http.StatusRequestURITooLong, "The URL is too long.")
		return
	}
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	asked, answered, err := f.function.Request(viewer.Request{Method: r.Method, URI: uri, Query: query, Header: header})
	switch {
	case err != nil:
		slog.Error("viewer-request", "path", uri, "reason", err.Error())
		refuse(w, http.StatusServiceUnavailable, "The function has failed.")
	case answered != nil:
		maps.Copy(w.Header(), answered.Header)
		w.Header().Set("X-Cache", generated)
		w.Header().Set("Content-Length", strconv.Itoa(len(answered.Body)))
		w.WriteHeader(answered.Status)
		w.Write(answered.Body)
	default:
		f.answer(w, r, asked, isPhoto(uri))
	}
}

// isPhoto says which of the two behaviours a path has: that of /photo/* or the other.
// CloudFront makes a path normal by RFC 3986 before it looks ("Path pattern").
func isPhoto(uri string) bool {
	var decoded strings.Builder
	for i := 0; i < len(uri); i++ {
		if uri[i] == '%' && i+2 < len(uri) {
			if c, err := strconv.ParseUint(uri[i+1:i+3], 16, 8); err == nil && isUnreserved(byte(c)) {
				decoded.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		decoded.WriteByte(uri[i])
	}
	return strings.HasPrefix(path.Clean(decoded.String()), "/photo/")
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// answer answers with what the cache has, or with what the origins say. Those of a group are
// asked for the whole of an object, so that it can be kept, and the conditions of a request are
// held against that here; CloudFront may ask for a part, or pass conditions on. The function
// that was chosen gets them: what it has to say is private, and is not kept.
func (f *front) answer(w http.ResponseWriter, r *http.Request, asked *viewer.Request, photo bool) {
	o, wait, lead := f.cache.begin(asked.URI)
	switch {
	case o != nil:
		f.send(w, r, asked, o, hit)
	case lead:
		f.lead(w, r, asked, photo)
	default:
		select {
		case <-wait.done:
		case <-r.Context().Done():
			return
		}
		if wait.object == nil { // it was for who has asked alone
			f.pass(w, r, asked, photo)
			return
		}
		f.send(w, r, asked, wait.object, hit)
	}
}

// lead asks the origins for all who ask for the same meanwhile. It goes on if its own viewer
// leaves.
func (f *front) lead(w http.ResponseWriter, r *http.Request, asked *viewer.Request, photo bool) {
	var kept *object
	defer func() { f.cache.end(asked.URI, kept) }()
	response, err := f.origins.ask(context.WithoutCancel(r.Context()), asked, photo)
	if err != nil {
		f.unreachable(w, asked, err)
		return
	}
	defer response.Body.Close()
	lifetime := lifetimeOf(response.StatusCode, response.Header)
	if lifetime <= 0 || response.ContentLength > int64(f.cache.largest) {
		f.cache.end(asked.URI, nil) // whoever waits need not wait for the body
		f.sendThrough(w, asked, response, response.Body)
		return
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, int64(f.cache.largest)+1))
	switch {
	case err != nil:
		f.unreachable(w, asked, err)
		return
	case len(body) > f.cache.largest:
		f.cache.end(asked.URI, nil)
		f.sendThrough(w, asked, response, io.MultiReader(bytes.NewReader(body), response.Body))
		return
	}
	now := time.Now()
	kept = &object{status: response.StatusCode, header: response.Header, body: body, stored: now, until: now.Add(lifetime)}
	f.cache.end(asked.URI, kept)
	f.send(w, r, asked, kept, miss)
}

// pass asks the origins for one viewer.
func (f *front) pass(w http.ResponseWriter, r *http.Request, asked *viewer.Request, photo bool) {
	response, err := f.origins.ask(r.Context(), asked, photo)
	if err != nil {
		f.unreachable(w, asked, err)
		return
	}
	defer response.Body.Close()
	f.sendThrough(w, asked, response, response.Body)
}

// unreachable is CloudFront's own answer in place of an origin's.
func (f *front) unreachable(w http.ResponseWriter, asked *viewer.Request, err error) {
	slog.Error("origin", "path", asked.URI, "reason", err.Error())
	status := http.StatusBadGateway
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		status = http.StatusGatewayTimeout
	}
	refuse(w, status, "CloudFront could not get an answer of the origin.")
}

// send answers with an object, under the conditions of the request.
func (f *front) send(w http.ResponseWriter, r *http.Request, asked *viewer.Request, o *object, how string) {
	header := o.header.Clone()
	if how == hit {
		header.Set("Age", strconv.Itoa(int(time.Since(o.stored).Seconds())))
	}
	if !f.prepare(w, asked, o.status, header, how) {
		return
	}
	if o.status != http.StatusOK {
		w.WriteHeader(o.status)
		w.Write(o.body)
		return
	}
	etag, size := header.Get("ETag"), int64(len(o.body))
	changed, _ := http.ParseTime(header.Get("Last-Modified")) // without it there are no conditions on it
	c := answer.ConditionsOf(r)
	from, to, status := c.Part(etag, size)
	if unmet := c.Unmet(etag, changed); unmet != 0 {
		status = unmet
	}
	switch status {
	case http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		clear(w.Header())
		if status == http.StatusRequestedRangeNotSatisfiable {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", size))
		}
		refuse(w, status, "The object is not as the request wants it.")
		return
	case http.StatusNotModified:
		from, to = 0, 0
		w.Header().Del("Content-Type")
		w.Header().Del("Content-Length")
	case http.StatusPartialContent:
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, size))
		fallthrough
	default:
		w.Header().Set("Content-Length", strconv.FormatInt(to-from, 10))
	}
	w.WriteHeader(status)
	w.Write(o.body[from:to])
}

// sendThrough answers with what an origin has said, and keeps nothing.
func (f *front) sendThrough(w http.ResponseWriter, asked *viewer.Request, response *http.Response, body io.Reader) {
	if !f.prepare(w, asked, response.StatusCode, response.Header, miss) {
		return
	}
	w.WriteHeader(response.StatusCode)
	if _, err := io.Copy(w, body); err != nil {
		panic(http.ErrAbortHandler) // the viewer has to see that something is missing
	}
}

// prepare sets the headers of an answer, which the viewer function sees last, unless it is an
// error.
func (f *front) prepare(w http.ResponseWriter, asked *viewer.Request, status int, header http.Header, how string) (ok bool) {
	secure(header)
	if status >= 400 {
		how = failed
	} else {
		var err error
		if header, err = f.function.Response(*asked, status, header); err != nil {
			slog.Error("viewer-response", "path", asked.URI, "reason", err.Error())
			refuse(w, http.StatusServiceUnavailable, "The function has failed.")
			return false
		}
	}
	maps.Copy(w.Header(), header)
	w.Header().Set("X-Cache", how)
	return true
}

// secure sets what the response headers policy of edge.yaml says, without its choices.
func secure(header http.Header) {
	for _, name := range []string{"X-Amz-Version-Id", "X-Amz-Server-Side-Encryption", "X-Amz-Expiration", "X-Amz-Storage-Class", "X-Amz-Replication-Status"} {
		header.Del(name)
	}
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "public, max-age=86400")
	}
}

// refuse is an answer of CloudFront's own.
func refuse(w http.ResponseWriter, status int, reason string) {
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("X-Cache", failed)
	w.WriteHeader(status)
	io.WriteString(w, "<HTML><BODY><H1>"+strconv.Itoa(status)+" ERROR</H1>"+reason+"</BODY></HTML>\n")
}
