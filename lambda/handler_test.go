package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
	"prew/lambda/render"
)

const bucket = "photos"

// s3Server is a real S3 server with an empty bucket.
func s3Server(t *testing.T) *s3.Client {
	t.Helper()
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	if err := server.CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	return server.Client()
}

// functionOn returns a function on a store, and its log.
func functionOn(t *testing.T, client *s3.Client) (function, *bytes.Buffer) {
	t.Helper()
	presets, err := prew.LoadPresets("presets.yaml", []byte("small: {width: 20, formats: [webp], dpr: 2}\nlossless: {width: 20, format: png}\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	return function{
		storage: storage{photos: map[string]*s3.Client{"": client}, previews: client},
		sources: sourcesOf(t), presets: presets, log: prew.NewLog(&log), warm: new(atomic.Bool), marks: new(marks),
		gateways: newGateways("", ""), settled: new(prew.Settled),
	}, &log
}

// sourcesOf returns the sources of an environment.
func sourcesOf(t *testing.T, environ ...string) prew.Sources {
	t.Helper()
	sources, err := prew.ReadSources(prew.Places{}, environ)
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// picture is a JPEG of a flat colour.
func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 0x80
	}
	m.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func upload(t *testing.T, client *s3.Client, key string, data []byte) (etag string) {
	t.Helper()
	out, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.ETag)
}

func stored(t *testing.T, client *s3.Client, key string) (*s3.GetObjectOutput, []byte) {
	t.Helper()
	object, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	defer object.Body.Close()
	data, err := io.ReadAll(object.Body)
	if err != nil {
		t.Fatal(err)
	}
	return object, data
}

