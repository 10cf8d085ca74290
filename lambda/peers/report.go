package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"prew"
)

// report has all measurements and the machine.
type report struct {
	date       time.Time
	machine    string
	renderers  [peers]string // each renderer's own name and versions
	results    []result
	alike      []alikeResult
	formats    []formatsResult
	moving     []movingResult
	costs      []cost
	gravities  []gravityCost
	footprints []footprint   // none if only some jobs were done
	start      time.Duration // 0 if only some jobs were done, as is profile
	profile    time.Duration
}

var libvips = regexp.MustCompile(`libvips \d+\.\d+`)

// name is the name of a renderer in the report.
func (r report) name(renderer int) string {
	if renderer == ours {
		return "prew"
	}
	return libvips.FindString(r.renderers[renderer])
}

// machine is the processor, as Linux calls it, with the number of its cores.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name"); ok {
			line, _, _ := strings.Cut(rest, "\n")
			model = strings.TrimSpace(strings.TrimLeft(line, "\t :"))
		}
	}
	return fmt.Sprintf("%s, %d cores", model, runtime.NumCPU())
}

// writeFiles writes the tables and the charts into a folder.
func (r report) writeFiles(dir string) error {
	var tables, chart, formats bytes.Buffer
	r.writeTables(&tables)
	if err := errors.Join(r.writeChart(&chart), r.writeFormatsChart(&formats)); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "peers.md"), tables.Bytes(), 0o666), // before umask
		os.WriteFile(filepath.Join(dir, "peers.svg"), chart.Bytes(), 0o666),
		os.WriteFile(filepath.Join(dir, "formats.svg"), formats.Bytes(), 0o666),
	)
}

// writeTables writes the report as Markdown.
func (r report) writeTables(out *bytes.Buffer) {
	fmt.Fprintf(out, `# The render engine beside libvips

Measured by %s on %s (%s).

![User time of each preview beside libvips](peers.svg)

`, "`make bench-peers`", r.date.Format("2 January 2006"), r.machine)
	about := [peers]string{
		"the function's own code",
		"as the system packages it, through a C program, vips_thumbnail_buffer with its defaults",
		"as npm has it, with its defaults; profiles ignored, as by the others",
	}
	for renderer := range peers {
		fmt.Fprintf(out, "- **%s**: %s, %s\n", r.name(renderer), r.renderers[renderer], about[renderer])
	}
	r.writeTimes(out)
	r.writeLooks(out)
	r.writeFormats(out)
	r.writeWebPs(out)
	r.writeAVIFs(out)
	r.writeMoving(out)
	r.writeCosts(out)
	r.writeGravities(out)
	r.writeFootprints(out)
}

func (r report) writeTimes(out *bytes.Buffer) {
	if len(r.results) == 0 {
		return
	}
	fmt.Fprintf(out, `
## Time

User time of one preview in ms, the photo in memory, JPEG quality %d, one thread, each renderer as it comes. Every job is timed %d times on all in turn; times are medians, and so are the ratios, of %s to each libvips in the same round.

`, quality, rounds, r.name(ours))
	heads := []string{"photo", "preview", r.name(ours), r.name(debian), r.name(modern)}
	header(out, append(heads, "of "+r.name(debian), "of "+r.name(modern), "asked", "")...)
	for _, result := range r.results {
		row := []string{result.job.about, result.job.size.name}
		for renderer := range peers {
			row = append(row, fmt.Sprintf("%.1f", milliseconds(result.speed.user[renderer])))
		}
		for _, renderer := range []int{debian, modern} {
			ratio := fmt.Sprintf("%.2f", result.speed.ratio[renderer])
			if renderer == result.job.rival {
				ratio = "**" + ratio + "**"
			}
			row = append(row, ratio)
		}
		asked := result.time(r.name(result.job.rival))
		cells(out, append(row, asked.asked, verdict(asked))...)
	}
}

