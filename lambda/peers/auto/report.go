package main

import (
	"bytes"
	"fmt"
	"time"

	"prew"
)

// names are those of formats, for people.
var names = map[prew.Format]string{prew.JPEG: "JPEG", prew.WebP: "WebP", prew.AVIF: "AVIF"}

// report is the table as Markdown.
func report(date time.Time, photos, side int, rows []row) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# What quality: auto saves

Written by `+"`make bench-auto`"+` on %s, and not by hand.

Previews of %d photographs within %dx%d, by `+"`quality: auto`"+` with a likeness and by the one number of quality at which the worst of them has the same SSIMULACRA 2 as the worst of those. It is held to what was encoded, whose chroma is halved. Bytes are of all previews together. WebP, in its limited range, reaches no more than about 0.985 of many photos: they get the highest quality that is tried.

| likeness | format | SSIMULACRA 2, mean | worst | one quality | bytes, of that one's |
|---|---|---|---|---|---|
`, date.Format("2 January 2006"), photos, side, side)
	for _, r := range rows {
		fmt.Fprintf(&b, "| %.2f | %s | %.1f ± %.1f | %.1f | %d | %.3f |\n",
			r.likeness, names[r.format], r.mean, r.about, r.worst, r.fixed, float64(r.bytes)/float64(r.fixeds))
	}
	return b.Bytes()
}
