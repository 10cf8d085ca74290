// Package e2e tests and measures the whole system: real nginx, gateways, Redis,
// S3 server, and the real function in the Lambda emulator. The edition without servers
// has a stand-in for CloudFront before the S3 server and the function.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	_ "golang.org/x/image/webp"

	"prew"
	"prew/deploy/local/stack"
	"prew/nginx"
)

// whole is the system of all tests here; each has photos of its own. Most of them run on the
// edition without servers as well, edge.
var whole *stack.Stack

// static is a folder whose files nginx serves below /gallery/.
var static string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "e2e")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		static = filepath.Join(dir, "static")
		if err := os.MkdirAll(static, 0o755); err != nil {
			panic(err)
		}
		addr, err := stack.FreeAddr()
		if err != nil {
			panic(err)
		}
		whole, err = stack.Start(context.Background(), stack.Config{
			Dir: filepath.Join(dir, "stack"), Listen: addr, Renderers: 2, Gateways: 2, Gallery: static,
		})
		if err != nil {
			panic(err)
		}
		defer whole.Stop()
		if addr, err = stack.FreeAddr(); err != nil {
			panic(err)
		}
		edge, err = stack.Start(context.Background(), stack.Config{Dir: filepath.Join(dir, "edge"), Front: stack.Edge, Listen: addr, Renderers: 2})
		if err != nil {
			panic(err)
		}
		defer edge.Stop()
		return m.Run()
	}())
}

// photo is a JPEG of the given size, with something to see in it.
func photo(t testing.TB, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, color.RGBA{uint8(x * 255 / width), uint8(y * 255 / height), uint8((x ^ y) & 0xff), 0xff})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func upload(t testing.TB, key string, data []byte) {
	t.Helper()
	uploadTo(t, whole, key, data)
}

func uploadTo(t testing.TB, system *stack.Stack, key string, data []byte) {
	t.Helper()
	_, err := system.S3.Client().PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String(stack.Bucket), Key: &key, Body: bytes.NewReader(data), ContentType: aws.String("image/jpeg"),
	})
	if err != nil {
		t.Fatalf("upload %q: %v", key, err)
	}
}

// stored lists the keys of a system's bucket below a prefix.
func stored(t testing.TB, system *stack.Stack, prefix string) []string {
	t.Helper()
	var keys []string
	pages := s3.NewListObjectsV2Paginator(system.S3.Client(), &s3.ListObjectsV2Input{Bucket: aws.String(stack.Bucket), Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Contents {
			keys = append(keys, *object.Key)
		}
	}
	return keys
}

// answer is a response, read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends one request to addr with the target exactly as it is spelt; Go's client
// would clean the path.
func ask(addr, method, target string, headers ...string) (answer, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(40 * time.Second)) // longer than nginx's timeout
	request := method + " " + target + " HTTP/1.1\r\nHost: prew.test\r\nConnection: close\r\n"
	for _, header := range headers {
		request += header + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return answer{}, err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return answer{}, fmt.Errorf("%s %q: %w", method, target, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body)}, err
}

