package heif

import (
	"bytes"
	"cmp"
	"slices"

	"prew/lambda/render/plane"
)

// film is a sequence of pictures of AV1 that is shown as an animation (ISO/IEC 23008-12,
// chapter 7): a track, and perhaps another one that is its alpha.
type film struct {
	picture *image // what each picture is, without its stream
	planes  int    // 2 where there is alpha, which is coded by itself
	delays  []int  // for how many milliseconds each is shown
	loops   int    // how often all of them are, 0 for ever
}

// maxTracks is how many tracks a file may have: a film and its alpha, and others that a
// camera adds.
const maxTracks = 16

// parseFilm reads the film of a file, nil if it has none. Where the pictures lie is for the
// codec's program to find.
func parseFilm(file []byte) (*film, error) {
	// The first brand says what is to be shown (AV1 Image File Format, section 6.3).
	brands, err := find(file, "ftyp")
	if err != nil || !bytes.HasPrefix(brands, []byte("avis")) {
		return nil, err
	}
	movie, err := find(file, "moov")
	if err != nil {
		return nil, err
	}
	boxes, err := splitBoxes(movie, maxBoxes)
	if err != nil {
		return nil, err
	}
	var tracks []*track
	for _, b := range boxes {
		if b.kind != "trak" {
			continue
		}
		if len(tracks) == maxTracks {
			return nil, limitf("it has more than %d tracks", maxTracks)
		}
		t := &track{body: b.body}
		if t.parseKind(); t.err != nil {
			return nil, t.err
		}
		tracks = append(tracks, t)
	}
	// The same choice as libavif's (avifDecoderReset in read.c).
	at := slices.IndexFunc(tracks, func(t *track) bool { return t.id != 0 && t.entry.kind == "av01" && t.alphaOf == 0 })
	if at < 0 {
		return nil, nil
	}
	f := &film{planes: 1}
	if slices.ContainsFunc(tracks, func(t *track) bool { return t.alphaOf == tracks[at].id }) {
		f.planes = 2
	}
	if err := tracks[at].parseFrames(f); err != nil {
		return nil, err
	}
	return f, nil
}

// find is the body of the first box of a kind in data, of the first one of the next kind in
// that, and so on. It is nil if there is none.
func find(data []byte, path ...string) ([]byte, error) {
	for _, kind := range path {
		var b box
		for n := 0; b.kind != kind; n++ {
			if len(data) == 0 || n == maxBoxes {
				return nil, nil
			}
			var err error
			if b, data, err = nextBox(data); err != nil {
				return nil, err
			}
		}
		data = b.body
	}
	return data, nil
}

// track is a box trak (ISO/IEC 14496-12, section 8.3).
type track struct {
	body     []byte
	id       int
	alphaOf  int // the track that it is the alpha of, or 0
	entry    box // what its samples are
	duration int // how long it is shown in all, repeats included, or forever
	err      error
}

// forever is the duration of what is repeated without end.
const forever = -1

// read hands a box to f, if there is one.
func (t *track) read(f func(r *reader), path ...string) {
	body, err := find(t.body, path...)
	if t.err = cmp.Or(t.err, err); t.err != nil || body == nil {
		return
	}
	r := &reader{data: body}
	if f(r); r.short && t.err == nil {
		t.err = damagedf("box %q is cut off", path[len(path)-1])
	}
}

// parseKind reads what tells tracks apart.
func (t *track) parseKind() {
	t.read(func(r *reader) {
		version, _ := r.full()
		size := sizeOfTime(version)
		r.bytes(2 * size)
		t.id = r.uint(4)
		r.bytes(4)
		if duration := r.bytes(size); len(bytes.Trim(duration, "\xff")) == 0 {
			t.duration = forever
		} else {
			of := reader{data: duration}
			t.duration = of.uint(size)
		}
	}, "tkhd")
	t.read(func(r *reader) { t.alphaOf = r.uint(4) }, "tref", "auxl")
	t.read(func(r *reader) {
		r.bytes(8)
		if len(r.data) > 0 {
			t.entry, _, t.err = nextBox(r.data)
		}
	}, "mdia", "minf", "stbl", "stsd")
}

