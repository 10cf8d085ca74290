package main

import (
	"strings"
	"testing"
)

func TestHTMLCommandPrintsWhatFitsThePreset(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"card", "photos/cat.jpg"}, `<img src="/prew/card/photos/cat.jpg" srcset="/prew/card/photos/cat.jpg, /prew/card@2x/photos/cat.jpg 2x" width="640" height="360" alt="">` + "\n"},
		{[]string{"preset_name_1", "a b.jpg"}, `<img src="/prew/preset_name_1/a%20b.jpg" alt="">` + "\n"},
		{[]string{"--picture", "avatar", "cat.jpg"}, "<picture>\n" + `  <img src="/prew/avatar/cat.jpg" width="96" height="96" alt="">` + "\n</picture>\n"},
		{[]string{"nope", "cat.jpg"}, `prewmanager: preset "nope" is unknown, expected one of thumb, card, `},
		{[]string{"dot", "a b.jpg"}, `prewmanager: preset "dot" is a text, thumbhash, expected a picture: pages read the text from /prew/dot/a%20b.jpg`},
		{[]string{"card", "../cat.jpg"}, "prewmanager: path refused: "},
	}
	for _, test := range tests {
		out, err := itself(t, []string{"PRESET_DOT=format=thumbhash"}, append([]string{"html"}, test.args...)...).CombinedOutput()
		if failed := strings.HasPrefix(test.want, "prewmanager: "); (err != nil) != failed || !strings.HasPrefix(string(out), test.want) {
			t.Errorf("%q: %v\n%s\nwant\n%s", test.args, err, out, test.want)
		}
	}
}
