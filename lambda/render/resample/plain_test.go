package resample

import (
	"math"
	"testing"
)

// TestPremultiply tries every colour with every alpha, in either row.
func TestPremultiply(t *testing.T) {
	for alpha := range 256 {
		for c := range 256 {
			pair := make([]int16, 8)
			premultiplyPlain(pair, []uint8{uint8(c), 255, 0, uint8(alpha)}, []uint8{0, 9, uint8(c), uint8(alpha)})
			whole := int16(alpha << rowBits)
			if pair[0] != pair[5] || pair[1] != 0 || pair[2] != whole || pair[4] != 0 || pair[6] != whole || pair[7] != whole {
				t.Fatalf("colour %d, alpha %d: %d", c, alpha, pair)
			}
			if off := float64(pair[0]) - float64(c*alpha<<rowBits)/255; math.Abs(off) > 0.75 {
				t.Errorf("colour %d, alpha %d: %d, off by %.2f", c, alpha, pair[0], off)
			}
			if (c == 255 || alpha == 255) && int(pair[0]) != c*alpha/255<<rowBits {
				t.Errorf("colour %d, alpha %d: %d", c, alpha, pair[0])
			}
		}
	}
}
