package jpeg

import (
	"bytes"
	"testing"
)

// TestColour holds what components are taken for against libjpeg's choice
// (default_decompress_parms in jdapimin.c).
func TestColour(t *testing.T) {
	three, four := withoutJFIF(source(t, "small-420")), source(t, "cmyk-plain")
	named := func(src []byte, names string) []byte {
		for i := range names {
			src = changed(t, src, markerSOF0, 10+3*i, names[i])
		}
		return src
	}
	adobe := func(src []byte, transform byte) []byte {
		return withSegment(src, markerAPPE, "Adobe\x00\x64\x00\x00\x00\x00"+string(rune(transform)))
	}
	jfif := func(src []byte) []byte {
		return withSegment(src, markerAPP0, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	}
	tests := []struct {
		name string
		src  []byte
		want Colour
	}{
		{"grey", source(t, "grey"), Grey},
		{"grey with Adobe's segment", adobe(source(t, "grey"), 0), Grey},
		{"three", three, YCbCr},
		{"three called 0, 1 and 2", named(three, "\x00\x01\x02"), YCbCr},
		{"three called R, G and B", named(three, "RGB"), RGB},
		{"three called R, G and B, with JFIF's segment", jfif(named(three, "RGB")), YCbCr},
		{"three called R, G and B, with Adobe's transform", adobe(named(three, "RGB"), 1), YCbCr},
		{"three without Adobe's transform", adobe(three, 0), RGB},
		{"three without Adobe's transform, with JFIF's segment", jfif(adobe(three, 0)), YCbCr},
		{"three with Adobe's transform", adobe(three, 1), YCbCr},
		{"three with a transform that is unknown", adobe(three, 9), YCbCr},
		{"three with half of Adobe's segment", withSegment(three, markerAPPE, "Adobe\x00\x64"), YCbCr},
		{"four", four, CMYK},
		{"four with JFIF's segment", jfif(four), CMYK},
		{"four without Adobe's transform", adobe(four, 0), CMYK},
		{"four with Adobe's transform", adobe(four, 2), YCCK},
		{"four with a transform that is unknown", adobe(four, 1), YCCK},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var d Decoder
			h, err := d.ReadHeader(bytes.NewReader(test.src))
			if err != nil || h.Colour != test.want {
				t.Errorf("the components are %s, %v; want %s", h.Colour, err, test.want)
			}
		})
	}
}
