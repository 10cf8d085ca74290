package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"prew"
	"prew/deploy/local/stack"
	"prew/lambda/store"
)

func TestNumbersOfTheEnvironment(t *testing.T) {
	for _, test := range []struct {
		text string
		want int
		err  string
	}{
		{"1", 1, ""},
		{"256", 256, ""},
		{"0", 0, "RENDERERS=0, expected a whole number from 1 to 256"},
		{"257", 0, "RENDERERS=257, expected a whole number from 1 to 256"},
		{"many", 0, "RENDERERS=many, expected a whole number from 1 to 256"},
	} {
		got, err := number("RENDERERS", test.text, 256)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && err.Error() != test.err {
			t.Errorf("%q: %d, %v", test.text, got, err)
		}
	}
}

func TestPortInUseIsSaidByName(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	want := fmt.Sprintf("port %d is in use, choose another: PORT=%d make run", port, port+1)
	if err := portIsFree(port); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	listener.Close()
	if err := portIsFree(port); err != nil {
		t.Error(err)
	}
}

func TestSecondStartInOneCheckoutNamesTheFirst(t *testing.T) {
	state := filepath.Join(t.TempDir(), ".local")
	unlock, err := lock(state, 8080)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lock(state, 8081)
	want := fmt.Sprintf("this checkout is running already: process %d, http://localhost:8080/ (%s)", os.Getpid(), state)
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	unlock()
	unlock, err = lock(state, 8081)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestPhotosOfAFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.jpg": "12345", "B.JPEG": "12345", "deep/er/c d.png": "12345", "é.webp": "12345", "+%.tiff": "12345",
		"IMG_1.HEIC": "12345", "i.heif": "12345", "j.avif": "12345", "k.svg": "12345",
		"notes.txt": "12345", "jpg": "12345", "empty": "", ".hidden.jpg": "12345", ".thumbnails/a.jpg": "12345",
		"new\nline.jpg": "12345", `back\slash.jpg`: "12345",
		"no ending": "\xff\xd8\xff\xe0\x00", "a.jpg~": "\xff\xd8\xff\xe1\x00", "photo.1": "II*\x00\x08", "cut": "\xff\xd8",
	} {
		file := filepath.Join(dir, "photos", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(dir, "link")
	for name, target := range map[string]string{
		link:                                   "photos",
		filepath.Join(dir, "photos", "gone"):   "nowhere.jpg",
		filepath.Join(dir, "photos", "folder"): "deep",
		filepath.Join(dir, "photos", "l.jpg"):  "a.jpg",
	} {
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	photos, err := photosBelow(link, &out)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, p := range photos {
		if p.size != 5 {
			t.Errorf("%s has %d bytes, want 5", p.key, p.size)
		}
		keys = append(keys, p.key+" "+p.contentType)
	}
	slices.Sort(keys)
	if want := []string{
		"+%.tiff image/tiff", "B.JPEG image/jpeg", "IMG_1.HEIC image/heic", "a.jpg image/jpeg", "a.jpg~ image/jpeg",
		"deep/er/c d.png image/png", "i.heif image/heif", "j.avif image/avif", "k.svg image/svg+xml", "l.jpg image/jpeg",
		"no ending image/jpeg", "photo.1 image/tiff", "é.webp image/webp",
	}; !slices.Equal(keys, want) {
		t.Errorf("keys %q, want %q", keys, want)
	}
	left := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, want := range []string{
		`left out: ".hidden.jpg": hidden`,
		`left out: ".thumbnails": hidden`,
		`left out: "back\\slash.jpg": `,
		`left out: "cut": no picture by the ending of its name or its first bytes`,
		`left out: "empty": no picture by the ending of its name or its first bytes`,
		`left out: "folder": a link to a folder, which is not followed`,
		`left out: "gone": stat `,
		`left out: "jpg": no picture by the ending of its name or its first bytes`,
		`left out: "new\nline.jpg": `,
		`left out: "notes.txt": no picture by the ending of its name or its first bytes`,
	} {
		if i >= len(left) || !strings.HasPrefix(left[i], want) {
			t.Fatalf("left out:\n%s\nwant line %d to begin with %s", &out, i+1, want)
		}
	}
	if len(left) != 10 {
		t.Errorf("%d files were left out, want 10:\n%s", len(left), &out)
	}
}

func TestSniff(t *testing.T) {
	for head, want := range map[string]string{
		"\xff\xd8\xff\xdb": "image/jpeg", "\x89PNG\r\n\x1a\n\x00": "image/png", "GIF89a": "image/gif",
		"BM\x36\x00\x00\x00\x00\x00\x00\x00\x36": "image/bmp", "BMW and others": "", "MM\x00*": "image/tiff", "II+\x00": "image/tiff",
		"RIFF\x00\x00\x00\x00WEBPVP8 ": "image/webp", "RIFF\x00\x00\x00\x00WAVEfmt ": "",
		"\x00\x00\x00\x18ftypheic": "image/heic", "\x00\x00\x00\x18ftypmif1": "image/heif", "\x00\x00\x00\x18ftypavif": "image/avif",
		"\x00\x00\x00\x18ftypisom": "", "<svg xmlns=": "image/svg+xml", "": "", "#!/bin/sh": "",
	} {
		if got := sniff([]byte(head)); got != want {
			t.Errorf("%q: %q, want %q", head, got, want)
		}
	}
}

func TestFolderWithoutPhotosIsRefused(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if photos, err := photosBelow(dir, io.Discard); err == nil || !strings.Contains(err.Error(), "PHOTOS") {
			t.Errorf("%s: %v, %v", dir, photos, err)
		}
	}
}

func TestGalleryNamesEveryPhotoInEveryPreset(t *testing.T) {
	presets, err := prew.LoadPresets("presets.yaml", []byte("thumb: {width: 20, height: 20, fit: cover, formats: [webp], dpr: 2}\n"),
		[]string{"PRESET_DOT=format=thumbhash", "PRESET_WIDE=width=300"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "gallery")
	for range 2 { // the second time over the files of the first
		if err := writeGallery(dir, []photo{{key: "a b/c+d.jpg", size: 7}}, presets, addresses{Playground: "http://play"}); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "gallery.json"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"presets":[{"name":"thumb","terms":"width 20, height 20, fit cover, formats webp, dpr 2",` +
		`"html":"\u003cimg src=\"/prew/thumb/a%20b/c%2Bd.jpg\" srcset=\"/prew/thumb/a%20b/c%2Bd.jpg, /prew/thumb@2x/a%20b/c%2Bd.jpg 2x\" width=\"20\" height=\"20\" alt=\"\"\u003e"},` +
		`{"name":"dot","terms":"format thumbhash","html":"","standIn":"thumbhash"},` +
		`{"name":"wide","terms":"width 300","html":"\u003cimg src=\"/prew/wide/a%20b/c%2Bd.jpg\" width=\"300\" alt=\"\"\u003e"}],` +
		`"photos":[{"name":"a b/c+d.jpg","path":"/photo/a%20b/c%2Bd.jpg","size":7,` +
		`"previews":[{"path":"/prew/thumb/a%20b/c%2Bd.jpg","variants":[{"name":".webp","path":"/prew/thumb.webp/a%20b/c%2Bd.jpg"},` +
		`{"name":"@2x","path":"/prew/thumb@2x/a%20b/c%2Bd.jpg"},{"name":"@2x.webp","path":"/prew/thumb@2x.webp/a%20b/c%2Bd.jpg"}]},` +
		`{"path":"/prew/dot/a%20b/c%2Bd.jpg"},{"path":"/prew/wide/a%20b/c%2Bd.jpg"}]}]}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	for _, name := range []string{"index.html", "gallery.css", "gallery.js", "standin.js", "favicon.svg", "playground.html", "playground.css", "playground.js", "playground.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestGalleryHasAReasonForEveryCode(t *testing.T) {
	script, err := galleryFiles.ReadFile("gallery/gallery.js")
	if err != nil {
		t.Fatal(err)
	}
	for code := range prew.Codes() {
		if !strings.Contains(string(script), "\n  "+string(code)+`: "`) {
			t.Errorf("no reason for %s", code)
		}
	}
}

func TestUploadStoresWhatIsMissingOrOfAnotherSize(t *testing.T) {
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	if err := server.CreateBucket(t.Context(), stack.Bucket); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, step := range []struct {
		file, text string // written first
		uploaded   int
	}{
		{"a.jpg", "one", 1},
		{"deep/b c.png", "two", 1},
		{"a.jpg", "longer", 1},
		{"a.jpg", "longer", 0},
	} {
		file := filepath.Join(dir, step.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(step.text), 0o644); err != nil {
			t.Fatal(err)
		}
		photos, err := photosBelow(dir, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		uploaded, err := upload(t.Context(), store.Bucket{Client: server.Client(), Name: stack.Bucket}, prew.DefaultSourcePrefix, photos)
		if err != nil || uploaded != step.uploaded {
			t.Errorf("%s with %q: %d uploaded, %v, want %d", step.file, step.text, uploaded, err, step.uploaded)
		}
	}
	response, err := http.Get("http://" + server.Addr + "/" + stack.Bucket + "/photo/deep/b%20c.png")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || string(body) != "two" || response.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%s %q of type %s, %v", response.Status, body, response.Header.Get("Content-Type"), err)
	}
}

// TestRunServesAndALaterRunReusesItsState does `make run` three times, with a Ctrl-C after
// each. The first one uploads the photos, and nginx may be told so just after it has put the
// preview into its cache; then only S3 has it in the second one.
func TestRunServesAndALaterRunReusesItsState(t *testing.T) {
	state := t.TempDir()
	for _, answers := range [][]string{{"rendered"}, {"stored", "cached"}, {"cached"}} {
		site, listed, stop := start(t, "", "", state)
		if want := len(samples) + len(others)*fewPhotos; len(listed.Photos) != want {
			t.Errorf("the gallery lists %d photos, want %d", len(listed.Photos), want)
		}
		for _, p := range listed.Photos {
			for i, preview := range p.Previews {
				if preset := listed.Presets[i]; (preset.Source == p.Source) != (preview.Path != "") {
					t.Errorf("%s of the source %q in %s of %q: %q", p.Name, p.Source, preset.Name, preset.Source, preview.Path)
				}
				if p.Source == "" || preview.Path == "" {
					continue
				}
				if status, _, _ := get(t, site+preview.Path); status != http.StatusOK {
					t.Errorf("%s: %d", preview.Path, status)
				}
			}
		}
		if status, header, _ := get(t, site+"/prew/profile/earth.png"); status != http.StatusNotFound || header.Get("X-Prew-Error") != "source_missing" {
			t.Errorf("a photo of the default source in a preset of another: %d, %s", status, header.Get("X-Prew-Error"))
		}
		status, header, body := get(t, site+"/prew/thumb/cardinal.jpg")
		if status != http.StatusOK || header.Get("Content-Type") != "image/jpeg" || len(body) == 0 {
			t.Errorf("a preview: %d %s, %d bytes", status, header.Get("Content-Type"), len(body))
		}
		if got := header.Get("X-Prew"); !slices.Contains(answers, got) {
			t.Errorf("the preview was %s, want %q", got, answers)
		}
		for _, path := range []string{"/", "/gallery/gallery.js", "/gallery/gallery.css"} {
			if status, _, body := get(t, site+path); status != http.StatusOK || len(body) == 0 {
				t.Errorf("%s: %d, %d bytes", path, status, len(body))
			}
		}
		stop()
		number, err := strconv.Atoi(strings.TrimPrefix(site, "http://127.0.0.1:"))
		if err != nil {
			t.Fatal(err)
		}
		if err := portIsFree(number); err != nil {
			t.Errorf("after the end: %v", err)
		}
	}
}

// start does `make run`, and returns when the gallery is served; stop does its Ctrl-C
// and waits for the end.
func start(t *testing.T, front, photos, state string) (site string, listed gallery, stop func()) {
	t.Helper()
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, port, photos, "1", front, os.Getenv("CHAOS"), state) }()
	site = "http://" + addr
	return site, awaitGallery(t, site, ended), func() {
		interrupt()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// awaitGallery returns gallery.json as soon as it is served. Every photo that it lists
// is in the bucket by then.
func awaitGallery(t *testing.T, site string, ended <-chan error) gallery {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case err := <-ended:
			t.Fatalf("run ended: %v", err)
		default:
		}
		response, err := http.Get(site + "/gallery/gallery.json")
		if err != nil {
			continue
		}
		var listed gallery
		err = json.NewDecoder(response.Body).Decode(&listed)
		response.Body.Close()
		if response.StatusCode != http.StatusOK || err != nil {
			continue // it is not there, or not all of it
		}
		for _, p := range listed.Photos {
			if status, _, _ := get(t, site+p.Path); status != http.StatusOK {
				t.Errorf("%s is listed and answers %d", p.Path, status)
			}
		}
		return listed
	}
	t.Fatal("no gallery within a minute")
	return gallery{}
}

func get(t *testing.T, url string) (status int, header http.Header, body []byte) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err = io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, body
}

