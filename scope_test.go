package prew

import (
	"encoding/json"
	"testing"
)

func TestScopeIsAboutWhatItNames(t *testing.T) {
	for _, test := range []struct {
		scope string
		about map[Ref]bool
	}{
		{`{}`, map[Ref]bool{{"card", "a.jpg"}: false}},
		{`{"all":true}`, map[Ref]bool{{"card", "a.jpg"}: true}},
		{`{"presets":["card"]}`, map[Ref]bool{{"card", "a.jpg"}: true, {"cards", "a.jpg"}: false, {"card.webp", "a.jpg"}: false}},
		{`{"photos":["a.jpg"]}`, map[Ref]bool{{"card", "a.jpg"}: true, {"card", "a.jpg2"}: false, {"card", "b/a.jpg"}: false}},
		{`{"prefixes":["a/","b"]}`, map[Ref]bool{{"card", "a/1.jpg"}: true, {"card", "bb.jpg"}: true, {"card", "a.jpg"}: false}},
		{`{"photos":["x"],"prefixes":["a/"]}`, map[Ref]bool{{"card", "x"}: true, {"card", "a/x"}: true, {"card", "y"}: false}},
		{`{"presets":["card"],"prefixes":["a/"]}`, map[Ref]bool{{"card", "a/1"}: true, {"card", "b/1"}: false, {"wide", "a/1"}: false}},
		{`{"presets":["card"],"all":true}`, map[Ref]bool{{"card", "a"}: true, {"wide", "a"}: false}},
	} {
		var scope Scope
		if err := json.Unmarshal([]byte(test.scope), &scope); err != nil {
			t.Fatal(err)
		}
		for ref, want := range test.about {
			if scope.Match(ref) != want {
				t.Errorf("%s, %v: %v, want %v", test.scope, ref, !want, want)
			}
		}
	}
}

func TestPurgeIsFlatJSON(t *testing.T) {
	text, err := json.Marshal(Purge{"1", PurgeBegins, "b", Scope{Presets: []string{"card"}, Prefixes: []string{"a/"}}})
	const want = `{"id":"1","phase":"begin","bucket":"b","presets":["card"],"prefixes":["a/"]}`
	if string(text) != want || err != nil {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
}
