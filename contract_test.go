package prew

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDestination(t *testing.T) {
	tests := []struct {
		request RenderRequest
		want    string // empty: refused
	}{
		{RenderRequest{DstKey: "prew/card/a.jpg"}, "prew/card/a.jpg"},
		{RenderRequest{SrcKey: "photo/a/b.jpg", RootFolder: "prew", PresetName: "card", RewritePart: "photo"}, "prew/card/a/b.jpg"},
		{RenderRequest{SrcKey: "photo/a/b.jpg", RootFolder: "prew/", PresetName: "card", RewritePart: "photo/"}, "prew/card/a/b.jpg"},
		{RenderRequest{SrcKey: "/photo/a/b.jpg", RootFolder: "/prew/", PresetName: "card", RewritePart: "/photo/"}, "prew/card/a/b.jpg"},
		{RenderRequest{SrcKey: "photo//a.jpg", RootFolder: "prew", PresetName: "card", RewritePart: "photo"}, "prew/card/a.jpg"},
		{RenderRequest{SrcKey: "a.jpg", RootFolder: "prew", PresetName: "card"}, "prew/card/a.jpg"},
		{RenderRequest{SrcKey: "photos/a.jpg", RootFolder: "prew", PresetName: "card", RewritePart: "photo"}, ""},
		{RenderRequest{SrcKey: "photo/", RootFolder: "prew", PresetName: "card", RewritePart: "photo"}, ""},
		{RenderRequest{SrcKey: "photo/a.jpg", PresetName: "card", RewritePart: "photo"}, ""},
		{RenderRequest{SrcKey: "photo/a.jpg", RootFolder: "prew", RewritePart: "photo"}, ""},
	}
	for _, test := range tests {
		got, err := test.request.Destination()
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("%+v: %q, %v; want %q", test.request, got, err, test.want)
		}
	}
}

func TestRequestOnTheWire(t *testing.T) {
	request := RenderRequest{
		SrcBucket: "b", SrcKey: "photo/a.jpg", DstBucket: "b", DstKey: "prew/hero/a.jpg",
		PresetName: "hero", Preset: Preset{Width: 1440, Fit: Contain, Quality: 82},
	}
	got, err := json.Marshal(request)
	const want = `{"src_bucket":"b","src_key":"photo/a.jpg","dst_bucket":"b","dst_key":"prew/hero/a.jpg",` +
		`"preset_name":"hero","width":1440,"fit":"contain","quality":82}`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
}

// TestAutomaticQualityOnTheWire: an older function refuses it by its likeness, which is new.
func TestAutomaticQualityOnTheWire(t *testing.T) {
	preset, err := Preset{Width: 9, Quality: AutoQuality}.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	sent, err := json.Marshal(RenderRequest{Preset: preset})
	if err != nil || !strings.Contains(string(sent), `"quality":-1,"likeness":0.97`) {
		t.Errorf("%s, %v", sent, err)
	}
	got, err := ReadRequest(sent)
	if err != nil || got.Preset != preset {
		t.Errorf("%+v, %v, want %+v", got.Preset, err, preset)
	}
}

// TestParameterOfANewerGatewayIsNamed checks that a function never ignores a
// parameter that only a newer one knows.
func TestParameterOfANewerGatewayIsNamed(t *testing.T) {
	const request = `{"src_bucket":"b","src_key":"photo/a.jpg","dst_bucket":"b","dst_key":"prew/hero/a.jpg","preset_name":"hero","width":1440`
	if r, err := ReadRequest([]byte(request + `}`)); err != nil || r.Width != 1440 || r.DstKey != "prew/hero/a.jpg" {
		t.Errorf("%+v, %v", r, err)
	}
	for _, more := range []string{`"glow":3`, `"caption":{"text":"a"}`, `"formats":["avif"]`} {
		_, err := ReadRequest([]byte(request + `,` + more + `}`))
		if name, _, _ := strings.Cut(more, ":"); err == nil || !strings.Contains(err.Error(), "unknown field "+name) {
			t.Errorf("%s: %v", more, err)
		}
	}
}
