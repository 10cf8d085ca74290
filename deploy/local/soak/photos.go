package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/image/webp"

	"prew/deploy/local/stack"
)

const (
	// pictures is how many different photos there are. All others are copies, so that every
	// answer is known beforehand.
	pictures = 24
	// turns is how many sets of photos take turns to be asked for the first time. While one
	// has its turn, the previews of the next are purged: so there are misses for as long as
	// is wanted, and what is stored does not grow.
	turns = 4
)

// hot is the key of a photo whose previews are asked for all the time.
func hot(n int) string { return fmt.Sprintf("hot-%d.jpg", n%pictures) }

// fresh is the key of a photo of a turn.
func fresh(turn, n int) string { return fmt.Sprintf("%s%d.jpg", freshPrefix(turn), n) }

// freshPrefix begins the keys of a turn's photos, and no others. Keys have no folders:
// versitygw removes a folder that has become empty, perhaps while an object is stored in it.
func freshPrefix(turn int) string { return fmt.Sprintf("fresh-%d-", turn%turns) }

// broken is the key of a photo that can't be rendered, and the code that says so.
func broken(n int) (key, code string) {
	if n%2 == 0 {
		return fmt.Sprintf("broken-%d.jpg", n%8), "source_damaged"
	}
	return fmt.Sprintf("broken-%d.jpg", n%8), "source_unsupported"
}

// corners are the colours of a picture's quarters, by which it is known: top left, top right,
// bottom left, bottom right. No two pictures have the same.
func corners(picture int) [4]color.RGBA {
	levels := [3]uint8{60, 130, 200}
	of := func(n int) color.RGBA {
		return color.RGBA{levels[n%3], levels[n/3%3], levels[n/9%3], 255}
	}
	return [4]color.RGBA{of(picture), of(2*picture + 1), of(26 - picture), of(13)}
}

// photo is a picture as a JPEG of some 40 kB.
func photo(picture int) []byte {
	const width, height = 800, 600
	random := rand.New(rand.NewPCG(uint64(picture), 1))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	colours := corners(picture)
	for y := range height {
		for x := range width {
			c := colours[2*(2*y/height)+2*x/width]
			grain := uint8(random.IntN(24)) // so that it has as many bytes as a photo
			img.SetRGBA(x, y, color.RGBA{c.R + grain, c.G + grain, c.B + grain, 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 60}); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

// store puts the photos in the bucket: the hot ones, of each turn as many as are asked for in
// it, and the broken ones.
func store(ctx context.Context, server *stack.S3, ofTurn int) error {
	var photos [pictures][]byte
	for i := range photos {
		photos[i] = photo(i)
	}
	type object struct {
		key  string
		body []byte
	}
	var objects []object
	for n := range pictures {
		objects = append(objects, object{hot(n), photos[n]})
	}
	for turn := range turns {
		for n := range ofTurn {
			objects = append(objects, object{fresh(turn, n), photos[n%pictures]})
		}
	}
	for n := range 8 {
		key, code := broken(n)
		body := photos[n][:len(photos[n])/2]
		if code == "source_unsupported" {
			body = []byte("no picture at all")
		}
		objects = append(objects, object{key, body})
	}
	work := make(chan object)
	client := server.Client()
	errs := make([]error, 4) // as many as keep a disk busy
	var putting sync.WaitGroup
	for i := range errs {
		putting.Go(func() {
			for o := range work {
				_, err := client.PutObject(ctx, &s3.PutObjectInput{
					Bucket: aws.String(stack.Bucket), Key: aws.String("photo/" + o.key), Body: bytes.NewReader(o.body), ContentType: aws.String("image/jpeg"),
				})
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	for _, o := range objects {
		work <- o
	}
	close(work)
	putting.Wait()
	return errors.Join(errs...)
}

// variant is a way to ask for a preview, and what comes.
type variant struct {
	preset, accept string
	contentType    string
	width, height  int // 0: not looked at, as there is nothing here that decodes it
}

// freshVariants are asked for of fresh photos, hotVariants of hot ones.
var (
	freshVariants = []variant{
		{"thumb", "*/*", "image/jpeg", 200, 200},
		{"thumb", "image/webp,*/*;q=0.8", "image/webp", 200, 200},
	}
	hotVariants = append([]variant{
		{"thumb@2x", "*/*", "image/jpeg", 400, 400},
		{"card", "*/*", "image/jpeg", 640, 360},
		{"card", "image/webp,*/*;q=0.8", "image/webp", 640, 360},
		{"hero", "image/avif,image/webp,*/*;q=0.8", "image/avif", 0, 0},
	}, freshVariants...)
)

// path is where the variant of a photo is.
func (v variant) path(key string) string { return "/prew/" + v.preset + "/" + key }

// answers are the right answers: of each picture the photo, and its preview in each variant.
type answers struct {
	photos   [pictures][]byte
	previews map[variant][pictures]preview
}

type preview struct {
	body []byte
	etag string
}

// learn asks for every variant of every hot photo while there is no fault yet, and checks that
// each shows its picture in its size. Renders are the same bit by bit, so from now on every
// other body is wrong.
func learn(ctx context.Context, addr string) (*answers, error) {
	known := &answers{previews: map[variant][pictures]preview{}}
	for n := range pictures {
		known.photos[n] = photo(n)
	}
	seen := map[string]string{} // body -> path
	for _, v := range hotVariants {
		var all [pictures]preview
		for n := range all {
			path := v.path(hot(n))
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
			if err != nil {
				return nil, err
			}
			request.Header.Set("Accept", v.accept)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(response.Body)
			response.Body.Close()
			switch {
			case err != nil:
				return nil, fmt.Errorf("%s: %w", path, err)
			case response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != v.contentType:
				return nil, fmt.Errorf("%s: %s, %s, expected %s", path, response.Status, response.Header.Get("Content-Type"), v.contentType)
			case seen[string(body)] != "":
				return nil, fmt.Errorf("%s is the same as %s", path, seen[string(body)])
			}
			if err := v.shows(body, n); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			seen[string(body)] = path
			all[n] = preview{body, response.Header.Get("Etag")}
		}
		known.previews[v] = all
	}
	return known, nil
}

// shows returns an error unless a body is a picture in the variant's size.
func (v variant) shows(body []byte, picture int) error {
	var img image.Image
	var err error
	switch v.contentType {
	case "image/jpeg":
		img, err = jpeg.Decode(bytes.NewReader(body))
	case "image/webp":
		img, err = webp.Decode(bytes.NewReader(body))
	default:
		return nil
	}
	if err != nil {
		return err
	}
	size := img.Bounds().Size()
	if size != image.Pt(v.width, v.height) {
		return fmt.Errorf("%v, expected %dx%d", size, v.width, v.height)
	}
	for i, want := range corners(picture) {
		r, g, b, _ := img.At(size.X*(1+2*(i%2))/4, size.Y*(1+2*(i/2))/4).RGBA()
		for channel, pair := range [3][2]int{{int(r >> 8), int(want.R)}, {int(g >> 8), int(want.G)}, {int(b >> 8), int(want.B)}} {
			const grain, loss = 24, 25 // levels are 70 apart
			if pair[0] < pair[1]-loss || pair[0] > pair[1]+grain+loss {
				return fmt.Errorf("channel %d of quarter %d is %d, expected %d", channel, i, pair[0], pair[1])
			}
		}
	}
	return nil
}
