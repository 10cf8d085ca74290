package main

import (
	"fmt"
	"image"
	"image/draw"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// movingSide is what previews that move are made to fit into: less than most of the
// animations have, so that they are shrunk.
const movingSide = 160

// lessMoving is how much worse, in dB, our worst frame may be than sharp's worst in the same
// format. Both are held against what sharp shrinks the frames to, before it encodes them. Ours
// are from 5.4 dB better to 0.2 worse, and half a decibel is not seen.
const lessMoving = 0.5

// moved is a photo that moves as the function and sharp render it in a format.
type moved struct {
	name   string // with its last folder
	path   string
	format string // "webp" or "gif", which the preview's file is called too
	ours   made
	theirs film    // of both, if ours was rendered
	db     float64 // of our worst frame
	peers  float64 // of sharp's worst
}

// film is what sharp says of its own preview and of ours.
type film struct {
	Refused     string
	Ours, Sharp strip
}

// strip is a preview that moves.
type strip struct {
	Frames, Width, Height int
	Delays                []int // in ms
	Loops                 int   // 0 is without end
	Bytes                 int
}

// String is the name in the report.
func (m *moved) String() string { return m.name + " as " + m.format }

// base is the beginning of the names of all files of the preview.
func (m *moved) base() string {
	return filepath.Join(scratch, "previews", strings.ReplaceAll(m.name, "/", "-")+"-"+m.format)
}

// findMoving lists the animations of the corpus that sharp reads, in both formats.
func findMoving(corpus, part string) (all []*moved) {
	for _, name := range []string{"animated-loop-3.gif", "animated-loop-3.webp", "cogs.gif", "dispose-background.gif"} {
		for _, format := range []string{"webp", "gif"} {
			m := &moved{name: "looks/" + name, path: filepath.Join(corpus, "looks", name), format: format}
			if strings.Contains(m.String(), part) {
				all = append(all, m)
			}
		}
	}
	return all
}

// render renders the animation by the function.
func (m *moved) render() {
	preset := fmt.Sprintf("width=%d,height=%d,animate=true", movingSide, movingSide)
	if m.format == "webp" { // what moves and names no format is a GIF
		preset += ",quality=80,format=webp"
	}
	m.ours = renderBy(preset, m.path, m.base()+".ours."+m.format)
}

// compare has sharp render the animation, and compares the frames.
func (m *moved) compare(peer *sharp) error {
	if m.ours.fail || m.ours.code != "" {
		return nil
	}
	if err := peer.ask(map[string]any{
		"source": m.path, "ours": m.base() + ".ours." + m.format, "preview": m.base(),
		"width": movingSide, "height": movingSide, "format": m.format,
	}, &m.theirs); err != nil || m.theirs.Refused != "" {
		return err
	}
	if m.theirs.Ours.Frames != m.theirs.Sharp.Frames || m.theirs.Ours.size() != m.theirs.Sharp.size() {
		return nil
	}
	plain, err := m.frames("plain")
	if err != nil {
		return err
	}
	if m.db, err = m.worst("ours", plain); err != nil {
		return err
	}
	m.peers, err = m.worst("sharp", plain)
	return err
}

// worst compares a renderer's frames with what they should be, and is the least dB.
func (m *moved) worst(renderer string, plain []*image.NRGBA) (float64, error) {
	frames, err := m.frames(renderer)
	if err != nil {
		return 0, err
	}
	least := math.Inf(1)
	for i, frame := range frames {
		least = min(least, differenceOf(frame, plain[i]).db)
	}
	return least, nil
}

func (s strip) size() image.Point { return image.Pt(s.Width, s.Height) }

// frames reads the PNG in which the frames of a preview stand below one another.
func (m *moved) frames(renderer string) ([]*image.NRGBA, error) {
	name := m.base() + "." + renderer + ".png"
	all, err := decode(name)
	if err != nil {
		return nil, err
	}
	n, size := m.theirs.Sharp.Frames, m.theirs.Sharp.size() // those that are not encoded are sharp's too
	if renderer == "ours" {
		n, size = m.theirs.Ours.Frames, m.theirs.Ours.size()
	}
	if size.X != all.Rect.Dx() || size.Y*n != all.Rect.Dy() {
		return nil, fmt.Errorf("%s is %v, expected %d frames of %v", name, all.Rect.Size(), n, size)
	}
	frames := make([]*image.NRGBA, n)
	for i := range frames {
		frames[i] = image.NewNRGBA(image.Rectangle{Max: size})
		draw.Draw(frames[i], frames[i].Rect, all, image.Pt(0, i*size.Y), draw.Src)
	}
	return frames, nil
}

// asShown are delays as all browsers take them: what is hardly a time is a tenth of a second.
func asShown(delays []int) []int {
	shown := slices.Clone(delays)
	for i, delay := range shown {
		if delay <= 10 {
			shown[i] = 100
		}
	}
	return shown
}

// wrong says what is not as asked.
func (m *moved) wrong() (wrong []string) {
	ours, sharps := m.theirs.Ours, m.theirs.Sharp
	switch {
	case m.ours.fail:
		return []string{m.ours.says}
	case m.ours.code != "":
		return []string{fmt.Sprintf("%s: %s", m.ours.code, m.ours.says)}
	case m.theirs.Refused != "":
		return []string{"sharp: " + m.theirs.Refused}
	case ours.size() != sharps.size():
		return []string{fmt.Sprintf("%v, sharp's is %v", ours.size(), sharps.size())}
	case ours.Frames != sharps.Frames:
		return []string{fmt.Sprintf("%d frames, sharp's has %d", ours.Frames, sharps.Frames)}
	}
	if !slices.Equal(ours.Delays, asShown(sharps.Delays)) {
		wrong = append(wrong, fmt.Sprintf("delays %v, sharp's %v", ours.Delays, sharps.Delays))
	}
	if ours.Loops != sharps.Loops {
		wrong = append(wrong, fmt.Sprintf("%d loops, sharp's %d", ours.Loops, sharps.Loops))
	}
	if m.db < m.peers-lessMoving {
		wrong = append(wrong, fmt.Sprintf("%.1f dB, asked at least %.1f", m.db, m.peers-lessMoving))
	}
	if m.ours.slow() || m.ours.large() {
		wrong = append(wrong, fmt.Sprintf("%.1f s, %d MB", m.ours.time.Seconds(), m.ours.peak/1e6))
	}
	return wrong
}

// figures is a line about a preview that moves.
func (m *moved) figures() string {
	return fmt.Sprintf("%d frames, %s dB, sharp's %s, %d bytes, sharp's %d", m.theirs.Ours.Frames,
		decibels(m.db), decibels(m.peers), m.theirs.Ours.Bytes, m.theirs.Sharp.Bytes)
}

// row has the first, the middle and the last frame of ours, and below each of them
// sharp's.
func (m *moved) row() (gridRow, error) {
	r := gridRow{text: m.String() + ": first, middle and last frame, ours and sharp's; " + m.figures(), wrong: m.wrong()}
	for _, renderer := range []string{"ours", "sharp"} {
		if !exists(m.base() + "." + renderer + ".png") {
			continue
		}
		frames, err := m.frames(renderer)
		if err != nil {
			return r, err
		}
		for _, i := range []int{0, len(frames) / 2, len(frames) - 1} {
			r.cells = append(r.cells, frames[i])
		}
	}
	return r, nil
}
