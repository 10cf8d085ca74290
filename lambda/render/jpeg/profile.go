package jpeg

import "bytes"

// maxProfile is the largest ICC profile that is kept, in bytes. Those of printers
// have 0.5 to 3 MB; the segments that there can be have room for 16 MiB.
const maxProfile = 4 << 20

// maxPieces is the most segments of a profile: they are numbered in a byte.
const maxPieces = 255

// keptProfile is the largest profile whose room is kept for the next picture, in bytes:
// most have less than 4 KB.
const keptProfile = 1 << 20

// reused is the room of a profile for the next one.
func reused(room []byte) []byte {
	if cap(room) > keptProfile {
		return nil
	}
	return room[:0]
}

// piece is a segment's part of the ICC profile.
type piece struct {
	number, count byte // from 1, and of how many
	from, to      int  // in the decoder's parts
}

// readProfile takes an APP2 segment, which has a part of the ICC profile or
// something else (ICC.1:2022, B.4). It keeps one part more than there may be, which says
// that there are too many.
func (d *Decoder) readProfile(p []byte) {
	p, ok := bytes.CutPrefix(p, []byte("ICC_PROFILE\x00"))
	if !ok || len(p) < 2 || len(d.pieces) > maxPieces || len(d.parts) > maxProfile {
		return
	}
	from := len(d.parts)
	d.parts = append(d.parts, p[2:]...)
	d.pieces = append(d.pieces, piece{p[0], p[1], from, len(d.parts)})
}

// assembleProfile puts the profile together. The segments may come in any order.
func (d *Decoder) assembleProfile() {
	if len(d.pieces) == 0 || len(d.pieces) != int(d.pieces[0].count) || len(d.parts) > maxProfile {
		return
	}
	var ordered [maxPieces + 1]*piece
	for i := range d.pieces {
		p := &d.pieces[i]
		if p.count != d.pieces[0].count || p.number < 1 || p.number > p.count || ordered[p.number] != nil {
			return
		}
		ordered[p.number] = p
	}
	for _, p := range ordered[1 : len(d.pieces)+1] {
		d.icc = append(d.icc, d.parts[p.from:p.to]...)
	}
}
