package count

import "testing"

// BenchmarkAdd is what a request costs here beside the call that reads its line.
func BenchmarkAdd(b *testing.B) {
	c := newCounts()
	line := []byte("<190>Nov 28 06:30:00 prewnginx: preview\t200\t3512\t0.000\tHIT\tcached\t-")
	b.ReportAllocs()
	for b.Loop() {
		c.add(line)
	}
}