func get(t testing.TB, addr, target string, headers ...string) answer {
	t.Helper()
	a, err := ask(addr, http.MethodGet, target, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// anotherFront is a second nginx before the same parts, with a cache of its own.
func anotherFront(t *testing.T, gateways ...string) string {
	t.Helper()
	return anotherFrontOf(t, whole, prew.Places{}, false, gateways...)
}

// anotherFrontOf is one before the parts of a system, with the folders of places.
func anotherFrontOf(t *testing.T, system *stack.Stack, places prew.Places, private bool, gateways ...string) string {
	t.Helper()
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	presets, err := stack.Presets()
	if err != nil {
		t.Fatal(err)
	}
	previews := stack.StoreAt(system.S3.Addr, stack.Bucket)
	photos := previews
	previews.Prefix, photos.Prefix = places.Previews().Prefix, places.Photos().Prefix
	n, err := stack.StartNginx(t.TempDir(), nginx.Site{Listen: addr, Previews: previews, Photos: photos, Private: private, Gateways: gateways, Presets: presets})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	return addr
}

// anotherGateway is one more gateway, with settings of its own.
func anotherGateway(t *testing.T, env ...string) *stack.Gateway {
	t.Helper()
	g, err := stack.StartGateway(t.TempDir(), "gateway", append(append(whole.S3.Env(),
		"PREW_REDIS="+whole.Redis.Addr, "PREW_BUCKET="+stack.Bucket,
		"PREW_FUNCTION="+stack.Function, "AWS_ENDPOINT_URL_LAMBDA="+whole.Emulator.URL), env...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Stop)
	return g
}

// sizeOf decodes a preview's header.
func sizeOf(t testing.TB, body string) (format string, width, height int) {
	t.Helper()
	config, format, err := image.DecodeConfig(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return format, config.Width, config.Height
}

// sizeOf knows AVIF by what the box ispe of its picture says, after its length, type and version
// (ISO/IEC 23008-12, section 6.5.3).
func init() {
	config := func(r io.Reader) (image.Config, error) {
		head, err := io.ReadAll(io.LimitReader(r, 1<<10))
		_, size, found := bytes.Cut(head, []byte("ispe"))
		if err == nil && (!found || len(size) < 12) {
			err = errors.New("an AVIF without its size")
		}
		if err != nil {
			return image.Config{}, err
		}
		return image.Config{Width: int(binary.BigEndian.Uint32(size[4:])), Height: int(binary.BigEndian.Uint32(size[8:]))}, nil
	}
	image.RegisterFormat("avif", "????ftypavif", nil, config)
}

func TestLifeOfAPreview(t *testing.T) { onBoth(t, lifeOfAPreview) }

func lifeOfAPreview(t *testing.T, system *stack.Stack) {
	uploadTo(t, system, "photo/life/a b.jpg", photo(t, 800, 600))
	const target = "/prew/thumb/life/a%20b.jpg"

	cold := get(t, system.Addr(), target)
	if cold.status != 200 || cold.header.Get("X-Prew") != "rendered" {
		t.Fatalf("cold: %d, %q, %q", cold.status, cold.header.Get("X-Prew"), cold.header.Get("X-Prew-Error"))
	}
	if format, width, height := sizeOf(t, cold.body); format != "jpeg" || width != 200 || height != 200 {
		t.Errorf("%s of %dx%d, want a jpeg of 200x200", format, width, height)
	}
	stages := []string{"lease", "invoke", "fetch", "render", "store"}
	if atTheEdge(system) {
		stages = stages[2:] // nobody leases, and the function invokes nobody
	}
	for _, stage := range stages {
		if !strings.Contains(cold.header.Get("Server-Timing"), stage+";dur=") {
			t.Errorf("Server-Timing %q lacks %s", cold.header.Get("Server-Timing"), stage)
		}
	}
	again := get(t, system.Addr(), target)
	timing := ""
	if atTheEdge(system) {
		timing = cold.header.Get("Server-Timing") // CloudFront keeps all headers
	}
	if from(again) != "cached" || again.header.Get("Server-Timing") != timing {
		t.Errorf("again: %q with timing %q, want cached with %q", from(again), again.header.Get("Server-Timing"), timing)
	}
	later := []answer{again}
	for where, addr := range everywhere(t, system, prew.Places{}) {
		if addr == system.Addr() {
			continue
		}
		elsewhere := get(t, addr, target)
		if from(elsewhere) != "stored" || elsewhere.header.Get("Server-Timing") != "" {
			t.Errorf("%s: %q with timing %q, want stored without", where, from(elsewhere), elsewhere.header.Get("Server-Timing"))
		}
		later = append(later, elsewhere)
	}
	if !atTheEdge(system) {
		elsewhere := get(t, anotherFront(t, system.Gateways[0].Addr), target)
		if elsewhere.header.Get("X-Prew") != "stored" || elsewhere.header.Get("Server-Timing") != "" {
			t.Errorf("on another nginx: %q with timing %q, want stored without", elsewhere.header.Get("X-Prew"), elsewhere.header.Get("Server-Timing"))
		}
		later = append(later, elsewhere)
	}
	for _, later := range later {
		if later.status != 200 || later.body != cold.body {
			t.Errorf("then %d, other bytes: %v", later.status, later.body != cold.body)
		}
		for _, name := range []string{"Content-Type", "Etag", "Cache-Control", "X-Content-Type-Options", "Content-Security-Policy"} {
			if a, b := cold.header.Get(name), later.header.Get(name); a == "" || a != b {
				t.Errorf("%s: first %q, then %q", name, a, b)
			}
		}
		for name := range later.header {
			if strings.HasPrefix(name, "X-Amz") && !atTheEdge(system) { // CloudFront lets some of S3's through
				t.Errorf("%s reaches the client", name)
			}
		}
	}
	if same := get(t, system.Addr(), target, "If-None-Match: "+cold.header.Get("Etag")); same.status != 304 {
		t.Errorf("with its ETag: %d", same.status)
	}
	if n := renders(t, system, "prew/thumb/life/a b.jpg"); n != 1 {
		t.Errorf("%d renders, want 1", n)
	}
	if open := get(t, system.S3.Addr, "/"+stack.Bucket+target); atTheEdge(system) && open.status != http.StatusForbidden {
		t.Errorf("S3 gives it to anybody: %d", open.status)
	}
}

// TestManyClientsOnColdKeys checks the main promise: one render per preview, and the
// same bytes for all clients. At the edge one place of CloudFront keeps it too.
func TestManyClientsOnColdKeys(t *testing.T) { onBoth(t, manyClientsOnColdKeys) }

func manyClientsOnColdKeys(t *testing.T, system *stack.Stack) {
	for _, keys := range []int{1, 20} {
		t.Run(fmt.Sprintf("%d keys", keys), func(t *testing.T) {
			name := func(i int) string { return fmt.Sprintf("many/%d/%d.jpg", keys, i%keys) }
			for i := range keys {
				uploadTo(t, system, "photo/"+name(i), photo(t, 1200, 800+i))
			}
			crowd(t, func(i int) (addr, target string) { return system.Addr(), "/prew/card/" + name(i) }, keys)
			for i := range keys {
				if n := renders(t, system, "prew/card/"+name(i)); n != 1 {
					t.Errorf("%s: %d renders, want 1", name(i), n)
				}
			}
		})
	}
}

// crowd has 300 clients ask at once, each for what ask says of its number, and holds their
// answers against each other: those of numbers that differ by a multiple of keys are alike.
func crowd(t *testing.T, target func(i int) (addr, target string), keys int) {
	t.Helper()
	const clients = 300
	answers := make([]answer, clients)
	errs := make([]error, clients)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			addr, target := target(i)
			<-start
			answers[i], errs[i] = ask(addr, http.MethodGet, target)
		})
	}
	close(start)
	wg.Wait()
	for i, a := range answers {
		if errs[i] != nil || a.status != 200 {
			t.Fatalf("client %d: %d, %q, %v", i, a.status, a.header.Get("X-Prew-Error"), errs[i])
		}
		if a.body != answers[i%keys].body || a.header.Get("Etag") != answers[i%keys].header.Get("Etag") {
			t.Errorf("client %d got other bytes than client %d", i, i%keys)
		}
	}
}

func TestFailuresArePictures(t *testing.T) { onBoth(t, failuresArePictures) }

func failuresArePictures(t *testing.T, system *stack.Stack) {
	uploadTo(t, system, "photo/failures/text.jpg", []byte("this is no picture"))
	uploadTo(t, system, "photo/failures/cut.jpg", photo(t, 400, 300)[:2000])
	tests := []struct {
		target string
		status int
		code   string
	}{
		{"/prew/thumb/failures/none.jpg", 404, "source_missing"},
		{"/prew/1000x1000/failures/none.jpg", 404, "preset_unknown"},
		{"/prew/thumb/failures/../text.jpg", 404, "path_refused"},
		{"/prew/thumb/failures/text.jpg", 422, "source_unsupported"},
		{"/prew/thumb/failures/cut.jpg", 422, "source_damaged"},
		{"/photo/failures/none.jpg", 404, "source_missing"},
		{"/photo/failures/none+.jpg", 404, "source_missing"},
		{"/photo/failures%2ftext.jpg", 404, "path_refused"},
		{"/nothing", 404, "path_refused"},
	}
	for _, test := range tests {
		for range 2 {
			a := get(t, system.Addr(), test.target)
			if a.status != test.status || a.header.Get("X-Prew-Error") != test.code {
				t.Errorf("%s: %d, %q; want %d, %q", test.target, a.status, a.header.Get("X-Prew-Error"), test.status, test.code)
			}
			if atTheEdge(system) && (test.code == "preset_unknown" || test.code == "path_refused") {
				if a.body != "" || a.header.Get("Cache-Control") != "no-store" { // the viewer function has no room for pictures
					t.Errorf("%s: %d bytes, Cache-Control %q, want none, and no-store", test.target, len(a.body), a.header.Get("Cache-Control"))
				}
				continue
			}
			if format, _, _ := sizeOf(t, a.body); format != "png" || a.header.Get("Content-Type") != "image/png" {
				t.Errorf("%s: %s as %q, want a PNG", test.target, format, a.header.Get("Content-Type"))
			}
			if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: no protection", test.target)
			}
		}
	}
	for key, want := range map[string]int{"text.jpg": 1, "cut.jpg": 1} {
		if atTheEdge(system) {
			want = 2 // nobody remembers that a photo is broken
		}
		if n := invocations(t, system, "prew/thumb/failures/"+key); n != want {
			t.Errorf("%s: %d invocations, want %d", key, n, want)
		}
	}
	// The function says that a photo is missing, and CloudFront remembers it for 10 s.
	if n := invocations(t, system, "prew/thumb/failures/none.jpg"); !atTheEdge(system) && n != 0 || atTheEdge(system) && (n < 1 || n > 2) {
		t.Errorf("a missing photo: %d invocations", n)
	}
}

