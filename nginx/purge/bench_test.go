package purge

import (
	"fmt"
	"testing"
	"time"

	"prew"
)

// BenchmarkPass is what a purge costs that finds nothing, among 20,000 files: a walk that has to
// read every key, one that knows them all, and a photo, which has a name under each preset.
func BenchmarkPass(b *testing.B) {
	dir := b.TempDir()
	for i := range 20_000 {
		store(b, dir, fmt.Sprintf("/prew/thumb/2024/%06d.jpg", i))
	}
	presets := presetsFrom(b, "thumb: {width: 1}\ncard: {width: 1, dpr: 2, formats: [webp]}")
	known := New(Cache{dir, presets})
	none := prew.Scope{Presets: []string{"none"}}
	for _, c := range []struct {
		name  string
		of    func() *Purger
		scope prew.Scope
	}{
		{"keys read", func() *Purger { return New(Cache{dir, presets}) }, none},
		{"keys known", func() *Purger { return known }, none},
		{"a photo", func() *Purger { return known }, prew.Scope{Photos: []string{"none"}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.of().pass(newSweep(c.scope, time.Time{})); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
