package av1

// vectors says that the processor has NEON, as all of this kind have it.
const vectors = true
