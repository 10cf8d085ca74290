package main

import (
	"bufio"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
)

// picture holds samples of red, green and blue from 0 to 255, which need not be whole
// numbers; transparent parts lie on white.
type picture struct {
	width, height int
	rgb           []float64
}

// decode reads all pixels of a JPEG, WebP, AVIF or PNG. Debian's libjpeg-turbo decodes the
// JPEGs of every renderer, because browsers show its pixels, its libwebp the WebPs and its
// libavif the AVIFs.
func decode(file string) (*image.NRGBA, error) {
	if extension := filepath.Ext(file); extension != ".png" {
		decoded := filepath.Join(scratch, "decoded.png")
		command := exec.Command(scratch+"/vips", "decode", file, decoded)
		if extension == ".avif" {
			command = exec.Command("avifdec", "--png-compress", "0", file, decoded)
		}
		if out, err := command.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("decoding %s: %w: %s", file, err, out)
		}
		defer os.Remove(decoded)
		file = decoded
	}
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	img, err := png.Decode(bufio.NewReader(opened))
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", file, err)
	}
	if straight, ok := img.(*image.NRGBA); ok {
		return straight, nil
	}
	straight := image.NewNRGBA(img.Bounds())
	draw.Draw(straight, straight.Rect, img, img.Bounds().Min, draw.Src)
	return straight, nil
}

// onWhite is an image as a picture.
func onWhite(img *image.NRGBA) picture {
	size := img.Rect.Size()
	p := picture{size.X, size.Y, make([]float64, 3*size.X*size.Y)}
	layOnWhite(p.rgb, img.Pix)
	return p
}

// layOnWhite turns pixels of red, green, blue and alpha into as many samples
// of three colours as there is room for.
func layOnWhite(rgb []float64, pix []uint8) {
	for i := range len(rgb) / 3 {
		alpha := float64(pix[4*i+3]) / 255
		for c := range 3 {
			rgb[3*i+c] = float64(pix[4*i+c])*alpha + 255*(1-alpha)
		}
	}
}

// luma is the picture's Y (JFIF 1.02, "Color space").
func (p picture) luma() []float64 {
	y := make([]float64, p.width*p.height)
	for i := range y {
		y[i] = 0.299*p.rgb[3*i] + 0.587*p.rgb[3*i+1] + 0.114*p.rgb[3*i+2]
	}
	return y
}