func (r report) writeLooks(out *bytes.Buffer) {
	if len(r.results) == 0 {
		return
	}
	fmt.Fprintf(out, `
## Looks and bytes

Against a full decode by libjpeg-turbo, libwebp or Go's image/png, shrunk by Lanczos in 64 bit floats; what shifts a picture by less than a pixel does not count. SSIMULACRA 2 is that of Sneyers, version 2.1; Butteraugli is libjxl's 3-norm, and less is better; SSIM of Y is that of Wang et al. (2004), Gaussian window of 11x11; PSNR is of Y, in brackets of RGB, in dB. Asked are of each JPEG a SSIMULACRA 2 at most %.1f, and of each PNG an SSIM at most %.3f below that of the better libvips, and of both a PSNR at most %.1f dB below it, of RGB for JPEGs and of Y for PNGs; and at most %.2f of the bytes of the libvips that the time is held against (PNG: %.2f, JPEG of a WebP: %.2f). Quantisation tables fit some photos better than others: all JPEGs together may lose nothing.

`, lessScore, lessSSIM, lessPSNR, mostJPEG, mostPNG, mostOfWebP)
	heads := []string{"photo", "preview"}
	for _, what := range []string{"SSIMULACRA 2", "Butteraugli", "SSIM", "PSNR", "bytes"} {
		for renderer := range peers {
			heads = append(heads, what+", "+r.name(renderer))
		}
	}
	header(out, append(heads, "")...)
	for _, result := range r.results {
		row := []string{result.job.about, result.job.size.name}
		for _, l := range result.looks {
			row = append(row, fmt.Sprintf("%.2f", l.score))
		}
		for _, l := range result.looks {
			row = append(row, fmt.Sprintf("%.3f", l.far))
		}
		for _, l := range result.looks {
			row = append(row, fmt.Sprintf("%.4f", l.ssim))
		}
		for _, l := range result.looks {
			row = append(row, fmt.Sprintf("%.2f (%.2f)", l.psnr, l.psnr3))
		}
		for _, l := range result.looks {
			row = append(row, fmt.Sprint(l.bytes))
		}
		cells(out, append(row, verdict(result.quality()...))...)
	}
	if r.start > 0 {
		all := r.together()
		fmt.Fprintf(out, "\nAll JPEGs together: SSIMULACRA 2 %s beside the better libvips, asked %s; Butteraugli %s of its, asked %s; bytes %s, asked %s%s.\n",
			all[0].measured, all[0].asked, all[1].measured, all[1].asked, all[2].measured, all[2].asked, verdict(all...))
	}
}

func (r report) writeFormats(out *bytes.Buffer) {
	if len(r.formats) == 0 {
		return
	}
	fmt.Fprintf(out, `
## Three formats

![Bytes and user time of a preview as JPEG, WebP and AVIF beside sharp's](formats.svg)

Of %s and of sharp, balanced beside sharp's effort 4 for WebP and 1 for AVIF, all with chroma of 4:2:0, each at the quality at which it has the SSIMULACRA 2 that sharp's JPEG of the quality %d has at that size, found as that of WebPs is. Time is the user time of the whole job in ms, all six in turn, %d times; in brackets is how much of the time of %s's JPEG that is, in the same round.

`, r.name(ours), quality, rounds, r.name(ours))
	heads := []string{"photo", "preview", string(byScore)}
	for _, what := range []string{"bytes", "time"} {
		for _, format := range threeFormats {
			for _, renderer := range pair {
				heads = append(heads, what+", "+formatNames[format.format]+", "+formatsBy[renderer])
			}
		}
	}
	header(out, append(heads, "asked", "")...)
	for _, result := range r.formats {
		row := []string{result.job.about, result.job.size.name, fmt.Sprintf("%.2f", result.wanted)}
		for i := range threeFormats {
			for _, renderer := range pair {
				row = append(row, fmt.Sprintf("%.0f", result.made[i].bytes[renderer]))
			}
		}
		for i := range threeFormats {
			for _, renderer := range pair {
				row = append(row, fmt.Sprintf("%.1f (%.2f)", milliseconds(result.made[i].user[renderer]), result.made[i].ofJPEG[renderer]))
			}
		}
		b := result.bound()
		cells(out, append(row, b.asked, verdict(b))...)
	}
}

func (r report) writeWebPs(out *bytes.Buffer) {
	r.writeAlike(out, prew.WebP, fmt.Sprintf(`
## WebP

Of %s and of %s, as sharp has it, each at the quality at which its preview has the SSIM of Y that sharp's JPEG of the quality %d has at that size, both found by bisection and the bytes by interpolation of their logarithm. Time is the user time of the whole job in ms at the nearest whole quality, taken as above. Photos with alpha, which is kept and lies on white for SSIM, are held to the SSIM of sharp's WebP of that quality. Where the SSIM is 1 nothing is lost: both have all pixels of the photo, at its size.

`, r.name(ours), r.name(modern), quality))
}

