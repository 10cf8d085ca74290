package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

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

// writeFiles writes the tables and the chart into a folder.
func (r *results) writeFiles(dir string) error {
	var tables, drawn bytes.Buffer
	r.writeTables(&tables)
	if err := r.writeChart(&drawn); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil { // before umask
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "soak.md"), tables.Bytes(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "soak.svg"), drawn.Bytes(), 0o666)
}

// writeTables writes the results as Markdown.
func (r *results) writeTables(out *bytes.Buffer) {
	var faults []string
	for i, entry := range schedule {
		faults = append(faults, fmt.Sprintf("%s: %d", entry.name, r.faults[i]))
	}
	fmt.Fprintf(out, `# %s under faults

Written by `+"`make soak MINUTES=%.0f`"+` on %s, and not by hand (%s).

![What every process uses, and how long requests take, minute by minute](soak.svg)

The whole system on one machine: nginx, %d gateways, Redis, an S3 server, and the real function, in %d processes. %d requests a second, whether or not those before are answered. Every body is compared with the one that it has to be. Meanwhile one of two gateways is killed and started again every minute, and Redis restarted with nothing in it; nginx is reloaded every 5 minutes; for %s of every 10 minutes each piece of S3's answers is %s late; every %s the previews of the photos that are asked for next are purged, by `+"`prewmanager purge`"+`, so that what is stored stays as much. gateway-3 is never killed.

%s.

`, title(r), r.lasts.Minutes(), r.began.Format("2 January 2006"), r.machine, gateways, renderers, r.rate, span(slowFor), brief(slowBy), span(turn), strings.Join(faults, "; "))
	header(out, "asked", "measured", "")
	for _, f := range r.find() {
		kept := "kept"
		if !f.Kept {
			kept = "**broken**"
		}
		row(out, f.Asked, f.Measured, kept)
	}
	fmt.Fprintf(out, `
## Processes

Medians of the %s that follow the first %[1]s, and of the last, of samples every %s.

`, span(r.window()), span(sampled))
	heads := []string{"process"}
	for _, m := range measures {
		heads = append(heads, m.name)
	}
	header(out, heads...)
	for _, name := range r.processes {
		cells := []string{name}
		for _, m := range measures {
			cell := ""
			for _, p := range r.byProcess(m) {
				if p.what == name {
					cell = fmt.Sprintf("%s → %s (%s)", m.print(p.before), m.print(p.after), p.change())
				}
			}
			cells = append(cells, cell)
		}
		row(out, cells...)
	}
	fmt.Fprintf(out, "\nnginx is all of its processes, whose shared memory counts for each; this program makes the requests, and in it are the emulator of Lambda and what counts nginx's requests and purges its cache.\n")
	fmt.Fprintf(out, "\n## Requests\n\n")
	heads = []string{"", "requests", "right"}
	header(out, append(heads, "wrong", "failed (5xx)", "cut off", "unreached", "hanging", "left")...)
	for k, counts := range r.load.counts {
		sum := 0
		for _, n := range counts {
			sum += n
		}
		cells := []string{kindNames[k], fmt.Sprint(sum)}
		for _, n := range counts {
			cells = append(cells, fmt.Sprint(n))
		}
		row(out, cells...)
	}
	fmt.Fprintf(out, "\n## Times\n\nTo the end of a right answer. Misses are those who joined a render too.\n\n")
	heads = []string{"minutes"}
	for _, kind := range []string{"hits", "misses"} {
		for _, part := range []string{"median", "95 %", "99 %", "99.9 %"} {
			heads = append(heads, kind+", "+part)
		}
	}
	header(out, heads...)
	last := int(r.lasts / time.Minute)
	for from := 0; from < last; from += tens {
		cells := []string{fmt.Sprintf("%d to %d", from, min(from+tens, last))}
		for _, l := range []latencies{r.load.hits, r.load.misses} {
			for _, part := range []float64{0.5, 0.95, 0.99, 0.999} {
				cells = append(cells, brief(l.percentile(part, from, from+tens)))
			}
		}
		row(out, cells...)
	}
}

// title is how long it was, as a heading.
func title(r *results) string {
	if r.lasts == anHour {
		return "An hour"
	}
	return fmt.Sprintf("%.0f minutes", r.lasts.Minutes())
}

func header(out *bytes.Buffer, cells ...string) {
	row(out, cells...)
	fmt.Fprintf(out, "|%s\n", strings.Repeat("---|", len(cells)))
}

func row(out *bytes.Buffer, cells ...string) {
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}
