// Package e2e tests and measures the whole system: real nginx, gateways, Redis,
// S3 server, and the real function in the Lambda emulator.
package e2e

import (
	"bufio"
	"bytes"
	"context"
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

// whole is the system of all tests here; each has photos of its own.
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

func TestLifeOfAPreview(t *testing.T) {
	upload(t, "photo/life/a b.jpg", photo(t, 800, 600))
	const target = "/prew/thumb/life/a%20b.jpg"

	cold := get(t, whole.Nginx.Addr, target)
	if cold.status != 200 || cold.header.Get("X-Prew") != "rendered" {
		t.Fatalf("cold: %d, %q, %q", cold.status, cold.header.Get("X-Prew"), cold.header.Get("X-Prew-Error"))
	}
	if format, width, height := sizeOf(t, cold.body); format != "jpeg" || width != 200 || height != 200 {
		t.Errorf("%s of %dx%d, want a jpeg of 200x200", format, width, height)
	}
	for _, stage := range []string{"lease", "invoke", "fetch", "render", "store"} {
		if !strings.Contains(cold.header.Get("Server-Timing"), stage+";dur=") {
			t.Errorf("Server-Timing %q lacks %s", cold.header.Get("Server-Timing"), stage)
		}
	}
	again := get(t, whole.Nginx.Addr, target)
	if again.header.Get("X-Prew") != "cached" || again.header.Get("Server-Timing") != "" {
		t.Errorf("again: %q with timing %q, want cached without", again.header.Get("X-Prew"), again.header.Get("Server-Timing"))
	}
	elsewhere := get(t, anotherFront(t, whole.Gateways[0].Addr), target)
	if elsewhere.header.Get("X-Prew") != "stored" || elsewhere.header.Get("Server-Timing") != "" {
		t.Errorf("on another nginx: %q with timing %q, want stored without", elsewhere.header.Get("X-Prew"), elsewhere.header.Get("Server-Timing"))
	}
	gateway := get(t, whole.Gateways[1].Addr, target)
	if gateway.header.Get("X-Prew") != "stored" {
		t.Errorf("on the other gateway: %q, want stored", gateway.header.Get("X-Prew"))
	}
	for _, later := range []answer{again, elsewhere, gateway} {
		if later.status != 200 || later.body != cold.body {
			t.Errorf("then %d, other bytes: %v", later.status, later.body != cold.body)
		}
		for _, name := range []string{"Content-Type", "Etag", "Cache-Control", "X-Content-Type-Options", "Content-Security-Policy"} {
			if a, b := cold.header.Get(name), later.header.Get(name); a == "" || a != b {
				t.Errorf("%s: first %q, then %q", name, a, b)
			}
		}
		for name := range later.header {
			if strings.HasPrefix(name, "X-Amz") {
				t.Errorf("%s reaches the client", name)
			}
		}
	}
	if same := get(t, whole.Nginx.Addr, target, "If-None-Match: "+cold.header.Get("Etag")); same.status != 304 {
		t.Errorf("with its ETag: %d", same.status)
	}
	if n := whole.Emulator.Invocations()["prew/thumb/life/a b.jpg"]; n != 1 {
		t.Errorf("%d invocations, want 1", n)
	}
}

// TestManyClientsOnColdKeys checks the main promise: one render per preview, and the
// same bytes for all clients.
func TestManyClientsOnColdKeys(t *testing.T) {
	const clients = 300
	for _, keys := range []int{1, 20} {
		t.Run(fmt.Sprintf("%d keys", keys), func(t *testing.T) {
			name := func(i int) string { return fmt.Sprintf("many/%d/%d.jpg", keys, i%keys) }
			for i := range keys {
				upload(t, "photo/"+name(i), photo(t, 1200, 800+i))
			}
			answers := make([]answer, clients)
			errs := make([]error, clients)
			start := make(chan struct{})
			var wg sync.WaitGroup
			for i := range clients {
				wg.Go(func() {
					<-start
					answers[i], errs[i] = ask(whole.Nginx.Addr, http.MethodGet, "/prew/card/"+name(i))
				})
			}
			close(start)
			wg.Wait()
			for i, a := range answers {
				if errs[i] != nil || a.status != 200 {
					t.Fatalf("client %d: %d, %q, %v", i, a.status, a.header.Get("X-Prew-Error"), errs[i])
				}
				if a.body != answers[i%keys].body {
					t.Errorf("client %d got other bytes of %s", i, name(i))
				}
			}
			invocations := whole.Emulator.Invocations()
			for i := range keys {
				if n := invocations["prew/card/"+name(i)]; n != 1 {
					t.Errorf("%s: %d invocations, want 1", name(i), n)
				}
			}
		})
	}
}

func TestFailuresArePictures(t *testing.T) {
	upload(t, "photo/failures/text.jpg", []byte("this is no picture"))
	upload(t, "photo/failures/cut.jpg", photo(t, 400, 300)[:2000])
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
			a := get(t, whole.Nginx.Addr, test.target)
			if a.status != test.status || a.header.Get("X-Prew-Error") != test.code {
				t.Errorf("%s: %d, %q; want %d, %q", test.target, a.status, a.header.Get("X-Prew-Error"), test.status, test.code)
			}
			if format, _, _ := sizeOf(t, a.body); format != "png" || a.header.Get("Content-Type") != "image/png" {
				t.Errorf("%s: %s as %q, want a PNG", test.target, format, a.header.Get("Content-Type"))
			}
			if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: no protection", test.target)
			}
		}
	}
	invocations := whole.Emulator.Invocations()
	for key, want := range map[string]int{"none.jpg": 0, "text.jpg": 1, "cut.jpg": 1} {
		if n := invocations["prew/thumb/failures/"+key]; n != want {
			t.Errorf("%s: %d invocations, want %d", key, n, want)
		}
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

func TestPhotosPass(t *testing.T) {
	data := string(photo(t, 300, 200))
	upload(t, "photo/pass/a+b.jpg", []byte(data))
	for _, target := range []string{"/photo/pass/a%2Bb.jpg", "/photo/pass/a+b.jpg?width=3"} {
		for range 2 {
			if a := get(t, whole.Nginx.Addr, target); a.status != 200 || a.body != data || a.header.Get("X-Prew") != "" {
				t.Errorf("%s: %d, %d bytes, X-Prew %q", target, a.status, len(a.body), a.header.Get("X-Prew"))
			}
		}
		if a := get(t, whole.Nginx.Addr, target, "Range: bytes=0-9"); a.status != 206 || a.body != data[:10] {
			t.Errorf("%s: a range: %d, %q", target, a.status, a.body)
		}
		if a, err := ask(whole.Nginx.Addr, http.MethodHead, target); err != nil || a.status != 200 || a.body != "" {
			t.Errorf("%s: HEAD: %d, %q, %v", target, a.status, a.body, err)
		}
		if a, err := ask(whole.Nginx.Addr, http.MethodDelete, target); err != nil || a.status != 405 {
			t.Errorf("%s: DELETE: %d, %v", target, a.status, err)
		}
	}
}