func (r report) writeAVIFs(out *bytes.Buffer) {
	r.writeAlike(out, prew.AVIF, fmt.Sprintf(`
## AVIF

Of %s and of libaom, as sharp has it, each at the quality at which its preview has the SSIMULACRA 2 that sharp's JPEG of the quality %d has at that size, found as those of WebPs are; both keep the chroma that the photo has, and libavif decodes both. Time is the user time of encoding alone in ms, of what each has shrunk: planes for ours, and pixels for sharp's. Butteraugli is of both at the same SSIMULACRA 2. The whole job stands under [three formats](#three-formats).

`, r.name(ours), quality))
}

// writeAlike writes what is of a format.
func (r report) writeAlike(out *bytes.Buffer, format prew.Format, about string) {
	heads := []string{"photo", "preview", "effort", string(bySSIM)}
	whats := []string{"quality", "bytes", "time"}
	if format == prew.AVIF {
		heads[3] = string(byScore)
		whats = append(whats, "Butteraugli")
	}
	for _, what := range whats {
		heads = append(heads, what+", "+r.name(ours), what+", "+r.name(modern))
		if what != "quality" {
			heads = append(heads, what+", ratio", "asked")
		}
	}
	for _, result := range r.alike {
		if result.job.format != format {
			continue
		}
		if about != "" {
			out.WriteString(about)
			header(out, append(heads, "")...)
			about = ""
		}
		cells(out, result.row(result.bounds(r.name(modern)))...)
	}
}

// row is the result as a row of its table, with the bounds.
func (r alikeResult) row(bounds []bound) []string {
	j := r.job
	digits := "%.4f"
	if j.by == byScore {
		digits = "%.2f"
	}
	row := []string{j.about, j.size.name, j.efforts[ours] + ", " + j.efforts[modern], fmt.Sprintf(digits, r.wanted)}
	both := func(format string, of func(renderer int) any) {
		for _, renderer := range pair {
			row = append(row, fmt.Sprintf(format, of(renderer)))
		}
	}
	if j.lossless {
		row = append(row, "", "")
	} else {
		both("%.1f", func(renderer int) any { return r.quality[renderer] })
	}
	both("%.0f", func(renderer int) any { return r.bytes[renderer] })
	row = append(row, "**"+bounds[0].measured+"**", fmt.Sprintf("%.2f", j.mostBytes))
	both("%.1f", func(renderer int) any { return milliseconds(r.speed.user[renderer]) })
	row = append(row, "**"+bounds[1].measured+"**", fmt.Sprintf("%.2f", j.most))
	if j.by == byScore {
		both("%.3f", func(renderer int) any { return r.far[renderer] })
		row = append(row, "**"+bounds[2].measured+"**", fmt.Sprintf("%.2f", mostFar))
	}
	return append(row, verdict(bounds...))
}

func (r report) writeMoving(out *bytes.Buffer) {
	if len(r.moving) == 0 {
		return
	}
	fmt.Fprintf(out, `
## What moves

The animations of the corpus as previews that move, by %s and by %s as sharp has it, at their own size and at a smaller one, WebP at the quality %d. Time is the user time of the whole job in ms, taken as above. How like sharp's frames they are is in [looks.md](looks.md).

`, r.name(ours), r.name(modern), quality)
	heads := []string{"photo", "preview", "format"}
	for _, what := range []string{"bytes", "time"} {
		heads = append(heads, what+", "+r.name(ours), what+", "+r.name(modern), what+", ratio", "asked")
	}
	header(out, append(heads, "")...)
	for _, result := range r.moving {
		j, bounds := result.job, result.bounds(r.name(modern))
		row := []string{j.about, j.size.name, string(j.format)}
		for _, renderer := range pair {
			row = append(row, fmt.Sprint(result.bytes[renderer]))
		}
		row = append(row, "**"+bounds[0].measured+"**", fmt.Sprintf("%.2f", mostMovingBytes))
		for _, renderer := range pair {
			row = append(row, fmt.Sprintf("%.1f", milliseconds(result.speed.user[renderer])))
		}
		row = append(row, "**"+bounds[1].measured+"**", fmt.Sprintf("%.2f", mostMoving))
		cells(out, append(row, verdict(bounds...))...)
	}
}

