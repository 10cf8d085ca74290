package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"prew"
)

// bound is a requirement, with the measured value.
type bound struct {
	what, asked, measured string
	met                   bool
}

// The bounds of looks compare with the better of the two libvips, the bounds of bytes
// with the one that the time is compared with.
//
// The looks of JPEGs are held by SSIMULACRA 2, which was fitted to what people see, and
// by the PSNR of all three colours. Our quantisation tables take bits from what nobody
// sees and give some to chroma, and SSIM and PSNR of luma, which weigh all frequencies
// alike, do not know that: they call our JPEGs worse at the bytes at which SSIMULACRA 2
// calls them better. A table fits some photos better than others, so that a photo may
// lose a little, with fewer bytes, but all of them together must not. PNGs, which differ
// by their resizing alone, are held by SSIM and PSNR of luma.
const (
	lessScore = 2.0
	lessSSIM  = 0.003
	lessPSNR  = 1.0  // dB
	mostJPEG  = 0.98 // of its bytes
	mostPNG   = 1.02

	// libvips shrinks a WebP by a box while it decodes it, which leaves less to encode, and
	// less to see: its SSIMULACRA 2 is four points lower.
	mostOfWebP = 1.03

	// Of all JPEGs together.
	meanScore = 0.0  // more than the better libvips has
	meanFar   = 1.02 // of its distance by Butteraugli, the geometric mean
	meanBytes = 0.92 // of its bytes, the geometric mean
)

// bounds returns all bounds, in the order of the report.
func (r report) bounds() []bound {
	var all []bound
	for _, result := range r.results {
		all = append(all, result.time(r.name(result.job.rival)))
		all = append(all, result.quality()...)
	}
	for _, result := range r.formats {
		all = append(all, result.bound())
	}
	for _, result := range r.alike {
		all = append(all, result.bounds(r.name(modern))...)
	}
	for _, result := range r.moving {
		all = append(all, result.bounds(r.name(modern))...)
	}
	for _, c := range r.costs {
		all = append(all, c.bound())
	}
	for _, c := range r.gravities {
		all = append(all, c.bounds()...)
	}
	for _, f := range r.footprints {
		all = append(all, f.bound())
	}
	if r.start > 0 {
		all = append(all, r.together()...)
		all = append(all, r.started(), r.coloured())
	}
	return all
}

// started is the bound of the start.
func (r report) started() bound {
	return bound{
		"start to first preview", fmt.Sprintf("at most %d ms", mostStart.Milliseconds()),
		fmt.Sprintf("%.1f ms", milliseconds(r.start)), r.start <= mostStart,
	}
}

// coloured is the bound of a colour profile.
func (r report) coloured() bound {
	return bound{
		"colour profile", fmt.Sprintf("at most %d ms", mostProfile.Milliseconds()),
		fmt.Sprintf("%.1f ms", milliseconds(r.profile)), r.profile <= mostProfile,
	}
}

// title is the name of a job in the report.
func (j job) title() string { return j.about + " at " + j.size.name }

// time is the bound of a job's user time, against the rival with a name.
func (r result) time(rival string) bound {
	ratio := r.speed.ratio[r.job.rival]
	return bound{r.job.title() + ", user time", fmt.Sprintf("at most %.2f of %s", r.job.most, rival),
		fmt.Sprintf("%.3f", ratio), ratio <= r.job.most}
}

// quality returns the bounds of a job's preview.
func (r result) quality() []bound {
	got, name := r.looks[ours], r.job.title()
	better := func(of func(looks) float64) float64 { return max(of(r.looks[debian]), of(r.looks[modern])) }
	bytes := func(most float64) bound {
		limit := int64(most * float64(r.looks[r.job.rival].bytes))
		return bound{name + ", bytes", fmt.Sprintf("at most %d", limit), fmt.Sprint(got.bytes), got.bytes <= limit}
	}
	if r.job.format == prew.PNG {
		ssim := better(func(l looks) float64 { return l.ssim }) - lessSSIM
		psnr := better(func(l looks) float64 { return l.psnr }) - lessPSNR
		return []bound{
			{name + ", SSIM", fmt.Sprintf("at least %.4f", ssim), fmt.Sprintf("%.4f", got.ssim), got.ssim >= ssim},
			{name + ", PSNR", fmt.Sprintf("at least %.2f dB", psnr), fmt.Sprintf("%.2f dB", got.psnr), got.psnr >= psnr},
			bytes(mostPNG),
		}
	}
	most := mostJPEG
	if r.job.photo == "w8" {
		most = mostOfWebP
	}
	score := better(func(l looks) float64 { return l.score }) - lessScore
	psnr := better(func(l looks) float64 { return l.psnr3 }) - lessPSNR
	return []bound{
		{name + ", SSIMULACRA 2", fmt.Sprintf("at least %.2f", score), fmt.Sprintf("%.2f", got.score), got.score >= score},
		{name + ", PSNR of RGB", fmt.Sprintf("at least %.2f dB", psnr), fmt.Sprintf("%.2f dB", got.psnr3), got.psnr3 >= psnr},
		bytes(most),
	}
}

// together returns the bounds of all JPEGs together.
func (r report) together() []bound {
	var score, far, bytes, n float64
	for _, result := range r.results {
		if result.job.format != prew.JPEG {
			continue
		}
		score += result.looks[ours].score - max(result.looks[debian].score, result.looks[modern].score)
		far += math.Log(result.looks[ours].far / min(result.looks[debian].far, result.looks[modern].far))
		bytes += math.Log(float64(result.looks[ours].bytes) / float64(result.looks[result.job.rival].bytes))
		n++
	}
	score, far, bytes = score/n, math.Exp(far/n), math.Exp(bytes/n)
	return []bound{
		{"all JPEGs, SSIMULACRA 2", fmt.Sprintf("at least %+.2f", meanScore), fmt.Sprintf("%+.2f", score), score >= meanScore},
		{"all JPEGs, Butteraugli", fmt.Sprintf("at most %.2f of libvips's", meanFar), fmt.Sprintf("%.3f", far), far <= meanFar},
		{"all JPEGs, bytes", fmt.Sprintf("at most %.2f of libvips's", meanBytes), fmt.Sprintf("%.3f", bytes), bytes <= meanBytes},
	}
}

// bound is the bound of the memory.
func (f footprint) bound() bound {
	return bound{
		fmt.Sprintf("peak memory of %s at %d as %s", f.photo, f.width, formatNames[f.format]), fmt.Sprintf("at most %d MB", f.most/1e6),
		fmt.Sprintf("%.1f MB", megabytes(f.peak[ours])), f.peak[ours] <= f.most,
	}
}

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// errBounds is the error of tell if a bound is missed.
var errBounds = errors.New("not every bound is met")

// tell prints the tables and the bounds that are missed.
func (r report) tell(out io.Writer) error {
	var text bytes.Buffer
	r.writeTables(&text)
	missed := 0
	all := r.bounds()
	for _, b := range all {
		if !b.met {
			missed++
			fmt.Fprintf(&text, "\nMISSED  %s: %s, asked %s", b.what, b.measured, b.asked)
		}
	}
	fmt.Fprintf(&text, "\n%d of %d bounds met\n", len(all)-missed, len(all))
	if _, err := text.WriteTo(out); err != nil {
		return err
	}
	if missed > 0 {
		return errBounds
	}
	return nil
}