// invoke passes a request through JSON both ways, as Lambda does.
func invoke(t *testing.T, f function, request any) prew.RenderResult {
	t.Helper()
	payload, ok := request.(string)
	if !ok {
		b, err := json.Marshal(request)
		if err != nil {
			t.Fatal(err)
		}
		payload = string(b)
	}
	answer, err := f.handle(t.Context(), json.RawMessage(payload))
	if err != nil {
		t.Fatalf("a Go error: %v", err)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var result prew.RenderResult
	if err := json.Unmarshal(b, &result); err != nil {
		t.Fatal(err)
	}
	return result
}

func TestPreviewIsRenderedStoredAndReturned(t *testing.T) {
	client := s3Server(t)
	f, log := functionOn(t, client)
	upload(t, client, "photo/a b/ö+.jpg", picture(t, 80, 60))

	result := invoke(t, f, prew.RenderRequest{
		SrcBucket: bucket, SrcKey: "photo/a b/ö+.jpg",
		DstBucket: bucket, DstKey: "prew/card/a b/ö+.jpg",
		PresetName: "card", Preset: prew.Preset{Width: 40, Height: 40, Fit: prew.Cover, Format: prew.PNG},
		CacheControl: "public, max-age=60", RequestID: "4bf92f3577b34da6a3ce929d0e0e4736",
	})
	if !result.Status || result.Error != nil {
		t.Fatalf("not rendered: %+v", result.Error)
	}
	object, data := stored(t, client, "prew/card/a b/ö+.jpg")
	if !bytes.Equal(data, result.Data) || result.Size != len(data) || result.ETag != aws.ToString(object.ETag) {
		t.Errorf("stored are %d bytes as %s, returned %d of %d as %s", len(data), aws.ToString(object.ETag), len(result.Data), result.Size, result.ETag)
	}
	if got := aws.ToString(object.ContentType); got != "image/png" || result.ContentType != got {
		t.Errorf("stored as %s, returned as %s, want image/png", got, result.ContentType)
	}
	if got := aws.ToString(object.CacheControl); got != "public, max-age=60" {
		t.Errorf("stored with cache-control %q", got)
	}
	if got, want := result.Outline, (prew.Outline{Width: 80, Height: 60, Colour: "#808080"}); got != want || prew.OutlineOf(object.Metadata) != want || len(object.Metadata) != 3 {
		t.Errorf("the outline is %+v, stored as %v, want %+v", got, object.Metadata, want)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil || m.Bounds() != image.Rect(0, 0, 40, 40) || result.Width != 40 || result.Height != 40 {
		t.Errorf("the preview is %dx%d (%v), want 40x40", result.Width, result.Height, err)
	}
	if result.Timing.Fetch <= 0 || result.Timing.Render <= 0 || result.Timing.Store <= 0 {
		t.Errorf("a time is missing: %+v", result.Timing)
	}
	if d := time.Since(result.Timing.Start); d <= 0 || d > time.Minute {
		t.Errorf("started %v ago", d)
	}
	if timing := result.Timing; timing.Opened <= 0 || timing.Opened > timing.Fetch || timing.Total < timing.Fetch+timing.Render+timing.Store {
		t.Errorf("the times do not add up: %+v", timing)
	}
	var line struct {
		Request, Src, Dst, Preset, Outcome string
		Cold                               bool
	}
	if err := json.Unmarshal(log.Bytes(), &line); err != nil {
		t.Fatalf("the log is not one line of JSON: %q", log)
	}
	want := line
	want.Request, want.Cold = "4bf92f3577b34da6a3ce929d0e0e4736", true
	want.Src, want.Dst, want.Preset, want.Outcome = "photos/photo/a b/ö+.jpg", "photos/prew/card/a b/ö+.jpg", "card", "stored"
	if line != want {
		t.Errorf("logged %+v, want %+v", line, want)
	}
}

func TestRequestsInEveryForm(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	upload(t, client, "photo/a/b.jpg", picture(t, 80, 60))
	tests := []struct {
		name, payload, dst string
		width              int
		contentType        string
	}{
		{"parameters", `{"src_bucket":"photos","src_key":"photo/a/b.jpg","dst_bucket":"photos","dst_key":"prew/x/1.jpg","width":30}`, "prew/x/1.jpg", 30, "image/jpeg"},
		{"parameters beside the name of a preset", `{"src_bucket":"photos","src_key":"photo/a/b.jpg","dst_bucket":"photos","dst_key":"prew/x/2.jpg","preset_name":"lossless","width":30}`, "prew/x/2.jpg", 30, "image/jpeg"},
		{"the name of a preset", `{"src_bucket":"photos","src_key":"photo/a/b.jpg","dst_bucket":"photos","dst_key":"prew/x/3.jpg","preset_name":"lossless"}`, "prew/x/3.jpg", 20, "image/png"},
		{"the name of a variant", `{"src_bucket":"photos","src_key":"photo/a/b.jpg","dst_bucket":"photos","dst_key":"prew/small@2x.webp/4.jpg","preset_name":"small@2x.webp"}`, "prew/small@2x.webp/4.jpg", 40, "image/webp"},
		{"root_folder and rewrite_part of a variant", `{"src_bucket":"photos","src_key":"photo/a/b.jpg","dst_bucket":"photos","preset_name":"small.webp","root_folder":"prew/","rewrite_part":"/photo"}`, "prew/small.webp/a/b.jpg", 20, "image/webp"},
		{"root_folder and rewrite_part", `{"src_bucket":"photos","src_key":"photo/a/b.jpg","dst_bucket":"photos","preset_name":"small","root_folder":"prew/","rewrite_part":"/photo"}`, "prew/small/a/b.jpg", 20, "image/jpeg"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := invoke(t, f, test.payload)
			if !result.Status || result.Width != test.width || result.ContentType != test.contentType {
				t.Fatalf("%+v, want a %s of width %d", result, test.contentType, test.width)
			}
			object, _ := stored(t, client, test.dst)
			if got := aws.ToString(object.CacheControl); got != "public, max-age=86400" {
				t.Errorf("stored with cache-control %q", got)
			}
		})
	}
}

// TestWhatGravityChoseIsLogged: the photo's one white pixel lies in the corner that is kept.
func TestWhatGravityChoseIsLogged(t *testing.T) {
	client := s3Server(t)
	f, log := functionOn(t, client)
	upload(t, client, "photo/a.jpg", picture(t, 80, 40))
	result := invoke(t, f, prew.RenderRequest{SrcBucket: bucket, SrcKey: "photo/a.jpg", DstBucket: bucket, DstKey: "prew/avatar/a.jpg",
		PresetName: "avatar", Preset: prew.Preset{Width: 40, Height: 40, Fit: prew.Cover, Gravity: prew.Smart}})
	if result.Error != nil || result.Outline.Crop != "0,0,40,40" {
		t.Errorf("%v, crop %q, want 0,0,40,40", result.Error, result.Outline.Crop)
	}
	if !strings.Contains(log.String(), `"crop":"0,0,40,40"`) {
		t.Errorf("the log does not say the crop: %s", log)
	}
}

// TestAnEditorsPointIsKept: it is metadata of the photo, comes with it, and is hostile until it
// has been read.
func TestAnEditorsPointIsKept(t *testing.T) {
	client := s3Server(t)
	f, log := functionOn(t, client)
	for i, test := range []struct{ focus, crop, note string }{
		{"1,0.5", "40,0,40,40", ""},
		{"0.6,0.5", "28,0,40,40", ""},
		{"", "0,0,40,40", ""}, // as smart: the white pixel
		{"to the right", "0,0,40,40", `focus: \"to the right\", expected two numbers from 0 to 1`},
	} {
		key := fmt.Sprintf("%d.jpg", i)
		metadata := map[string]string{"Focus": test.focus}
		if test.focus == "" {
			metadata = nil
		}
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String("photo/" + key),
			Body: bytes.NewReader(picture(t, 80, 40)), Metadata: metadata}); err != nil {
			t.Fatal(err)
		}
		log.Reset()
		result := invoke(t, f, prew.RenderRequest{SrcBucket: bucket, SrcKey: "photo/" + key, DstBucket: bucket, DstKey: "prew/avatar/" + key,
			PresetName: "avatar", Preset: prew.Preset{Width: 40, Height: 40, Fit: prew.Cover, Gravity: prew.Focus}})
		if result.Error != nil || result.Outline.Crop != test.crop {
			t.Errorf("%q: %v, crop %q, want %s", test.focus, result.Error, result.Outline.Crop, test.crop)
		}
		if noted := strings.Contains(log.String(), `"note"`); noted != (test.note != "") || !strings.Contains(log.String(), test.note) {
			t.Errorf("%q: logged %s, want %s", test.focus, log, test.note)
		}
	}
}