// TestReplacedPhotoHasItsNewPreviewWithin2s presses the button of the gallery for a photo whose
// preview S3 and nginx have.
func TestReplacedPhotoHasItsNewPreviewWithin2s(t *testing.T) {
	for _, private := range []string{"0", "1"} {
		t.Run("private="+private, func(t *testing.T) {
			t.Setenv("PREW_PRIVATE", private)
			photos := t.TempDir()
			writePhoto(t, filepath.Join(photos, "a.jpg"), 400, 300)
			writePhoto(t, filepath.Join(photos, "b.jpg"), 300, 400)
			site, listed, stop := start(t, "", photos, t.TempDir())
			defer stop()
			page := site + "/prew/hero/a.jpg"
			for range 2 {
				get(t, page)
			}
			_, before, _ := get(t, page)
			if before.Get("X-Prew") != "cached" {
				t.Errorf("before it is replaced nginx answers %q", before.Get("X-Prew"))
			}
			request, err := http.NewRequest(http.MethodPost, listed.Replace+"?photo=0", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Origin", site)
			request.Header.Set("X-Prew-Page", "1")
			began := time.Now()
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusNoContent {
				t.Fatalf("the button is answered %s", response.Status)
			}
			for {
				_, header, _ := get(t, page)
				took := time.Since(began)
				if header.Get("ETag") != before.Get("ETag") {
					t.Logf("the new preview is there after %v", took)
					return
				}
				if took > 2*time.Second {
					t.Fatalf("after %v the preview is still the old one, %s", took, header.Get("X-Prew"))
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
}

func TestMistakesInTheEnvironmentStopTheStart(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"PREW_BUKET", "b", "PREW_BUKET: unknown variable, the closest is PREW_BUCKET"},
		{"PREW_ERROR_PICTURES", "maybe", `PREW_ERROR_PICTURES: "maybe", expected on or off`},
		{"PREW_PRIVATE", "maybe", "PREW_PRIVATE=maybe, expected 1 or 0"},
		{"SOURCE_PETS", "prefix=x", "SOURCE_PETS: no bucket, expected bucket=<name>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv(test.name, test.value)
			if err := run(t.Context(), "8080", "", "1", "", "", t.TempDir()); err == nil || err.Error() != test.want {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}

// TestRunAtTheEdge has the same gallery, and no button that nobody would tell CloudFront of.
func TestRunAtTheEdge(t *testing.T) {
	photos := t.TempDir()
	for _, name := range []string{"a b.jpg", "c.jpg"} {
		writePhoto(t, filepath.Join(photos, name), 300, 200)
	}
	state := t.TempDir()
	site, listed, stop := start(t, "edge", photos, state)
	defer stop()
	if len(listed.Photos) != 6 || listed.Replace != "" {
		t.Fatalf("%d photos, Replace is %q", len(listed.Photos), listed.Replace)
	}
	for _, want := range []struct{ cache, outcome string }{{"Miss from cloudfront", "rendered"}, {"Hit from cloudfront", "rendered"}} {
		status, header, _ := get(t, site+listed.Photos[0].Previews[0].Path)
		if status != 200 || header.Get("X-Cache") != want.cache || header.Get("X-Prew") != want.outcome {
			t.Errorf("%d, %s, %s; want %v", status, header.Get("X-Cache"), header.Get("X-Prew"), want)
		}
	}
	if status, _, page := get(t, site+"/"); status != 200 || !strings.Contains(string(page), "/gallery/gallery.js") {
		t.Errorf("the page: %d", status)
	}
	for _, part := range []string{"nginx", "redis.log", "gateway-1.log"} {
		if _, err := os.Stat(filepath.Join(state, part)); err == nil {
			t.Errorf("%s is there", part)
		}
	}
	if err := run(t.Context(), "8080", "", "1", "edges", "", t.TempDir()); err == nil || err.Error() != "FRONT=edges, expected edge or nothing" {
		t.Error(err)
	}
}

// TestGameDay begins anew in its state, with a Prometheus beside the system.
func TestGameDay(t *testing.T) {
	t.Setenv("PREW_INVOKES", "1") // or the day sets it
	t.Setenv("CHAOS", "redis-down")
	photos, state := t.TempDir(), t.TempDir()
	writePhoto(t, filepath.Join(photos, "a.jpg"), 40, 30)
	before := filepath.Join(state, "s3", "prew", "prew", "thumb", "a.jpg") // of an earlier day
	if err := os.MkdirAll(filepath.Dir(before), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(before, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	site, _, stop := start(t, "", photos, state)
	if status, header, _ := get(t, site+"/prew/thumb/a.jpg"); status != http.StatusOK || header.Get("X-Prew") == "stored" {
		t.Errorf("the preview: %d, %s", status, header.Get("X-Prew"))
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(state, "prometheus", "data")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no Prometheus within a minute")
		}
	}
	stop()
	for _, test := range []struct{ front, chaos, want string }{
		{"", "fire", "CHAOS=fire, expected one of redis-down, "},
		{"edge", "flood", "CHAOS=flood and FRONT=edge, expected one of them: "},
	} {
		if err := run(t.Context(), "8080", "", "1", test.front, test.chaos, state); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

// TestFailuresMayHaveNoBody from the gateways and from nginx alike.
func TestFailuresMayHaveNoBody(t *testing.T) {
	t.Setenv("PREW_ERROR_PICTURES", "off")
	photos := t.TempDir()
	writePhoto(t, filepath.Join(photos, "a.jpg"), 40, 30)
	site, _, stop := start(t, "", photos, t.TempDir())
	defer stop()
	for path, code := range map[string]string{
		"/prew/nope/a.jpg":  "preset_unknown",
		"/photo/none.jpg":   "source_missing",
		"/photo/a%2Fb.jpg":  "path_refused",
		"/prew/thumb/b.jpg": "source_missing",
	} {
		if status, header, body := get(t, site+path); status != http.StatusNotFound || header.Get("X-Prew-Error") != code || len(body) > 0 {
			t.Errorf("%s: %d, %s, a body of %d bytes", path, status, header.Get("X-Prew-Error"), len(body))
		}
	}
}

// TestWhatSomebodyHasSetStaysAsItIs checks that a run puts no source and no preset of its own in
// the place of somebody's.
func TestWhatSomebodyHasSetStaysAsItIs(t *testing.T) {
	for _, test := range []struct {
		presets string
		environ map[string]string
		want    string // the sources that are added
	}{
		{"thumb: {width: 1}", nil, "people archive"},
		{"thumb: {width: 1}", map[string]string{"SOURCE_PEOPLE": "bucket=mine"}, "archive"},
		{"thumb: {width: 1}", map[string]string{"PRESET_ARCHIVED": "width=2"}, "people"},
		{"profile: {width: 1}", nil, "archive"},
	} {
		for _, o := range others {
			source, preset := o.variables()
			t.Setenv(source[0], test.environ[source[0]])
			t.Setenv(preset[0], test.environ[preset[0]])
		}
		presets, err := prew.LoadPresets("presets.yaml", []byte(test.presets), nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time what the first has set is there
			added, err := setOthers(presets)
			var names []string
			for _, o := range added {
				names = append(names, o.name)
			}
			if got := strings.Join(names, " "); got != test.want || err != nil {
				t.Errorf("%s with %v: added %q, %v; want %q", test.presets, test.environ, got, err, test.want)
			}
		}
		for name, value := range test.environ {
			if got := os.Getenv(name); got != value {
				t.Errorf("%s is %q, was %q", name, got, value)
			}
		}
	}
}
