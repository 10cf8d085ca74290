package av1

import (
	"testing"

	"prew/lambda/render/plane"
)

// TestEffortsPay makes sure that more effort is worth it: where errors are weighed against bytes as
// the encoder does, Small costs less than Balanced, and that less than Fast.
func TestEffortsPay(t *testing.T) {
	planes := []plane.Plane{drawn(400, 300, 7), drawn(200, 150, 8), drawn(200, 150, 9)}
	var e Encoder
	before := int64(0)
	for _, effort := range []Effort{Fast, Balanced, Small} {
		cost := int64(0)
		for _, quantiser := range []int{60, 100, 150} {
			_, frame := e.Encode(planes, Options{Quantiser: quantiser, Effort: effort})
			squared := int64(0)
			for i := range e.channels {
				c := &e.channels[i]
				for y := range planes[i].Height {
					for x, v := range planes[i].Row(y) {
						d := int64(v) - int64(c.rebuilt[y*c.stride+x])
						squared += d * d
					}
				}
			}
			// In bits, so that each quantiser counts alike.
			cost += squared*16/int64(e.lambda) + 8*int64(len(frame))
		}
		if before > 0 && cost >= before {
			t.Errorf("effort %d costs %d, the one before %d", effort, cost, before)
		}
		t.Logf("effort %d costs %d", effort, cost)
		before = cost
	}
}
