package heif

import (
	"errors"
	"testing"
)

// FuzzOpen looks for panics in what reads boxes and configurations, and for errors without
// a kind.
func FuzzOpen(f *testing.F) {
	seeds(f)
	var d Decoder
	f.Fuzz(func(t *testing.T, file []byte) {
		_, err := d.Open(file)
		if err == nil {
			for _, tile := range d.image.tiles {
				if d.image.codec == HEVC {
					_, err = tile.hevc.appendStream(nil, tile.data)
				} else {
					err = checkAV1(tile.data)
				}
			}
		}
		checkKind(t, err)
	})
}

// FuzzDecode looks for panics, for what takes too much time or memory, and for errors
// without a kind. Pictures of more than 128x128 pixels are only opened.
func FuzzDecode(f *testing.F) {
	seeds(f)
	for i := range programs { // so that no input waits for it
		if err := programs[i].load(); err != nil {
			f.Fatal(err)
		}
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := d.Open(file)
		if err == nil && d.image.tileWidth*d.image.tileHeight*len(d.image.tiles) <= 128*128 && h.Width*h.Height <= 128*128 {
			_, err = d.pixels(h.Picture)
		}
		checkKind(t, err)
	})
}

// FuzzFrames looks for the same in films, of which those of more than 160x160 pixels or
// eight frames are only opened.
func FuzzFrames(f *testing.F) {
	f.Add(testFile(f, "moving.avif"))
	still, r := stills(f, 2)
	f.Add(moving(still, r))
	r.elst, r.duration, r.chunk = []byte{0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9}, 20, 1
	alpha := r
	alpha.alphaOf = 1
	f.Add(moving(still, r, alpha))
	if err := programs[AV1].load(); err != nil { // so that no input waits for it
		f.Fatal(err)
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := d.Open(file)
		if err != nil {
			return // FuzzOpen's
		}
		a, err := d.Animation()
		if err == nil && a.Frames > 1 && a.Frames <= 8 && d.film.pixels() <= 8*160*160 {
			canvas := make([]uint8, 4*h.Width*h.Height)
			for range a.Frames {
				if _, err = d.Next(canvas); err != nil {
					break
				}
			}
		}
		checkKind(t, err)
	})
}

func seeds(f *testing.F) {
	for _, codec := range codecs {
		q := quarters(f, codec)
		f.Add(q.alone())
		f.Add(sheet{primary: 3, items: []part{q, q, {kind: "grid", data: gridOf(2, 1, 128, 64), idat: true}, q.with(alphaProperty)},
			refs: []reference{{"dimg", 3, []int{1, 2}}, {"auxl", 4, []int{3}}, {"thmb", 1, []int{3}}}}.file())
		f.Add(q.with(aperture(33, 31, 1, 1), prop("irot", "\x01"), prop("imir", "\x00")).alone())
	}
}

func checkKind(t *testing.T, err error) {
	if err == nil {
		return
	}
	_, damaged := errors.AsType[DamagedError](err)
	_, unsupported := errors.AsType[UnsupportedError](err)
	_, limit := errors.AsType[LimitError](err)
	if !damaged && !unsupported && !limit {
		t.Errorf("%T: %v", err, err)
	}
}
