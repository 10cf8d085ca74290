package heif

import "prew/lambda/render/plane"

// Animation reads what the file that was opened says of its film, of which it decodes
// nothing. A film of HEVC is none, and neither is one whose size, crop, turn or colours are
// not those of the file's picture: that is shown, and does not move. It returns a LimitError
// for too many frames, or too large ones.
func (d *Decoder) Animation() (plane.Animation, error) {
	still := plane.Animation{Frames: 1, Loops: 1}
	if d.main.codec != AV1 {
		return still, nil
	}
	f, err := parseFilm(d.file)
	if err != nil {
		return plane.Animation{}, err
	}
	if f == nil || !f.shows(d.main) {
		return still, nil
	}
	if pixels := f.pixels(); pixels > maxCoded {
		return plane.Animation{}, limitf("its codec would have to decode %d megapixels, limit is %d", pixels/1_000_000, maxCoded/1_000_000)
	}
	d.film = f
	return plane.Animation{Frames: len(f.delays), Loops: f.loops, Pixels: len(f.delays) * d.main.view.width * d.main.view.height,
		Memory: programMemory + f.linearMemory(len(d.file))}, nil
}

// Next puts the next frame on the canvas, which has four bytes for each pixel of the
// header's size, and returns for how many milliseconds it is shown, as the file says. It
// can be called after Animation as often as there are frames, if there are several, and
// neither Planes nor Row nor Finish with it. What decodes it ends with Close.
func (d *Decoder) Next(canvas []uint8) (delay int, err error) {
	if d.screening == nil {
		d.screening = d.film.screen(&d.linear, d.file)
	}
	pixels, err, _ := d.screening.next()
	if err != nil {
		return 0, err
	}
	im := d.film.picture
	for y := range im.view.height {
		copy(canvas[4*y*im.view.width:][:4*im.view.width], pixels[4*((im.view.y+y)*im.width+im.view.x):])
	}
	d.screening.shown++
	return d.film.delays[d.screening.shown-1], nil
}
