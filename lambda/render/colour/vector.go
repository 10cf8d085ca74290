package colour

// vector is a colour, of three numbers: X, Y and Z, or red, green and blue.
type vector [3]float64

// matrix makes one colour of another, row by row.
type matrix [3]vector

// of is the product of m and v.
func (m *matrix) of(v vector) (w vector) {
	for i, row := range m {
		w[i] = float64(float64(row[0]*v[0])+float64(row[1]*v[1])) + float64(row[2]*v[2])
	}
	return w
}

// times is the matrix that does what n does and then what m does.
func (m *matrix) times(n *matrix) (product matrix) {
	for j := range 3 {
		column := m.of(vector{n[0][j], n[1][j], n[2][j]})
		for i := range 3 {
			product[i][j] = column[i]
		}
	}
	return product
}

// inverse is the matrix that undoes what m does. It is false for one that can't be
// undone.
func (m *matrix) inverse() (inverse matrix, ok bool) {
	minor := func(i, j int) float64 {
		a, b, c, d := (i+1)%3, (i+2)%3, (j+1)%3, (j+2)%3
		return float64(m[a][c]*m[b][d]) - float64(m[a][d]*m[b][c])
	}
	determinant := float64(float64(m[0][0]*minor(0, 0))+float64(m[0][1]*minor(0, 1))) + float64(m[0][2]*minor(0, 2))
	if determinant < 1e-9 && determinant > -1e-9 {
		return matrix{}, false
	}
	for i := range 3 {
		for j := range 3 {
			inverse[j][i] = minor(i, j) / determinant
		}
	}
	return inverse, true
}

// diagonal multiplies the numbers of a colour by those of v.
func diagonal(v vector) matrix { return matrix{{v[0]}, {1: v[1]}, {2: v[2]}} }
