package render

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"prew"
	ownGIF "prew/lambda/render/gif"
	"prew/lambda/render/heif"
	"prew/lambda/render/plane"
	ownPNG "prew/lambda/render/png"
	"prew/lambda/render/webp"
)

// film is what moves: canvases, for how many milliseconds each is shown, and how often all
// of them are.
type film struct {
	canvases []*image.NRGBA
	delays   []int
	loops    int
}

// square is a film of a red square that moves from left to right before a sign.
func square(w, h, frames int) (f film) {
	for i := range frames {
		m := sign(w, h)
		at := image.Pt(i*(w-20)/frames&^1, h/2-10)
		draw.Draw(m, image.Rectangle{at, at.Add(image.Pt(20, 20))}, image.NewUniform(red), image.Point{}, draw.Src)
		f.canvases, f.delays = append(f.canvases, m), append(f.delays, 30+10*i)
	}
	return f
}

// few are the film's canvases in the few colours that a GIF of the test has.
func (f film) few() film {
	for i, m := range f.canvases {
		draw.Draw(m, m.Rect, indexed(m), image.Point{}, draw.Src)
		f.canvases[i] = m
	}
	return f
}

// asMovingGIF writes a film of few colours, of each canvas but the first the right half and
// a transparent rest.
func (f film) asMovingGIF() []byte {
	all := gif.GIF{LoopCount: f.loops - 1}
	if f.loops == 1 {
		all.LoopCount = -1
	} else if f.loops == 0 {
		all.LoopCount = 0
	}
	for i, m := range f.canvases {
		all.Image = append(all.Image, indexed(m))
		all.Delay, all.Disposal = append(all.Delay, f.delays[i]/10), append(all.Disposal, gif.DisposalNone)
	}
	return encoded(func(b *bytes.Buffer) error { return gif.EncodeAll(b, &all) })
}

// asMovingWebP writes a film without loss, and what EXIF says of it.
func (f film) asMovingWebP(exif []byte) []byte {
	size := f.canvases[0].Rect.Size()
	parts := [][]byte{vp8x(0x02|0x08, size.X, size.Y), webpChunk("ANIM", []byte{0, 0, 0, 0, byte(f.loops), 0})}
	var e webp.Encoder
	for i, m := range f.canvases {
		file := e.EncodeLossless(m.Pix, m.Stride, size.X, size.Y, webp.EncodeOptions{})
		head := make([]byte, 16)
		head[6], head[7], head[9], head[10] = byte(size.X-1), byte((size.X-1)>>8), byte(size.Y-1), byte((size.Y-1)>>8)
		head[12], head[13], head[15] = byte(f.delays[i]), byte(f.delays[i]>>8), 2
		parts = append(parts, webpChunk("ANMF", append(head, file[12:]...)))
	}
	if exif != nil {
		parts = append(parts, webpChunk("EXIF", exif))
	}
	return webpFile(parts...)
}

// asMovingPNG writes a film as an animated PNG.
func (f film) asMovingPNG() []byte {
	size := f.canvases[0].Rect.Size()
	number := uint32(0)
	var frames []byte
	var head []byte
	var e ownPNG.Encoder
	for i, m := range f.canvases {
		file := e.Encode(m.Pix, m.Stride, size.X, size.Y, ownPNG.RGBA, nil)
		at := bytes.Index(file, []byte("IDAT")) - 4
		control := binary.BigEndian.AppendUint32(nil, number)
		for _, v := range []int{size.X, size.Y, 0, 0} {
			control = binary.BigEndian.AppendUint32(control, uint32(v))
		}
		control = binary.BigEndian.AppendUint16(control, uint16(f.delays[i]))
		control = append(binary.BigEndian.AppendUint16(control, 1000), 0, 0)
		frames = append(frames, pngChunk("fcTL", control)...)
		number++
		for rest := file[at:]; string(rest[4:8]) == "IDAT"; {
			n := binary.BigEndian.Uint32(rest)
			if i == 0 {
				frames = append(frames, rest[:12+n]...)
			} else {
				frames = append(frames, pngChunk("fdAT", append(binary.BigEndian.AppendUint32(nil, number), rest[8:8+n]...))...)
				number++
			}
			rest = rest[12+n:]
		}
		if i == 0 {
			head = file[:at]
		}
	}
	counts := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(len(f.canvases))), uint32(f.loops))
	return slices.Concat(head, pngChunk("acTL", counts), frames, pngChunk("IEND", nil))
}

