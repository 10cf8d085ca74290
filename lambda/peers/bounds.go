package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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
const (
	lessSSIM = 0.003
	lessPSNR = 1.0  // dB
	morePNG  = 1.02 // of its bytes

	// A WebP is shrunk by a box while libvips decodes it, which leaves less to encode, and
	// less to see: the SSIM is 0.01 lower.
	moreOfWebP = 1.03 // of its bytes
)

// bounds returns all bounds, in the order of the report.
func (r report) bounds() []bound {
	var all []bound
	for _, result := range r.results {
		all = append(all, result.time(r.name(result.job.rival)))
		all = append(all, result.quality()...)
	}
	for _, f := range r.footprints {
		all = append(all, f.bound())
	}
	if r.start > 0 {
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
	ssim := max(r.looks[debian].ssim, r.looks[modern].ssim) - lessSSIM
	psnr := max(r.looks[debian].psnr, r.looks[modern].psnr) - lessPSNR
	bytes := r.looks[r.job.rival].bytes
	switch {
	case r.job.format == prew.PNG:
		bytes = int64(morePNG * float64(bytes))
	case r.job.photo == "w8":
		bytes = int64(moreOfWebP * float64(bytes))
	}
	return []bound{
		{name + ", SSIM", fmt.Sprintf("at least %.4f", ssim), fmt.Sprintf("%.4f", got.ssim), got.ssim >= ssim},
		{name + ", PSNR", fmt.Sprintf("at least %.2f dB", psnr), fmt.Sprintf("%.2f dB", got.psnr), got.psnr >= psnr},
		{name + ", bytes", fmt.Sprintf("at most %d", bytes), fmt.Sprint(got.bytes), got.bytes <= bytes},
	}
}

// bound is the bound of the memory.
func (f footprint) bound() bound {
	return bound{
		fmt.Sprintf("peak memory of %s at %d", f.photo, f.width), fmt.Sprintf("at most %d MB", f.most/1e6),
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
