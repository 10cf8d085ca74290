//go:build amd64 || arm64

package av1

func init() {
	if vectors {
		filterEdge, halveEdge = filterEdgeVector, halveEdgeVector
	}
}

// filterEdgeVector does what filterEdgeGo does, bit by bit, but for writing up to 15 samples more.
//
//go:noescape
func filterEdgeVector(to, from *edge, n int, weights *[3]int)

// halveEdgeVector does what halveEdgeGo does, bit by bit.
//
//go:noescape
func halveEdgeVector(to, from *edge)