func TestOnlyTheFirstInvocationIsCold(t *testing.T) {
	f, _ := functionOn(t, s3Server(t))
	for i, want := range []bool{true, false, false} {
		if got := invoke(t, f, prew.RenderRequest{}).Timing.Cold; got != want {
			t.Errorf("invocation %d: cold %v, want %v", i+1, got, want)
		}
	}
}

func TestPhotosAndPreviewsMayLieInTwoStores(t *testing.T) {
	f, _ := functionOn(t, s3Server(t))
	f.storage.previews = s3Server(t)
	upload(t, f.storage.photos[""], "photo/a.jpg", picture(t, 40, 40))
	result := invoke(t, f, prew.RenderRequest{SrcBucket: bucket, SrcKey: "photo/a.jpg", DstBucket: bucket, DstKey: "prew/small/a.jpg", PresetName: "small"})
	if !result.Status {
		t.Fatalf("%+v", result.Error)
	}
	if _, data := stored(t, f.storage.previews, "prew/small/a.jpg"); !bytes.Equal(data, result.Data) {
		t.Errorf("stored are %d bytes, returned %d", len(data), len(result.Data))
	}
}

func TestTheFirstPreviewStays(t *testing.T) {
	client := s3Server(t)
	f, log := functionOn(t, client)
	upload(t, client, "photo/a.jpg", picture(t, 80, 60))
	etag := upload(t, client, "prew/small/a.jpg", []byte("somebody else's"))

	result := invoke(t, f, prew.RenderRequest{SrcBucket: bucket, SrcKey: "photo/a.jpg", DstBucket: bucket, DstKey: "prew/small/a.jpg", PresetName: "small"})
	if !result.Status || result.Data != nil || result.ETag != "" {
		t.Errorf("status %t with %d bytes and ETag %q, want success with neither", result.Status, len(result.Data), result.ETag)
	}
	if object, data := stored(t, client, "prew/small/a.jpg"); aws.ToString(object.ETag) != etag {
		t.Errorf("the preview has become %d bytes", len(data))
	}
	if !strings.Contains(log.String(), `"outcome":"stored before"`) {
		t.Errorf("logged %s", log)
	}
}

