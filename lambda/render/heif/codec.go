package heif

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// The programs are WebAssembly: libheif with libde265, and libavif with libaom. What
// codecs/README.md says of them is where they come from.
var (
	//go:embed codecs/libheif.wasm.gz
	libheif []byte
	//go:embed codecs/libavif.wasm.gz
	libavif []byte

	programs = [...]program{HEVC: {packed: libheif}, AV1: {packed: libavif}}
)

// program is the program of a codec, which is compiled when it is first needed.
type program struct {
	packed   []byte
	once     sync.Once
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	err      error
}

// load compiles a program. It is an error where memory may not be made executable, which
// MemoryDenyWriteExecute= of systemd forbids: interpreted, a picture takes a minute.
func (p *program) load() error {
	p.once.Do(func() {
		defer func() {
			if v := recover(); v != nil {
				p.err = fmt.Errorf("%v", v)
			}
		}()
		p.err = p.compile()
	})
	if p.err != nil {
		return unsupportedf("its codec can't be started here: %v", p.err)
	}
	return nil
}

func (p *program) compile() error {
	z, err := gzip.NewReader(bytes.NewReader(p.packed))
	if err != nil {
		return err
	}
	code, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	if code, err = fuelled(code); err != nil {
		return err
	}
	ctx := experimental.WithCompilationWorkers(context.Background(), runtime.GOMAXPROCS(0))
	if p == &programs[AV1] {
		ctx = experimental.WithFunctionListenerFactory(ctx, experimental.FunctionListenerFactoryFunc(project))
	}
	p.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, p.runtime); err != nil {
		return err
	}
	p.compiled, err = p.runtime.CompileModule(ctx, code)
	return err
}

// memory is the linear memory of a program, kept from one picture to the next. It does
// not move, and has at most limit bytes, so that no stream takes more than its header says.
type memory struct {
	bytes   []byte
	used    int // what may not be zero
	size    int
	limit   int
	refused bool
}

// reserve makes room for a program.
func (m *memory) reserve(limit int) {
	if cap(m.bytes) < limit {
		m.bytes, m.used = nil, 0 // there need not be room for both
		m.bytes = make([]byte, limit)
	}
	m.limit = limit
}

// Allocate implements experimental.MemoryAllocator.
func (m *memory) Allocate(_, _ uint64) experimental.LinearMemory {
	m.size, m.refused = 0, false
	return m
}

// Reallocate implements experimental.LinearMemory.
func (m *memory) Reallocate(size uint64) []byte {
	if size > uint64(m.limit) {
		m.refused = true
		return nil
	}
	n := int(size)
	if n > m.size {
		if m.size < m.used {
			clear(m.bytes[m.size:min(n, m.used)])
		}
		m.size = n
		m.used = max(m.used, n)
	}
	return m.bytes[:n]
}

// Free implements experimental.LinearMemory.
func (m *memory) Free() {}

// call is a program that runs for one picture, or one film.
type call struct {
	context context.Context
	module  api.Module
	memory  *memory
	fuel    api.MutableGlobal
	err     error
}

// run starts a program with a memory and fuel, hands it to f, and ends it. A program is
// started anew for each picture: what a stream does to it harms no other.
func (c Codec) run(m *memory, fuel int, f func(*call)) error {
	p := &programs[c]
	if err := p.load(); err != nil {
		return err
	}
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	ctx := context.Background()
	module, err := p.runtime.InstantiateModule(experimental.WithMemoryAllocator(ctx, m), p.compiled, config)
	if err != nil {
		return fmt.Errorf("starting a codec: %w", err)
	}
	defer module.Close(ctx)
	counter, ok := module.ExportedGlobal("fuel").(api.MutableGlobal)
	if !ok {
		return errModule
	}
	counter.Set(uint64(fuel))
	one := &call{context: ctx, module: module, memory: m, fuel: counter}
	f(one)
	return one.err
}

// do calls an exported function. After an error nothing more is called.
func (c *call) do(name string, args ...uint64) uint32 {
	if c.err != nil {
		return 0
	}
	results, err := c.module.ExportedFunction(name).Call(c.context, args...)
	switch {
	case c.err != nil: // known better by who listened
	case err == nil && len(results) == 1:
		return uint32(results[0])
	case err == nil:
		return 0
	case int64(c.fuel.Get()) < 0:
		c.err = limitf("decoding takes too long")
	case c.memory.refused:
		c.err = limitf("decoding takes more than %d MB", c.memory.limit>>20)
	default:
		c.err = damagedf("its codec gives up") // the text of a trap is of the program's inside
	}
	return 0
}

// allocate takes memory of the program's, and write does so for bytes.
func (c *call) allocate(size int) uint32 {
	at := c.do("malloc", uint64(size))
	if at == 0 && c.err == nil {
		c.err = limitf("decoding takes more than %d MB", c.memory.limit>>20)
	}
	return at
}

func (c *call) write(data []byte) uint32 {
	at := c.allocate(len(data))
	if c.err == nil && !c.module.Memory().Write(at, data) {
		c.err = damagedf("its codec gives up")
	}
	return at
}

// read is memory of the program's, valid until the memory is used for another picture.
func (c *call) read(at uint32, size int) []byte {
	if c.err != nil {
		return nil
	}
	data, ok := c.module.Memory().Read(at, uint32(size))
	if !ok {
		c.err = damagedf("its codec gives up")
	}
	return data
}

