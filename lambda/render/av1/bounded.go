package av1

// What follows is in plain Go, or in vectors that do the same bit by bit.
var boundedSquares = boundedSquaresGo

// boundedSquaresGo is the sum, of 31 bits, of the squares of coefficients, of 16 bits and a multiple of
// 16, each as if it were at most so many 32,768ths of its step, of 15 bits.
func boundedSquaresGo(coefficients, steps []int32, of int16) (sum int32) {
	for i, c := range coefficients {
		c = min(max(c, -c), (steps[i]*int32(of)+1<<14)>>15)
		sum += c * c
	}
	return sum
}
