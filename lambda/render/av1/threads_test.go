package av1

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestThreadsChangeNothing: a picture of several tiles has the same bytes whatever the number of
// CPUs, and whatever was encoded before.
func TestThreadsChangeNothing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	planes := scene(400, 330, 420, 5)
	var want []byte
	for _, cpus := range []int{1, 2, 3, 16} {
		runtime.GOMAXPROCS(cpus)
		e := Encoder{extraTiles: [2]int{2, 2}}
		for range 3 {
			_, got := e.Encode(planes, Options{Quantiser: 90})
			if e.tiles.count() != 12 {
				t.Fatalf("%d tiles, want 12", e.tiles.count())
			}
			if len(e.others) != min(cpus, 12)-1 {
				t.Errorf("%d encoders beside the first with %d CPUs, want %d", len(e.others), cpus, min(cpus, 12)-1)
			}
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Errorf("other bytes with %d CPUs", cpus)
			}
			e.Encode(scene(130, 65, 444, 6), Options{Quantiser: 30, Effort: Fast})
		}
	}
}

// TestPanicIsTheCallers: what panics in a tile can be recovered by who wants the picture encoded.
func TestPanicIsTheCallers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	runtime.GOMAXPROCS(4)
	was := squares
	defer func() { squares = was }()
	squares = func([]uint8, []uint8, int, int, int) int32 { panic("broken") }
	e := Encoder{extraTiles: [2]int{1, 1}}
	defer func() {
		said := fmt.Sprint(recover())
		if !strings.Contains(said, "broken") || !strings.Contains(said, "encodeTile") {
			t.Errorf("recovered %q, expected broken and where", said)
		}
	}()
	e.Encode(scene(400, 330, 420, 5), Options{Quantiser: 90})
	t.Error("it did not panic")
}
