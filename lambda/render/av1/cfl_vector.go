//go:build amd64 || arm64

package av1

func init() {
	if vectors {
		meansOfLuma, copyOfLuma, lower = meansOfLumaVector, copyOfLumaVector, lowerVector
		powerOf, sumOfProducts, addProducts = powerOfVector, sumOfProductsVector, addProductsVector
	}
}

// Each does what the function ending in Go does, bit by bit. They don't look whether the samples
// are there.

//go:noescape
func meansOfLumaVector(to []int16, from []uint8, stride, n int) int32

//go:noescape
func copyOfLumaVector(to []int16, from []uint8, stride, n int) int32

//go:noescape
func lowerVector(luma []int16, by int16)

//go:noescape
func powerOfVector(luma []int16) int32

//go:noescape
func sumOfProductsVector(luma []int16, source []uint8, stride, n int) int32

//go:noescape
func addProductsVector(to []uint8, stride int, luma []int16, n, alpha int)