// filmOf reads what moves.
func filmOf(t testing.TB, file []byte) (f film) {
	t.Helper()
	var d interface {
		movingDecoder
		rowDecoder
	}
	var size image.Point
	switch {
	case bytes.HasPrefix(file, []byte("GIF")):
		own := new(ownGIF.Decoder)
		h, err := own.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		d, size = own, image.Pt(h.Width, h.Height)
	case bytes.HasPrefix(file, []byte("RIFF")):
		own := new(webp.Decoder)
		h, err := own.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		d, size = own, image.Pt(h.Width, h.Height)
	case bytes.HasPrefix(file[4:], []byte("ftyp")):
		own := new(heif.Decoder)
		h, err := own.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		d, size = own, image.Pt(h.Width, h.Height)
	default:
		t.Fatalf("it begins with %q", file[:min(8, len(file))])
	}
	a, err := d.Animation()
	if err != nil {
		t.Fatal(err)
	}
	f.loops = a.Loops
	canvas := image.NewNRGBA(image.Rectangle{Max: size})
	for range a.Frames {
		delay, err := d.Next(canvas.Pix)
		if err != nil {
			t.Fatal(err)
		}
		again := *canvas
		again.Pix = bytes.Clone(canvas.Pix)
		f.canvases, f.delays = append(f.canvases, &again), append(f.delays, delay)
	}
	return f
}

// animated renders with a preset that is not resolved yet, and reads what moves.
func animated(t testing.TB, src []byte, p prew.Preset) (Preview, film) {
	t.Helper()
	p.Animate = true
	p, err := p.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	preview, err := Render(bytes.NewReader(src), p)
	if err != nil {
		t.Fatal(err)
	}
	f := filmOf(t, preview.Data)
	if size := f.canvases[0].Rect.Size(); size != image.Pt(preview.Width, preview.Height) {
		t.Fatalf("the preview is %v, said to be %dx%d", size, preview.Width, preview.Height)
	}
	return preview, f
}

// decibels is how near two pictures are, as they are seen on white.
func decibels(t testing.TB, got, want image.Image) float64 {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Fatalf("size is %v, want %v", got.Bounds(), want.Bounds())
	}
	b, sum := got.Bounds(), 0.0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			gr, gg, gb, ga := got.At(x, y).RGBA()
			wr, wg, wb, wa := want.At(x, y).RGBA()
			for _, c := range [][4]uint32{{gr, ga, wr, wa}, {gg, ga, wg, wa}, {gb, ga, wb, wa}} {
				off := (float64(c[0]) - float64(c[1]) - float64(c[2]) + float64(c[3])) / 257
				sum += off * off
			}
		}
	}
	return 10 * math.Log10(255*255*float64(3*b.Dx()*b.Dy())/max(sum, 1e-9))
}

// TestFramesAreRenderedAsPhotos checks that each frame of a preview is the preview of that
// frame as a photo of its own, whatever the preset does to it.
func TestFramesAreRenderedAsPhotos(t *testing.T) {
	f := square(120, 80, 6)
	onItsSide := film{delays: f.delays}
	for _, m := range f.canvases {
		onItsSide.canvases = append(onItsSide.canvases, stored(m, 6))
	}
	kinds := map[string][]byte{"WebP": f.asMovingWebP(nil), "PNG": f.asMovingPNG(), "on its side": onItsSide.asMovingWebP(exif(binary.LittleEndian, 6))}
	few := square(120, 80, 6).few()
	for name, p := range map[string]prew.Preset{
		"as it is": {Width: 500},
		"smaller":  {Width: 60, Height: 60},
		"cut":      {Width: 40, Height: 40, Fit: prew.Cover, Gravity: prew.Left},
		"filled":   {Width: 30, Height: 60, Fit: prew.Fill},
		"padded":   {Width: 61, Height: 61, Fit: prew.Pad, Background: "#c03080"},
		"changed":  {Width: 60, Blur: 1, Sharpen: 50, Contrast: -20, Tone: prew.Sepia},
	} {
		p.Quality = 95
		still := p
		still.Format = prew.PNG
		for kind, src := range kinds {
			p.Format = prew.WebP
			preview, got := animated(t, src, p)
			if preview.ContentType != "image/webp" || len(got.canvases) != 6 || !slices.Equal(got.delays, f.delays) || got.loops != 0 {
				t.Fatalf("%s, %s: %s of %d frames, %v, %d loops", name, kind, preview.ContentType, len(got.canvases), got.delays, got.loops)
			}
			for i, m := range got.canvases {
				_, want := rendered(t, asPNG(f.canvases[i]), still)
				if near := decibels(t, m, want); near < 25 {
					t.Errorf("%s, %s: frame %d is %.1f dB near to its photo, expected 25", name, kind, i, near)
				}
			}
		}
		p.Format = prew.Auto
		preview, got := animated(t, few.asMovingGIF(), p)
		if preview.ContentType != "image/gif" || len(got.canvases) != 6 || !slices.Equal(got.delays, f.delays) {
			t.Fatalf("%s: %s of %d frames, %v", name, preview.ContentType, len(got.canvases), got.delays)
		}
		for i, m := range got.canvases {
			_, want := rendered(t, asPNG(few.canvases[i]), still)
			if near := decibels(t, m, want); near < 25 {
				t.Errorf("%s, GIF: frame %d is %.1f dB near to its photo, expected 25", name, i, near)
			}
		}
	}
}

