package av1

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// forBlocks returns an encoder for transform blocks of luma and chroma in a picture of one
// superblock.
func forBlocks(quantiser int) *Encoder {
	e := &Encoder{picture: picture{width: 64, height: 64, columns: 16, rows: 16, quantiser: quantiser}}
	e.channels = make([]channel, 3)
	for i := range e.channels {
		e.channels[i].width, e.channels[i].height = 64, 64
	}
	e.setSteps()
	e.cdfs.reset(quantiser)
	e.coder.reset()
	e.coding.costs.reset()
	e.coding.costs.refresh(&e.cdfs)
	e.above.reset(16)
	e.left.reset(16)
	return e
}

// randomBlock returns a transform block with levels as they are in photographs: the larger the
// nearer to the first one. large is about how large that is.
func randomBlock(random *rand.Rand, plane, size int, large float64) (*transformed, []int16) {
	b := &transformed{plane: plane, size: size, x: random.IntN(16>>size) * 4 << size, y: random.IntN(16>>size) * 4 << size}
	low := 4 << min(size, 3)
	levels := make([]int16, low*low)
	reach := float64(low) * (0.2 + 0.2*random.Float64())
	scale := large * math.Exp(random.Float64())
	for i := range levels {
		l := random.ExpFloat64() * scale * math.Exp(-float64(i/low+i%low)/reach)
		if random.IntN(2) == 0 {
			l = -l
		}
		levels[i] = int16(max(min(l, 32767), -32768))
	}
	scan := scans[min(size, 3)]
	for b.end = len(levels); b.end > 0 && levels[scan[b.end-1]] == 0; b.end-- {
	}
	return b, levels
}

type testBlock struct {
	b      *transformed
	levels []int16
	mode   mode
}

// count is what chooseLevels does at last.
func (e *Encoder) count(b *transformed, levels []int16) {
	if b.end > 0 {
		e.coding.contexts.find(levels, min(b.size, 3), sixteensOf(min(b.size, 3), b.end))
		e.countLevels(b, levels, b.end)
	}
}

// What decisions are made by is what the decided takes, although the probabilities change with each
// symbol: over a picture's blocks, of each size and of all.
func TestCountedIsWritten(t *testing.T) {
	for _, of := range []struct {
		quantiser int
		large     float64
	}{{20, 12}, {60, 3}, {120, 1.5}, {200, 0.5}} { // from codes of Exp-Golomb to blocks without levels
		for size := range 6 {
			e := forBlocks(of.quantiser)
			random := rand.New(rand.NewPCG(uint64(of.quantiser), uint64(size)))
			counted := 0.0
			samples := 0 // of the superblock that are left
			for range 24000 >> min(size, 3) {
				if samples <= 0 {
					e.coding.costs.refresh(&e.cdfs)
					samples = 64 * 64 * 3 / 2
				}
				side := size
				if size == 5 {
					side = random.IntN(5)
				}
				samples -= 16 << (2 * side)
				b, levels := randomBlock(random, random.IntN(3), side, of.large)
				m := mode(random.IntN(lumaModes))
				c := code{e: e}
				e.count(b, levels)
				e.save(&e.begin, 0, 0, 64, false)
				e.coefficients(&c, b, levels, b.size, m)
				if c.bits <= 0 {
					t.Fatalf("a block is counted as %d", c.bits)
				}
				counted += float64(c.bits) / 256
				e.restore(&e.begin, 0, 0, 64, false)
				e.coefficients(&code{e: e, writing: true}, b, levels, b.size, m)
			}
			written := float64(8 * len(e.coder.finish()))
			if ratio := counted / written; ratio < 0.98 || ratio > 1.02 {
				t.Errorf("quantiser %d, size %d: %.0f bits are counted and %.0f written", of.quantiser, size, counted, written)
			}
		}
	}
}

func BenchmarkCoefficients(b *testing.B) {
	for _, of := range []struct {
		name    string
		writing bool
	}{{"count", false}, {"write", true}} {
		for size := range 4 {
			b.Run(fmt.Sprint(of.name, "/", 4<<size), func(b *testing.B) {
				e := forBlocks(100)
				random := rand.New(rand.NewPCG(1, 7))
				var all []testBlock
				coefficients := 0
				for range 200 {
					b, levels := randomBlock(random, random.IntN(3), size, 1)
					all = append(all, testBlock{b, levels, mode(random.IntN(lumaModes))})
					coefficients += b.end
				}
				n := 0
				for b.Loop() {
					e.coder.out = e.coder.out[:0]
					for _, t := range all {
						if !of.writing {
							e.count(t.b, t.levels)
						}
						c := code{e: e, writing: of.writing}
						e.coefficients(&c, t.b, t.levels, t.b.size, t.mode)
					}
					n += coefficients
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/coefficient")
			})
		}
	}
}
