// Command ours serves the benchmark's jobs with the function's own code.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"prew"
	"prew/lambda/peers/look"
	"prew/lambda/render"
	"prew/lambda/render/avif"
	"prew/lambda/render/plane"
	"prew/lambda/render/png"
	"prew/lambda/render/webp"
)

// job is one line of standard input, as worker.go writes it.
type job struct {
	source, preview string
	preset          prew.Preset
	lossless        bool   // a WebP without loss, of a PNG as it is
	alone           bool   // encoding an AVIF is all that is timed
	focus           string // the point that an editor has set in the photo, or ""
	repeat          int
}

func main() {
	runtime.GOMAXPROCS(1)
	fmt.Println(runtime.Version())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		took, err := run(lines.Text())
		if err != nil {
			fmt.Printf("failed\t%s\n", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Printf("done\t%d\n", took.Microseconds())
	}
}

// run does one job and returns the user time that it took. The photo is in
// memory before the clock starts, and the preview is written after it has
// stopped.
func run(line string) (time.Duration, error) {
	j, err := parse(line)
	if err != nil {
		return 0, err
	}
	photo, err := os.ReadFile(j.source)
	if err != nil {
		return 0, err
	}
	make := j.render
	if j.alone {
		if make, err = j.encoding(photo); err != nil {
			return 0, err
		}
	}
	var preview []byte
	start := userTime()
	for range j.repeat {
		if preview, err = make(photo); err != nil {
			return 0, err
		}
	}
	took := userTime() - start
	return took, os.WriteFile(j.preview, preview, 0o666) // less what umask takes
}

// render makes the preview of a photo.
func (j job) render(photo []byte) ([]byte, error) {
	if j.lossless {
		return lossless(photo)
	}
	preview, err := render.Render(pointed{bytes.NewReader(photo), j.focus}, j.preset)
	return preview.Data, err
}

// encoding returns what encodes the photo's preview as an AVIF, from the planes that it has as
// a JPEG of the quality 100.
func (j job) encoding(photo []byte) (func([]byte) ([]byte, error), error) {
	o := avif.EncodeOptions{Quality: j.preset.Quality, Effort: efforts[j.preset.Effort]}
	best := j
	best.preset.Format, best.preset.Quality = prew.JPEG, 100
	preview, err := best.render(photo)
	if err != nil {
		return nil, err
	}
	img, err := jpeg.Decode(bytes.NewReader(preview))
	if err != nil {
		return nil, err
	}
	decoded, ok := img.(*image.YCbCr)
	if !ok {
		return nil, fmt.Errorf("a preview of grey, expected one of colours")
	}
	size := decoded.Rect.Size()
	chroma := size
	if decoded.SubsampleRatio == image.YCbCrSubsampleRatio420 {
		chroma = size.Add(image.Pt(1, 1)).Div(2)
	}
	planes := []plane.Plane{
		{Pix: decoded.Y, Stride: decoded.YStride, Width: size.X, Height: size.Y},
		{Pix: decoded.Cb, Stride: decoded.CStride, Width: chroma.X, Height: chroma.Y},
		{Pix: decoded.Cr, Stride: decoded.CStride, Width: chroma.X, Height: chroma.Y},
	}
	return func([]byte) ([]byte, error) { return avifs.Encode(planes, o), nil }, nil
}

var efforts = map[prew.Effort]avif.Effort{prew.Fast: avif.Fast, prew.Balanced: avif.Balanced, prew.Small: avif.Small}

// pointed is a photo in which an editor may have set a point.
type pointed struct {
	io.Reader
	focus string
}

// Focus implements what render.Render asks a source for.
func (p pointed) Focus() string { return p.focus }

// The decoder and the encoders keep their buffers, as those of Render do.
var (
	pngs  png.Decoder
	webps webp.Encoder
	avifs avif.Encoder
)

// lossless makes a WebP of all pixels of a PNG in colour. Of Render nobody can ask for
// it: it loses nothing where that is smaller.
func lossless(photo []byte) ([]byte, error) {
	h, err := pngs.Open(photo)
	if err != nil {
		return nil, err
	}
	if h.Form != plane.RGBA || h.Deep {
		return nil, fmt.Errorf("a PNG of grey or of sixteen bits, expected one of colours and eight bits")
	}
	stride := 4 * h.Width
	pix := make([]uint8, stride*h.Height)
	for y := range h.Height {
		row, err := pngs.Row(y)
		if err != nil {
			return nil, err
		}
		copy(pix[y*stride:], row.Bytes)
	}
	if err := pngs.Finish(); err != nil {
		return nil, err
	}
	return webps.EncodeLossless(pix, stride, h.Width, h.Height, webp.EncodeOptions{Effort: webp.Balanced}), nil
}

func parse(line string) (job, error) {
	var j job
	var p prew.Preset
	fields := strings.Split(line, "\t")
	if len(fields) != 10 {
		return job{}, fmt.Errorf("a job of %d fields, expected 10", len(fields))
	}
	if fields[9] != "" {
		var asked look.Asked
		if err := json.Unmarshal([]byte(fields[9]), &asked); err != nil {
			return job{}, err
		}
		j.focus, j.alone = asked.Focus, asked.Alone
		presets, err := prew.ReadPresets("", []string{"PRESET_LOOK=width=1,height=1," + asked.Preset})
		if err != nil {
			return job{}, err
		}
		p, _ = presets.Get("look")
	}
	fit := p.Fit // of a look that pads
	j.source, j.preview = fields[0], fields[1]
	_, err := fmt.Sscan(strings.Join(fields[2:8], " "), &p.Width, &p.Height, &p.Fit, &p.Format, &p.Quality, &j.repeat)
	if err != nil {
		return job{}, err
	}
	p.Effort = prew.Effort(fields[8])
	if p.Format == "gif" {
		p.Format = prew.Auto // which is a GIF where the photo moves
	}
	if fit == prew.Pad {
		p.Fit = fit
	}
	j.lossless = p.Format == prew.WebP && p.Quality == 0
	j.preset, err = p.Resolve()
	return j, err
}

// userTime is the time that every thread of the process has run outside of the
// kernel.
func userTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // there is no argument that it could refuse
	}
	return time.Duration(usage.Utime.Nano())
}
