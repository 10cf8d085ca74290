package colour

import (
	"math/rand/v2"
	"testing"

	"prew/lambda/render/plane"
)

// BenchmarkPlanes converts the planes of a preview of 1440 by 1080 pixels, a photo of
// soft changes and some noise.
func BenchmarkPlanes(b *testing.B) {
	const width, height = 1440, 1080
	random := rand.New(rand.NewPCG(1, 2))
	of := func(width, height, base, slope int) plane.Plane {
		p := newPlane(width, height)
		for y := range height {
			for x := range p.Row(y) {
				p.Row(y)[x] = uint8(base + (x+y)*slope/2048 + random.IntN(16))
			}
		}
		return p
	}
	profiles := synthetic()
	for _, name := range []string{"matrix, gamma", "mft2 to Lab"} {
		transform, err := FromProfile(profiles[name], 3)
		if err != nil {
			b.Fatal(err)
		}
		for step, form := range map[int]string{1: "4:4:4", 2: "4:2:0"} {
			planes := []plane.Plane{of(width, height, 20, 150), of(width/step, height/step, 100, 40), of(width/step, height/step, 130, -30)}
			b.Run(name+" "+form, func(b *testing.B) {
				for b.Loop() {
					transform.Planes(planes)
				}
			})
		}
	}
}
