package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"time"

	"prew"
	"prew/lambda/peers/look"
)

// looked is a picture as the function and sharp render it.
type looked struct {
	file       file
	ours       made
	theirs     theirs
	size       string      // of our preview, as 640x480
	difference *difference // nil unless both rendered it, at one size
}

// compare has sharp render the picture, or its twin, and compares the previews.
func (l *looked) compare(peer *sharp) (err error) {
	source := l.file.path
	if twin := exceptions[l.file.name].twin; twin != "" {
		source = filepath.Join(filepath.Dir(source), "..", twin)
	}
	if l.file.isHEIC() {
		source = l.file.previewFile("converted")
		if l.theirs.Refused, err = convertHEIC(l.file.path, source); err != nil || l.theirs.Refused != "" {
			return err
		}
	}
	preview := l.file.previewFile("sharp")
	asked := look.Look{Fit: "inside"}
	if l.file.look != nil {
		asked = *l.file.look
	}
	if l.theirs, err = peer.render(source, preview, side, side, asked.Fit, asked.Does); err != nil {
		return err
	}
	if l.ours.fail || l.ours.code != "" {
		return nil
	}
	if l.file.avif {
		shown, err := peer.render(l.file.avifFile(), l.file.previewFile("ours"), side, side, "inside", nil)
		if err != nil {
			return err
		}
		if shown.Refused != "" {
			l.ours.fail, l.ours.says = true, "sharp can't read it: "+shown.Refused
			return nil
		}
	}
	mine, err := decode(l.file.previewFile("ours"))
	if err != nil {
		return err
	}
	size := mine.Rect.Size()
	l.size = fmt.Sprintf("%dx%d", size.X, size.Y)
	if l.theirs.Refused != "" {
		return nil
	}
	// Where a side is a fraction of a pixel, renderers round it differently.
	dx, dy := size.X-l.theirs.Width, size.Y-l.theirs.Height
	if dx*dx > 1 || dy*dy > 1 {
		return nil
	}
	if dx != 0 || dy != 0 {
		if _, err := peer.render(source, preview, size.X, size.Y, "fill", asked.Does); err != nil {
			return err
		}
	}
	other, err := decode(preview)
	if err != nil {
		return err
	}
	d := differenceOf(mine, other)
	l.difference = &d
	return nil
}

// class is what a picture tries: its folder where that says it, else the first of what
// sharp finds that is not ordinary, else its kind.
func (l *looked) class() string {
	switch l.file.folder {
	case "as AVIF", "bombs", "damage", "hostile", "look", "orientation", "tiff", "wrong":
		return l.file.folder
	}
	switch t := l.theirs; {
	case l.file.isHEIC():
		return "heic"
	case t.Space == "cmyk":
		return "cmyk"
	case t.Format == "":
		return strings.TrimPrefix(filepath.Ext(l.file.name), ".")
	case t.Format == "heif":
		return "avif"
	case t.Profile:
		return "profile"
	case t.Depth == "ushort":
		return "16 bits"
	case t.Orientation > 1:
		return "orientation"
	default:
		return t.Format
	}
}

// figures are what a difference is held to.
type figures struct{ db, mean, p95 float64 }

// The figures. Two right decoders of one JPEG differ by the rounding of their
// transforms and by how they enlarge the chroma; two resamplers by the rounding of
// their weights. Of ordinary JPEGs that leaves 42 dB and more (measured; PNG 51), so
// 38 dB and a difference of colour that nobody sees are asked of all. CMYK without a profile is what each makes of inks, and with one a table is
// interpolated in four dimensions. What looks are done to is rounded at other places, which
// they make larger, and black that luma is cut off at keeps a trace of colour. An AVIF loses
// what nobody sees; colours of another matrix or range would be beyond its figures.
var (
	inRGB  = figures{38, 1.0, 2.5}
	inCMYK = figures{33, 2.0, 5.0}
	inLook = figures{35, 2.0, 8.0}
	inAVIF = figures{32, 3.0, 8.0}
)

// qualityOfAVIF is the quality of what is made an AVIF.
const qualityOfAVIF = 80

// No picture, whatever its bytes are, may take more: seconds of the processor, and
// resident memory where 512 MB are granted.
const (
	mostTime = 3 * time.Second
	mostPeak = 450_000_000
)

