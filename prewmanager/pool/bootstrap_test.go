package pool_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
	"prew/prewmanager/pool"
)

const bucket = "photos"

// flat is a picture of one translucent colour, of any size, without memory for pixels.
type flat struct{ image.Rectangle }

func (f flat) ColorModel() color.Model { return color.NRGBAModel }
func (f flat) Bounds() image.Rectangle { return f.Rectangle }
func (f flat) At(int, int) color.Color { return color.NRGBA{0x80, 0x40, 0x20, 0xc0} }

// realFunction starts a pool of the real bootstrap, on a real S3 server with square
// PNGs at photo/<name>, given by their sides in pixels. The diary has the function's
// log.
func realFunction(t *testing.T, memory int, sides map[string]int) (*pool.Pool, *diary) {
	t.Helper()
	program, err := stack.Program("bootstrap")
	if err != nil {
		t.Fatal(err)
	}
	server, err := stack.StartS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	if err := server.CreateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	for name, side := range sides {
		var photo bytes.Buffer
		if err := png.Encode(&photo, flat{image.Rect(0, 0, side, side)}); err != nil {
			t.Fatal(err)
		}
		if _, err := server.Client().PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String(bucket), Key: aws.String("photo/" + name), Body: bytes.NewReader(photo.Bytes()),
		}); err != nil {
			t.Fatal(err)
		}
	}
	d := new(diary)
	return start(t, pool.Config{
		Program: program, Processes: 1, Timeout: 25 * time.Second, Memory: memory,
		Env:    server.Env(),
		Output: func(string) (io.Writer, error) { return d, nil },
	}), d
}

func request(t *testing.T, name string) []byte {
	t.Helper()
	payload, err := json.Marshal(prew.RenderRequest{
		SrcBucket: bucket, SrcKey: "photo/" + name, DstBucket: bucket, DstKey: "prew/thumb/" + name, PresetName: "thumb",
	})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// TestRealFunctionRefusesADecompressionBomb checks that the function knows its limit: a
// photo which needs more memory is refused from its header, and costs no process.
func TestRealFunctionRefusesADecompressionBomb(t *testing.T) {
	p, d := realFunction(t, 64, map[string]int{"small.png": 100, "bomb.png": 4500})
	for _, test := range []struct {
		name string
		want string // in the answer
	}{
		{"small.png", `"status":true`},
		{"bomb.png", `"code":"source_too_large","message":"PNG image is 4500x4500 and needs`},
		{"small.png", `"status":true`},
	} {
		a, err := p.Invoke(t.Context(), request(t, test.name))
		if err != nil {
			t.Fatal(err)
		}
		if a.Failed || !strings.Contains(string(a.Body), test.want) {
			t.Errorf("%s: failed is %v: %s", test.name, a.Failed, a.Body)
		}
	}
	p.Close() // after this all output has been passed on
	lines := d.lines()
	if len(lines) != 3 {
		t.Errorf("logged is %q, want a line for each invocation", lines)
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("logged is %q, want JSON", line)
		}
	}
}