func TestLargePreviewIsStoredAndNotReturned(t *testing.T) {
	client := s3Server(t)
	f, _ := functionOn(t, client)
	noise := image.NewRGBA(image.Rect(0, 0, 1300, 1300)) // 5 MB as a PNG
	seed := uint32(1)
	for i := range noise.Pix {
		seed = seed*1664525 + 1013904223
		noise.Pix[i] = byte(seed>>24) | byte(i%4/3*0xff)
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, noise); err != nil {
		t.Fatal(err)
	}
	upload(t, client, "photo/noise.png", b.Bytes())
	result := invoke(t, f, prew.RenderRequest{SrcBucket: bucket, SrcKey: "photo/noise.png", DstBucket: bucket, DstKey: "prew/x/noise.png",
		Preset: prew.Preset{Width: 1300, Format: prew.PNG}})
	if !result.Status || result.Size <= prew.InlineLimit || result.Data != nil || result.ETag == "" {
		t.Fatalf("status %t, size %d, %d bytes of data, ETag %q", result.Status, result.Size, len(result.Data), result.ETag)
	}
	if _, data := stored(t, client, "prew/x/noise.png"); len(data) != result.Size {
		t.Errorf("%d bytes are stored, want %d", len(data), result.Size)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	// There is no store: a request is checked before the first call.
	f, _ := functionOn(t, nil)
	tests := []struct{ name, payload, says string }{
		{"no object", `[]`, "request: "},
		{"a number in quotes", `{"width":"640"}`, "request: "},
		{"nothing", `{}`, "src_bucket is empty"},
		{"a parameter of a newer gateway", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/a.jpg","width":1,"depth":3}`, `unknown field "depth"`},
		{"no photo", `{"src_bucket":"photos"}`, "src_key is empty"},
		{"no bucket for the preview", `{"src_bucket":"photos","src_key":"photo/a.jpg"}`, "dst_bucket is empty"},
		{"no name for the preview", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos"}`, "dst_key is empty"},
		{"the photo's own name", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"photo/a.jpg","width":1}`, "destination: path refused"},
		{"a preview elsewhere", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"secret/x","width":1}`, "has no prew/ at its start"},
		{"a preview of no preset", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/a.jpg","width":1}`, "has no key after the preset"},
		{"a preview above its folder", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/x/../../secret","width":1}`, "has a dot segment"},
		{"a preset that is a way up", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","root_folder":"prew","preset_name":"..","rewrite_part":"photo","width":1}`, "has a dot segment"},
		{"another root_folder", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","root_folder":"secret","preset_name":"small","rewrite_part":"photo"}`, "has no prew/ at its start"},
		{"a rewrite_part that leaves a way up", `{"src_bucket":"photos","src_key":"photo/../x/a.jpg","dst_bucket":"photos","root_folder":"prew","preset_name":"small","rewrite_part":"photo"}`, "src_key: path refused"},
		{"a photo elsewhere", `{"src_bucket":"photos","src_key":"secret/a.jpg","dst_bucket":"photos","dst_key":"prew/x/a.jpg","width":1}`, "has no photo/ at its start"},
		{"a preview as the photo", `{"src_bucket":"photos","src_key":"prew/x/a.jpg","dst_bucket":"photos","dst_key":"prew/y/a.jpg","width":1}`, "has no photo/ at its start"},
		{"a key with a control byte", `{"src_bucket":"photos","src_key":"photo/a\u0000.jpg","dst_bucket":"photos","dst_key":"prew/y/a.jpg","width":1}`, "has a control byte"},
		{"a key that is too long", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/y/` + strings.Repeat("k", 1018) + `","width":1}`, "limit is 1024"},
		{"a variant that no preset has", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/x/a.jpg","preset_name":"small@3x"}`, `"small@3x" is unknown`},
		{"an unknown preset", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/x/a.jpg","preset_name":"nope"}`, `"nope" is unknown`},
		{"an unknown fit", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/x/a.jpg","width":1,"fit":"tight"}`, `fit: "tight"`},
		{"a width beyond the limit", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/x/a.jpg","width":8193}`, `width: "8193"`},
		{"a negative height", `{"src_bucket":"photos","src_key":"photo/a.jpg","dst_bucket":"photos","dst_key":"prew/x/a.jpg","width":8,"height":-1}`, `height: "-1"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			result := invoke(t, f, test.payload)
			if result.Status || result.Error == nil || result.Error.Code != prew.RequestInvalid || !strings.Contains(result.Error.Message, test.says) {
				t.Errorf("%+v, want %s: ... %s", result.Error, prew.RequestInvalid, test.says)
			}
		})
	}
}

func TestPhotosThatAreRefused(t *testing.T) {
	client := s3Server(t)
	f, log := functionOn(t, client)
	whole := picture(t, 80, 60)
	tests := []struct {
		name string
		data []byte // nil: there is none
		want prew.Code
	}{
		{"missing.jpg", nil, prew.SourceMissing},
		{"text.jpg", []byte("hello"), prew.SourceUnsupported},
		{"half.jpg", whole[:len(whole)/2], prew.SourceDamaged},
		{"empty.jpg", []byte{}, prew.SourceUnsupported},
		{"huge.jpg", append(whole, make([]byte, render.MaxSourceBytes)...), prew.SourceTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			etag := ""
			if test.data != nil {
				etag = upload(t, client, "photo/"+test.name, test.data)
			}
			log.Reset()
			result := invoke(t, f, prew.RenderRequest{SrcBucket: bucket, SrcKey: "photo/" + test.name, DstBucket: bucket, DstKey: "prew/small/" + test.name, PresetName: "small"})
			if result.Status || result.Error == nil || result.Error.Code != test.want || result.Error.SourceETag != etag {
				t.Errorf("%+v, want %s of %s", result.Error, test.want, etag)
			}
			if !strings.Contains(log.String(), `"outcome":"`+string(test.want)+`"`) {
				t.Errorf("logged %s", log)
			}
			if timing := result.Timing; timing.Opened <= 0 || timing.Fetch < timing.Opened || timing.Store != 0 {
				t.Errorf("it took %+v", timing)
			}
			if _, err := client.HeadObject(context.Background(), &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String("prew/small/" + test.name)}); err == nil {
				t.Error("a preview was stored")
			}
			// The next photo is still rendered.
			upload(t, client, "photo/good.jpg", whole)
			good := invoke(t, f, prew.RenderRequest{SrcBucket: bucket, SrcKey: "photo/good.jpg", DstBucket: bucket, DstKey: "prew/after/" + test.name, PresetName: "small"})
			if !good.Status {
				t.Errorf("afterwards a good photo failed: %+v", good.Error)
			}
		})
	}
}

// panicking is an HTTP client whose bodies panic at their end, as a decoder with a
// bug would.
type panicking struct{}

func (panicking) Do(r *http.Request) (*http.Response, error) {
	body := io.MultiReader(strings.NewReader("\xff\xd8\xff"), readerFunc(func([]byte) (int, error) { panic("a bug") }))
	return &http.Response{StatusCode: 200, Header: http.Header{"Etag": {`"7"`}}, Body: io.NopCloser(body), Request: r}, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// TestPanicIsLoggedWithItsStack is about a bug: it has a line of its own in the log,
// and is not taken for the photo's fault.
func TestPanicIsLoggedWithItsStack(t *testing.T) {
	f, log := functionOn(t, s3.New(s3.Options{
		Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, HTTPClient: panicking{},
	}))
	result := invoke(t, f, prew.RenderRequest{SrcBucket: bucket, SrcKey: "photo/a.jpg", DstBucket: bucket, DstKey: "prew/small/a.jpg",
		PresetName: "small", RequestID: "4bf92f3577b34da6a3ce929d0e0e4736"})
	if result.Error == nil || result.Error.Code != prew.RenderPanic || result.Error.SourceETag != "" || !strings.Contains(result.Error.Message, "a bug") {
		t.Errorf("%+v, want render_panic, and of no photo", result.Error)
	}
	var line struct{ Level, Msg, Request, Src, ETag, Reason, Stack string }
	first, rest, _ := strings.Cut(log.String(), "\n")
	if err := json.Unmarshal([]byte(first), &line); err != nil {
		t.Fatalf("%q: %v", first, err)
	}
	if line.Level != "ERROR" || line.Msg != "panic" || line.Request != "4bf92f3577b34da6a3ce929d0e0e4736" || line.Src != "photos/photo/a.jpg" ||
		line.ETag != `"7"` || line.Reason != "panic: a bug" || !strings.Contains(line.Stack, "render.Render") {
		t.Errorf("logged %+v", line)
	}
	if !strings.Contains(rest, `"outcome":"render_panic"`) {
		t.Errorf("then logged %s", rest)
	}
}

// TestRequestsAreHeldToTheirSources sends requests that could name any bucket and key to a
// function with photos at a bucket's root and a named source.
func TestRequestsAreHeldToTheirSources(t *testing.T) {
	client := s3Server(t)
	f, log := functionOn(t, client)
	root, small := "", "small"
	sources, err := prew.ReadSources(prew.Places{Prefix: &small, SourcePrefix: &root}, []string{"SOURCE_PEOPLE=bucket=photos,prefix=faces"})
	if err != nil {
		t.Fatal(err)
	}
	f.sources, f.storage.photos["people"] = sources, client
	upload(t, client, "2024/a.jpg", picture(t, 40, 40))
	upload(t, client, "faces/a.jpg", picture(t, 80, 80))
	for _, test := range []struct{ what, request, want string }{
		{"at the root", `{"src_bucket":"photos","src_key":"2024/a.jpg","dst_bucket":"photos","dst_key":"small/x/a.jpg","width":10}`, ""},
		{"of a source", `{"src_bucket":"photos","src_key":"faces/a.jpg","dst_bucket":"photos","dst_key":"small/y/a.jpg","width":10,"source":"people"}`, ""},
		{"an unknown source", `{"src_bucket":"photos","src_key":"faces/a.jpg","dst_bucket":"photos","dst_key":"small/y/a.jpg","width":10,"source":"nobody"}`, `source "nobody" is unknown`},
		{"another bucket than the source's", `{"src_bucket":"secret","src_key":"faces/a.jpg","dst_bucket":"photos","dst_key":"small/y/a.jpg","width":10,"source":"people"}`, `src_bucket "secret", expected photos of the source people`},
		{"another folder than the source's", `{"src_bucket":"photos","src_key":"2024/a.jpg","dst_bucket":"photos","dst_key":"small/y/a.jpg","width":10,"source":"people"}`, "has no faces/ at its start"},
		{"a preview as the photo", `{"src_bucket":"photos","src_key":"small/x/a.jpg","dst_bucket":"photos","dst_key":"small/y/a.jpg","width":10}`, "has the folder of the previews at its start"},
		{"the usual folder of previews", `{"src_bucket":"photos","src_key":"2024/a.jpg","dst_bucket":"photos","dst_key":"prew/x/a.jpg","width":10}`, "has no small/ at its start"},
	} {
		log.Reset()
		result := invoke(t, f, test.request)
		got := ""
		if result.Error != nil {
			got = string(result.Error.Code) + ": " + result.Error.Message
		}
		if (test.want == "") != result.Status || test.want != "" && !strings.HasPrefix(got, "request_invalid: ") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, want %s", test.what, got, test.want)
		}
		source := map[bool]string{true: `"source":"people"`, false: `"source":"default"`}[strings.Contains(test.request, "people")]
		if !strings.Contains(test.request, "nobody") && !strings.Contains(log.String(), source) {
			t.Errorf("%s: logged as %s, want %s", test.what, log, source)
		}
	}
	if _, data := stored(t, client, "small/y/a.jpg"); len(data) == 0 {
		t.Error("nothing is stored")
	}
}
