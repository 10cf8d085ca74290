package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/access"
	"prew/lambda/answer"
	"prew/lambda/object"
	"prew/lambda/store"
)

// visit is a request over HTTP that is being answered.
type visit struct {
	ctx     context.Context
	site    *site
	request *http.Request
	header  http.Header // of every answer to it
	id      string
	says    answer.As // what a success says beside what S3 says
	made    bool      // this invocation has rendered what is asked for

	// For the log.
	route   string
	preset  string
	key     string // decoded
	source  string // of the photo
	code    prew.Code
	reason  string
	outcome string
	began   time.Time
}

// The routes and the outcomes of failures and redirects, as the log names them.
const (
	routePreview = "preview"
	routePhoto   = "photo"

	outcomeFailed     = "failed"
	outcomeRedirected = "redirected"
)

// begin reads the request of an event. Behind CloudFront what is asked for stands in a header,
// in the variant that the viewer function has chosen, and so does the client's Authorization,
// because the request's own is CloudFront's signature.
func (f function) begin(ctx context.Context, e httpEvent) *visit {
	v := &visit{ctx: ctx, site: f.site, request: e.request(), header: http.Header{}, id: e.RequestContext.RequestID, route: routePreview, began: time.Now()}
	if !f.site.cloudfront {
		return v
	}
	h := v.request.Header
	_, query, asks := strings.Cut(v.request.RequestURI, "?")
	v.request.RequestURI = h.Get("X-Prew-Path")
	if asks {
		v.request.RequestURI += "?" + query
	}
	h["Authorization"] = h["X-Prew-Authorization"]
	h.Del("Accept")
	return v
}

// reply is an answer: its body is bytes, or what is streamed, or there is none.
type reply struct {
	status int
	header http.Header
	body   []byte
	stream io.ReadCloser
}

// as is the answer in the form that Lambda takes: JSON, or a stream that begins with the status
// and the headers. The answer to a HEAD has no body.
func (r reply) as(method string, streamed bool) any {
	if method == http.MethodHead {
		if r.stream != nil {
			r.stream.Close()
		}
		r.body, r.stream = nil, nil
	}
	if !streamed {
		return httpAnswer{r.status, flat(r.header), r.body, len(r.body) > 0}
	}
	if r.stream == nil {
		r.stream = io.NopCloser(bytes.NewReader(r.body))
	}
	return &events.LambdaFunctionURLStreamingResponse{StatusCode: r.status, Headers: flat(r.header), Body: r.stream}
}

// sending is a body that is streamed. That it breaks off is known only after the line of its
// request was logged. Lambda is told too, and breaks the answer off.
type sending struct {
	io.ReadCloser
	log *slog.Logger
	id  string
}

// Read implements io.Reader.
func (s *sending) Read(b []byte) (int, error) {
	n, err := s.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		s.log.Warn("broken off", "request", s.id, "reason", err.Error())
	}
	return n, err
}

// fail is the answer with the placeholder of a failure and its true status.
func (v *visit) fail(preset prew.Preset, code prew.Code, reason error) reply {
	code, how := prew.FailureOf(code)
	v.outcome, v.code = outcomeFailed, code
	if reason != nil {
		v.reason = reason.Error()
	}
	h := v.header.Clone()
	failure := answer.Failure{Code: string(code), Keep: how.Keep, Private: v.says.CacheControl != "", ServerTiming: v.says.ServerTiming}
	status, body := failure.Describe(h, v.site.pictures, preset)
	return reply{status: status, header: h, body: body}
}

// unserved is the answer of a function that lacks what it needs for HTTP. It is no failure of
// this request, and so has no picture.
func (v *visit) unserved(reason error) reply {
	v.outcome, v.code, v.reason = outcomeFailed, prew.RequestInvalid, reason.Error()
	h := v.header.Clone()
	answer.Protect(h)
	h.Set("X-Prew-Error", string(v.code))
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	return reply{status: http.StatusInternalServerError, header: h}
}

// admit returns nil if a request may see its target, and otherwise the answer that it may not. It
// stands before all that the answer could depend on, so that who may not see a thing does not
// learn whether it exists either. Whatever is answered to who may is kept as protected.
func (v *visit) admit(t access.Target, preset prew.Preset) *reply {
	if !t.Access.Protected() {
		return nil
	}
	v.says.CacheControl = v.site.protected
	_, query, _ := strings.Cut(v.request.RequestURI, "?")
	carried := v.site.access.Credentials(query, v.request.Header)
	var err error
	if t.Access == prew.Token && carried.Token != "" {
		err = v.site.access.Reach(v.ctx) // a process is not started long before its first request, as a gateway is
	}
	if err == nil {
		_, err = v.site.access.Check(t, carried)
	}
	if err == nil {
		return nil
	}
	refused := v.fail(preset, access.Challenge(v.header, err), err)
	return &refused
}

