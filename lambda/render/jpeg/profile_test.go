package jpeg

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// withProfile gives a picture APP2 segments, in their order, each its number, the
// count and its part of the profile.
func withProfile(src []byte, segments ...string) []byte {
	for _, s := range slices.Backward(segments) {
		src = withSegment(src, markerAPP2, "ICC_PROFILE\x00"+s)
	}
	return src
}

func TestProfile(t *testing.T) {
	small := source(t, "small-420")
	part := strings.Repeat("p", 65519) // as much as a segment has room for
	many := func(n int) []byte {
		var segments []string
		for i := range n {
			segments = append(segments, string([]byte{byte(i + 1), byte(n)})+part)
		}
		return withProfile(small, segments...)
	}
	sof, sos := bytes.Index(small, []byte{0xff, markerSOF0}), bytes.Index(small, []byte{0xff, markerSOS})
	split := func(at int, segments ...string) []byte {
		return bytes.Join([][]byte{withProfile(small[:at], segments[:1]...), withProfile(small[:2], segments[1:]...)[2:], small[at:]}, nil)
	}
	tests := []struct {
		name string
		src  []byte
		want string
	}{
		{"none", small, ""},
		{"one segment", withProfile(small, "\x01\x01profile"), "profile"},
		{"several segments", withProfile(small, "\x01\x03a", "\x02\x03b", "\x03\x03c"), "abc"},
		{"in any order", withProfile(small, "\x03\x03c", "\x01\x03a", "\x02\x03b"), "abc"},
		{"behind the frame", split(sof, "\x02\x02b", "\x01\x02a"), "ab"},
		{"in front of the scan", split(sos, "\x02\x02b", "\x01\x02a"), "ab"},
		{"among other APP2 segments", withSegment(withProfile(withSegment(small, markerAPP2, "MPF\x00"), "\x01\x01a"), markerAPP2, "ICC_PROFILE"), "a"},
		{"64 segments", many(64), strings.Repeat(part, 64)},
		{"above 4 MiB", many(65), ""},
		{"255 segments", many(255), ""},
		{"a segment is missing", withProfile(small, "\x01\x03a", "\x03\x03c"), ""},
		{"a segment is there twice", withProfile(small, "\x01\x02a", "\x01\x02b"), ""},
		{"a segment too many", withProfile(small, "\x01\x01a", "\x02\x01b"), ""},
		{"number 0", withProfile(small, "\x00\x01a"), ""},
		{"of none", withProfile(small, "\x01\x00a"), ""},
		{"counts that differ", withProfile(small, "\x01\x02a", "\x02\x03b"), ""},
		{"without its number", withProfile(small, "\x01"), ""},
	}
	var d Decoder // one for all: nothing of a picture may be left for the next
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, err := d.ReadHeader(bytes.NewReader(test.src))
			if err != nil {
				t.Fatal(err)
			}
			if string(h.ICC) != test.want || (h.ICC == nil) != (test.want == "") {
				t.Errorf("the profile has %d bytes, %.20q; want %d", len(h.ICC), h.ICC, len(test.want))
			}
			if _, err := d.Decode(Options{Scale: scales(1)}); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestProfilePieces makes sure that segments without number cost no memory.
func TestProfilePieces(t *testing.T) {
	var segments []string
	for range 3000 {
		segments = append(segments, "\x01\x01")
	}
	var d Decoder
	if h, err := d.ReadHeader(bytes.NewReader(withProfile(source(t, "small-420"), segments...))); err != nil || h.ICC != nil {
		t.Errorf("the profile has %d bytes, %v", len(h.ICC), err)
	}
	if len(d.pieces) > 256 {
		t.Errorf("%d segments are kept", len(d.pieces))
	}
}
