package plane

// Resized is s with n elements if it has the room, or else a new slice of n. They hold
// whatever they held: it is for buffers that are kept from one picture to the next.
func Resized[E any](s []E, n int) []E {
	if cap(s) < n {
		return make([]E, n)
	}
	return s[:n]
}
