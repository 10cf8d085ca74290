package colour

// vectors says that the processor has NEON, as all of its kind do. It varies for the
// tests alone.
var vectors = true

// vectorBytes is how many bytes a register has: vector code converts as many pixels of a
// row at a time.
const vectorBytes = 16