// TestAVIFMoves checks that the preview of an AVIF moves, in its own frames, where the preset
// says so.
func TestAVIFMoves(t *testing.T) {
	src, err := os.ReadFile("heif/testdata/moving.avif")
	if err != nil {
		t.Fatal(err)
	}
	f, p := filmOf(t, src), prew.Preset{Width: 32, Format: prew.WebP, Quality: 95}
	_, got := animated(t, src, p)
	if len(got.canvases) != 4 || !slices.Equal(got.delays, []int{100, 40, 500, 230}) || got.loops != 0 {
		t.Fatalf("%d frames, %v, %d loops", len(got.canvases), got.delays, got.loops)
	}
	still := p
	still.Format = prew.PNG
	for i, m := range got.canvases {
		_, want := rendered(t, asPNG(f.canvases[i]), still)
		if near := decibels(t, m, want); near < 25 {
			t.Errorf("frame %d is %.1f dB near to its photo, expected 25", i, near)
		}
	}
	if p, err = p.Resolve(); err != nil {
		t.Fatal(err)
	}
	if preview, err := Render(bytes.NewReader(src), p); err != nil || bytes.Contains(preview.Data, []byte("ANMF")) {
		t.Errorf("it moves without animate, or %v", err)
	}
}

// TestSmartCropDoesNotJump checks that all frames are cut to what the first one says.
func TestSmartCropDoesNotJump(t *testing.T) {
	f := film{delays: []int{100, 100, 100}, canvases: []*image.NRGBA{
		portrait(300, 100, image.Pt(230, 30), 40), sign(300, 100), portrait(300, 100, image.Pt(170, 30), 40)}}
	for _, turned := range []uint16{1, 3, 6, 8} {
		side := film{delays: f.delays}
		for _, m := range f.canvases {
			side.canvases = append(side.canvases, stored(m, int(turned)))
		}
		p := prew.Preset{Width: 50, Height: 50, Fit: prew.Cover, Gravity: prew.Smart, Format: prew.WebP, Quality: 95}
		preview, got := animated(t, side.asMovingWebP(exif(binary.LittleEndian, turned)), p)
		p.Format = prew.PNG
		alone, _ := rendered(t, asPNG(f.canvases[0]), p)
		if preview.Crop != alone.Crop || preview.Outline.Crop != written(alone.Crop) || preview.Crop.Dx() != 100 || preview.Crop.Min.X < 150 || len(got.canvases) != 3 {
			t.Fatalf("turn %d: kept %v, of the first frame alone %v, %d frames", turned, preview.Crop, alone.Crop, len(got.canvases))
		}
		for i, m := range got.canvases {
			_, want := rendered(t, asPNG(f.canvases[i].SubImage(preview.Crop)), prew.Preset{Width: 50, Height: 50, Fit: prew.Cover, Format: prew.PNG})
			if near := decibels(t, m, want); near < 25 {
				t.Errorf("turn %d: frame %d is %.1f dB near to the same part of its photo, expected 25", turned, i, near)
			}
		}
	}
}

