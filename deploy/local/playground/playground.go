// Package playground renders photos in presets that are being made, by the function itself, for
// a page of `make run`. Nothing of it is kept.
package playground

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"prew"
	"prew/lambda/store"
)

// maxChange is the longest request for a preview, in bytes: every field of a preset with a long
// value has less.
const maxChange = 64 << 10

// folder is where the function stores what it renders for the page, beside the folders of presets:
// whatever else of the bucket a preset asks for is the same there. No preset has such a name, so
// no path leads there, and no command takes it for one.
const folder = prew.DefaultPrefix + ".playground/"

// Photo is a photo of the gallery, and where it lies.
type Photo struct {
	Source, Bucket, Object string
}

// Config is what a Playground needs.
type Config struct {
	Photos   []Photo        // in the order of the page
	Presets  func() Presets // those that are in force
	Previews store.Bucket   // of all presets
	// Dropped is a bucket that nobody else reads, for photos that are dropped on the page.
	Dropped store.Bucket
	// Invoke has the function work on a payload, and returns its answer.
	Invoke func(ctx context.Context, payload []byte) ([]byte, error)
}

// Playground answers the page: POST /check says what a change of a preset comes to, POST /render
// renders a photo with it, and POST /photo takes a photo that was dropped on the page. Only the
// page may reach it, which whoever serves it sees to. It must be made by New.
type Playground struct {
	config  Config
	routes  *http.ServeMux
	turn    chan struct{} // holds an element while the function works: one call leaves the others of its processes to visitors
	dropped dropped
}

// New returns a Playground. What an earlier one has left is deleted.
func New(ctx context.Context, c Config) (*Playground, error) {
	p := &Playground{config: c, routes: http.NewServeMux(), turn: make(chan struct{}, 1), dropped: dropped{bucket: c.Dropped}}
	p.routes.HandleFunc("POST /check", p.check)
	p.routes.HandleFunc("POST /render", p.render)
	p.routes.HandleFunc("POST /photo", p.drop)
	return p, p.Clear(ctx)
}

// ServeHTTP implements http.Handler.
func (p *Playground) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.routes.ServeHTTP(w, r) }

// Clear deletes everything that there is for the page.
func (p *Playground) Clear(ctx context.Context) error {
	return errors.Join(empty(ctx, p.config.Dropped, ""), empty(ctx, p.config.Previews, folder))
}

func empty(ctx context.Context, bucket store.Bucket, prefix string) error {
	var keys []string
	for object, err := range bucket.List(ctx, prefix) {
		if err != nil {
			return err
		}
		keys = append(keys, aws.ToString(object.Key))
	}
	return bucket.Delete(ctx, keys)
}

// wanted is what the page wants rendered.
type wanted struct {
	change
	Photo   string `json:"photo"`   // a number of Config.Photos, or the name of one that was dropped
	Variant string `json:"variant"` // the preset's own, or what follows its name: @2x.webp
}

// checked is what a change comes to.
type checked struct {
	Variable string   `json:"variable,omitempty"` // PRESET_CARD=width=700
	YAML     string   `json:"yaml,omitempty"`
	Variants []string `json:"variants,omitempty"` // what follows the preset's name
}

