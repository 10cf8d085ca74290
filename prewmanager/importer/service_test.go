package importer

import (
	"encoding/base64"
	"os"
	"strings"
	"testing"

	"prew"
)

// TestWhatAddressesMean has an address a line: its alias, the preset's name, which says what it
// is, the source of its photo, and what is not as before or why there is no preset.
func TestWhatAddressesMean(t *testing.T) {
	const hash = "/AfrOF3gWeDA6VOlDG4TzxMv39O7" // of 27 characters, as thumbor's without padding
	json := func(text string) string { return "/" + base64.StdEncoding.EncodeToString([]byte(text)) }
	for _, test := range []struct{ from, target, alias, name, source, note string }{
		{"imgproxy", "/_/w:300/plain/a.jpg", "/{*}/w:300/plain/{key}", "w300_q82", "", ""},
		{"imgproxy", "/_/rs:fill:300:200/plain/s3://b1/a.jpg", "/{*}/rs:fill:300:200/plain/s3://b1/{key}", "w300h200_cover_q82", "b1", ""},
		{"imgproxy", "/_/rs:fill::200/w:30/plain/a.jpg", "/{*}/rs:fill::200/w:30/plain/{key}", "w30h200_cover_q82", "", ""},
		{"imgproxy", "/_/resizing_type:force/size:30:20/plain/a.jpg", "/{*}/resizing_type:force/size:30:20/plain/{key}", "w30h20_fill_q82", "", ""},
		{"imgproxy", "/_/rs:force:30:0/plain/a.jpg", "/{*}/rs:force:30:0/plain/{key}", "", "", "stretching one side alone: no preset has it"},
		{"imgproxy", "/_/rs:auto:30:20:1:1/plain/a.jpg", "/{*}/rs:auto:30:20:1:1/plain/{key}", "w30h20_q82", "", noteEnlarge + "; " + notePadding + "; " + noteAuto},
		{"imgproxy", "/_/w:100/dpr:1.5/z:2/plain/a.jpg", "/{*}/w:100/dpr:1.5/z:2/plain/{key}", "w300_q82", "", ""},
		{"imgproxy", "/_/s:9:9/rt:fill/g:soea:10:5/plain/a.jpg", "/{*}/s:9:9/rt:fill/g:soea:10:5/plain/{key}", "w9h9_cover_bottomright_q82", "", noteOffset},
		{"imgproxy", "/_/s:9:9/rt:fill/g:fp:0.5:0.5/plain/a.jpg", "/{*}/s:9:9/rt:fill/g:fp:0.5:0.5/plain/{key}", "w9h9_cover_q82", "", ""},
		{"imgproxy", "/_/s:9:9/rt:fill/g:fp:0.1:0.9/plain/a.jpg", "/{*}/s:9:9/rt:fill/g:fp:0.1:0.9/plain/{key}", "w9h9_cover_q82", "", noteFocus},
		{"imgproxy", "/_/s:9:9/rt:fill/g:sm/plain/a.jpg", "/{*}/s:9:9/rt:fill/g:sm/plain/{key}", "w9h9_cover_smart_q82", "", noteSmart},
		{"imgproxy", "/_/s:9:9/rt:fill/g:obj:face/plain/a.jpg", "/{*}/s:9:9/rt:fill/g:obj:face/plain/{key}", "w9h9_cover_face_q82", "", noteSmart},
		{"imgproxy", "/_/s:9:9/rt:fill/g:obj:face:cat/plain/a.jpg", "/{*}/s:9:9/rt:fill/g:obj:face:cat/plain/{key}", "w9h9_cover_smart_q82", "", noteSmart},
		{"imgproxy", "/_/s:9:9/rt:fit/g:sm/plain/a.jpg", "/{*}/s:9:9/rt:fit/g:sm/plain/{key}", "w9h9_q82", "", ""},
		{"imgproxy", "/_/w:9/bl:2.54/plain/a.jpg", "/{*}/w:9/bl:2.54/plain/{key}", "w9_q82_blur2_5", "", ""},
		{"imgproxy", "/_/w:9/bl:0.2/plain/a.jpg", "/{*}/w:9/bl:0.2/plain/{key}", "w9_q82", "", ""},
		{"imgproxy", "/_/w:9/blur:101/plain/a.jpg", "/{*}/w:9/blur:101/plain/{key}", "", "", "a blur of more than 100 pixels: no preset has it"},
		{"imgproxy", "/_/w:9/blur:NaN/plain/a.jpg", "/{*}/w:9/blur:NaN/plain/{key}", "", "", errNumber.Error()},
		{"imgproxy", "/_/w:9/pix:4/plain/a.jpg", "/{*}/w:9/pix:4/plain/{key}", "", "", "pix: no preset has it"},
		{"imgproxy", "/_/w:9/t:10/plain/a.jpg", "/{*}/w:9/t:10/plain/{key}", "w9_q82_trim10", "", noteTrim},
		{"imgproxy", "/_/w:9/t:10:ff00ff/plain/a.jpg", "/{*}/w:9/t:10:ff00ff/plain/{key}", "", "", "trimming by a colour, or alike at both sides: no preset has it"},
		{"imgproxy", "/_/w:9/q:0/fq:webp:60/f:webp/plain/a.jpg", "/{*}/w:9/q:0/fq:webp:60/f:webp/plain/{key}", "w9_webp_q60", "", ""},
		{"imgproxy", "/_/w:9/cb:v2/exp:1900000000/fn:a.jpg/plain/a.jpg", "/{*}/w:9/{*}/{*}/{*}/plain/{key}", "w9_q82", "", noteExpires + "; " + noteFileName},
		{"imgproxy", "/_/avatar/plain/a.jpg", "/{*}/avatar/plain/{key}", "w96h96_cover_top_q82", "", ""},
		{"imgproxy", "/_/w:9/plain/https://my.photos.s3.eu-west-1.amazonaws.com/x/a.jpg", "/{*}/w:9/plain/https://my.photos.s3.eu-west-1.amazonaws.com/{key}", "w9_q82", "my_photos", ""},
		{"imgproxy", "/_/w:9/plain/http:/img.example.com:8080/a.jpg", "/{*}/w:9/plain/http:/img.example.com:8080/{key}", "w9_q82", "img_example_com_8080", ""},
		{"imgproxy", "/_/w:9/plain/2026%2F03%2Fa.jpg", "/{*}/w:9/plain/2026%2F03%2F{key}", "w9_q82", "2026_03", ""},
		{"imgproxy", "/_/w:9/plain/gs://b1/a.jpg", "", "", "", errOtherStore.Error()},
		{"imgproxy", "/_/w:9/plain/a%2Fb/c.jpg", "", "", "", errMixedEscapes.Error()},
		{"imgproxy", "/_/w:9/plain/https://img.example.com/a.jpg%3Fv=1", "", "", "", errSourceQuery.Error()},
		{"imgproxy", "/_/w:9/{x}/plain/a.jpg", "", "", "", errNoAddress.Error()},
		{"imgproxy", "/_/w:9/x:{}/plain/a.jpg", "", "", "", `'{' in an address, which no alias can spell`},
		{"imgproxy", "/_/c:10:10/w:9/plain/a.jpg", "/{*}/c:10:10/w:9/plain/{key}", "", "", `option "c": no preset has it`},
		{"imgproxy", "/_/w:9/rot:90/plain/a.jpg", "/{*}/w:9/rot:90/plain/{key}", "", "", "rotating: no preset has it"},
		{"imgproxy", "/_/w:9/plain/a.jpg@heic", "/{*}/w:9/plain/{key}@heic", "", "", `format "heic": no preset has it`},
		{"thumbor", hash + "=/300x200/a.jpg", "/{*}/300x200/{key}", "w300h200_cover", "", ""},
		{"thumbor", hash + "%3D/300x/a.jpg", "/{*}/300x/{key}", "w300", "", ""},
		{"thumbor", "/unsafe/300x200/right/bottom/smart/a.jpg", "/unsafe/300x200/right/bottom/smart/{key}", "w300h200_cover_smart", "", noteSmart},
		{"thumbor", "/unsafe/300x200/2026.01/a.jpg", "/unsafe/300x200/{key}", "w300h200_cover", "", ""},
		{"thumbor", "/unsafe/300x200/top/a/left/b.jpg", "/unsafe/300x200/top/{key}", "w300h200_cover_top", "", ""},
		{"thumbor", "/unsafe/300x200/filters:fill(blur):focal(1x2:3x4):sharpen(1,2,true)/a.jpg", "/unsafe/300x200/filters:fill(blur):focal(1x2:3x4):sharpen(1,2,true)/{key}", "w300h200_cover", "", notePadding + "; " + noteFocus + "; " + noteSharpen},
		{"thumbor", "/unsafe/fit-in/300x200/smart/a.jpg", "/unsafe/fit-in/300x200/smart/{key}", "w300h200", "", ""},
		{"thumbor", "/unsafe/trim/300x200/a.jpg", "/unsafe/trim/300x200/{key}", "w300h200_cover_trim1", "", noteTrim},
		{"thumbor", "/unsafe/trim:top-left:442/300x200/a.jpg", "/unsafe/trim:top-left:442/300x200/{key}", "w300h200_cover_trim255", "", noteTrim},
		{"thumbor", "/unsafe/trim:bottom-right/300x200/a.jpg", "/unsafe/trim:bottom-right/300x200/{key}", "", "", "trimming by the corner bottom-right: no preset has it"},
		{"thumbor", "/unsafe/300x200/filters:blur(7):grayscale()/a.jpg", "/unsafe/300x200/filters:blur(7):grayscale()/{key}", "w300h200_cover_blur3_5_grey", "", noteGrey},
		{"thumbor", "/unsafe/300x200/filters:blur(7,2)/a.jpg", "/unsafe/300x200/filters:blur(7,2)/{key}", "", "", `blur "7,2": no preset has it`},
		{"thumbor", "/unsafe/300x200/filters:round_corner(20,255,255,255)/a.jpg", "/unsafe/300x200/filters:round_corner(20,255,255,255)/{key}", "", "", `filter "round_corner": no preset has it`},
		{"thumbor", "/unsafe/300x200/filters:quality(x)/a.jpg", "/unsafe/300x200/filters:quality(x)/{key}", "", "", errNumber.Error()},
		{"thumbor", "/unsafe/300x200/filters:quality(80%)/a.jpg", "/unsafe/300x200/filters:quality(80%)/{key}", "", "", errNumber.Error()},
		{"thumbor", "/short/300x200/a.jpg", "", "", "", errNoAddress.Error()},
		{"thumbor", "/unsafe/origx200/a.jpg", "/unsafe/origx200/{key}", "", "", "a side as long as the photo's own: no preset has it"},
		{"imagor", "/unsafe/stretch/30x20/a.jpg", "/unsafe/stretch/30x20/{key}", "w30h20_fill", "", ""},
		{"imagor", "/unsafe/0.1x0.1:0.9x0.9/30x20/a.jpg", "/unsafe/0.1x0.1:0.9x0.9/30x20/{key}", "", "", "a crop by coordinates: no preset has it"},
		{"imagor", "/unsafe/30x20/1x1:2x2/a.jpg", "/unsafe/30x20/1x1:2x2/{key}", "", "", "padding: no preset has it"},
		{"serverless-image-handler", json(`{"key":"a.jpg","edits":{"resize":{"width":30,"height":20,"fit":"contain","background":{"r":1,"g":2,"b":3}}}}`), `/{base64:{"key":"{key}","edits":{"resize":{"width":30,"height":20,"fit":"contain","background":{"r":1,"g":2,"b":3}}}}}`, "w30h20_010203", "", notePadding},
		{"serverless-image-handler", json(`{"edits":{"resize":{"width":30},"jpeg":{"quality":50,"progressive":true}},"bucket":"b1","key":"a.jpg"}`), `/{base64:{"edits":{"resize":{"width":30},"jpeg":{"quality":50,"progressive":true}},"bucket":"b1","key":"{key}"}}`, "w30_q50", "b1", ""},
		{"serverless-image-handler", json(`{"key":"a.jpg","edits":{"resize":{"width":30,"height":20,"position":"attention"},"blur":1.5,"greyscale":true}}`), `/{base64:{"key":"{key}","edits":{"resize":{"width":30,"height":20,"position":"attention"},"blur":1.5,"greyscale":true}}}`, "w30h20_cover_smart_blur1_5_grey", "", noteGrey + "; " + noteSmart},
		{"serverless-image-handler", json(`{"key":"a\\u00e9.jpg","edits":{"resize":{"width":30}}}`), "", "", "", "a key with JSON's escapes: no preset has it"},
		{"serverless-image-handler", json(`{"key":"a.jpg","edits":{"resize":{"width":30,"fit":"outside"}}}`), `/{base64:{"key":"{key}","edits":{"resize":{"width":30,"fit":"outside"}}}}`, "", "", `fit "outside": no preset has it`},
		{"serverless-image-handler", json(`{"key":"a.jpg","edits":{"resize":{"width":30,"ratio":2}}}`), `/{base64:{"key":"{key}","edits":{"resize":{"width":30,"ratio":2}}}}`, "", "", `edit "ratio": no preset has it`},
		{"serverless-image-handler", json(`{"key":"a.jpg"}`), `/{base64:{"key":"{key}"}}`, "", "", "a photo without edits: no preset has it"},
		{"serverless-image-handler", "/fit-in/300x0/top/a.jpg", "/fit-in/300x0/{key}", "w300", "", ""},
		{"serverless-image-handler", "/a.jpg?width=30&fit=fill&height=20&grayscale=false", "/{key}?fit=fill&width=30&height=20&grayscale=false", "w30h20_fill", "", ""},
		{"serverless-image-handler", "/a.jpg?width=30&grayscale=true", "/{key}?width=30&grayscale=true", "w30_grey", "", noteGrey},
		{"serverless-image-handler", "/a.jpg?width=30&flip=true", "/{key}?width=30&flip=true", "", "", "flip: no preset has it"},
		{"s3imageserver", "/h/a.jpg?c=0&w=30&h=20", "/h/{key}?w=30&h=20&c=0", "w30h20_jpeg_q75", "her_photos_imageslarge", ""},
		{"s3imageserver", "/avatars/a.png?f=gif&w=30", "/avatars/{key}?w=30&f=gif", "w30_webp_q75", "her_avatars", ""},
		{"s3imageserver", "/avatars/a.gif?w=30", "", "", "", errNoAddress.Error()},
		{"sizes", "/30x20/a/b.jpg", "/30x20/{key}", "w30h20_cover", "", ""},
		{"sizes", "/30x20", "/30x20/{key}", "", "", errKey.Error()},
		{"sizes", "/x/a.jpg", "", "", "", errNoAddress.Error()},
	} {
		of := open(t, test.from)
		err := of.request(test.target)
		if err != nil {
			if err.Error() != test.note || test.name != "" {
				t.Errorf("%s %s: %v, want %s%s", test.from, test.target, err, test.name, test.note)
			}
			continue
		}
		presets, _ := of.presets()
		for alias, s := range of.shapes {
			note, name, source := strings.Join(s.notes, "; "), "", ""
			if s.err != nil {
				note = s.err.Error()
			} else {
				name, source = presets[0].name, presets[0].source
			}
			if alias != test.alias || name != test.name || source != test.source || note != test.note {
				t.Errorf("%s %s:\n%s %s %s %s\nwant\n%s %s %s %s", test.from, test.target, alias, name, source, note, test.alias, test.name, test.source, test.note)
			}
		}
	}
}