// TestTimesAreKept checks delays, also those that browsers don't believe, and loops.
func TestTimesAreKept(t *testing.T) {
	for _, loops := range []int{0, 1, 2, 7} {
		f := square(60, 40, 5).few()
		f.delays, f.loops = []int{0, 10, 20, 110, 2500}, loops
		for kind, src := range map[string][]byte{"GIF": f.asMovingGIF(), "WebP": f.asMovingWebP(nil), "PNG": f.asMovingPNG()} {
			for _, format := range []prew.Format{prew.Auto, prew.WebP} {
				_, got := animated(t, src, prew.Preset{Width: 30, Format: format})
				if want := []int{100, 100, 20, 110, 2500}; !slices.Equal(got.delays, want) || got.loops != loops {
					t.Errorf("%s as %q: delays %v, %d loops, expected %v, %d", kind, format, got.delays, got.loops, want, loops)
				}
			}
		}
	}
}

// TestWhatDoesNotMove checks that the preview of what does not move, or in a format that
// does not, is the one without animate.
func TestWhatDoesNotMove(t *testing.T) {
	f := square(60, 40, 3).few()
	one := film{canvases: f.canvases[:1], delays: f.delays}
	for name, test := range map[string]struct {
		src     []byte
		formats []prew.Format
	}{
		"a GIF":         {f.asMovingGIF(), []prew.Format{prew.JPEG, prew.PNG}},
		"a WebP":        {f.asMovingWebP(nil), []prew.Format{prew.JPEG, prew.PNG}},
		"a PNG":         {f.asMovingPNG(), []prew.Format{prew.JPEG, prew.PNG}},
		"a GIF of one":  {one.asMovingGIF(), []prew.Format{prew.Auto, prew.WebP, prew.JPEG}},
		"a WebP of one": {one.asMovingWebP(nil), []prew.Format{prew.Auto, prew.WebP, prew.JPEG}},
		"a PNG of one":  {one.asMovingPNG(), []prew.Format{prew.Auto, prew.WebP, prew.JPEG}},
		"a still WebP":  {testdata(t, "lossy-alpha.webp"), []prew.Format{prew.Auto, prew.WebP}},
		"a still PNG":   {asPNG(glass(60, 40)), []prew.Format{prew.Auto, prew.WebP}},
		"a JPEG":        {asJPEG(sign(60, 40)), []prew.Format{prew.Auto, prew.WebP}},
	} {
		for _, format := range test.formats {
			for _, width := range []int{30, 500} {
				p, err := prew.Preset{Width: width, Format: format}.Resolve()
				if err != nil {
					t.Fatal(err)
				}
				want, err := Render(bytes.NewReader(test.src), p)
				if err != nil {
					t.Fatal(err)
				}
				p.Animate = true
				got, err := Render(bytes.NewReader(test.src), p)
				if err != nil || !bytes.Equal(got.Data, want.Data) || got.ContentType != want.ContentType {
					t.Errorf("%s as %q: %s of %d bytes, %v, expected %s of %d", name, format, got.ContentType, len(got.Data), err, want.ContentType, len(want.Data))
				}
			}
		}
	}
	preset, err := prew.Preset{Width: 30, Format: prew.WebP}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	if v, err := Render(bytes.NewReader(f.asMovingGIF()), preset); err != nil || bytes.Contains(v.Data, []byte("ANMF")) {
		t.Errorf("it moves without animate, %v", err)
	}
}

// TestColoursOfGIFsAreMixed checks that dither is for what moves as a GIF, and for nothing
// else.
func TestColoursOfGIFsAreMixed(t *testing.T) {
	moving, still := square(60, 40, 3).asMovingWebP(nil), asPNG(glass(60, 40))
	for name, test := range map[string]struct {
		src    []byte
		format prew.Format
		mixes  bool
	}{
		"a GIF":   {moving, prew.Auto, true},
		"a WebP":  {moving, prew.WebP, false},
		"a still": {still, prew.Auto, false},
	} {
		var made [2]Preview
		for i, dither := range []bool{false, true} {
			p, err := prew.Preset{Width: 50, Format: test.format, Animate: true, Dither: dither}.Resolve()
			if err != nil {
				t.Fatal(err)
			}
			if made[i], err = Render(bytes.NewReader(test.src), p); err != nil {
				t.Fatal(err)
			}
		}
		if mixes := !bytes.Equal(made[0].Data, made[1].Data); mixes != test.mixes {
			t.Errorf("%s: dither makes another preview: %v, want %v", name, mixes, test.mixes)
		}
	}
}

