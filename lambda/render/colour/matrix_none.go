//go:build !amd64 && !arm64

package colour

// matrixVectors convert nothing: there is no vector code for this processor.
type matrixVectors struct{}

func newMatrixVectors(*[3]*segments, *[6]int16) *matrixVectors { return nil }

func (*matrixVectors) convert(p *rgb) bool { return false }

func (*matrixVectors) half(top, bottom, cb, cr []uint8) int { return 0 }

func (*matrixVectors) full(luma, cb, cr []uint8) int { return 0 }

func (*matrixVectors) pixels(row []uint8) int { return 0 }
