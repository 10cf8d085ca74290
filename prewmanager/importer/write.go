package importer

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"prew"
)

// written is a preset as it is written: all aliases of one meaning and place.
type written struct {
	name, source string
	meaning
	place
	shapes []*shape
	count  int
}

// presets are the presets, those that were asked for most first, and their aliases likewise.
func (i *Importer) presets() (presets []*written, sources map[place]string) {
	type same struct {
		prew.Preset
		place
	}
	by := map[same]*written{}
	sources = map[place]string{}
	for _, s := range i.sorted() {
		if s.err != nil {
			continue
		}
		key := same{s.Preset, s.place}
		p := by[key]
		if p == nil {
			p = &written{meaning: meaning{Preset: s.Preset}, place: s.place}
			by[key] = p
			presets = append(presets, p)
		}
		p.shapes, p.count = append(p.shapes, s), p.count+s.count
		for _, note := range s.notes {
			p.note(note)
		}
	}
	slices.SortStableFunc(presets, func(a, b *written) int { return cmp.Compare(b.count, a.count) })
	names, sourceNames := map[string]bool{}, map[string]bool{}
	for _, name := range noSources {
		sourceNames[name] = true
	}
	for _, p := range presets {
		if p.place != (place{}) {
			if sources[p.place] == "" {
				sources[p.place] = unique(p.place.source(), sourceNames)
			}
			p.source = sources[p.place]
		}
		p.name = p.meaning.name()
		if names[p.name] && p.source != "" {
			p.name = strings.TrimRight(p.name[:min(len(p.name), 64-maxSourceName-10)], "_") + "_" + p.source
		}
		p.name = unique(p.name, names)
	}
	return presets, sources
}

// noSources are names that a source can't have: the default one's, and SOURCE_DATE_EPOCH.
var noSources = []string{"", "default", "date_epoch"}

// sorted are the shapes, those that were asked for most first.
func (i *Importer) sorted() []*shape {
	return slices.SortedFunc(maps.Values(i.shapes), func(a, b *shape) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.alias, b.alias))
	})
}

// unique takes a name, with a number where it is taken already.
func unique(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = name + "_" + strconv.Itoa(n)
	}
	taken[free] = true
	return free
}

// WritePresets writes the presets as YAML that prew.LoadPresets reads, each with the number of
// requests for it, and the sources that they name as comments. It returns how many there are.
func (i *Importer) WritePresets(to io.Writer) (presets int, err error) {
	i.check()
	all, sources := i.presets()
	out := bufio.NewWriter(to)
	fmt.Fprintf(out, "# Presets for the addresses of %s, from %s\n", i.from, requests(i.requests))
	if len(sources) > 0 {
		fmt.Fprintf(out, "#\n# Where their photos lie, for the environment of gateways and function:\n#\n")
		for _, at := range slices.SortedFunc(maps.Keys(sources), func(a, b place) int { return cmp.Compare(sources[a], sources[b]) }) {
			fmt.Fprintf(out, "# SOURCE_%s=%q\n", strings.ToUpper(sources[at]), at.variable())
			switch {
			case at.host != "":
				fmt.Fprintf(out, "#   (put the name of the bucket behind %s there)\n", at.host)
			case at.bucket == "":
				fmt.Fprintf(out, "#   (put the name of the photos' bucket there)\n")
			}
		}
	}
	for _, p := range all {
		p.write(out)
	}
	return len(all), out.Flush()
}

// variable is the value of the variable of a place's source. Where the address names no bucket
// it has a name in its place, because each source must have one.
func (p place) variable() string {
	text := "bucket=" + cmp.Or(p.bucket, strings.ReplaceAll(p.host, ":", "-"), "your-bucket")
	if p.prefix != "" {
		text += ",prefix=" + p.prefix
	}
	if p.region != "" {
		text += ",region=" + p.region
	}
	return text
}

func (p *written) write(out io.Writer) {
	fmt.Fprintf(out, "\n# %s\n", requests(p.count))
	for _, note := range p.notes {
		fmt.Fprintf(out, "# not as before: %s\n", note)
	}
	fmt.Fprintf(out, "%s:\n", p.name)
	for _, field := range []struct{ name, text string }{
		{"width", digitsOf(p.Width)}, {"height", digitsOf(p.Height)}, {"fit", string(p.Fit)}, {"gravity", string(p.Gravity)},
		{"format", string(p.Format)}, {"quality", digitsOf(p.Quality)}, {"chroma", string(p.Chroma)}, {"background", quoted(p.Background)},
		{"colour", string(p.Colour)}, {"trim", digitsOf(p.Trim)}, {"blur", decimal(p.Blur)}, {"tone", string(p.Tone)}, {"source", p.source},
	} {
		if field.text != "" {
			fmt.Fprintf(out, "  %s: %s\n", field.name, field.text)
		}
	}
	if p.Progressive {
		fmt.Fprintf(out, "  progressive: true\n")
	}
	fmt.Fprintf(out, "  aliases:\n")
	for _, s := range p.shapes {
		fmt.Fprintf(out, "    - %s # %s\n", quoted(s.alias), grouped(s.count))
	}
}

// maxSources is how many sources are written. A function's variables have 4 kB (AWS Lambda
// Developer Guide, "Lambda quotas"), and each start looks into every bucket.
const maxSources = 50

var errSources = fmt.Errorf("a photo in one more bucket or folder than %d sources", maxSources)

// check marks the aliases that prew refuses, so that one of them does not stop a start with
// all others, and those of places for which there are no more sources.
func (i *Importer) check() {
	places := map[place]bool{{}: true}
	for _, s := range i.sorted() {
		if s.err != nil {
			continue
		}
		if !places[s.place] && len(places) > maxSources {
			s.err = errSources
			continue
		}
		alone := "x:\n  width: 1\n  aliases:\n    - " + quoted(s.alias) + "\n"
		if _, err := prew.LoadPresets("", []byte(alone), nil); err != nil {
			s.err = errSpelling
			if _, why, ok := strings.Cut(err.Error(), strconv.Quote(s.alias)+" has "); ok {
				why, _, _ = strings.Cut(why, ", expected ")
				s.err = errors.New("an address that can be no alias, it would have " + why)
			}
			continue
		}
		places[s.place] = true
	}
}

// quoted is a text in YAML's single quotes, or nothing where there is none.
func quoted(text string) string {
	if text == "" {
		return ""
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}

// digitsOf writes a number, or nothing for 0.
func digitsOf(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// decimal writes a number, or nothing for 0.
func decimal(n float64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// grouped writes a number with commas between its thousands.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func requests(n int) string {
	if n == 1 {
		return "1 request"
	}
	return grouped(n) + " requests"
}
