package avif

import (
	"bytes"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	_ "image/png"
	"os"
	"testing"

	"prew/lambda/render/plane"
)

// original is a photograph: red, green and blue of each pixel from 0 to 255.
type original struct {
	rgb           []float64
	width, height int
}

// openPhoto opens a photograph, made smaller by the means of its pixels until no side is over a
// limit.
func openPhoto(t testing.TB, file string, limit int) original {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	size := m.Bounds().Size()
	w, h := size.X, size.Y
	if longest := max(w, h); longest > limit {
		w, h = w*limit/longest, h*limit/longest
	}
	o := original{make([]float64, 3*w*h), w, h}
	for y := range h {
		for x := range w {
			left, right, top, bottom := x*size.X/w, (x+1)*size.X/w, y*size.Y/h, (y+1)*size.Y/h
			sum, n := [3]float64{}, 0.0
			for v := top; v < bottom; v++ {
				for u := left; u < right; u++ {
					c := color.NRGBAModel.Convert(m.At(m.Bounds().Min.X+u, m.Bounds().Min.Y+v)).(color.NRGBA)
					sum[0], sum[1], sum[2], n = sum[0]+float64(c.R), sum[1]+float64(c.G), sum[2]+float64(c.B), n+1
				}
			}
			for i, s := range sum {
				o.rgb[3*(y*w+x)+i] = s / n
			}
		}
	}
	return o
}

// planes are luma and chroma of the photograph, of which chroma has half the size.
func (o original) planes() []plane.Plane {
	planes := emptyPlanes(o.width, o.height, 3, true)
	for i, weights := range [3][3]float64{{0.299, 0.587, 0.114}, {-0.168735892, -0.331264108, 0.5}, {0.5, -0.418687589, -0.081312411}} {
		p := planes[i]
		side, offset := 1, 0.5
		if i > 0 {
			side, offset = 2, 128.5
		}
		for y := range p.Height {
			for x := range p.Width {
				sum, n := 0.0, 0.0
				for v := side * y; v < min(side*(y+1), o.height); v++ {
					for u := side * x; u < min(side*(x+1), o.width); u++ {
						pixel := o.rgb[3*(v*o.width+u):]
						sum, n = sum+weights[0]*pixel[0]+weights[1]*pixel[1]+weights[2]*pixel[2], n+1
					}
				}
				p.Row(y)[x] = uint8(min(max(sum/n+offset, 0), 255))
			}
		}
	}
	return planes
}

// coloursOf are the colours that luma and chroma make. Chroma of half the size is enlarged by a
// triangle, or by repeating it.
func coloursOf(planes []plane.Plane, repeated bool) []float64 {
	luma := planes[0]
	rgb := make([]float64, 3*luma.Width*luma.Height)
	halved := planes[1].Width < luma.Width || planes[1].Height < luma.Height
	near := func(at, n int) (int, int) {
		if repeated {
			return at / 2, at / 2
		}
		return at / 2, min(max(at/2+2*(at&1)-1, 0), n-1)
	}
	for y := range luma.Height {
		for x, v := range luma.Row(y) {
			var c [2]float64
			for i, p := range planes[1:] {
				if !halved {
					c[i] = float64(p.Row(y)[x]) - 128
					continue
				}
				x0, x1 := near(x, p.Width)
				y0, y1 := near(y, p.Height)
				a, b := p.Row(y0), p.Row(y1)
				c[i] = (9*float64(a[x0])+3*float64(a[x1])+3*float64(b[x0])+float64(b[x1]))/16 - 128
			}
			to := rgb[3*(y*luma.Width+x):]
			l := float64(v)
			to[0], to[1], to[2] = l+1.402*c[1], l-0.344136286*c[0]-0.714136286*c[1], l+1.772*c[0]
			for i := range 3 {
				to[i] = min(max(to[i], 0), 255)
			}
		}
	}
	return rgb
}

// planesOfJPEG decodes a JPEG.
func planesOfJPEG(t testing.TB, data []byte) []plane.Plane {
	t.Helper()
	m, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	y := m.(*image.YCbCr)
	size := y.Rect.Size()
	cw, ch := (size.X+1)/2, (size.Y+1)/2
	return []plane.Plane{
		{Pix: y.Y, Stride: y.YStride, Width: size.X, Height: size.Y},
		{Pix: y.Cb, Stride: y.CStride, Width: cw, Height: ch}, {Pix: y.Cr, Stride: y.CStride, Width: cw, Height: ch},
	}
}
