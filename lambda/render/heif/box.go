package heif

// box is a box of a file (ISO/IEC 14496-12, section 4.2): its type and what is in it.
type box struct {
	kind string
	body []byte
}

// nextBox takes the first box off data, in which there is at least one byte.
func nextBox(data []byte) (b box, rest []byte, err error) {
	r := reader{data: data}
	size := r.uint(4)
	kind := string(r.bytes(4))
	switch size {
	case 0: // to the end
		size = len(data)
	case 1:
		size = r.uint(8)
	}
	begin := len(data) - len(r.data)
	if r.short || size < begin || size > len(data) {
		return box{}, nil, damagedf("a box is cut off")
	}
	return box{kind, data[begin:size]}, data[size:], nil
}

// splitBoxes splits data into its boxes, of which there may be as many as most.
func splitBoxes(data []byte, most int) ([]box, error) {
	var all []box
	for len(data) > 0 {
		if len(all) == most {
			return nil, limitf("a box has more than %d boxes", most)
		}
		b, rest, err := nextBox(data)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
		data = rest
	}
	return all, nil
}

// reader reads the fields of a box from its begin. Behind the end fields are zero, and
// short says so.
type reader struct {
	data  []byte
	short bool
}

// bytes are the next n bytes.
func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.data) {
		r.data, r.short = nil, true
		return nil
	}
	b := r.data[:n:n]
	r.data = r.data[n:]
	return b
}

// uint is the next number of n bytes, at most eight. One that is beyond any file counts
// as cut off.
func (r *reader) uint(n int) int {
	var v uint64
	for _, b := range r.bytes(n) {
		v = v<<8 | uint64(b)
	}
	if v > 1<<50 {
		r.short = true
		return 0
	}
	return int(v)
}

// full is the version and the flags that a FullBox begins with.
func (r *reader) full() (version, flags int) {
	v := r.uint(4)
	return v >> 24, v & 0xffffff
}
