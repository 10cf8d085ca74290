package e2e

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"strings"
	"testing"

	"prew"
	"prew/deploy/local/stack"
)

// TestWhatMoves asks for previews of a GIF that moves, of a public bucket, of a private one
// and at the edge: they move in WebP for clients that accept it, are GIFs that move for the
// others, and JPEGs that don't where the preset says so, the same wherever they come from.
func TestWhatMoves(t *testing.T) {
	t.Setenv("PRESET_FILM", "width=60,height=60,formats=webp,animate=true")
	t.Setenv("PRESET_POSTER", "width=60,height=60,format=jpeg,formats=webp,animate=true")
	t.Setenv("PRESET_STILL", "width=60,height=60,formats=webp")
	for name, config := range map[string]stack.Config{"public": {Gateways: 1}, "private": {Gateways: 1, Private: true}, "edge": {Front: stack.Edge}} {
		t.Run(name, func(t *testing.T) {
			config.Renderers = 1
			system := begin(t, config)
			uploadTo(t, system, "photo/a b.gif", film(t, 5))
			uploadTo(t, system, "photo/one.gif", film(t, 1))
			places := everywhere(t, system, prew.Places{})
			const browser, old = "Accept: image/avif,image/webp,image/*,*/*;q=0.8", "Accept: */*"
			for _, test := range []struct {
				preset, key, accept string
				contentType         string
				frames              int
			}{
				{"film", "a%20b.gif", browser, "image/webp", 5},
				{"film", "a%20b.gif", old, "image/gif", 5},
				{"poster", "a%20b.gif", browser, "image/webp", 5},
				{"poster", "a%20b.gif", old, "image/jpeg", 1},
				{"still", "a%20b.gif", browser, "image/webp", 1},
				{"still", "a%20b.gif", old, "image/jpeg", 1},
				{"film", "one.gif", browser, "image/webp", 1},
				{"film", "one.gif", old, "image/jpeg", 1},
			} {
				target := "/prew/" + test.preset + "/" + test.key
				first := get(t, system.Addr(), target, test.accept)
				if first.status != 200 || from(first) != "rendered" || first.header.Get("Content-Type") != test.contentType {
					t.Fatalf("%s for %s: %d %s, %s, %s", target, test.accept, first.status, first.header.Get("X-Prew-Error"), from(first), first.header.Get("Content-Type"))
				}
				if frames := framesOf(t, first.body); frames != test.frames {
					t.Errorf("%s for %s: %d frames, want %d", target, test.accept, frames, test.frames)
				}
				for where, addr := range places {
					again := get(t, addr, target, test.accept)
					if again.status != 200 || again.body != first.body || again.header.Get("Content-Type") != test.contentType || again.header.Get("Vary") != "Accept" {
						t.Errorf("%s for %s, from %s: %d, the same bytes: %t, %s, Vary %q", target, test.accept, where, again.status, again.body == first.body,
							again.header.Get("Content-Type"), again.header.Get("Vary"))
					}
				}
			}
		})
	}
}

// film is a GIF of a bar that moves.
func film(t *testing.T, frames int) []byte {
	t.Helper()
	var all gif.GIF
	for i := range frames {
		m := image.NewPaletted(image.Rect(0, 0, 120, 90), color.Palette{color.White, color.Black, color.RGBA{200, 30, 60, 255}})
		for y := range 90 {
			for x := range 10 {
				m.SetColorIndex(20*i+x, y, uint8(1+y/45))
			}
		}
		all.Image, all.Delay = append(all.Image, m), append(all.Delay, 8)
	}
	var file bytes.Buffer
	if err := gif.EncodeAll(&file, &all); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// framesOf counts the frames of a picture.
func framesOf(t *testing.T, file string) (frames int) {
	t.Helper()
	switch {
	case strings.HasPrefix(file, "GIF"):
		all, err := gif.DecodeAll(strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		return len(all.Image)
	case strings.HasPrefix(file, "RIFF") && file[8:12] == "WEBP":
		for rest := file[12:]; len(rest) >= 8; {
			if rest[:4] == "ANMF" {
				frames++
			}
			length := int(binary.LittleEndian.Uint32([]byte(rest[4:])))
			rest = rest[min(8+length+length&1, len(rest)):]
		}
		return max(frames, 1)
	}
	return 1
}
