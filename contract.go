package prew

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// InlineLimit is the largest preview, in bytes, that a result carries in data.
// Lambda takes answers of at most 6 MB; base64 makes 4 MiB into 5.6 MB and
// leaves room for the rest of the JSON.
const InlineLimit = 4 << 20

// MaxPreview is the largest preview that is read from S3, in bytes. A preview has at most the
// pixels of the largest photo. As a PNG it could have more bytes than this; then S3 should serve
// it, and neither a gateway nor the function should hold it in memory.
const MaxPreview = 64 << 20

// DefaultCacheControl is stored with a preview whose request has no CacheControl.
const DefaultCacheControl = "public, max-age=86400"

// RenderRequest is what the gateway sends to the function: which photo to read,
// where to store the preview and how to make it. The preset's parameters lie flat
// beside the names. The gateway has resolved them, so that a change of presets
// needs no new function. For a request without parameters the function uses its
// own preset of that name.
type RenderRequest struct {
	SrcBucket  string `json:"src_bucket"`
	SrcKey     string `json:"src_key"`
	DstBucket  string `json:"dst_bucket"`
	DstKey     string `json:"dst_key,omitempty"`
	PresetName string `json:"preset_name"`
	Preset

	// RootFolder and RewritePart may stand in place of DstKey: see Destination.
	RootFolder  string `json:"root_folder,omitempty"`
	RewritePart string `json:"rewrite_part,omitempty"`

	// CacheControl is stored with the preview, so that S3 later sends the same
	// header as the gateway did at first. Empty means DefaultCacheControl.
	CacheControl string `json:"cache_control,omitempty"`

	// RequestID is the id of the client's request in the logs of nginx and the
	// gateway; the function logs it too.
	RequestID string `json:"request_id,omitempty"`
	// Traceparent is the trace that the invocation belongs to, in the form of
	// W3C Trace Context, section 3.2; empty if no trace is recorded.
	Traceparent string `json:"traceparent,omitempty"`
}

// ReadRequest reads a request strictly: a parameter that this version does not know
// is an error that names it. A preview rendered without that parameter would be a
// wrong picture, stored for good under the name of the right one.
func ReadRequest(payload []byte) (RenderRequest, error) {
	var r RenderRequest
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&r)
	return r, err
}

// Destination is the key the preview is stored at: DstKey or, where that is
// left out, the source's key with RewritePart replaced at its start by
// RootFolder and the preset's name. photo/a/b.jpg with root_folder prew,
// preset_name card and rewrite_part photo goes to prew/card/a/b.jpg; slashes
// at the joints count as one.
func (r RenderRequest) Destination() (string, error) {
	if r.DstKey != "" {
		return r.DstKey, nil
	}
	root := strings.Trim(r.RootFolder, "/")
	if root == "" || r.PresetName == "" {
		return "", fmt.Errorf("dst_key is empty, expected it or root_folder with preset_name")
	}
	rest := strings.Trim(r.SrcKey, "/")
	if part := strings.Trim(r.RewritePart, "/"); part != "" {
		below, ok := strings.CutPrefix(rest, part+"/")
		if !ok {
			return "", fmt.Errorf("src_key %q is not below rewrite_part %q", r.SrcKey, r.RewritePart)
		}
		rest = strings.TrimLeft(below, "/")
	}
	if rest == "" {
		return "", fmt.Errorf("src_key %q leaves no name for the preview", r.SrcKey)
	}
	return root + "/" + r.PresetName + "/" + rest, nil
}

// RenderResult is the function's answer. Status is true if the preview is now
// stored; then the fields of the preview describe what was rendered. Otherwise
// Error gives the reason.
type RenderResult struct {
	Status      bool    `json:"status"`
	ContentType string  `json:"content_type,omitempty"`
	Width       int     `json:"width,omitempty"`
	Height      int     `json:"height,omitempty"`
	Size        int     `json:"size,omitempty"`
	ETag        string  `json:"etag,omitempty"` // as S3 spells it, quotes included
	Outline     Outline `json:"outline,omitzero"`

	// Data is the preview if it has at most InlineLimit bytes. It is left out if
	// another invocation has stored the preview first: that one is to be served,
	// and it has to be read from S3.
	Data []byte `json:"data,omitempty"`

	Error  *RenderError `json:"error,omitempty"`
	Timing Timing       `json:"timing"`
}

// Timing says when the function worked, by its own clock, and how long each step
// took, in milliseconds: waiting for the photo, and its watermark, from S3, rendering, and storing
// the preview. A JPEG is rendered while it arrives; then Fetch is only the time
// for which rendering waited.
type Timing struct {
	Start  time.Time `json:"start,omitzero"`
	Total  float64   `json:"total_ms"`
	Opened float64   `json:"opened_ms"` // until S3 began to send the photo; part of Fetch
	Fetch  float64   `json:"fetch_ms"`
	Render float64   `json:"render_ms"`
	Store  float64   `json:"store_ms"`
	Cold   bool      `json:"cold,omitempty"` // the first invocation of its process
}

// RenderError is a failure; programs decide by its code.
type RenderError struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	// SourceETag is the ETag of the photo that could not be rendered. As long
	// as the photo has it, rendering again would fail again.
	SourceETag string `json:"source_etag,omitempty"`
}

func (e *RenderError) Error() string { return e.Message }
