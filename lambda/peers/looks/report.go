package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"prew/lambda/peers/look"
)

// report has every picture.
type report struct {
	date time.Time
	peer string // sharp, with its version
	all  []looked

	moving  []*moved
	cropped []*cropped // which only has to be there
}

// markdown is the report as a page: a summary by class, the pictures that fail, the
// exceptions with their reasons, every picture.
func (r report) markdown() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `# Pictures beside sharp's

Made by %s on %s: every picture of the test collections by the function, with %d MB, and by %s, as PNGs that fit into %dx%d. sharp decodes JPEGs at their full size, by Lanczos, turned by EXIF, and takes what there is of a damaged file (%s): what lacks pixels is not compared, and must be refused. Of a HEIC, which sharp's build can't read, it has the PNG that libheif's heif-convert makes. A look is what a preset does to a photo, beside sharp's own operation. What is made an AVIF, of the quality %d, sharp decodes, and it is held to sharp's PNG of the photo.

Asked are at least %.0f dB of red, green and blue, a CIEDE2000 of at most %.1f in the mean and %.1f at the 95th percentile (CMYK %.0f, %.1f, %.1f; looks %.0f, %.1f, %.1f; AVIF %.0f, %.1f, %.1f), and of every file at most %.0f s of the processor and %d MB resident. What is transparent lies on white and on black, and the worse counts.

`, "`make looks`", r.date.Format("2 January 2006"), memory, r.peer, side, side, "`failOn: 'none'`", qualityOfAVIF,
		inRGB.db, inRGB.mean, inRGB.p95, inCMYK.db, inCMYK.mean, inCMYK.p95, inLook.db, inLook.mean, inLook.p95, inAVIF.db, inAVIF.mean, inAVIF.p95, mostTime.Seconds(), int64(mostPeak/1e6))
	r.writeSummary(&out)
	fmt.Fprint(&out, "\n## Not held to what sharp makes of them\n\n")
	row(&out, "file", "outcome", "why")
	row(&out, "---", "---", "---")
	for _, name := range slices.Sorted(maps.Keys(exceptions)) {
		unlike := exceptions[name]
		outcome := string(unlike.outcome)
		if unlike.twin != "" {
			outcome = "as " + unlike.twin
		}
		row(&out, name, outcome, unlike.why)
	}
	for _, l := range look.All {
		if l.Unlike != "" {
			row(&out, l.Preset, string(another), l.Unlike)
		}
	}
	fmt.Fprint(&out, "\n## Every picture\n\n")
	row(&out, "file", "class", "outcome", "dB", "mean ΔE", "95 %", "size", "ms", "MB")
	row(&out, slices.Repeat([]string{"---"}, 9)...)
	for _, l := range r.all {
		looks := l.look()
		outcome := string(looks.outcome)
		if l.ours.code != "" {
			outcome += ": `" + string(l.ours.code) + "`"
		}
		db, mean, p95 := "", "", ""
		if d := l.difference; d != nil {
			db, mean, p95 = decibels(d.db), fmt.Sprintf("%.2f", d.mean), fmt.Sprintf("%.2f", d.p95)
		}
		row(&out, l.file.name, l.class(), bold(looks.wrong != nil, outcome), db, mean, p95, l.size,
			bold(l.ours.slow(), fmt.Sprint(l.ours.time.Milliseconds())), bold(l.ours.large(), fmt.Sprint(l.ours.peak/1e6)))
	}
	r.writeMoving(&out)
	return out.Bytes()
}

// writeMoving is a table of what moves.
func (r report) writeMoving(out *bytes.Buffer) {
	if len(r.moving) == 0 {
		return
	}
	fmt.Fprintf(out, `
## What moves

Animations as previews that fit into %[1]dx%[1]d, WebP at the quality 80, or GIF. Each frame is compared with what sharp shrinks it to before it is encoded, and the worst frame counts; so are those of sharp's own preview. Asked are as many frames, loops and times, and a worst frame at most %.1[2]f dB worse than sharp's; [peers.md](peers.md) asks something of the bytes. A time of at most 10 ms is a tenth of a second, as in all browsers. Of AVIF and PNG sharp's build reads no frames but the first.

`, movingSide, lessMoving)
	row(out, "file", "format", "size", "frames", "loops", "ms of all frames", "dB", "sharp's dB", "bytes", "sharp's bytes", "")
	row(out, slices.Repeat([]string{"---"}, 11)...)
	for _, m := range r.moving {
		ours, whole := m.theirs.Ours, 0
		for _, delay := range ours.Delays {
			whole += delay
		}
		wrong := m.wrong()
		row(out, m.name, m.format, fmt.Sprintf("%dx%d", ours.Width, ours.Height), fmt.Sprint(ours.Frames), fmt.Sprint(ours.Loops), fmt.Sprint(whole),
			decibels(m.db), decibels(m.peers), fmt.Sprint(ours.Bytes), fmt.Sprint(m.theirs.Sharp.Bytes),
			bold(wrong != nil, strings.Join(wrong, "; ")))
	}
}

// writeSummary counts the outcomes by class.
func (r report) writeSummary(out *bytes.Buffer) {
	counts := map[string]map[outcome]int{}
	over := map[string]int{} // too slow or too large, by class
	for _, l := range r.all {
		v, class := l.verdict(), l.class()
		if counts[class] == nil {
			counts[class] = map[outcome]int{}
		}
		counts[class][v.outcome]++
		if v.wrong != nil {
			over[class]++
		}
	}
	heads := []string{"class"}
	for _, o := range outcomes {
		heads = append(heads, string(o))
	}
	row(out, append(heads, "**not as asked**")...)
	row(out, slices.Repeat([]string{"---"}, len(heads)+1)...)
	for _, class := range slices.Sorted(maps.Keys(counts)) {
		cells := []string{class}
		for _, o := range outcomes {
			cells = append(cells, number(counts[class][o]))
		}
		row(out, append(cells, number(over[class]))...)
	}
}

// bold makes a text bold where it is not as asked.
func bold(wrong bool, text string) string {
	if wrong {
		return "**" + text + "**"
	}
	return text
}

// number is the text of a count: nothing for none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func row(out *bytes.Buffer, cells ...string) {
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}

// errWorse is the error of tell if a picture is not as it should be.
var errWorse = errors.New("not every picture is as asked")

// tell prints the summary and names each picture that is not as it should be.
func (r report) tell(out io.Writer) error {
	var text bytes.Buffer
	r.writeSummary(&text)
	bad := 0
	for _, l := range r.all {
		if v := l.verdict(); v.wrong != nil {
			bad++
			fmt.Fprintf(&text, "\n%s, %s: %s", l.file.name, v.outcome, strings.Join(v.wrong, "; "))
		}
	}
	for _, m := range r.moving {
		if wrong := m.wrong(); wrong != nil {
			bad++
			fmt.Fprintf(&text, "\n%s: %s", m, strings.Join(wrong, "; "))
		}
	}
	for _, c := range r.cropped {
		if c.wrong != nil {
			bad++
			fmt.Fprintf(&text, "\n%s: %s", c, strings.Join(c.wrong, "; "))
		}
	}
	all := len(r.all) + len(r.moving) + len(r.cropped)
	fmt.Fprintf(&text, "\n%d of %d pictures as asked\n", all-bad, all)
	if _, err := text.WriteTo(out); err != nil {
		return err
	}
	if bad > 0 {
		return errWorse
	}
	return nil
}