func TestEnvironmentChangesPresets(t *testing.T) {
	upload(t, "photo/changed.jpg", photo(t, 800, 600))
	front := anotherFront(t, anotherGateway(t, "PRESET_THUMB=width=64,height=64").Addr)
	a := get(t, front, "/prew/thumb/changed.jpg")
	if _, width, height := sizeOf(t, a.body); a.status != 200 || width != 64 || height != 64 {
		t.Errorf("%d: %dx%d, want 64x64", a.status, width, height)
	}
}

func TestDeadGatewayIsPassedOver(t *testing.T) {
	dead := anotherGateway(t)
	front := anotherFront(t, dead.Addr, whole.Gateways[0].Addr)
	dead.Kill()
	for i := range 4 {
		upload(t, fmt.Sprintf("photo/dead/%d.jpg", i), photo(t, 300, 200))
		if a := get(t, front, fmt.Sprintf("/prew/thumb/dead/%d.jpg", i)); a.status != 200 {
			t.Errorf("request %d: %d, %q", i, a.status, a.header.Get("X-Prew-Error"))
		}
	}
}

func TestPhotosPass(t *testing.T) { onBoth(t, photosPass) }

func photosPass(t *testing.T, system *stack.Stack) {
	data := string(photo(t, 300, 200))
	uploadTo(t, system, "photo/pass/a+b.jpg", []byte(data))
	for _, target := range []string{"/photo/pass/a%2Bb.jpg", "/photo/pass/a+b.jpg?width=3"} {
		for range 2 {
			if a := get(t, system.Addr(), target); a.status != 200 || a.body != data || a.header.Get("X-Prew") != "" {
				t.Errorf("%s: %d, %d bytes, X-Prew %q", target, a.status, len(a.body), a.header.Get("X-Prew"))
			}
		}
		if a := get(t, system.Addr(), target, "Range: bytes=0-9"); a.status != 206 || a.body != data[:10] {
			t.Errorf("%s: a range: %d, %q", target, a.status, a.body)
		}
		if a, err := ask(system.Addr(), http.MethodHead, target); err != nil || a.status != 200 || a.body != "" {
			t.Errorf("%s: HEAD: %d, %q, %v", target, a.status, a.body, err)
		}
		status := 405
		if atTheEdge(system) {
			status = 403 // CloudFront's own answer
		}
		if a, err := ask(system.Addr(), http.MethodDelete, target); err != nil || a.status != status {
			t.Errorf("%s: DELETE: %d, %v, want %d", target, a.status, err, status)
		}
	}
	if n := invocations(t, system, "photo/pass/a+b.jpg"); n != 0 {
		t.Errorf("the function was asked for a photo that is there: %d", n)
	}
}
