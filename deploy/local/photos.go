package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/lambda/store"
)

// photo is a file that goes to photo/<key> of the bucket.
type photo struct {
	key  string
	file string
	size int64
}

// sampleModule is a Go module that carries photographs in its testdata, under
// the MIT licence. deploy/tools/go.mod pins it, and go's cache of modules keeps
// it, so that no start but the first needs a network.
const sampleModule = "github.com/h2non/bimg"

// samples are the photographs of sampleModule that are good to look at, and
// between them of every kind: small to 24 megapixels, lying and standing,
// turned by EXIF alone, with transparency, in a folder, with a space.
var samples = []struct{ key, file string }{
	{"cardinal.jpg", "northern_cardinal_bird.jpg"},
	{"milky-way.jpg", "vertical.jpg"},
	{"leaf.jpg", "test_exif.jpg"},
	{"travel/fjord.webp", "test.webp"},
	{"travel/city at dusk.jpg", "exif/Landscape_6.jpg"},
	{"travel/ride.jpg", "test_exif_full.jpg"},
	{"nebula.jpg", "test.jpg"},
	{"pool.jpg", "test_bad_extract_area.jpg"},
	{"earth.png", "test.png"},
	{"dice.png", "transparent.png"},
}

// contentTypes are the kinds of photos that the function reads, by the names
// their files end in.
var contentTypes = map[string]string{
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".png":  "image/png",
	".gif":  "image/gif",
	".bmp":  "image/bmp",
	".tif":  "image/tiff",
	".tiff": "image/tiff",
	".webp": "image/webp",
}

// findPhotos lists the photos of a folder or, where none is named, the samples.
func findPhotos(ctx context.Context, root, dir string) ([]photo, error) {
	if dir != "" {
		return photosBelow(dir)
	}
	module, err := moduleDir(ctx, filepath.Join(root, "deploy", "tools"), sampleModule)
	if err != nil {
		return nil, err
	}
	photos := make([]photo, len(samples))
	for i, sample := range samples {
		file := filepath.Join(module, "testdata", sample.file)
		info, err := os.Stat(file)
		if err != nil {
			return nil, err
		}
		photos[i] = photo{sample.key, file, info.Size()}
	}
	return photos, nil
}

// moduleDir is where a module lies that the go.mod in dir pins, downloaded if
// need be and checked against go.sum.
func moduleDir(ctx context.Context, dir, module string) (string, error) {
	command := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	command.Dir = dir
	var messages bytes.Buffer
	command.Stderr = &messages
	output, err := command.Output()
	var found struct{ Dir, Error string }
	if json.Unmarshal(output, &found) == nil && found.Error != "" {
		return "", fmt.Errorf("sample photos: %s", found.Error)
	}
	if err != nil {
		return "", fmt.Errorf("sample photos: go mod download: %w\n%s", err, messages.Bytes())
	}
	return found.Dir, nil
}

// photosBelow lists every image file below dir, by its name's ending, but those
// in hidden folders. One whose name can't be a key is named and left out.
func photosBelow(dir string) ([]photo, error) {
	dir, err := filepath.EvalSymlinks(dir) // WalkDir does not follow one
	if err != nil {
		return nil, fmt.Errorf("PHOTOS: %w", err)
	}
	var photos []photo
	err = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(entry.Name(), ".") && file != dir {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() || contentType(file) == "" {
			return nil
		}
		info, err := os.Stat(file) // of what a link points to
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		relative, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		key := filepath.ToSlash(relative)
		if _, err := prew.ParsePhoto(prew.Escape("/" + prew.SourceRoot + "/" + key)); err != nil {
			fmt.Fprintf(os.Stderr, "left out: %v\n", err)
			return nil
		}
		photos = append(photos, photo{key, file, info.Size()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("PHOTOS: %w", err)
	}
	if len(photos) == 0 {
		return nil, fmt.Errorf("PHOTOS=%s holds no file that ends in .jpg, .png, .webp or the like", dir)
	}
	return photos, nil
}

func contentType(file string) string { return contentTypes[strings.ToLower(filepath.Ext(file))] }

// upload stores the photos that the bucket does not hold in this size, and says
// how many those were.
func upload(ctx context.Context, bucket store.Bucket, photos []photo) (int, error) {
	stored := map[string]int64{}
	for object, err := range bucket.List(ctx, prew.SourceRoot+"/") {
		if err != nil {
			return 0, err
		}
		stored[aws.ToString(object.Key)] = aws.ToInt64(object.Size)
	}
	work := make(chan photo)
	var uploaded atomic.Int64
	const uploaders = 4 // keeps a disk busy
	errs := make([]error, uploaders)
	var running sync.WaitGroup
	for i := range uploaders {
		running.Go(func() {
			for p := range work {
				if errs[i] != nil {
					continue // drains what is left
				}
				if errs[i] = put(ctx, bucket, p); errs[i] == nil {
					uploaded.Add(1)
				}
			}
		})
	}
	for _, p := range photos {
		size, ok := stored[prew.SourceRoot+"/"+p.key]
		if !ok || size != p.size {
			work <- p
		}
	}
	close(work)
	running.Wait()
	return int(uploaded.Load()), errors.Join(errs...)
}

func put(ctx context.Context, bucket store.Bucket, p photo) error {
	file, err := os.Open(p.file)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = bucket.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:      &bucket.Name,
		Key:         aws.String(prew.SourceRoot + "/" + p.key),
		ContentType: aws.String(contentType(p.file)),
		Body:        file,
	})
	return err
}