// FuzzAddresses checks for any address of each service: where it has an alias that prew takes,
// the alias matches it, with the key that the service reads, and what it means is a preset.
func FuzzAddresses(f *testing.F) {
	for _, from := range Services() {
		log, err := os.ReadFile("testdata/" + from + ".log")
		if err != nil {
			f.Fatal(err)
		}
		for _, target := range asked(string(log)) {
			f.Add(from, target)
		}
	}
	of := map[string]*Importer{}
	for _, from := range Services() {
		of[from] = open(f, from)
	}
	f.Fuzz(func(t *testing.T, from, target string) {
		importer, ok := of[from]
		if !ok || !strings.HasPrefix(target, "/") {
			return
		}
		clear(importer.shapes)
		if importer.request(target) != nil {
			return
		}
		importer.check()
		for alias, s := range importer.shapes {
			if s.err != nil {
				continue
			}
			var out strings.Builder
			if _, err := importer.WritePresets(&out); err != nil {
				t.Fatal(err)
			}
			presets := load(t, out.String())
			a, err := importer.service.read(target)
			if err != nil {
				t.Fatal(err)
			}
			if a.decoded {
				a.key = prew.Escape(a.key)
			}
			path, aliased := presets.Address(target)
			if want := "/prew/" + presets.Names()[0] + "/" + a.key; !aliased || path != want {
				t.Errorf("%s: %q is no address of %q: %q, want %q", from, target, alias, path, want)
			}
		}
	})
}
