package playground_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"prew"
	"prew/deploy/local/emulator"
	"prew/deploy/local/playground"
	"prew/deploy/local/stack"
	"prew/lambda/store"
)

const presetsFile = `thumb:
  width: 20
  height: 20
  fit: cover
  formats: [webp]
  dpr: 2
wide: {width: 300}
`

// place is a playground beside the real function and a real store.
type place struct {
	*playground.Playground
	server *stack.S3
	calls  atomic.Int32
}

func newPlace(t *testing.T, environ ...string) *place {
	t.Helper()
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	for _, bucket := range []string{stack.Bucket, "people", "dropped"} {
		if err := server.CreatePrivateBucket(t.Context(), bucket); err != nil {
			t.Fatal(err)
		}
	}
	bootstrap, err := stack.Program("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	function, err := emulator.Start(emulator.Config{Bootstrap: bootstrap, Processes: 1, Timeout: prew.FunctionTimeout, Memory: stack.FunctionMemory,
		Env: append(server.Env(), "SOURCE_PEOPLE=bucket=people,path_style=1,prefix=faces/"), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(function.Stop)
	p := &place{server: server}
	p.put(t, stack.Bucket, "photo/a b.jpg", 400, 300)
	p.put(t, "people", "faces/b.jpg", 80, 60)
	p.put(t, stack.Bucket, "prew/.playground/of-a-run-that-was-killed", 8, 6)
	p.put(t, "dropped", "photo/of-a-run-that-was-killed", 8, 6)
	p.Playground, err = playground.New(t.Context(), playground.Config{
		Photos: []playground.Photo{{Bucket: stack.Bucket, Object: "photo/a b.jpg"}, {Source: "people", Bucket: "people", Object: "faces/b.jpg"}, {Bucket: stack.Bucket, Object: "photo/none.jpg"}},
		Presets: func() playground.Presets {
			return playground.Presets{File: "presets.yaml", Text: []byte(presetsFile), Environ: environ}
		},
		Previews: store.Bucket{Client: server.Client(), Name: stack.Bucket},
		Dropped:  store.Bucket{Client: server.Client(), Name: "dropped"},
		Invoke: func(ctx context.Context, payload []byte) ([]byte, error) {
			p.calls.Add(1)
			return function.Invoke(ctx, payload)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	return picture.Bytes()
}

func (p *place) put(t *testing.T, bucket, key string, width, height int) {
	t.Helper()
	b := store.Bucket{Client: p.server.Client(), Name: bucket}
	if _, _, err := b.PutIfAbsent(t.Context(), key, store.Object{Data: picture(t, width, height), ContentType: "image/jpeg"}); err != nil {
		t.Fatal(err)
	}
}

func (p *place) post(path, body string) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	p.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
	return answer
}

// objects are the keys of all that lies in a bucket.
func (p *place) objects(t *testing.T, bucket string) (keys []string) {
	t.Helper()
	for object, err := range (store.Bucket{Client: p.server.Client(), Name: bucket}).List(context.WithoutCancel(t.Context()), "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, *object.Key)
	}
	return keys
}

func TestChangesAreRenderedAndNothingIsKept(t *testing.T) {
	p := newPlace(t, "PRESET_WIDE=quality=70")
	for _, test := range []struct {
		body  string
		want  string // type and pixels
		calls int32
	}{
		{`{"photo": "0", "preset": "thumb"}`, "image/jpeg 20x20", 1},
		{`{"photo": "0", "preset": "thumb", "variant": "@2x"}`, "image/jpeg 40x40", 1},
		{`{"photo": "0", "preset": "thumb", "variant": "@2x.webp"}`, "image/webp", 1},
		{`{"photo": "0", "preset": "thumb", "fields": {"width": "60", "height": "30"}}`, "image/jpeg 60x30", 1},
		{`{"photo": "0", "preset": "thumb", "variant": "@3x", "fields": {"dpr": "3"}}`, "image/jpeg 60x60", 1},
		{`{"photo": "0", "preset": "wide", "fields": {"format": "png"}}`, "image/png 300x225", 1},
		{`{"photo": "1", "preset": "wide", "fields": {"width": "40"}}`, "image/jpeg 40x30", 1}, // of a source
		{`{"photo": "0", "preset": "wide", "fields": {"width": "0"}}`, `422 {"mistakes":[{"field":"width","text":"\"0\", expected a whole number of pixels from 1 to 8192"}]}`, 0},
		{`{"photo": "0", "preset": "wide", "fields": {"fit": "cover", "blur": "x"}}`, `422 {"mistakes":[{"field":"blur","text":"\"x\", expected a number from 0.3 to 100, or 0 for none"}]}`, 0},
		{`{"photo": "0", "preset": "wide", "fields": {"fit": "cover"}}`, `422 {"mistakes":[{"field":"fit","text":"cover with one side free, expected both width and height"}]}`, 0},
		{`{"photo": "0", "preset": "wide", "fields": {"tone": "grey,width=9"}}`, `422 {"mistakes":[{"field":"tone","text":"\"grey,width=9\", expected no comma, which PRESET_WIDE parts fields by"}]}`, 0},
		{`{"photo": "0", "preset": "wide", "fields": {"src_key": "x"}}`, `422 {"mistakes":[{"field":"src_key","text":"unknown field, expected one of `, 0},
		{`{"photo": "0", "preset": "none"}`, `422 {"mistakes":[{"text":"preset \"none\" is unknown"}]}`, 0},
		{`{"photo": "0", "preset": "wide", "variant": "@2x"}`, `404 {"mistakes":[{"text":"preset \"wide@2x\" is unknown"}]}`, 0},
		{`{"photo": "2", "preset": "wide"}`, `422 {"code":"source_missing","mistakes":[{"text":"`, 1},
		{`{"photo": "3", "preset": "wide"}`, `404 {"code":"source_missing","mistakes":[{"text":"there is no such photo`, 0},
		{`{"photo": "-1", "preset": "wide"}`, `404 {"code":"source_missing","mistakes":[{"text":"there is no such photo`, 0},
		{`{"photo": "dropped-X", "preset": "wide"}`, `404 {"code":"source_missing","mistakes":[{"text":"there is no such photo`, 0},
		{`{"photo": "0", "preset": "wide", "src_bucket": "people"}`, `400 {"mistakes":[{"text":"request: json: unknown field`, 0},
		{`{"photo": "` + strings.Repeat("0", 1<<17) + `"}`, `413 {"mistakes":[{"text":"request has more than 65536 bytes"}]}`, 0},
	} {
		before := p.calls.Load()
		answer := p.post("/render", test.body)
		got := fmt.Sprintf("%d %s", answer.Code, answer.Body)
		if answer.Code == http.StatusOK {
			got = answer.Header().Get("Content-Type")
			if size, _, err := image.DecodeConfig(bytes.NewReader(answer.Body.Bytes())); err == nil {
				got += fmt.Sprintf(" %dx%d", size.Width, size.Height)
			}
			if timing := answer.Header().Get("Server-Timing"); !strings.Contains(timing, "render;dur=") {
				t.Errorf("%.100s: Server-Timing is %q", test.body, timing)
			}
		}
		if !strings.HasPrefix(got, test.want) || p.calls.Load()-before != test.calls {
			t.Errorf("%.100s: %.300s after %d calls, want %s", test.body, got, p.calls.Load()-before, test.want)
		}
	}
	for bucket, want := range map[string]string{stack.Bucket: "photo/a b.jpg", "people": "faces/b.jpg", "dropped": ""} {
		if got := strings.Join(p.objects(t, bucket), " "); got != want {
			t.Errorf("%s holds %q, want %q", bucket, got, want)
		}
	}
}

func TestChangesAreSaidAsTheyAreWritten(t *testing.T) {
	p := newPlace(t, "PRESET_WIDE=quality=70, width=310", "PRESET_THUMB__2X=quality=60")
	for _, test := range []struct{ body, want string }{
		{`{"preset": "thumb"}`, `{"variants":[".webp","@2x","@2x.webp"]}`},
		{`{"preset": "thumb", "fields": {}}`, `{"variants":[".webp","@2x","@2x.webp"]}`},
		{`{"preset": "thumb", "fields": {"background": "#0a0b0c", "formats": "webp png", "width": "30", "chroma": "4:4:4", "progressive": "true"}}`,
			`{"variable":"PRESET_THUMB=width=30,chroma=4:4:4,progressive=true,background=#0a0b0c,formats=webp png",` +
				`"yaml":"thumb:\n  width: 30\n  chroma: 4:4:4\n  progressive: true\n  background: '#0a0b0c'\n  formats: [webp, png]\n",` +
				`"variants":[".webp",".png","@2x","@2x.webp","@2x.png"]}`},
		{`{"preset": "thumb", "fields": {"formats": "", "dpr": "1"}}`, `{"mistakes":[{"text":"PRESET_THUMB__2X: preset thumb@2x: no preset has this variant, expected formats and dpr of thumb to name it"}]}`},
		{`{"preset": "thumb", "fields": {"formats": ""}}`, `{"variable":"PRESET_THUMB=formats=","yaml":"thumb:\n  formats: []\n","variants":["@2x"]}`},
		{`{"preset": "wide", "fields": {"width": "320"}}`, `{"variable":"PRESET_WIDE=quality=70,width=320","yaml":"wide:\n  width: 320\n"}`},
		{`{"preset": "wide", "fields": {"formats": "gif", "width": "a\u0000b"}}`, `{"mistakes":[{"field":"width","text":"\"a\\x00b\", expected no comma, which PRESET_WIDE parts fields by"}]}`},
		{`{"preset": "wide", "fields": {"format": "webp", "formats": "webp"}}`, `{"mistakes":[{"field":"formats","text":"webp is its own format, expected others"}]}`},
	} {
		answer := p.post("/check", test.body)
		if got := strings.TrimSpace(answer.Body.String()); got != test.want {
			t.Errorf("%s: %s\nwant %s", test.body, got, test.want)
		}
		var said struct{ Variable, YAML string }
		if err := json.Unmarshal(answer.Body.Bytes(), &said); err != nil || said.Variable == "" {
			continue
		}
		// Both say the same where nothing else is said.
		name, _, _ := strings.Cut(said.YAML, ":")
		if _, err := prew.LoadPresets("yaml", []byte(said.YAML+"  height: 7\n"), nil); err != nil {
			t.Errorf("%s: the YAML says %v", test.body, err)
		}
		if _, err := prew.LoadPresets("variable", []byte(name+": {height: 7, width: 7}"), []string{said.Variable}); err != nil {
			t.Errorf("%s: the variable says %v", test.body, err)
		}
	}
}

// TestDroppedPhotosGoNowhere checks that only the last few are kept, and none in the end.
func TestDroppedPhotosGoNowhere(t *testing.T) {
	p := newPlace(t)
	var names []string
	for i := range 5 {
		answer := p.post("/photo", string(picture(t, 500+i, 400)))
		var said struct{ Photo string }
		if err := json.Unmarshal(answer.Body.Bytes(), &said); err != nil || said.Photo == "" {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		names = append(names, said.Photo)
	}
	for i, name := range names {
		answer := p.post("/render", fmt.Sprintf(`{"photo": %q, "preset": "wide"}`, name))
		if want := map[bool]int{true: http.StatusNotFound, false: http.StatusOK}[i == 0]; answer.Code != want {
			t.Errorf("dropped photo %d: %d %.200s, want %d", i, answer.Code, answer.Body, want)
		}
	}
	if kept := p.objects(t, "dropped"); len(kept) != 4 {
		t.Errorf("%d are kept, want 4: %q", len(kept), kept)
	}
	if answer := p.post("/photo", "no picture"); answer.Code != http.StatusOK {
		t.Errorf("what is no picture the function shall say, not %d %s", answer.Code, answer.Body)
	} else {
		var said struct{ Photo string }
		json.Unmarshal(answer.Body.Bytes(), &said)
		refused := p.post("/render", fmt.Sprintf(`{"photo": %q, "preset": "wide"}`, said.Photo))
		if !strings.HasPrefix(refused.Body.String(), `{"code":"source_unsupported","mistakes":[{"text":"`) {
			t.Errorf("no picture: %d %s", refused.Code, refused.Body)
		}
	}
	long := httptest.NewRecorder()
	p.ServeHTTP(long, httptest.NewRequest(http.MethodPost, "/photo", io.LimitReader(zeros{}, playground.MaxDropped+1)))
	if long.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a byte too many: %d %s", long.Code, long.Body)
	}
	if err := p.Clear(t.Context()); err != nil {
		t.Error(err)
	}
	if kept := p.objects(t, "dropped"); len(kept) > 0 {
		t.Errorf("after the end there are %q", kept)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestWhoHasLeftIsNotRendered for: the change that was made meanwhile has the next turn.
func TestWhoHasLeftIsNotRendered(t *testing.T) {
	p := newPlace(t)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	request := httptest.NewRequest(http.MethodPost, "/render", strings.NewReader(`{"photo": "0", "preset": "wide"}`)).WithContext(ctx)
	answer := httptest.NewRecorder()
	p.ServeHTTP(answer, request)
	if answer.Body.Len() > 0 {
		t.Errorf("%d %.200s", answer.Code, answer.Body)
	}
	if answer := p.post("/render", `{"photo": "0", "preset": "wide"}`); answer.Code != http.StatusOK {
		t.Errorf("after it: %d %s", answer.Code, answer.Body)
	}
}
