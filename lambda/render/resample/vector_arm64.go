package resample

// vectors says that the processor has NEON, as all of its kind do. It varies for
// the tests alone.
var vectors = true
