package av1

// Effort says how much is tried for fewer bytes of the same looks.
type Effort int

// The efforts.
const (
	Balanced Effort = iota
	Fast
	Small
)

// effort is what an effort tries.
type effort struct {
	// A square is a block, and not tried as squares, where its estimate as a block is less than so
	// many 64ths of that as squares.
	surelyBlock int64
	// It is tried as a block first where its estimate, for each 8x8 of it, is less than quiet roots of
	// lambda, and then not as squares if as a block it costs less than cheap bits, for each 8x8.
	quiet, cheap int64
	// Otherwise it is tried as squares first, and then not as a block if more of these are split.
	mostSplit int

	transforms int  // of how many modes at most the transforms are tried
	near       uint // whose scores are not more than the best one's by more than a part of 1<<near
	halves     bool // whether transforms half as large are tried
	smooths    bool // whether modes that are smooth in one direction are tried

	chroma []mode // are tried of chroma, beside the flat one, luma's and from luma
}

var efforts = [...]effort{
	Balanced: {
		surelyBlock: 40, quiet: 240, cheap: 6, mostSplit: 3,
		transforms: 2, near: 2, halves: true, smooths: true,
		chroma: []mode{smooth},
	},
	Fast: {
		surelyBlock: 52, quiet: 240, cheap: 16, mostSplit: 3,
		transforms: 1,
	},
	Small: {
		quiet: 4000, mostSplit: 4,
		transforms: 3, near: 1, halves: true, smooths: true,
		chroma: []mode{vertical, horizontal, smooth, paeth},
	},
}
