//go:build amd64 || arm64

package av1

func init() {
	if vectors {
		boundedSquares = boundedSquaresVector
	}
}

// It does what boundedSquaresGo does, bit by bit. It doesn't look whether there are as many steps.
//
//go:noescape
func boundedSquaresVector(coefficients, steps []int32, of int16) int32