func (p *Playground) check(w http.ResponseWriter, r *http.Request) {
	var c change
	if !readJSON(w, r, &c) {
		return
	}
	written := p.config.Presets()
	presets, mistakes := c.read(written)
	if mistakes != nil {
		refuse(w, http.StatusUnprocessableEntity, "", mistakes...)
		return
	}
	yaml, err := c.yaml()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "", mistake{"", err.Error()})
		return
	}
	answer := checked{Variable: c.variable(written), YAML: yaml}
	for _, name := range presets.Variants(c.Preset) {
		answer.Variants = append(answer.Variants, name[len(c.Preset):])
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

// render answers with a preview, and with the function's times and what it has kept of the
// photo in the headers.
func (p *Playground) render(w http.ResponseWriter, r *http.Request) {
	var want wanted
	if !readJSON(w, r, &want) {
		return
	}
	presets, mistakes := want.read(p.config.Presets())
	if mistakes != nil {
		refuse(w, http.StatusUnprocessableEntity, "", mistakes...)
		return
	}
	name := want.Preset + want.Variant
	preset, ok := presets.Get(name)
	if !ok {
		refuse(w, http.StatusNotFound, "", mistake{"", fmt.Sprintf("preset %q is unknown", name)})
		return
	}
	photo, ok := p.photo(want.Photo)
	if !ok {
		refuse(w, http.StatusNotFound, string(prew.SourceMissing), mistake{"", "there is no such photo, or it was dropped too long ago"})
		return
	}
	preset.Source = photo.Source
	result, data, err := p.call(r.Context(), prew.RenderRequest{
		SrcBucket: photo.Bucket, SrcKey: photo.Object, PresetName: name, Preset: preset, RequestID: "playground",
	})
	switch {
	case r.Context().Err() != nil: // the page has changed its mind
	case result.Error != nil:
		refuse(w, http.StatusUnprocessableEntity, string(result.Error.Code), mistake{"", result.Error.Message})
	case err != nil:
		refuse(w, http.StatusBadGateway, "", mistake{"", err.Error()})
	default:
		h := w.Header()
		h.Set("Content-Type", result.ContentType)
		h.Set("Content-Length", strconv.Itoa(len(data)))
		h.Set("Server-Timing", fmt.Sprintf("fetch;dur=%.1f, render;dur=%.1f", result.Timing.Fetch, result.Timing.Render))
		h.Set("X-Prew-Crop", result.Outline.Crop)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Access-Control-Expose-Headers", "Server-Timing, X-Prew-Crop")
		w.Write(data)
	}
}

func (p *Playground) photo(name string) (Photo, bool) {
	if object, ok := p.dropped.get(name); ok {
		return Photo{"", p.config.Dropped.Name, object}, true
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 || n >= len(p.config.Photos) {
		return Photo{}, false
	}
	return p.config.Photos[n], true
}

// call has the function render, under a name that nobody can guess, and takes the preview out
// again. Who waits for its turn is let go when ctx ends. Then the call goes on, as on Lambda.
func (p *Playground) call(ctx context.Context, request prew.RenderRequest) (result prew.RenderResult, data []byte, err error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return result, nil, ctx.Err()
	}
	request.DstBucket, request.DstKey = p.config.Previews.Name, folder+rand.Text()
	payload, err := json.Marshal(request)
	if err != nil {
		return result, nil, err
	}
	answer, err := p.config.Invoke(ctx, payload)
	if err == nil {
		err = json.Unmarshal(answer, &result)
	}
	if err != nil || result.Error != nil {
		return result, nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), prew.StoreTimeout)
	defer cancel()
	if data = result.Data; data == nil { // too large for the answer
		if data, err = p.stored(ctx, request.DstKey); err != nil {
			return result, nil, err
		}
	}
	return result, data, p.config.Previews.Delete(ctx, []string{request.DstKey})
}

func (p *Playground) stored(ctx context.Context, key string) ([]byte, error) {
	object, err := p.config.Previews.Get(ctx, key, "", "")
	if err != nil {
		return nil, err
	}
	defer object.Body.Close()
	data, err := io.ReadAll(io.LimitReader(object.Body, prew.MaxPreview+1))
	if err == nil && len(data) > prew.MaxPreview {
		err = fmt.Errorf("preview has more than %d bytes", prew.MaxPreview)
	}
	return data, err
}

// readJSON reads a request's body, or refuses it and returns false.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxChange))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		refuse(w, http.StatusRequestEntityTooLarge, "", mistake{"", fmt.Sprintf("request has more than %d bytes", maxChange)})
		return false
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "", mistake{"", "request: " + err.Error()})
		return false
	}
	return true
}

// refuse answers with what is wrong, and the code of a failure if it has one.
func refuse(w http.ResponseWriter, status int, code string, mistakes ...mistake) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Code     string    `json:"code,omitempty"`
		Mistakes []mistake `json:"mistakes"`
	}{code, mistakes})
}
