package importer

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteReport writes what the presets have not, or have otherwise than before, each with the
// number of requests and an example. It returns how many requests the presets do not answer.
func (i *Importer) WriteReport(to io.Writer) (unanswered int, err error) {
	i.check()
	refused, changed := maps.Clone(i.reasons), map[string]*tally{}
	for _, t := range refused {
		unanswered += t.count
	}
	add := func(reasons map[string]*tally, reason string, s *shape) {
		t := reasons[reason]
		if t == nil {
			t = &tally{example: s.example}
		}
		reasons[reason] = &tally{t.count + s.count, t.example}
	}
	for _, s := range i.sorted() {
		if s.err != nil {
			add(refused, s.err.Error(), s)
			unanswered += s.count
			continue
		}
		for _, note := range s.notes {
			add(changed, note, s)
		}
	}
	unanswered += i.dropped
	out := bufio.NewWriter(to)
	presets, sources := i.presets()
	fmt.Fprintf(out, "%s of %s answered, presets: %s, sources: %s\n",
		grouped(i.requests-unanswered), requests(i.requests), grouped(len(presets)), grouped(len(sources)))
	section(out, "not answered", refused)
	if i.dropped > 0 {
		fmt.Fprintf(out, "  %s of forms that are too rare: the log has more than %s\n", requests(i.dropped), grouped(maxShapes))
	}
	section(out, "answered, but not as before", changed)
	section(out, "not looked at", i.skipped)
	if s, ok := i.service.(s3imageserver); ok {
		for _, h := range s.handlers {
			if h.ErrorImage != "" {
				fmt.Fprintf(out, "error_image %q is not taken over: prew has pictures of its own for errors (docs/urls.md)\n", h.ErrorImage)
			}
		}
	}
	return unanswered, out.Flush()
}

// section writes tallies, the largest first, and the last of very many together.
func section(out io.Writer, title string, reasons map[string]*tally) {
	if len(reasons) == 0 {
		return
	}
	fmt.Fprintf(out, "%s:\n", title)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	sorted := slices.SortedFunc(maps.Keys(reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(reasons[b].count, reasons[a].count), strings.Compare(a, b))
	})
	rest := 0
	for n, reason := range sorted {
		if n >= maxReasons {
			rest += reasons[reason].count
			continue
		}
		fmt.Fprintf(table, "%s\t  %s\n", grouped(reasons[reason].count), reason)
		fmt.Fprintf(table, "\t  %s\n", visible(reasons[reason].example))
	}
	if rest > 0 {
		fmt.Fprintf(table, "%s\t  others\n", grouped(rest))
	}
	table.Flush()
}

// visible is an example without bytes that a terminal would obey.
func visible(text string) string {
	quoted := fmt.Sprintf("%q", text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
