package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"prew"
	"prew/lambda/render/mark"
)

// presetSource says where to read the presets from, for all commands.
type presetSource struct {
	Presets string `placeholder:"FILE" help:"Presets to use in place of the built-in presets.yaml. PRESET_<NAME> variables apply to either."`
}

// load reads the presets, and decodes their watermarks once: what is wrong with one shows here
// and not in the first preview.
func (s presetSource) load() (prew.Presets, error) {
	presets, err := prew.ReadPresets(s.Presets, os.Environ())
	return presets, errors.Join(err, presets.CheckMarks(mark.Check))
}

// loadNames reads the presets without their watermarks, for commands that only print addresses.
func (s presetSource) loadNames() (prew.Presets, error) {
	return prew.ReadUnmarked(s.Presets, os.Environ())
}

type showPresets struct {
	presetSource `embed:""`
}

// Run prints every field of each preset, and of its variants those that differ from it; then
// every field of each source.
func (s showPresets) Run(k *kong.Kong) error {
	presets, err := s.load()
	places, errPlaces := prew.ReadPlaces(os.LookupEnv)
	sources, errSources := prew.ReadSources(places, os.Environ())
	if err := errors.Join(err, errPlaces, errSources, sources.CheckPresets(presets)); err != nil {
		return err
	}
	table := tabwriter.NewWriter(k.Stdout, 0, 0, 2, ' ', 0)
	for _, name := range presets.Names() {
		values := presets.Explain(name)
		printValues(table, name, values)
		for _, variant := range presets.Variants(name) {
			own := slices.DeleteFunc(presets.Explain(variant), func(v prew.Value) bool { return slices.Contains(values, v) })
			printValues(table, variant, own)
		}
	}
	for _, source := range sources.All() {
		printValues(table, "source "+source.Label(), source.Explain())
	}
	return table.Flush()
}

func printValues(table io.Writer, name string, values []prew.Value) {
	fmt.Fprintln(table, name)
	for _, value := range values {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", value.Field, cmp.Or(value.Text, "-"), value.Origin)
	}
}
