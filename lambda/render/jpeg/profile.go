package jpeg

import "bytes"

// maxProfile is the largest ICC profile that is kept, in bytes. Those of printers
// have 0.5 to 3 MB; the segments that there can be have room for 16 MiB.
const maxProfile = 4 << 20

// maxPieces is the most segments of a profile: they are numbered in a byte.
const maxPieces = 255

// piece is a segment's part of the ICC profile.
type piece struct {
	number, count byte // from 1, and of how many
	data          []byte
}

// readProfile takes an APP2 segment, which has a part of the ICC profile or
// something else (ICC.1:2022, B.4).
func (d *Decoder) readProfile(p []byte) {
	p, ok := bytes.CutPrefix(p, []byte("ICC_PROFILE\x00"))
	if !ok || len(p) < 2 || len(d.pieces) > maxPieces {
		return
	}
	// The source is kept up to its coded data, so that the part can stay there.
	d.pieces = append(d.pieces, piece{p[0], p[1], p[2:]})
}

// assembleProfile puts the profile together. The segments may come in any order.
func (d *Decoder) assembleProfile() {
	if len(d.pieces) == 0 || len(d.pieces) != int(d.pieces[0].count) {
		return
	}
	var ordered [maxPieces + 1]*piece
	size := 0
	for i := range d.pieces {
		p := &d.pieces[i]
		if p.count != d.pieces[0].count || p.number < 1 || p.number > p.count || ordered[p.number] != nil {
			return
		}
		ordered[p.number] = p
		size += len(p.data)
	}
	if size > maxProfile {
		return
	}
	for _, p := range ordered[1 : len(d.pieces)+1] {
		d.icc = append(d.icc, p.data...)
	}
}
