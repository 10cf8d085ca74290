package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"prew"
	"prew/lambda/access"
	"prew/lambda/answer"
	"prew/lambda/object"
	"prew/lambda/store"
)

// http answers a request over HTTP as a gateway does: with the same presets, rules and headers.
// Nobody coalesces, so two at the same time render twice, and the first to store is kept.
func (f function) http(ctx context.Context, e httpEvent) any {
	defer f.warm.Store(true)
	v := f.begin(ctx, e)
	r := f.route(v)
	f.reportHTTP(v, r)
	if r.stream != nil {
		r.stream = &sending{r.stream, f.log, v.id}
	}
	return r.as(v.request.Method, f.site.stream)
}

// route is the way of a request to its answer.
func (f function) route(v *visit) reply {
	if f.site.missing != nil {
		return v.unserved(f.site.missing)
	}
	if v.request.Method != http.MethodGet && v.request.Method != http.MethodHead {
		v.outcome = outcomeFailed
		h := v.header.Clone()
		status, body := answer.NotAllowed(h)
		return reply{status: status, header: h, body: body}
	}
	path, aliased := f.presets.Address(v.request.RequestURI)
	if prew.IsPhoto(path) {
		return f.photo(v, path)
	}
	return f.show(v, path, aliased)
}

// show answers with the preview that a path means: the one that is stored, or else one that it
// renders and stores.
func (f function) show(v *visit, path string, aliased bool) reply {
	ref, err := prew.ParsePath(path)
	if err != nil {
		return v.fail(prew.Preset{}, prew.PathRefused, err)
	}
	if aliased {
		v.says.Location = ref.Path()
	}
	asked := access.PreviewTarget(f.presets, ref)
	ref, negotiated := f.presets.Negotiate(ref, strings.Join(v.request.Header.Values("Accept"), ","), f.sources.Previews)
	preset, known := f.presets.Get(ref.Preset)
	source, _ := f.sources.Get(preset.Source) // CheckPresets has found it
	name, photo, err := f.sources.Objects(ref, source)
	if err != nil {
		return v.fail(prew.Preset{}, prew.PathRefused, err)
	}
	if negotiated {
		v.header.Set("Vary", "Accept") // on failures too, and on answers without a body
	}
	v.preset, v.key = ref.Preset, ref.Key
	if !known {
		return v.fail(prew.Preset{}, prew.PresetUnknown, nil)
	}
	v.source = source.Label()
	if refused := v.admit(asked, preset); refused != nil {
		return *refused
	}
	v.says.Outcome = answer.Stored
	if r, found := v.send(f.site.previews, name, preset, ref.Path()); found {
		return r
	}
	return f.renderAndShow(v, ref, preset, prew.RenderRequest{
		SrcBucket: source.Photos.Bucket, SrcKey: photo, DstBucket: f.site.previews.Name, DstKey: name,
		PresetName: ref.Preset, CacheControl: f.cacheControlOf(ref.Preset), RequestID: v.id,
	})
}

// renderAndShow answers with a preview that is not stored. Where another one was stored
// meanwhile, that one is the answer: it is what everybody gets from now on.
func (f function) renderAndShow(v *visit, ref prew.Ref, preset prew.Preset, request prew.RenderRequest) reply {
	result, data, err := f.run(v.ctx, request)
	v.says.ServerTiming = answer.StagesOf(result.Timing).String()
	if err != nil {
		return v.fail(preset, codeFor(err), err)
	}
	v.says.Outcome, v.made = answer.Rendered, true
	if data == nil {
		if r, found := v.send(f.site.previews, request.DstKey, preset, ref.Path()); found {
			return r
		}
		return v.fail(preset, prew.NotStored, errors.New("another preview was stored first and is not there"))
	}
	return v.sendPreview(&answer.Preview{
		Data: data, ContentType: result.ContentType, ETag: result.ETag,
		CacheControl: cmp.Or(request.CacheControl, prew.DefaultCacheControl), Outline: result.Outline,
		Modified: object.Modified(v.ctx, f.site.previews, request.DstKey, result.ETag),
	}, preset, ref.Path())
}

// photo answers with a photo of the default source.
func (f function) photo(v *visit, path string) reply {
	v.route = routePhoto
	if f.site.photoAccess == prew.Closed {
		return v.fail(prew.Preset{}, prew.PathRefused, errors.New("photos are closed"))
	}
	key, err := prew.ParsePhoto(path)
	if err != nil {
		return v.fail(prew.Preset{}, prew.PathRefused, err)
	}
	source, _ := f.sources.Get("")
	name, err := source.Photos.Photo(key, f.sources.Previews)
	if err != nil {
		return v.fail(prew.Preset{}, prew.PathRefused, err)
	}
	v.key, v.source = key, source.Label()
	if refused := v.admit(access.PhotoTarget(f.site.photoAccess, key), prew.Preset{}); refused != nil {
		return *refused
	}
	if f.site.cloudfront && !f.site.photoAccess.Protected() {
		return v.explain(f.site.photos, name)
	}
	if r, found := v.send(f.site.photos, name, prew.Preset{}, prew.PhotoPath(key)); found {
		return r
	}
	return v.fail(prew.Preset{}, prew.SourceMissing, nil)
}

// explain says why S3 has refused a photo to CloudFront: there is none, or something is wrong
// with the bucket. S3 says that in the body of its error, which CloudFront does not read. The
// photo itself is never sent: whether everybody may have it is the bucket's to say, whatever
// this function may read.
func (v *visit) explain(photos store.Bucket, name string) reply {
	ctx, cancel := context.WithTimeout(v.ctx, prew.StoreTimeout)
	defer cancel()
	if err := object.Ask(ctx, photos, name); err != nil && !store.Missing(err) {
		return v.fail(prew.Preset{}, object.Code(ctx, err), err)
	}
	return v.fail(prew.Preset{}, prew.SourceMissing, nil)
}
