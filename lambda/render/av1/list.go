package av1

// list is a list of steps, as plain Go reads it and as vector instructions do.
type list struct {
	steps   []step
	program []uint32
	factors factors
}

// factors are those of the turns of 8 samples at most, or of a sine, in the order of the steps.
type factors [8 * 4]int16

// listOf is the list of steps. Its program has them in runs of the same operation, so that few
// branches are taken: first how many steps there are and which, as count<<8 | operation, then each
// step's rows, as offsets in bytes a | b<<16, and its factors, two to a word. 0 ends it.
func listOf(steps []step) list {
	type run struct {
		operation
		count int
		words []uint32
	}
	var runs []run
	var next [64]int // from which run on a row may be changed once more
	for _, s := range steps {
		at := max(next[s.a], next[s.b])
		for at < len(runs) && runs[at].operation != s.operation {
			at++
		}
		if at == len(runs) {
			runs = append(runs, run{operation: s.operation})
		}
		// A run takes its steps in their order.
		next[s.a], next[s.b] = at, at
		r := &runs[at]
		r.count++
		r.words = s.appendWords(r.words)
	}
	l := list{steps: steps}
	at := l.factors[:0]
	for _, s := range steps {
		switch {
		case len(at) == cap(at):
		case s.operation == turn:
			at = append(at, s.aa, s.ab, s.ba, s.bb)
		case s.operation == sine || s.operation == sineForward:
			for _, m := range sinesOf(s.operation) {
				at = append(at, m[:]...)
			}
		}
	}
	for _, r := range runs {
		l.program = append(l.program, uint32(r.count)<<8|uint32(r.operation))
		l.program = append(l.program, r.words...)
	}
	l.program = append(l.program, 0)
	return l
}

// appendWords appends what the program has of a step.
func (s step) appendWords(to []uint32) []uint32 {
	const rowBytes = 64 * 2
	pair := func(low, high int16) uint32 { return uint32(uint16(low)) | uint32(uint16(high))<<16 }
	to = append(to, uint32(s.a)*rowBytes|uint32(s.b)*rowBytes<<16)
	switch s.operation {
	case turn:
		to = append(to, pair(s.aa, s.ab), pair(s.ba, s.bb))
	case alone: // in 32,768ths, which are what products are rounded to when they are words at once
		to = append(to, pair(s.aa<<3, s.ba<<3))
	}
	return to
}
