package png

import "golang.org/x/sys/cpu"

// vectors says whether the processor has AVX2, as those made since 2015 do.
var vectors = cpu.X86.HasAVX2
