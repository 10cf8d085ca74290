package prew

import (
	"maps"
	"testing"
)

// TestOutlineOfMetadata: what somebody else has written becomes what it should be, or nothing.
func TestOutlineOfMetadata(t *testing.T) {
	for _, test := range []struct {
		width, height, colour, crop string
		want                        Outline
	}{
		{"4032", "3024", "#a0b1c2", "100,0,640,480", Outline{4032, 3024, "#a0b1c2", "100,0,640,480"}},
		{"1", "999999", "#000000", "999999,999999,999999,1", Outline{1, 999999, "#000000", "999999,999999,999999,1"}},
		{"", "", "", "", Outline{}},
		{"0", "-1", "#A0B1C2", "-1,0,640,480", Outline{}},
		{"1000000", "+5", "#a0b1c", "100,0,1000000,480", Outline{}},
		{"007", "7 ", "#a0b1c2d", "00,0,640,480", Outline{}},
		{"7\r\nSet-Cookie: a=b", "0x10", "a0b1c2d", "1,2,3,4\r\nA: b", Outline{}},
		{"1e3", "٣", "#a0b1g2", "1,2,3", Outline{}},
		{"99999999999999999999", "7", "red", "1,2,3,4,5", Outline{Height: 7}},
		{"", "", "", "0,0,0,1", Outline{}},
		{"", "", "", "0,0,1,0", Outline{}},
		{"", "", "", "0,,1,1", Outline{}},
		{"", "", "", "0,0,1,1", Outline{Crop: "0,0,1,1"}},
	} {
		got := OutlineOf(map[string]string{"prew-width": test.width, "prew-height": test.height, "prew-colour": test.colour, "prew-crop": test.crop, "width": "1"})
		if got != test.want {
			t.Errorf("%q, %q, %q, %q: %+v, want %+v", test.width, test.height, test.colour, test.crop, got, test.want)
		}
	}
}

func TestMetadataOfOutline(t *testing.T) {
	for _, test := range []struct {
		outline Outline
		want    map[string]string
	}{
		{Outline{4032, 3024, "#a0b1c2", "100,0,640,480"}, map[string]string{"prew-width": "4032", "prew-height": "3024", "prew-colour": "#a0b1c2", "prew-crop": "100,0,640,480"}},
		{Outline{Width: 65500, Height: 1}, map[string]string{"prew-width": "65500", "prew-height": "1"}},
		{Outline{}, map[string]string{}},
		{Outline{-1, 1000000, "#a0b1c2\n", "1,2,3,4\n"}, map[string]string{}}, // as a function may send that is none of ours
	} {
		if got := test.outline.Metadata(); !maps.Equal(got, test.want) {
			t.Errorf("%+v: %v, want %v", test.outline, got, test.want)
		}
	}
}
