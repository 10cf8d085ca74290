package jpeg

import "golang.org/x/sys/cpu"

func init() {
	if cpu.X86.HasAVX2 {
		inverse4, inverse8 = inverse4Vector, inverse8Vector
	}
}

// vector4 and vector8 are the factors for each sample of the first half: those of
// pairs of coefficients, in the order in which they stand, again for each column.
type (
	vector4 [2][2][8]int16
	vector8 [4][4][16]int16
)

var (
	factors4 = func() (f [5]vector4) {
		for m := 3; m <= 4; m++ {
			for x := range f[m] {
				for i := range f[m][x][0] {
					f[m][x][0][i] = factor(m, x, i%2*2)
					f[m][x][1][i] = factor(m, x, i%2*2+1)
				}
			}
		}
		return f
	}()
	factors8 = func() (f [9]vector8) {
		for m := 5; m <= 8; m++ {
			for x := range f[m] {
				for i := range f[m][x][0] {
					f[m][x][0][i] = factor(m, x, i%2*2)
					f[m][x][1][i] = factor(m, x, i%2*2+4)
					f[m][x][2][i] = factor(m, x, i%2*2+1)
					f[m][x][3][i] = factor(m, x, i%2*2+5)
				}
			}
		}
		return f
	}()
)
