package resample

import "prew/lambda/render/plane"

// window is the rows of a source that the pass down is at, made 16 bits wide, as
// many as any result of it is made of. Each is made once for all results.
//
// Rows lie pair by pair, 0 with 1 and 2 with 3, as they are multiplied: sample i
// of the upper row is sample 2i of the pair, and that of the lower follows. The
// places of pairs that are no longer needed go to those that come next. Two bytes
// for every sample of the source, which a result made of all rows takes, are the
// most that a window has.
type window struct {
	samples []int16
	stride  int     // samples of a place
	held    []int   // the pair at each place, below 0 if there is none
	w       []int16 // a result's weights, each at the place of its row
}

// open makes room for the rows that t weighs at once, of width samples each, and
// holds none. It returns how many columns there are: width and some that follow,
// whose samples are whatever was there before, so that vectors are always full.
func (n *window) open(width int, t *weights) (columns int) {
	columns = (width + verticalColumns - 1) / verticalColumns * verticalColumns
	n.stride = 2 * columns
	n.samples = plane.Resized(n.samples, t.most*n.stride)
	n.w = plane.Resized(n.w, 2*t.most)
	n.held = plane.Resized(n.held, t.most)
	for i := range n.held {
		n.held[i] = -1
	}
	return columns
}

// slot is the place of a pair, and says whether it holds it. If not, it does from
// now on: the caller puts it there.
func (n *window) slot(pair int) (samples []int16, holds bool) {
	i := pair % len(n.held)
	holds = n.held[i] == pair
	n.held[i] = pair
	return n.samples[i*n.stride:][:n.stride], holds
}

// weigh makes the row of results j of the rows that it is made of, which the
// window holds.
func (n *window) weigh(dst []int16, t *weights, j int) {
	// What the other places hold does not count.
	clear(n.w)
	at := int(t.first[j]) % len(n.w)
	for _, w := range t.of(j) {
		n.w[at] = w
		if at++; at == len(n.w) {
			at = 0
		}
	}
	vertical(dst, n.samples, n.w)
}
