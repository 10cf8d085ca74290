package colour

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"testing"
)

// TestTablesAreTheSameOnEveryProcessor adds up what is made of every form of
// profile, of code points and of inks.
func TestTablesAreTheSameOnEveryProcessor(t *testing.T) {
	const want = "c38d753b306df0a8d97f349fb2cf605a2411d81ee78db01e2d9f7066ed3f12ee"
	all := sha256.New()
	add := func(transform *Transform) {
		var parts []any
		switch {
		case transform.matrix != nil:
			parts = []any{transform.matrix.light.all, transform.matrix.weights, *numberOfLight()}
		case transform.cube != nil:
			parts = []any{transform.cube.points[:], *fieldTables()}
		case transform.inks != nil:
			parts = []any{transform.inks.points[:]}
		default:
			parts = []any{*transform.greys}
		}
		for _, part := range parts {
			if err := binary.Write(all, binary.LittleEndian, part); err != nil {
				t.Fatal(err)
			}
		}
		all.Write(transform.embed)
	}
	profiles := synthetic()
	for _, name := range slices.Sorted(maps.Keys(profiles)) {
		data := profiles[name]
		transform, err := FromProfile(data, spaces[string(data[16:20])])
		if err != nil {
			t.Fatal(err)
		}
		add(transform)
	}
	for _, transfer := range []int{4, 8, 16, 18} {
		for _, primaries := range []int{4, 9, 12, 22} {
			transform, err := FromCICP(primaries, transfer)
			if err != nil {
				t.Fatal(err)
			}
			add(transform)
		}
	}
	add(Inks())
	if got := hex.EncodeToString(all.Sum(nil)); got != want {
		t.Errorf("the tables are %s, want %s", got, want)
	}
}

func TestPower(t *testing.T) {
	for _, y := range []float64{0.1, 1.0 / 3, 1 / 2.4, 1, 1.8, 2.2, 2.4, 5} {
		for i := range 3000 {
			x := math.Exp(float64(i-1500) / 100)
			if got, want := power(x, y), math.Pow(x, y); math.Abs(got-want) > 1e-13*want {
				t.Fatalf("power(%v, %v) is %v, want %v", x, y, got, want)
			}
		}
	}
	for _, x := range []float64{0, -1, math.NaN(), math.Inf(-1)} {
		if got := power(x, 2.2); got != 0 {
			t.Errorf("power(%v, 2.2) is %v, want 0", x, got)
		}
	}
}
