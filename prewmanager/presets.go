package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"prew"
)

// presetSource says where to read the presets from, for all commands.
type presetSource struct {
	Presets string `placeholder:"FILE" help:"Presets to use in place of the built-in presets.yaml. PRESET_<NAME> variables apply to either."`
}

func (s presetSource) load() (prew.Presets, error) {
	file, text := "built-in presets.yaml", prew.EmbeddedPresets
	if s.Presets != "" {
		var err error
		if text, err = os.ReadFile(s.Presets); err != nil {
			return prew.Presets{}, fmt.Errorf("PREW_PRESETS: %w", err)
		}
		file = s.Presets
	}
	return prew.LoadPresets(file, text, os.Environ())
}

type showPresets struct {
	presetSource `embed:""`
}

func (s showPresets) Run(k *kong.Kong) error {
	presets, err := s.load()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(k.Stdout, 0, 0, 2, ' ', 0)
	for _, name := range presets.Names() {
		fmt.Fprintln(table, name)
		for _, value := range presets.Explain(name) {
			text := value.Text
			if text == "" {
				text = "-"
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\n", value.Field, text, value.Origin)
		}
	}
	return table.Flush()
}