// sizeOfTime is how many bytes a time has in a box of a version.
func sizeOfTime(version int) int {
	if version == 1 {
		return 8
	}
	return 4
}

// parseFrames reads what is shown, for how long and how often.
func (t *track) parseFrames(f *film) error {
	frames, timescale := 0, 0
	var runs [][2]int // how many pictures in a row are shown for how many units of time
	t.read(func(r *reader) {
		version, _ := r.full()
		r.bytes(2 * sizeOfTime(version))
		timescale = r.uint(4)
	}, "mdia", "mdhd")
	t.read(func(r *reader) {
		r.bytes(8)
		frames = r.uint(4)
	}, "mdia", "minf", "stbl", "stsz")
	t.read(func(r *reader) {
		r.full()
		for range min(r.uint(4), plane.MaxFrames) {
			runs = append(runs, [2]int{r.uint(4), r.uint(4)})
		}
	}, "mdia", "minf", "stbl", "stts")
	t.read(func(r *reader) { f.loops = t.parseEdits(r) }, "edts", "elst")
	switch {
	case t.err != nil:
		return t.err
	case frames == 0:
		return damagedf("a film has no pictures")
	case frames > plane.MaxFrames:
		return limitf("it has more than %d frames", plane.MaxFrames)
	case timescale == 0 || len(runs) == 0:
		return damagedf("a film does not say for how long a picture is shown")
	}
	// Together the delays are as long as the file says: what rounding takes from one the
	// next ones get.
	runs[len(runs)-1][0] = frames // the last run holds for the rest
	at, shown := 0, 0
	for _, run := range runs {
		for range min(run[0], frames-len(f.delays)) {
			at += run[1]
			until := (1000*at + timescale/2) / timescale
			f.delays = append(f.delays, min(until-shown, maxDelay))
			shown = until
		}
	}
	return t.parsePicture(f)
}

// maxDelay is the longest that a frame is shown, in milliseconds: what a WebP can say.
const maxDelay = 1<<24 - 1

// parseEdits reads how often the film is shown, which is for ever where no edit list says
// it: one that is shown once, or one that is repeated until the track's duration is over
// (ISO/IEC 23008-12, section 9.6.1).
func (t *track) parseEdits(r *reader) (loops int) {
	version, flags := r.full()
	count, once := r.uint(4), r.uint(sizeOfTime(version))
	switch {
	case flags&1 == 0:
		return 1
	case r.short:
	case count != 1:
		t.err = unsupportedf("it repeats %d edits", count)
	case once == 0:
		t.err = damagedf("it repeats nothing")
	case t.duration != forever:
		return max((t.duration+once-1)/once, 1)
	}
	return 0
}

// parsePicture reads what each picture is, as if it were an item (section 8.5.2 of ISO/IEC
// 14496-12, of a visual sample).
func (t *track) parsePicture(f *film) error {
	e := reader{data: t.entry.body}
	e.bytes(24)
	size := sizeProperty(e.uint(2), e.uint(2))
	e.bytes(50)
	if e.short {
		return damagedf("box %q is cut off", t.entry.kind)
	}
	boxes, err := splitBoxes(e.data, maxPerItem)
	if err != nil {
		return err
	}
	properties := []property{size}
	for _, b := range boxes {
		properties = append(properties, property{b, false})
	}
	m := meta{items: map[int]*item{1: {kind: t.entry.kind, properties: properties, place: place{extents: []extent{{}}}}}}
	f.picture, err = m.image(1)
	return err
}

// shows says whether the pictures are as the one that the file has beside them, cut and
// turned alike and in the same colours: a preview has one turn, and one profile. A track
// that says nothing of colours, as ffmpeg writes it, has those of the picture.
func (f *film) shows(im *image) bool {
	own := f.picture
	return own.width == im.width && own.height == im.height && own.view == im.view &&
		(own.icc == nil || bytes.Equal(own.icc, im.icc)) &&
		(!own.nclx.known || own.nclx.primaries == im.nclx.primaries && own.nclx.transfer == im.nclx.transfer)
}