// verdict is the outcome of a picture in few words, and what is not as asked.
type verdict struct {
	outcome outcome
	wrong   []string
}

type outcome string

const (
	alike   outcome = "alike"   // within the figures
	worse   outcome = "worse"   // beyond the figures
	refused outcome = "refused" // though sharp renders it
	agreed  outcome = "refused, as by sharp"
	meant   outcome = "refused, as it should be"
	later   outcome = "refused for now"
	alone   outcome = "rendered, not by sharp"
	another outcome = "rendered another way, as it should be"
	failed  outcome = "failed"
)

// outcomes are all of them, in the order of the summary.
var outcomes = []outcome{alike, worse, refused, agreed, meant, later, alone, another, failed}

// verdict judges the looks, the time and the memory of a picture.
func (l *looked) verdict() verdict {
	v := l.look()
	if l.ours.slow() {
		v.wrong = append(v.wrong, fmt.Sprintf("%.1f s, asked at most %.0f", l.ours.time.Seconds(), mostTime.Seconds()))
	}
	if l.ours.large() {
		v.wrong = append(v.wrong, fmt.Sprintf("%d MB, asked at most %d", l.ours.peak/1e6, int64(mostPeak/1e6)))
	}
	return v
}

func (m made) slow() bool { return m.time > mostTime }

func (m made) large() bool { return m.peak > mostPeak }

// look judges the looks alone.
func (l *looked) look() verdict {
	unlike := exceptions[l.file.name]
	unfolds := l.file.folder == "bombs" || l.file.folder == "hostile"
	switch code := l.ours.code; {
	case l.ours.fail:
		return verdict{failed, []string{l.ours.says}}
	case unlike.outcome == meant && code == "":
		return verdict{worse, []string{"rendered, asked " + string(unlike.code)}}
	case unlike.outcome == meant && code != unlike.code:
		return verdict{refused, []string{fmt.Sprintf("%s, asked %s: %s", code, unlike.code, l.ours.says)}}
	case unlike.outcome == another && code == "":
		return verdict{another, nil}
	case l.file.look != nil && l.file.look.Unlike != "" && code == "":
		return verdict{another, nil}
	case unlike.outcome == later && code != "":
		return verdict{later, nil}
	case unlike.outcome == meant:
		return verdict{meant, nil}
	case unfolds && code == prew.SourceTooLarge:
		return verdict{meant, nil}
	case code != "" && l.theirs.Refused != "":
		return verdict{agreed, nil}
	case code != "":
		return verdict{refused, []string{fmt.Sprintf("%s: %s", code, l.ours.says)}}
	case l.theirs.Refused != "":
		return verdict{alone, []string{"sharp refuses it, so it is held to nothing: name a twin in exceptions.go"}}
	case l.difference == nil:
		return verdict{worse, []string{fmt.Sprintf("%s, sharp's is %dx%d", l.size, l.theirs.Width, l.theirs.Height)}}
	}
	asked := inRGB
	switch {
	case l.theirs.Space == "cmyk":
		asked = inCMYK
	case l.file.look != nil:
		asked = inLook
	case l.file.avif:
		asked = inAVIF
	}
	if wrong := l.difference.beyond(asked); wrong != nil {
		return verdict{worse, wrong}
	}
	return verdict{alike, nil}
}

// beyond says which figures a difference does not meet.
func (d difference) beyond(asked figures) (wrong []string) {
	if d.db < asked.db {
		wrong = append(wrong, fmt.Sprintf("%.1f dB, asked at least %.0f", d.db, asked.db))
	}
	if d.mean > asked.mean {
		wrong = append(wrong, fmt.Sprintf("mean deltaE %.2f, asked at most %.1f", d.mean, asked.mean))
	}
	if d.p95 > asked.p95 {
		wrong = append(wrong, fmt.Sprintf("95th percentile of deltaE %.2f, asked at most %.1f", d.p95, asked.p95))
	}
	return wrong
}

// decibels is the text of a likeness.
func decibels(db float64) string {
	if math.IsInf(db, 1) {
		return "same"
	}
	return fmt.Sprintf("%.1f", db)
}