// TestFilmThatFitsIsItsOwnPreview checks that a preset that changes nothing gives the frames as
// they were, where that has fewer bytes, and none of what else is in the file.
func TestFilmThatFitsIsItsOwnPreview(t *testing.T) {
	f := square(60, 40, 5).few()
	gif := f.asMovingGIF()
	first := bytes.Index(gif, []byte{0x21, 0xff}) // Netscape's extension
	texts := slices.Concat(gif[:first], []byte{0x21, 0xfe, 6}, []byte("secret"), []byte{0, 0x21, 0xff, 11}, []byte("XMP DataXMP"), []byte{6}, []byte("secret"), []byte{0}, gif[first:])
	webp := slices.Concat(f.asMovingWebP(nil), webpChunk("XMP ", []byte("secret")))
	for name, test := range map[string]struct {
		src, want []byte
		format    prew.Format
	}{"GIF": {texts, gif, prew.Auto}, "WebP": {webp, nil, prew.WebP}} {
		p := prew.Preset{Width: 60, Format: test.format, Quality: 100}
		preview, got := animated(t, test.src, p)
		if len(preview.Data) >= len(test.src) || bytes.Contains(preview.Data, []byte("secret")) || test.want != nil && len(preview.Data) > len(test.want) {
			t.Errorf("%s: %d bytes, the photo has %d", name, len(preview.Data), len(test.src))
		}
		want := filmOf(t, test.src)
		if got.loops != want.loops || !slices.Equal(got.delays, want.delays) {
			t.Errorf("%s: %v, %d loops, expected %v, %d", name, got.delays, got.loops, want.delays, want.loops)
		}
		p.Tone = prew.Sepia
		if _, toned := animated(t, test.src, p); bytes.Equal(toned.canvases[0].Pix, got.canvases[0].Pix) {
			t.Errorf("%s: the preset's tone is not done", name)
		}
	}
}

// TestFilmsThatAreRefused checks what is held against the limits, and damage.
func TestFilmsThatAreRefused(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
	file := square(60, 40, 3).few().asMovingGIF()
	dot := film{canvases: slices.Repeat([]*image.NRGBA{sign(1, 1)}, plane.MaxFrames+1), delays: make([]int, plane.MaxFrames+1)}
	for name, test := range map[string]struct {
		src     []byte
		code    prew.Code
		message string
	}{
		"too many, GIF":   {dot.asMovingGIF(), prew.SourceTooLarge, "GIF image: GIF above a limit: it has more than 1000 frames"},
		"too many, WebP":  {dot.asMovingWebP(nil), prew.SourceTooLarge, "WebP image: WebP above a limit: it has more than 1000 frames"},
		"too many, PNG":   {dot.asMovingPNG(), prew.SourceTooLarge, "PNG image: PNG above a limit: it has more than 1000 frames"},
		"too large":       {largeGIF(3000, 3000, 100), prew.SourceTooLarge, "GIF image has 100 frames with 900 megapixels together, limit is 300"},
		"memory":          {largeGIF(8000, 8000, 2), prew.SourceTooLarge, "GIF image is 8000x8000 and needs 358 MB"},
		"large of little": {largeGIF(1, 8000, 10), prew.SourceTooLarge, "GIF image has 10 frames, which makes 640 megapixels of preview together, limit is 300"},
		"cut short":       {file[:len(file)-40], prew.SourceDamaged, "GIF image: frame 2: damaged GIF: its pixels end in stored row"},
	} {
		p := prew.Preset{Width: 30, Format: prew.WebP, Animate: true}
		if name == "large of little" {
			p.Width, p.Height, p.Fit = 8192, 8192, prew.Pad
		}
		p, err := p.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		_, err = Render(bytes.NewReader(test.src), p)
		failure, ok := err.(*prew.RenderError)
		if !ok || failure.Code != test.code || !bytes.HasPrefix([]byte(failure.Message), []byte(test.message)) {
			t.Errorf("%s: %T %v, expected %s: %s", name, err, err, test.code, test.message)
		}
	}
}

