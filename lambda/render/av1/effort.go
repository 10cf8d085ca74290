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
	// A square is a block, or squares, without the other being tried, where its estimate is less than
	// so many 64ths of the other's.
	surely int64
	// Its transforms are as large as it is, or half as large, without the other being tried, where the
	// estimate is less than so many 64ths of the other's.
	surelyHalves int64

	transforms int  // of how many modes at most the transforms are estimated
	near       uint // whose scores are not more than the best one's by more than a part of 1<<near
	halves     bool // whether transforms may be half as large
	smooths    bool // whether modes that are smooth in one direction are tried

	chroma []mode // are tried of chroma, beside the flat one, luma's and from luma
}

var efforts = [...]effort{
	Balanced: {
		surely: 64, surelyHalves: 62,
		transforms: 2, near: 3, halves: true,
		chroma: []mode{smooth},
	},
	Fast: {
		surely: 64, surelyHalves: 65,
		transforms: 1, halves: true,
	},
	Small: {
		surely: 44, surelyHalves: 46,
		transforms: 3, near: 1, halves: true, smooths: true,
		chroma: []mode{vertical, horizontal, smooth, paeth},
	},
}
