package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"prew"
)

// looked is a picture as the function and sharp render it.
type looked struct {
	file       file
	ours       made
	theirs     theirs
	size       string      // of our preview, as 640x480
	difference *difference // nil unless both rendered it, at one size
}

// compare has sharp render the picture, and compares the previews.
func (l *looked) compare(peer *sharp) (err error) {
	if l.theirs, err = peer.render(l.file, side, side, "inside"); err != nil {
		return err
	}
	if l.ours.fail || l.ours.code != "" {
		return nil
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
		if _, err := peer.render(l.file, size.X, size.Y, "fill"); err != nil {
			return err
		}
	}
	other, err := decode(l.file.previewFile("sharp"))
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
	case "bombs", "damage", "hostile", "orientation", "tiff", "wrong":
		return l.file.folder
	}
	switch t := l.theirs; {
	case t.Space == "cmyk":
		return "cmyk"
	case t.Format == "":
		_, ending, _ := strings.Cut(l.file.name, ".")
		return ending
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
// their weights. That leaves at least 38 dB and a difference of colour that nobody
// sees. CMYK without a profile is what each makes of inks, and with one a table is
// interpolated in four dimensions.
var (
	inRGB  = figures{38, 1.0, 2.5}
	inCMYK = figures{33, 2.0, 5.0}
)

// No picture, whatever its bytes are, may take more: seconds of the processor, and
// resident memory where 512 MB are granted.
const (
	mostTime = 3 * time.Second
	mostPeak = 450_000_000
)

// verdict is the outcome of a picture in few words, and what is wrong, if anything.
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
	differs outcome = "differs, sharp is wrong"
	failed  outcome = "failed"
)

// outcomes are all of them, in the order of the summary.
var outcomes = []outcome{alike, worse, refused, agreed, meant, later, alone, differs, failed}

// bad reports whether an outcome alone makes a picture fail.
func (o outcome) bad() bool { return o == worse || o == refused || o == failed }

func (l *looked) verdict() verdict {
	v := l.look()
	if l.ours.time > mostTime {
		v.wrong = append(v.wrong, fmt.Sprintf("%.1f s, asked at most %.0f", l.ours.time.Seconds(), mostTime.Seconds()))
	}
	if l.ours.peak > mostPeak {
		v.wrong = append(v.wrong, fmt.Sprintf("%d MB, asked at most %d", l.ours.peak/1e6, int64(mostPeak/1e6)))
	}
	return v
}

func (l *looked) look() verdict {
	unlike, known := exceptions[l.file.name]
	switch {
	case l.ours.fail:
		return verdict{failed, []string{l.ours.says}}
	case l.ours.code != "" && known && unlike.outcome == meant && l.ours.code != unlike.code:
		return verdict{refused, []string{fmt.Sprintf("%s, asked %s: %s", l.ours.code, unlike.code, l.ours.says)}}
	case l.ours.code != "" && known && unlike.outcome != differs:
		return verdict{unlike.outcome, nil}
	case l.ours.code == prew.SourceTooLarge && (l.file.folder == "bombs" || l.file.folder == "hostile"):
		return verdict{meant, nil}
	case l.ours.code != "" && l.theirs.Refused != "":
		return verdict{agreed, nil}
	case l.ours.code != "":
		return verdict{refused, []string{fmt.Sprintf("%s: %s", l.ours.code, l.ours.says)}}
	case known && unlike.outcome == meant:
		return verdict{worse, []string{"rendered, asked " + string(unlike.code)}}
	case l.theirs.Refused != "":
		return verdict{alone, nil}
	case known && unlike.outcome == differs:
		return verdict{differs, nil}
	case l.difference == nil:
		return verdict{worse, []string{fmt.Sprintf("%s, sharp's is %dx%d", l.size, l.theirs.Width, l.theirs.Height)}}
	}
	asked := inRGB
	if l.theirs.Space == "cmyk" {
		asked = inCMYK
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
