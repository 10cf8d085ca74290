// Prewmanager is the gateway of prew: it answers requests for previews that are not
// in S3 yet. It has each preview rendered once, for all requests that wait for it.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"prew"
	"prew/prewmanager/flags"
	"prew/prewmanager/importer"
)

// commandLine has all commands, flags and variables.
type commandLine struct {
	Serve   serve         `cmd:"" help:"Answer requests for previews. AWS_* variables name region, credentials and endpoints."`
	Presets showPresets   `cmd:"" help:"Print the effective presets with their variants, the sources of their photos, and where each value comes from."`
	HTML    showHTML      `cmd:"" name:"html" help:"Print how a page shows a photo in a preset: an <img>, or a <picture>, with its formats and pixel ratios."`
	Sign    sign          `cmd:"" help:"Print addresses of previews or photos with signatures, for presets and photos whose access is signed."`
	Import  importPresets `cmd:"" help:"Write presets that answer the addresses of another image service, from its access log."`
	Purge   purge         `cmd:"" help:"Delete stored previews, so that they are rendered anew. Exit codes: 2 called wrongly, 3 partly done, 4 refused."`
	List    list          `cmd:"" help:"Print which stored previews are older than their preset, or without a photo."`
	Warm    warm          `cmd:"" help:"Have previews rendered that are not stored, by the gateways, behind people's requests."`
	Health  health        `cmd:"" help:"Ask the gateway of this machine whether it is ready; exit code 0 if it is."`
}

// defaults are the defaults that the flags share with the rest of the project.
var defaults = kong.Vars{
	"services":        strings.Join(importer.Services(), ","),
	"cacheControl":    prew.DefaultCacheControl,
	"nginxTimeout":    prew.NginxTimeout.String(),
	"answerTimeout":   prew.AnswerTimeout.String(),
	"invokeTimeout":   prew.InvokeTimeout.String(),
	"functionTimeout": prew.FunctionTimeout.String(),
	"storeTimeout":    prew.StoreTimeout.String(),
}

// kongsUsage is kong's exit code for flags that can't be read.
const kongsUsage = 80

func main() {
	var line commandLine
	parser := kong.Must(&line,
		kong.Name("prewmanager"),
		kong.Description("Serves each preview of each photo, rendered once."),
		kong.DefaultEnvars("PREW"),
		defaults,
		kong.ShortUsageOnError(),
		kong.Exit(func(code int) {
			if code == kongsUsage {
				code = calledWrongly
			}
			os.Exit(code)
		}),
	)
	wrong := append(flags.Unreadable(parser.Model), prew.UnknownVariables(os.Environ())...)
	command, err := parser.Parse(os.Args[1:])
	parser.FatalIfErrorf(err)
	if err := command.Run(wrong); err != nil {
		fmt.Fprintln(os.Stderr, "prewmanager:", err)
		code := 1
		if coded, ok := errors.AsType[exit](err); ok {
			code = coded.code
		}
		os.Exit(code)
	}
}
