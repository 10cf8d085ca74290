package av1

import "golang.org/x/sys/cpu"

// vectors says that the processor has AVX2, as those made since 2015 have it.
var vectors = cpu.X86.HasAVX2
