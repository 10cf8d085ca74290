package gameday

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
)

// shownEvery is the pause between two visitors who ask for what is there: as on a quiet site, and
// enough that a rate of failures means something.
const shownEvery = 500 * time.Millisecond

// crowdPerRenderer is how many clients of a flood there are for each process of the function: three
// times as many as gateways let wait for it.
const crowdPerRenderer = 100

// visitors ask for previews that are stored, and for some that are not.
type visitors struct {
	mutex sync.Mutex
	fresh []string // paths of previews that nobody has got yet
	low   int      // fewest of them; then there is another photo
	photo []byte
}

// visitor is who asks. Each of its connections is a client of its own to nginx, which limits what
// one may ask for: all of 127.0.0.0/8 is this machine.
var visitor = http.Client{
	Timeout: prew.NginxTimeout + 5*time.Second, // nginx answers before
	Transport: &http.Transport{
		MaxIdleConnsPerHost: 1000, // of a crowd
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			from := net.IPv4(127, 1, byte(rand.IntN(256)), byte(1+rand.IntN(254)))
			return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).DialContext(ctx, network, addr)
		},
	},
}

// picture is a PNG, which the function decodes at its full size whatever a preset makes of it.
func picture(width, height int) []byte {
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// Visit has visitors come until ctx ends, and returns when all have left.
func (d *Day) Visit(ctx context.Context) {
	d.visitors.want(24, picture(400, 300))
	var visits sync.WaitGroup
	defer visits.Wait()
	visits.Go(func() { d.upload(ctx) })
	shown, fresh := time.NewTicker(shownEvery), time.NewTicker(d.NewEvery)
	defer shown.Stop()
	defer fresh.Stop()
	for {
		select {
		case <-shown.C:
			path := d.Shown[rand.IntN(len(d.Shown))]
			visits.Go(func() { d.get(ctx, path) })
		case <-fresh.C:
			visits.Go(func() { d.getFresh(ctx) })
		case <-ctx.Done():
			return
		}
	}
}

// flood has a crowd ask for nothing but previews of large photos that are new, each client for
// another one as soon as it has an answer, until ctx ends.
func (d *Day) flood(ctx context.Context) {
	clients := crowdPerRenderer * d.Renderers
	d.visitors.want(4*clients, picture(6000, 4000))
	var crowd sync.WaitGroup
	defer crowd.Wait()
	for range clients {
		crowd.Go(func() {
			for ctx.Err() == nil {
				if !d.getFresh(ctx) {
					pause(ctx, time.Second) // as Retry-After says
				}
			}
		})
	}
}

// getFresh asks for a preview that nobody has got yet, and reports whether it came.
func (d *Day) getFresh(ctx context.Context) bool {
	path, found := d.visitors.any()
	if !found || !d.get(ctx, path) {
		return false
	}
	d.visitors.got(path)
	return true
}

// get asks nginx for a path, and reports whether it got a preview.
func (d *Day) get(ctx context.Context, path string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.System.Addr()+path, nil)
	if err != nil {
		return false
	}
	response, err := visitor.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.StatusCode == http.StatusOK
}

// upload has enough previews be new until ctx ends. While S3 takes no photos there are no more.
func (d *Day) upload(ctx context.Context) {
	bucket, client := stack.Bucket, d.System.S3.Client()
	for n := 0; ctx.Err() == nil; pause(ctx, 20*time.Millisecond) {
		photo := d.visitors.lacks()
		if photo == nil {
			continue
		}
		key := fmt.Sprintf("visitors/%d.png", n)
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &bucket, Key: aws.String(prew.DefaultSourcePrefix + key), Body: bytes.NewReader(photo), ContentType: aws.String("image/png"),
		})
		if err != nil {
			pause(ctx, time.Second)
			continue
		}
		n++
		for _, preset := range d.Presets {
			d.visitors.add(prew.Ref{Preset: preset, Key: key}.Path())
		}
	}
}

// want has at least so many previews be new from now on, of this photo.
func (v *visitors) want(low int, photo []byte) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.low, v.photo = low, photo
}

// lacks returns the photo that is to be uploaded again, or nil while enough is new.
func (v *visitors) lacks() []byte {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if len(v.fresh) >= v.low {
		return nil
	}
	return v.photo
}

func (v *visitors) add(path string) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.fresh = append(v.fresh, path)
}

// any returns a preview that nobody has got yet, if there is one.
func (v *visitors) any() (path string, found bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if len(v.fresh) == 0 {
		return "", false
	}
	return v.fresh[rand.IntN(len(v.fresh))], true
}

// got has a preview be new no longer.
func (v *visitors) got(path string) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if i := slices.Index(v.fresh, path); i >= 0 {
		v.fresh = slices.Delete(v.fresh, i, i+1)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
