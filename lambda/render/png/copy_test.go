package png

import (
	"bytes"
	"slices"
	"testing"
)

// copied is the copy of a file that is verified and finished.
func copied(t *testing.T, file []byte) []byte {
	t.Helper()
	var d Decoder
	if _, err := d.Open(file); err != nil {
		t.Fatal(err)
	}
	d.Verify()
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	return d.Copy(file)
}

func TestCopy(t *testing.T) {
	data := packed([]byte{0, 0, 1, 0, 1, 2})
	wrongAdler := bytes.Clone(data)
	wrongAdler[len(wrongAdler)-1] ^= 1
	clear := chunkOf("tRNS", 0, 128)
	tests := []struct {
		name    string
		changes map[string][]byte
		want    map[string][]byte // the copy's, nil if there is none
	}{
		{"as it is", nil, map[string][]byte{}},
		{"with metadata", map[string][]byte{
			"":      slices.Concat(chunkOf("gAMA", 0, 0, 177, 143), chunkOf("tEXt", 'a', 0, 'b'), wrongSum("pHYs", make([]byte, 9))),
			"more":  chunkOf("tIME", 0, 0, 0, 0, 0, 0, 0),
			"after": []byte("a trailer"),
		}, map[string][]byte{}},
		{"transparency", map[string][]byte{"tRNS": clear}, map[string][]byte{"tRNS": clear}},
		{"transparency of none", map[string][]byte{"tRNS": chunkOf("tRNS", 255)}, map[string][]byte{}},
		{"transparency twice", map[string][]byte{"tRNS": slices.Concat(clear, clear)}, nil},
		{"data in pieces", map[string][]byte{"IDAT": slices.Concat(appendChunk(nil, "IDAT", data[:3]), appendChunk(nil, "IDAT", nil), appendChunk(nil, "IDAT", data[3:]))},
			map[string][]byte{"IDAT": slices.Concat(appendChunk(nil, "IDAT", data[:3]), appendChunk(nil, "IDAT", nil), appendChunk(nil, "IDAT", data[3:]))}},
		{"metadata between the data", map[string][]byte{"IDAT": slices.Concat(appendChunk(nil, "IDAT", data[:3]), chunkOf("tEXt", 'a', 0), appendChunk(nil, "IDAT", data[3:]))},
			map[string][]byte{"IDAT": slices.Concat(appendChunk(nil, "IDAT", data[:3]), appendChunk(nil, "IDAT", data[3:]))}},
		{"a picture that is none of the animation's", map[string][]byte{"": animation(1), "more": slices.Concat(control(0, 2, 2, 0, 0), frameData(1, data))}, nil},
		{"a picture that is the animation's first", map[string][]byte{"": slices.Concat(animation(2), control(0, 2, 2, 0, 0)), "more": slices.Concat(control(1, 2, 2, 0, 0), frameData(2, data))},
			map[string][]byte{}},
		{"a checksum of other rows", map[string][]byte{"IDAT": appendChunk(nil, "IDAT", wrongAdler)}, nil},
		{"no checksum of the rows", map[string][]byte{"IDAT": appendChunk(nil, "IDAT", data[:len(data)-4])}, nil},
		{"more than its rows", map[string][]byte{"IDAT": appendChunk(nil, "IDAT", packed([]byte{0, 0, 1, 0, 1, 2, 3}))}, nil},
		{"bytes behind the data", map[string][]byte{"IDAT": appendChunk(nil, "IDAT", append(bytes.Clone(data), 7))}, nil},
		{"no end", map[string][]byte{"IEND": nil}, nil},
		{"an end that is cut off", map[string][]byte{"IEND": chunkOf("IEND")[:11]}, nil},
		{"another picture's data", map[string][]byte{"more": slices.Concat(chunkOf("PLTE", 1, 2, 3), appendChunk(nil, "IDAT", data))}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := copied(t, small(test.changes))
			if test.want == nil {
				if got != nil {
					t.Fatalf("%d bytes, want none", len(got))
				}
				return
			}
			if want := small(test.want); !bytes.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// TestCopyOfWhatIsNotVerified makes sure that nothing is copied untested.
func TestCopyOfWhatIsNotVerified(t *testing.T) {
	var d Decoder
	file := small(nil)
	if _, err := d.Open(file); err != nil {
		t.Fatal(err)
	}
	if d.Copy(file) != nil {
		t.Error("what is not finished is copied")
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	if d.Copy(file) != nil {
		t.Error("what is not verified is copied")
	}
}
