// Command tool makes what make.sh needs beside the encoders and decoders that it runs:
// the pictures that are encoded, HEICs in a grid, and small PNGs of what is decoded.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"strings"

	"prew/lambda/render/colour"
)

const usage = `usage:
  tool draw [-size 33x17] [-grey] [-alpha] [-deep] [-exif 1-8] [-p3] [-part 64x64+64+0] <to.png or to.jpg>
  tool exif <orientation> <to>
  tool heic [-columns 3] [-size 150x100] [-irot 0-3] [-imir 0-1] [-nclx 12/13/6/1] [-exif 1-8]
            [-thumbnail file.heic] <to.heic> <tile.heic> ...
  tool keep [-cicp 12/13] [-crop 5,3,20,11] [-irot 0-3] [-imir 0-1] [-limited] <from.png> <to.png>
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	var err error
	switch args := os.Args[2:]; os.Args[1] {
	case "draw":
		err = runDraw(args)
	case "exif":
		err = runEXIF(args)
	case "heic":
		err = runHEIC(args)
	case "keep":
		err = runKeep(args)
	default:
		err = fmt.Errorf("%s is no command\n%s", os.Args[1], usage)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "tool: %v\n", err)
		os.Exit(1)
	}
}

// parsed parses flags and says which arguments are left, at least the given number.
func parsed(flags *flag.FlagSet, args []string, least int) ([]string, error) {
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() < least {
		return nil, fmt.Errorf("%s has %d arguments\n%s", flags.Name(), flags.NArg(), usage)
	}
	return flags.Args(), nil
}

func runDraw(args []string) error {
	flags := flag.NewFlagSet("draw", flag.ExitOnError)
	size := flags.String("size", "33x17", "width and height")
	grey := flags.Bool("grey", false, "without colours")
	alpha := flags.Bool("alpha", false, "with alpha")
	deep := flags.Bool("deep", false, "16 bits a sample")
	orientation := flags.Int("exif", 0, "with EXIF of this orientation")
	p3 := flags.Bool("p3", false, "with the profile of Display P3")
	part := flags.String("part", "", "a part of it: width, height, left and top")
	args, err := parsed(flags, args, 1)
	if err != nil {
		return err
	}
	at, err := sizeOf(*size)
	if err != nil {
		return err
	}
	m := picture(at, *grey, *alpha)
	if *part != "" {
		if m, err = partOf(m, *part); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if strings.HasSuffix(args[0], ".jpg") {
		if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
			return err
		}
		return os.WriteFile(args[0], withSegment(b.Bytes(), *orientation), 0o666)
	}
	if err := encode(&b, as(m, *grey && !*alpha, *deep)); err != nil {
		return err
	}
	file := b.Bytes()
	if *orientation > 0 {
		file = withChunk(file, "eXIf", exif(*orientation))
	}
	if *p3 {
		if file, err = withProfile(file); err != nil {
			return err
		}
	}
	return os.WriteFile(args[0], file, 0o666)
}

func sizeOf(text string) (at image.Point, err error) {
	if n, err := fmt.Sscanf(text, "%dx%d", &at.X, &at.Y); n != 2 {
		return at, fmt.Errorf("%s is no size: %v", text, err)
	}
	return at, nil
}

// partOf is a part of a picture, as a picture of its own.
func partOf(m *image.NRGBA64, text string) (*image.NRGBA64, error) {
	var width, height, left, top int
	if n, err := fmt.Sscanf(text, "%dx%d+%d+%d", &width, &height, &left, &top); n != 4 {
		return nil, fmt.Errorf("%s is no part: %v", text, err)
	}
	part := image.NewNRGBA64(image.Rect(0, 0, width, height))
	draw.Draw(part, part.Rect, m, image.Pt(left, top), draw.Src)
	return part, nil
}

// as is a picture in the form in which a PNG of it is written.
func as(m image.Image, grey, deep bool) image.Image {
	var to draw.Image
	switch {
	case grey && deep:
		to = image.NewGray16(m.Bounds())
	case grey:
		to = image.NewGray(m.Bounds())
	case deep:
		return m
	default:
		to = image.NewNRGBA(m.Bounds())
	}
	draw.Draw(to, to.Bounds(), m, image.Point{}, draw.Src)
	return to
}

func runEXIF(args []string) error {
	var orientation int
	if len(args) != 2 {
		return fmt.Errorf("exif has %d arguments\n%s", len(args), usage)
	}
	if _, err := fmt.Sscan(args[0], &orientation); err != nil {
		return err
	}
	return os.WriteFile(args[1], exif(orientation), 0o666)
}

// runKeep makes a PNG of eight bits of one that a decoder wrote, with its profile. It cuts
// and turns it where the decoder doesn't. Of a picture whose colours are told by code
// points, which decoders don't pass on, -cicp writes them into the PNG.
func runKeep(args []string) error {
	flags := flag.NewFlagSet("keep", flag.ExitOnError)
	cicp := flags.String("cicp", "", "primaries and transfer of H.273")
	crop := flags.String("crop", "", "left, top, width and height of what is kept")
	turn := flags.Int("irot", 0, "quarter turns to the left")
	mirror := flags.Int("imir", -1, "0 exchanges top and bottom, 1 left and right")
	limited := flags.Bool("limited", false, "it is grey in the limited range, which is enlarged")
	args, err := parsed(flags, args, 2)
	if err != nil {
		return err
	}
	file, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	luma, grey := m.(*image.Gray)
	if grey && *limited {
		for i, v := range luma.Pix {
			luma.Pix[i] = uint8(min(max((int(v)-16)*255+109, 0)/219, 255))
		}
	}
	_, deepGrey := m.(*image.Gray16)
	if m, err = placed(m, *crop, *turn, *mirror); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := encode(&b, as(m, grey || deepGrey, false)); err != nil {
		return err
	}
	kept := b.Bytes()
	if profile := chunk(file, "iCCP"); profile != nil {
		kept = withChunk(kept, "iCCP", profile)
	}
	if *cicp != "" {
		var primaries, transfer byte
		if _, err := fmt.Sscanf(*cicp, "%d/%d", &primaries, &transfer); err != nil {
			return fmt.Errorf("%s: %w", *cicp, err)
		}
		const rgb, full = 0, 1
		kept = withChunk(kept, "cICP", []byte{primaries, transfer, rgb, full})
	}
	return os.WriteFile(args[1], kept, 0o666)
}

// placed is a picture that is cut, then turned, then mirrored.
func placed(m image.Image, crop string, turn, mirror int) (image.Image, error) {
	r := m.Bounds()
	if crop != "" {
		var x, y, w, h int
		if n, err := fmt.Sscanf(crop, "%d,%d,%d,%d", &x, &y, &w, &h); n != 4 {
			return nil, fmt.Errorf("%s is no part: %v", crop, err)
		}
		r = image.Rect(x, y, x+w, y+h)
	}
	cut := image.NewNRGBA(image.Rectangle{Max: r.Size()})
	draw.Draw(cut, cut.Rect, m, r.Min, draw.Src)
	for range turn {
		size := cut.Rect.Size()
		turned := image.NewNRGBA(image.Rect(0, 0, size.Y, size.X))
		for y := range size.Y {
			for x := range size.X {
				turned.SetNRGBA(y, size.X-1-x, cut.NRGBAAt(x, y))
			}
		}
		cut = turned
	}
	if mirror < 0 {
		return cut, nil
	}
	size := cut.Rect.Size()
	mirrored := image.NewNRGBA(cut.Rect)
	for y := range size.Y {
		for x := range size.X {
			toX, toY := x, size.Y-1-y
			if mirror == 1 {
				toX, toY = size.X-1-x, y
			}
			mirrored.SetNRGBA(toX, toY, cut.NRGBAAt(x, y))
		}
	}
	return mirrored, nil
}

func encode(b *bytes.Buffer, m image.Image) error {
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(b, m)
}

// withProfile puts the profile of Display P3 into a PNG.
func withProfile(file []byte) ([]byte, error) {
	const displayP3, srgb = 12, 13
	t, err := colour.FromCICP(displayP3, srgb)
	if err != nil {
		return nil, err
	}
	return withChunk(file, "iCCP", append([]byte("P3\x00\x00"), deflated(t.Embed())...)), nil
}