// send answers with an object, or the range of it that the request asks for, or the answer to
// conditions that are not met. If there is no such object, found is false.
func (v *visit) send(b store.Bucket, name string, preset prew.Preset, address string) (r reply, found bool) {
	o, refusal, err := object.Open(v.ctx, b, name, answer.ConditionsOf(v.request), prew.StoreTimeout)
	h := v.header.Clone()
	switch {
	case refusal != nil:
		v.outcome = cmp.Or(v.says.Outcome, answer.Stored)
		return reply{status: refusal.Describe(h, v.says), header: h}, true
	case store.Missing(err):
		return reply{}, false
	case err != nil:
		return v.fail(preset, object.Code(v.ctx, err), err), true
	}
	if r := v.instead(int(aws.ToInt64(o.ContentLength)), aws.ToTime(o.LastModified), preset, address); r != nil {
		o.Body.Close()
		return *r, true
	}
	r = reply{status: object.Describe(h, o, v.says), header: h, stream: o.Body}
	v.outcome = cmp.Or(v.says.Outcome, answer.Stored)
	if v.site.stream || v.request.Method == http.MethodHead {
		return r, true
	}
	defer o.Body.Close()
	// A store that does not say how much it sends sends no more than there is room for.
	r.body, err = io.ReadAll(io.LimitReader(o.Body, int64(v.site.limit())+1))
	if err == nil && len(r.body) > v.site.limit() {
		err = fmt.Errorf("%s/%s has more than %d bytes", b.Name, name, v.site.limit())
	}
	if err != nil {
		return v.fail(preset, object.Code(v.ctx, err), err), true
	}
	r.stream = nil
	return r, true
}

// sendPreview answers with a preview that this invocation has rendered and stored.
func (v *visit) sendPreview(p *answer.Preview, preset prew.Preset, address string) reply {
	h := v.header.Clone()
	status, body := p.Describe(h, answer.ConditionsOf(v.request), v.says)
	if body != nil {
		if r := v.instead(len(body), p.Modified, preset, address); r != nil {
			return *r
		}
	}
	v.outcome = cmp.Or(v.says.Outcome, answer.Stored)
	return reply{status: status, header: h, body: body}
}

// again is the parameter of the query that a redirect adds, so that none follows it.
const again = "again"

// longStored is how long after it was stored a client is still sent to the store. Its look
// there was before; what was stored longer ago the store did not give it then either.
const longStored = 10 * time.Second

// instead is the answer in place of a body of so many bytes, which was stored at a time: the
// client is sent to its address, where the store has it by now, because the body is too large
// or PREW_REDIRECT wants it. It is nil if the body itself is to be sent, and the failure of a
// body that is too large if the client would be sent round in circles. Protected things no
// store gives anybody.
func (v *visit) instead(size int, stored time.Time, preset prew.Preset, address string) *reply {
	fits := size <= v.site.limit()
	if fits && (v.site.redirect == "" || !v.made) {
		return nil
	}
	_, query, _ := strings.Cut(v.request.RequestURI, "?")
	cameBack := slices.ContainsFunc(strings.Split(query, "&"), func(parameter string) bool {
		name, _, _ := strings.Cut(parameter, "=") // what stands between may have added the "="
		return name == again
	})
	old := !v.made && v.site.now().Sub(stored) > longStored
	r := reply{}
	switch protected := v.says.CacheControl != ""; {
	case !cameBack && !old && !protected:
		r = v.redirect(v.site.redirect + address + "?" + again)
	case fits:
		return nil
	default:
		code := prew.NotStored
		if v.route == routePhoto {
			code = prew.SourceTooLarge
		}
		r = v.fail(preset, code, fmt.Errorf("%d bytes, of which an answer has no room for more than %d, and the store was not asked for them", size, v.site.limit()))
	}
	return &r
}

// redirect sends a client elsewhere, once.
func (v *visit) redirect(location string) reply {
	v.outcome = outcomeRedirected
	h := v.header.Clone()
	answer.Protect(h)
	h.Set("Location", location)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	answer.SetIfAny(h, "X-Prew", v.says.Outcome)
	answer.SetIfAny(h, "Server-Timing", v.says.ServerTiming)
	return reply{status: http.StatusFound, header: h}
}

// reportHTTP logs a request in one line.
func (f function) reportHTTP(v *visit, r reply) {
	level := slog.LevelInfo
	if r.status >= http.StatusInternalServerError {
		level = slog.LevelWarn
	}
	sent := 0
	if v.request.Method != http.MethodHead {
		sent, _ = strconv.Atoi(r.header.Get("Content-Length"))
	}
	fields := []slog.Attr{
		slog.String("request", v.id), slog.String("method", v.request.Method), slog.String("route", v.route),
		slog.String("preset", v.preset), slog.String("key", v.key), slog.String("source", v.source), slog.String("outcome", v.outcome),
		slog.Int("status", r.status), slog.Int("sent", sent), slog.Float64("ms", milliseconds(time.Since(v.began))),
	}
	if v.code != "" {
		fields = append(fields, slog.String("code", string(v.code)), slog.String("reason", v.reason))
	}
	f.log.LogAttrs(context.Background(), level, "request", fields...)
}
