// Prewmanager is the gateway of prew: it answers requests for previews that are
// not in S3 yet, by having each rendered once for everybody who waits.
package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"prew"
)

// commandLine is every command, flag and variable there is.
type commandLine struct {
	Serve   serve       `cmd:"" help:"Answer requests for previews. AWS_* variables name region, credentials and endpoints."`
	Presets showPresets `cmd:"" help:"Print the effective presets and where each value comes from."`
	Health  health      `cmd:"" help:"Ask the gateway of this machine whether it is ready; exit code 0 if it is."`
}

// presetSource is where presets are read from, for every command alike.
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

func main() {
	var line commandLine
	parser := kong.Must(&line,
		kong.Name("prewmanager"),
		kong.Description("Serves each preview of each photo, rendered once."),
		kong.DefaultEnvars("PREW"),
		kong.Vars{"cacheControl": prew.DefaultCacheControl},
		kong.ShortUsageOnError(),
	)
	wrong := unreadable(parser.Model, os.LookupEnv, os.Unsetenv)
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := command.Run(wrong); err != nil {
		fmt.Fprintln(os.Stderr, "prewmanager:", err)
		os.Exit(1)
	}
}
