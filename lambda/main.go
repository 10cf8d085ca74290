// Command bootstrap is the function that renders previews. Started by Lambda,
// or by what speaks its Runtime API, it serves invocations; started by hand it
// renders a file, with the same code, presets and limits.
package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"prew"
	"prew/lambda/store"
)

func main() {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		os.Exit(command(os.Args[1:]))
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve answers invocations until the process is ended. It returns only where
// something is wrong with how the function is set up.
func serve() error {
	limitMemory()
	presets, err := loadPresets()
	if err != nil {
		return err
	}
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		return err
	}
	photos, previews, err := places(os.Getenv)
	if err != nil {
		return err
	}
	f := function{
		storage: storage{photos.Client(cfg), previews.Client(cfg), types.ObjectCannedACL(os.Getenv("PREW_ACL"))},
		presets: presets,
		log:     slog.New(slog.NewJSONHandler(os.Stderr, nil)),
		warm:    new(atomic.Bool),
	}
	lambda.Start(f.handle)
	return nil
}

// places are where photos are read and previews stored, as the environment says.
// Photos lie where previews do, but for what a PREW_SOURCE_ variable says of them.
func places(getenv func(string) string) (photos, previews store.Place, err error) {
	pathStyle, err := isYes("PREW_S3_PATH_STYLE", getenv)
	if err != nil {
		return photos, previews, err
	}
	previews = store.Place{
		Region:    getenv("PREW_S3_REGION"),
		Endpoint:  getenv("PREW_S3_ENDPOINT"),
		PathStyle: pathStyle,
		Role:      getenv("PREW_S3_ROLE"),
	}
	if getenv("PREW_SOURCE_PATH_STYLE") != "" {
		pathStyle, err = isYes("PREW_SOURCE_PATH_STYLE", getenv)
	}
	photos = store.Place{
		Region:    cmp.Or(getenv("PREW_SOURCE_REGION"), previews.Region),
		Endpoint:  cmp.Or(getenv("PREW_SOURCE_ENDPOINT"), previews.Endpoint),
		PathStyle: pathStyle,
		Role:      cmp.Or(getenv("PREW_SOURCE_ROLE"), previews.Role),
	}
	return photos, previews, err
}

// isYes reads a variable in the words that the gateway and nginx's program know.
func isYes(name string, getenv func(string) string) (bool, error) {
	switch text := getenv(name); strings.ToLower(text) {
	case "1", "true", "yes":
		return true, nil
	case "", "0", "false", "no":
		return false, nil
	default:
		return false, fmt.Errorf("%s: %q, expected 1 or 0", name, text)
	}
}

// loadPresets reads the presets that requests without parameters and the
// command line go by: those of the file PREW_PRESETS, or the embedded ones, with
// the PRESET_<NAME> variables.
func loadPresets() (prew.Presets, error) {
	file := os.Getenv("PREW_PRESETS")
	if file == "" {
		return prew.LoadPresets("presets.yaml", prew.EmbeddedPresets, os.Environ())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return prew.Presets{}, fmt.Errorf("PREW_PRESETS: %w", err)
	}
	return prew.LoadPresets(file, text, os.Environ())
}

// limitMemory has the collector keep below what Lambda grants. Left alone it
// lets the heap double, and a large photo would end the process although what
// is in use fits.
func limitMemory() {
	// Without the variable Lambda says nothing, and the default holds.
	granted, err := strconv.ParseInt(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64) // in MB
	if err != nil {
		return
	}
	// A tenth is left for stacks, the program itself and the kernel's share.
	debug.SetMemoryLimit(granted << 20 / 10 * 9)
}
