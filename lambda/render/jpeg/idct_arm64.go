package jpeg

// Processors of this kind all have NEON.
func init() { inverse4, inverse8 = inverse4Vector, inverse8Vector }

// vector4 and vector8 are the factors for each sample of the first half, those of
// coefficients in the order in which their rows stand.
type (
	vector4 [2][4]int16
	vector8 [4][8]int16
)

var (
	factors4 = func() (f [5]vector4) {
		for m := 3; m <= 4; m++ {
			for x := range f[m] {
				for i, u := range [4]int{0, 2, 1, 3} {
					f[m][x][i] = factor(m, x, u)
				}
			}
		}
		return f
	}()
	factors8 = func() (f [9]vector8) {
		for m := 5; m <= 8; m++ {
			for x := range f[m] {
				for i, u := range [8]int{0, 2, 4, 6, 1, 3, 5, 7} {
					f[m][x][i] = factor(m, x, u)
				}
			}
		}
		return f
	}()
)
