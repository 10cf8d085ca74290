package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// photo is a file that goes to photo/<key> of the bucket, or to a source of its own.
type photo struct {
	source      string // empty for the default one
	key         string
	file        string
	size        int64
	contentType string
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

// contentTypes are the kinds of pictures by the names their files end in. The function
// does not read all of them: what it makes of one is to be seen in the gallery.
var contentTypes = map[string]string{
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".png":  "image/png",
	".gif":  "image/gif",
	".bmp":  "image/bmp",
	".tif":  "image/tiff",
	".tiff": "image/tiff",
	".webp": "image/webp",
	".heic": "image/heic",
	".heif": "image/heif",
	".avif": "image/avif",
	".svg":  "image/svg+xml",
}

// magics are the kinds of pictures by their first bytes, in which a dot is any byte.
var magics = []struct{ begins, contentType string }{
	{"\xff\xd8\xff", "image/jpeg"},
	{"\x89PNG\r\n\x1a\n", "image/png"},
	{"GIF8", "image/gif"},
	{"BM....\x00\x00\x00\x00", "image/bmp"},
	{"II*\x00", "image/tiff"},
	{"MM\x00*", "image/tiff"},
	{"II+\x00", "image/tiff"}, // BigTIFF
	{"MM\x00+", "image/tiff"},
	{"RIFF....WEBP", "image/webp"},
	{"....ftypavif", "image/avif"},
	{"....ftypavis", "image/avif"},
	{"....ftyphei", "image/heic"},
	{"....ftyphev", "image/heic"},
	{"....ftypmif1", "image/heif"},
	{"<svg", "image/svg+xml"},
}

// findPhotos lists the photos of a folder or, where none is named, the samples.
func findPhotos(ctx context.Context, root, dir string) ([]photo, error) {
	if dir != "" {
		return photosBelow(dir, os.Stderr)
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
		photos[i] = photo{"", sample.key, file, info.Size(), contentTypes[filepath.Ext(file)]}
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

// photosBelow lists every picture below dir, known by the ending of its name or, where
// that says nothing, by its first bytes. A line of out names each file and each hidden
// folder that is left out, and says why.
func photosBelow(dir string, out io.Writer) ([]photo, error) {
	dir, err := filepath.EvalSymlinks(dir) // WalkDir does not follow one
	if err != nil {
		return nil, fmt.Errorf("PHOTOS: %w", err)
	}
	var photos []photo
	err = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		relative, outside := filepath.Rel(dir, file)
		if file == dir || outside != nil {
			return errors.Join(err, outside)
		}
		key := filepath.ToSlash(relative)
		if strings.HasPrefix(entry.Name(), ".") {
			err = errors.New("hidden")
		}
		if err == nil && entry.IsDir() {
			return nil
		}
		var found photo
		if err == nil {
			found, err = photoOf(key, file)
		}
		if err == nil {
			photos = append(photos, found)
			return nil
		}
		fmt.Fprintf(out, "left out: %q: %v\n", key, err)
		if entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("PHOTOS: %w", err)
	}
	if len(photos) == 0 {
		return nil, fmt.Errorf("PHOTOS=%s holds no picture", dir)
	}
	return photos, nil
}

// photoOf is the file as the photo with a key. An error says why it is none.
func photoOf(key, name string) (photo, error) {
	info, err := os.Stat(name) // of what a link points to
	switch {
	case err != nil:
		return photo{}, err
	case info.IsDir():
		return photo{}, errors.New("a link to a folder, which is not followed")
	case !info.Mode().IsRegular():
		return photo{}, errors.New("no regular file")
	}
	var at prew.Places // the stack's, but for the bucket
	if _, err := at.Photos().ParsePhoto(at.Photos().Prefix+key, at.Previews()); err != nil {
		return photo{}, err
	}
	file, err := os.Open(name)
	if err != nil {
		return photo{}, err
	}
	defer file.Close()
	contentType := contentTypes[strings.ToLower(filepath.Ext(name))]
	if contentType == "" {
		var head [16]byte // as long as the longest of magics
		n, err := io.ReadFull(file, head[:])
		if err != nil && n == 0 && err != io.EOF {
			return photo{}, err
		}
		contentType = sniff(head[:n])
	}
	if contentType == "" {
		return photo{}, errors.New("no picture by the ending of its name or its first bytes")
	}
	return photo{"", key, name, info.Size(), contentType}, nil
}

// sniff is the kind of picture that begins with these bytes, or "".
func sniff(head []byte) string {
	for _, magic := range magics {
		same := len(head) >= len(magic.begins)
		for i := 0; same && i < len(magic.begins); i++ {
			same = magic.begins[i] == '.' || magic.begins[i] == head[i]
		}
		if same {
			return magic.contentType
		}
	}
	return ""
}

// upload stores the photos that the bucket does not hold below a prefix in this size, and says
// how many those were.
func upload(ctx context.Context, bucket store.Bucket, prefix string, photos []photo) (int, error) {
	stored := map[string]int64{}
	for object, err := range bucket.List(ctx, prefix) {
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
				if errs[i] = put(ctx, bucket, prefix, p); errs[i] == nil {
					uploaded.Add(1)
				}
			}
		})
	}
	for _, p := range photos {
		size, ok := stored[prefix+p.key]
		if !ok || size != p.size {
			work <- p
		}
	}
	close(work)
	running.Wait()
	return int(uploaded.Load()), errors.Join(errs...)
}

func put(ctx context.Context, bucket store.Bucket, prefix string, p photo) error {
	file, err := os.Open(p.file)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = bucket.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:      &bucket.Name,
		Key:         aws.String(prefix + p.key),
		ContentType: aws.String(p.contentType),
		Body:        file,
	})
	return err
}
