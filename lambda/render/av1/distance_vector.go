//go:build amd64 || arm64

package av1

func init() {
	if vectors {
		hadamard4, hadamard8, squares = hadamard4Vector, hadamard8Vector, squaresVector
	}
}

// Each does what the function ending in Go does, bit by bit. They don't look whether the samples
// are there.

//go:noescape
func hadamard4Vector(source []uint8, stride int, predicted []uint8, of int) int32

//go:noescape
func hadamard8Vector(source []uint8, stride int, predicted []uint8, of, n int) int32

//go:noescape
func squaresVector(a, b []uint8, stride, w, h int) int32
