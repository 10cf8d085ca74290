package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
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

// TestHTMLCommandAsksForTheStoredPreview: it has its size, and behind what nothing shines through
// its colour; what is not stored, or can't be reached, it prints as without a bucket.
func TestHTMLCommandAsksForTheStoredPreview(t *testing.T) {
	for name, contentType := range map[string]string{"wide/opaque.jpg": "image/jpeg", "wide/glass.jpg": "image/png", "flat/glass.jpg": "image/jpeg", "alone/flat.jpg": "image/jpeg"} {
		if _, err := servers.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String(bucket), Key: aws.String("previews/" + name), Body: strings.NewReader("a preview"), ContentType: &contentType,
			Metadata: map[string]string{"prew-width": "4032", "prew-height": "3024", "prew-colour": "#a0b1c2"},
		}); err != nil {
			t.Fatal(err)
		}
	}
	presets := []string{"PRESET_WIDE=width=800", "PRESET_FLAT=width=800,format=jpeg,formats=webp", "PRESET_ALONE=width=800,format=jpeg", "PREW_PREFIX=previews"}
	reached := append(servers.S3.Env(), "PREW_BUCKET="+bucket)
	for _, test := range []struct {
		environ      []string
		preset, key  string
		want, warned string
	}{
		{reached, "wide", "opaque.jpg", `<img src="/prew/wide/opaque.jpg" width="800" height="600" style="background: #a0b1c2" alt="">`, ""},
		{reached, "wide", "glass.jpg", `<img src="/prew/wide/glass.jpg" width="800" height="600" alt="">`, ""},
		{reached, "alone", "flat.jpg", `<img src="/prew/alone/flat.jpg" width="800" height="600" style="background: #a0b1c2" alt="">`, ""},
		{reached, "flat", "glass.jpg", `<img src="/prew/flat/glass.jpg" width="800" height="600" alt="">`, ""},
		{reached, "wide", "none.jpg", `<img src="/prew/wide/none.jpg" width="800" alt="">`, "without size and colour, which are known of a stored preview: "},
		{nil, "wide", "opaque.jpg", `<img src="/prew/wide/opaque.jpg" width="800" alt="">`, ""},
	} {
		cmd := itself(t, append(slices.Clone(presets), test.environ...), "html", test.preset, test.key)
		var warned strings.Builder
		cmd.Stderr = &warned
		out, err := cmd.Output()
		if err != nil || string(out) != test.want+"\n" || !strings.Contains(warned.String(), test.warned) || test.warned == "" && warned.String() != "" {
			t.Errorf("%s %s: %v\n%swant\n%s\nand of S3 %q", test.preset, test.key, err, out, test.want, &warned)
		}
	}
}