// TestTimeIsLimited checks that a film is refused that takes a processor too long.
func TestTimeIsLimited(t *testing.T) {
	a := animation{Animation: plane.Animation{Frames: 70}, kind: "GIF"}
	if err := a.checkTime(30, maxAnimating); err != nil {
		t.Error(err)
	}
	const want = "GIF image has 70 frames, of which 30 took 16.3s, limit is 15s for all"
	if failure, ok := a.checkTime(30, 16333*time.Millisecond).(*prew.RenderError); !ok || failure.Code != prew.SourceTooLarge || failure.Message != want {
		t.Errorf("%v, expected %s", failure, want)
	}
	begun := processorTime()
	for processorTime() == begun {
		sign(100, 100)
	}
}

// largeGIF is a GIF whose frames say that they are large, and have hardly any bytes.
func largeGIF(w, h, frames int) []byte {
	head := append(le16(le16([]byte("GIF89a"), w), h), 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
	frame := append(le16(le16([]byte{0x2c, 0, 0, 0, 0}, w), h), 0, 2, 1, 0x2c, 0)
	return slices.Concat(head, bytes.Repeat(frame, frames), []byte{0x3b})
}

// TestGIFsAreWhatLibwebpMakesOfThem checks that a GIF has the frames that gif2webp gives
// it, which composes by other means.
func TestGIFsAreWhatLibwebpMakesOfThem(t *testing.T) {
	if _, err := exec.LookPath("gif2webp"); err != nil {
		t.Skip("there is no gif2webp")
	}
	state := uint32(1)
	random := func(n int) int {
		state = state*1664525 + 1013904223
		return int(state>>16) % n
	}
	all := gif.GIF{Config: image.Config{Width: 50, Height: 40}}
	for i := range 30 {
		r := image.Rect(random(25), random(20), 26+random(25), 21+random(20))
		if i == 0 {
			r = image.Rect(0, 0, 50, 40)
		}
		m := image.NewPaletted(r, color.Palette{red, green, blue, yellow, white, black, clear0})
		for k := range m.Pix {
			m.Pix[k] = uint8(random(7))
		}
		all.Image, all.Delay = append(all.Image, m), append(all.Delay, 2+random(100))
		all.Disposal = append(all.Disposal, byte(1+random(3)))
	}
	src := encoded(func(b *bytes.Buffer) error { return gif.EncodeAll(b, &all) })
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a.gif"), filepath.Join(dir, "a.webp")
	if err := os.WriteFile(from, src, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gif2webp", "-quiet", "-kmin", "9", "-kmax", "17", from, "-o", to).CombinedOutput(); err != nil {
		t.Fatalf("gif2webp: %v\n%s", err, out)
	}
	file, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	got, want := filmOf(t, src), filmOf(t, file)
	if len(got.canvases) != len(want.canvases) || !slices.Equal(got.delays, want.delays) {
		t.Fatalf("%d frames, %v, of libwebp %d, %v", len(got.canvases), got.delays, len(want.canvases), want.delays)
	}
	for i := range want.canvases {
		near(t, got.canvases[i], want.canvases[i], 0)
	}
}

// TestColoursOfWhatMoves checks that frames get sRGB's colours, or that a WebP carries the
// photo's profile instead, which a GIF can't.
func TestColoursOfWhatMoves(t *testing.T) {
	icc := displayP3(t)
	var f film
	for _, c := range []color.NRGBA{{200, 100, 50, 255}, {50, 200, 100, 255}} {
		f.canvases, f.delays = append(f.canvases, even(c)), append(f.delays, 100)
	}
	file := f.asMovingWebP(nil)
	src := slices.Concat(file[:30], webpChunk("ICCP", icc), file[30:])
	for _, test := range []struct {
		format prew.Format
		colour prew.Colour
		keeps  bool
	}{{prew.WebP, prew.SRGB, false}, {prew.WebP, prew.Keep, true}, {prew.Auto, prew.Keep, false}} {
		preview, got := animated(t, src, prew.Preset{Width: 8, Format: test.format, Colour: test.colour, Quality: 100})
		if keeps := bytes.Contains(preview.Data, []byte("ICCP")); keeps != test.keeps || len(got.canvases) != 2 {
			t.Errorf("%q, %s: %d frames, a profile: %t", test.format, test.colour, len(got.canvases), keeps)
		}
		for i, m := range got.canvases {
			want := image.Image(f.canvases[i].SubImage(m.Rect))
			if !test.keeps {
				_, want = rendered(t, withProfile(f.canvases[i], icc)["png"], prew.Preset{Width: 8, Format: prew.PNG})
			}
			near(t, m, want, 6)
		}
	}
}
