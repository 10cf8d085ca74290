package colour

import "golang.org/x/sys/cpu"

// vectors says whether the processor has AVX2, as those made since 2015 do. It varies
// for the tests alone.
var vectors = cpu.X86.HasAVX2

// vectorBytes is how many bytes a register has: vector code converts as many pixels of a
// row at a time.
const vectorBytes = 32
