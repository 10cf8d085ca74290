package av1

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Chosen levels are those of the quantiser or nearer to zero, tell where they end, and cost less, by
// their errors and what writing them is counted as.
func TestChosenLevelsCostLess(t *testing.T) {
	for _, quantiser := range []int{1, 30, 100, 180, 255} {
		before, after := int64(0), int64(0)
		for size := range 5 {
			e := forBlocks(quantiser)
			step := int32(stepsAC[quantiser])
			worth := int64(step) * int64(step) * lastWorth >> 10 // what is lowered for less, pays by this too
			random := rand.New(rand.NewPCG(uint64(quantiser), uint64(size)))
			shift := max(0, size-2)
			lowered := 0
			for range 400 {
				b, near := randomBlock(random, random.IntN(3), size, 1)
				scan := scans[min(size, 3)]
				m := mode(random.IntN(lumaModes))
				exact := make([]int32, len(near))
				for i, l := range near {
					exact[i] = (int32(l)*step + int32(random.IntN(int(step)+1)) - step/2) >> shift
				}
				cost := func(levels []int16, coefficients []int32) int64 {
					sum := int64(0)
					for i, c := range coefficients {
						d := int64(exact[i]-c) << shift
						sum += d * d << 6
					}
					zero, sign := e.zeroContext(b, size)
					e.count(b, levels)
					return sum + worth*int64(e.countCoefficients(b, m, zero, sign))
				}
				overs := make([]int16, len(near))
				b.end, _ = e.quantise(near, overs, exact, b.plane, size)
				quantised := make([]int32, len(near))
				dequantise(quantised, near, shift, &e.steps[b.plane].of[min(size, 3)])
				before += cost(near, quantised)

				levels, coefficients := make([]int16, len(near)), append([]int32(nil), exact...)
				end, used := e.chooseLevels(b, levels, coefficients, size, m)
				if end > b.end || end > 0 && levels[scan[end-1]] == 0 {
					t.Fatalf("quantiser %d, size %d: levels end at %d of %d", quantiser, size, end, b.end)
				}
				b.end = end
				low := 4 << min(size, 3)
				dequantised := make([]int32, len(levels))
				dequantise(dequantised, levels, shift, &e.steps[b.plane].of[min(size, 3)])
				after += cost(levels, dequantised)
				for i, at := range scan {
					l, of, by := int32(levels[at]), int32(near[at]), step
					if at == 0 {
						by = int32(stepsDC[quantiser])
					}
					if l*of < 0 || abs(levels[at]) > abs(near[at]) || l != 0 && abs(near[at])-abs(levels[at]) > 1 {
						t.Fatalf("quantiser %d, size %d: a level is %d and was %d", quantiser, size, l, of)
					}
					if l != 0 && (i >= end || int(at)/low >= used.rows) {
						t.Fatalf("quantiser %d, size %d: level %d of %d in row %d of %d is %d", quantiser, size, i, end, int(at)/low, used, l)
					}
					back := abs(levels[at]) * by & 0xffffff >> shift
					if l < 0 {
						back = -back
					}
					if dequantised[at] != back {
						t.Fatalf("quantiser %d, size %d: level %d is rebuilt as %d", quantiser, size, l, dequantised[at])
					}
					if l != of {
						lowered++
					}
				}
			}
			if lowered == 0 {
				t.Errorf("quantiser %d, size %d: no level is lowered", quantiser, size)
			}
		}
		if after >= before {
			t.Errorf("quantiser %d: the cost of all sizes was %d and is %d", quantiser, before, after)
		}
	}
}

func BenchmarkChooseLevels(b *testing.B) {
	for size := range 4 {
		e := forBlocks(100)
		random := rand.New(rand.NewPCG(1, 7))
		var blocks []*transformed
		var exact [][]int32
		step := int(stepsAC[100])
		n := 0
		for range 200 {
			t, near := randomBlock(random, random.IntN(3), size, 1)
			of := make([]int32, len(near))
			for i, l := range near {
				of[i] = int32(int(l)*step+random.IntN(step+1)-step/2) >> max(0, size-2)
				if l != 0 {
					n++
				}
			}
			blocks, exact = append(blocks, t), append(exact, of)
		}
		var levels [1024]int16
		var coefficients [1024]int32
		for name, choose := range map[string]func(*transformed, []int32){
			"quantise": func(t *transformed, c []int32) { e.quantise(levels[:], e.coding.overs[:], c, t.plane, size) },
			"choose":   func(t *transformed, c []int32) { e.chooseLevels(t, levels[:], c, size, flat) },
		} {
			b.Run(name+"/"+fmt.Sprint(4<<size), func(b *testing.B) {
				rounds := 0
				for b.Loop() {
					for i, t := range blocks {
						c := coefficients[:len(exact[i])]
						copy(c, exact[i])
						choose(t, c)
					}
					rounds++
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*rounds), "ns/level")
			})
		}
	}
}