func (r report) writeCosts(out *bytes.Buffer) {
	if len(r.costs) == 0 {
		return
	}
	fmt.Fprintf(out, `
## Looks

What each look adds to the user time of a preview, in ms, of %s and of sharp's own operation, for the same JPEG of 1440 pixels: each is timed %d times with the look and without it in turn; both are medians, and the time without it is in brackets. Where sharp's operation makes another picture, [looks.md](looks.md) says why. A box that is padded has more pixels, which are encoded too. What lies on a preview, and where its corners are cut off, sharp does by composite, and the photo has no border that trim would take.

`, r.name(ours), rounds)
	header(out, "photo", "look", r.name(ours), r.name(modern), "asked", "")
	for _, c := range r.costs {
		row := []string{c.job.job.about, "`" + c.job.look.Preset + "`"}
		for _, renderer := range pair {
			row = append(row, fmt.Sprintf("%+.1f (%.1f)", milliseconds(c.added[renderer]), milliseconds(c.before[renderer])))
		}
		cells(out, append(row, c.bound().asked, verdict(c.bound()))...)
	}
}

func (r report) writeGravities(out *bytes.Buffer) {
	if len(r.gravities) == 0 {
		return
	}
	fmt.Fprintf(out, `
## Gravities

What it adds to the user time of a cropped preview, in ms, to look for the part of the photo that is kept, beside keeping the middle: each is timed %d times with and without it in turn; both are medians, and the time of the middle is in brackets. The photos have no face, so that face looks for all else too; focus has a point that an editor has set. sharp's attention and entropy stand beside.

`, rounds)
	header(out, "photo", "preview", "gravity", "of", "added", "asked", "")
	for _, c := range r.gravities {
		asked, bounds := "", c.bounds()
		for _, b := range bounds {
			asked = b.asked
		}
		cells(out, c.job.job.about, c.job.job.size.name, c.job.gravity, r.name(c.job.renderer),
			fmt.Sprintf("%+.1f (%.1f)", milliseconds(c.added), milliseconds(c.before)), asked, verdict(bounds...))
	}
}

func (r report) writeFootprints(out *bytes.Buffer) {
	if len(r.footprints) == 0 {
		return
	}
	fmt.Fprintf(out, `
## Memory and start

Peak resident memory of a process that makes one preview and ends, in MB (of 1,000,000 bytes): of the function as a command, of the C program, and of Node.js with sharp. What would need more than the function's limit it refuses from the header.

`)
	header(out, "photo", "width", "format", r.name(ours), r.name(debian), r.name(modern), "asked", "")
	for _, f := range r.footprints {
		row := []string{f.photo, fmt.Sprint(f.width), formatNames[f.format]}
		for renderer, bytes := range f.peak {
			peak := fmt.Sprintf("%.1f", megabytes(bytes))
			switch {
			case renderer == ours && f.refused:
				peak = "refused"
			case bytes == 0:
				peak = "" // it was not asked
			}
			row = append(row, peak)
		}
		cells(out, append(row, f.bound().asked, verdict(f.bound()))...)
	}
	started := r.started()
	fmt.Fprintf(out, "\nThe function as a command, from its start to its end with a JPEG of 16x16: %s, asked %s%s.\n",
		started.measured, started.asked, verdict(started))
	coloured := r.coloured()
	fmt.Fprintf(out, "\nThe colour profile of a phone in the photo of 12 MP, for a preview of 1440: %s of user time, asked %s%s. Colours that are sRGB's take none.\n",
		coloured.measured, coloured.asked, verdict(coloured))
}

// verdict is the text of bounds in a table: empty if all are met.
func verdict(bounds ...bound) string {
	for _, b := range bounds {
		if !b.met {
			return "**missed**"
		}
	}
	return ""
}

func header(out *bytes.Buffer, names ...string) {
	cells(out, names...)
	cells(out, slices.Repeat([]string{"---"}, len(names))...)
}

func cells(out *bytes.Buffer, texts ...string) {
	fmt.Fprintf(out, "| %s |\n", strings.Join(texts, " | "))
}