// picture is what a codec makes of a stream. It is valid until the next one is decoded.
//
// Of AV1 it is red, green, blue and 255 for each pixel, in two bytes each, the lower first,
// where it is deep. Of HEVC it is the samples as the stream has them, of eight bits: luma
// alone where it is grey, else for each pixel the second difference (Cr), luma, the first
// difference (Cb), and 255; pixels that share a sample of chroma have the same.
type picture struct {
	pixels []byte
	stride int // from a row to the next
}

// row is row y.
func (p picture) row(y int) []byte { return p.pixels[y*p.stride:] }

// decode decodes the picture of a tile: the door to the codecs, through which nothing goes
// but one coded picture.
func (d *Decoder) decode(im *image, t tile) (picture, error) {
	d.linear.reserve(im.linearMemory())
	if im.codec == AV1 {
		return d.decodeAV1(im, t)
	}
	return d.decodeHEVC(im, t)
}

// The two calls have the arguments of the function decode in heif.c and decode.c, which
// codecs/README.md names.

func (d *Decoder) decodeHEVC(im *image, t tile) (p picture, err error) {
	// libheif takes a picture for grey by pixi. Other pictures are said to be of green, blue
	// and red in full range: they come out as they are then. As luma and chroma they would
	// be enlarged and shrunk again, with a mistake in the first row.
	pixi := "\x00\x00\x00\x00\x03\x08\x08\x08"
	colourspace, chroma, samples := uint32(1), uint32(11), 4
	if im.coding.grey {
		pixi = "\x00\x00\x00\x00\x01\x08"
		colourspace, chroma, samples = 2, 0, 1
	}
	width, height := t.hevc.width, t.hevc.height
	properties := []property{{box{"hvcC", t.hevc.config}, true}, sizeProperty(width, height), {box{"pixi", []byte(pixi)}, false}}
	if !im.coding.grey {
		properties = append(properties, colourProperty(nclx{primaries: 1, transfer: 13, matrix: matrixIdentity, full: true}))
	}
	d.container, err = appendFile(d.container[:0], "heic", "hvc1", properties, func(dst []byte) ([]byte, error) {
		return t.hevc.appendStream(dst, t.data)
	})
	if err != nil {
		return picture{}, err
	}
	p.stride = strideOfLibheif(width, samples)
	err = HEVC.run(&d.linear, im.fuel(), func(c *call) {
		in := c.write(d.container)
		out := c.allocate(p.stride * height)
		said := c.allocate(20)
		field := func(i int) uint64 { return uint64(said) + uint64(4*i) }
		ok := c.do("decode", uint64(in), uint64(len(d.container)), 0, field(0), field(1), field(2), field(3), field(4), uint64(out))
		if c.err == nil && ok == 0 {
			c.err = unsupportedf("its codec refuses it")
			return
		}
		var is [4]uint32
		for i, v := range c.read(said, 16) {
			is[i/4] |= uint32(v) << (8 * (i % 4))
		}
		if c.err == nil && is != [4]uint32{uint32(width), uint32(height), colourspace, chroma} {
			c.err = unsupportedf("its codec makes another picture of it: %v", is)
			return
		}
		p.pixels = c.read(out, p.stride*height)
	})
	return p, err
}

// strideOfLibheif is how many bytes a row has: those of an even number of pixels, at least
// 64, filled up to 16 (HeifPixelImage::ImagePlane::alloc of libheif 1.18).
func strideOfLibheif(width, samples int) int { return (samples*max(width+width&1, 64) + 15) &^ 15 }

func (d *Decoder) decodeAV1(im *image, t tile) (p picture, err error) {
	if err := checkAV1(t.data); err != nil {
		return picture{}, err
	}
	properties := t.properties
	if im.nclx.known {
		properties = append(properties[:len(properties):len(properties)], colourProperty(im.nclx))
	}
	d.container, err = appendFile(d.container[:0], "avif", "av01", properties, func(dst []byte) ([]byte, error) {
		return append(dst, t.data...), nil
	})
	if err != nil {
		return picture{}, err
	}
	p.stride = im.pixelSize() * im.tileWidth
	size := p.stride * im.tileHeight
	err = AV1.run(&d.linear, im.fuel(), func(c *call) {
		in := c.write(d.container)
		said := c.allocate(16)
		// The duration of a frame is written where there is a picture: the result does not say.
		const none = 1<<64 - 1
		duration := c.write(binary.LittleEndian.AppendUint64(nil, none))
		out := c.allocate(size)
		field := func(i int) uint64 { return uint64(said) + uint64(4*i) }
		ok := c.do("decode", uint64(in), uint64(len(d.container)), 0, 0, field(0), field(1), field(2), field(3), uint64(duration), uint64(out))
		if c.err == nil && ok == 0 {
			c.err = unsupportedf("its codec refuses it")
			return
		}
		var is [3]uint32
		for i, v := range c.read(said, 12) {
			is[i/4] |= uint32(v) << (8 * (i % 4))
		}
		frame := c.read(duration, 8)
		p.pixels = c.read(out, size)
		switch {
		case c.err != nil:
		case is != [3]uint32{uint32(im.tileWidth), uint32(im.tileHeight), uint32(im.coding.depth)}:
			c.err = unsupportedf("its codec makes another picture of it: %v", is)
		case binary.LittleEndian.Uint64(frame) == none:
			c.err = damagedf("its AV1 stream can't be decoded")
		}
	})
	return p, err
}
