// Command bootstrap is the function that renders previews. Started by Lambda, or
// by a program that offers Lambda's Runtime API, it serves invocations; started by
// hand it renders a file, with the same code, presets and limits.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"prew"
	"prew/lambda/render"
	"prew/lambda/render/mark"
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

// serve answers invocations until the process is ended. It returns only if the
// function's configuration is wrong.
func serve() error {
	limitMemory()
	if err := errors.Join(prew.UnknownVariables(os.Environ())...); err != nil {
		return err
	}
	if err := switchHEIC(); err != nil {
		return err
	}
	presets, err := prew.ReadPresets(os.Getenv("PREW_PRESETS"), os.Environ()) // for requests without parameters
	if err := errors.Join(err, presets.CheckMarks(mark.Check)); err != nil {
		return err
	}
	cfg, err := store.Load(context.Background(), 1) // an invocation at a time
	if err != nil {
		return err
	}
	places, err := prew.ReadPlaces(os.LookupEnv)
	if err != nil {
		return err
	}
	sources, err := prew.ReadSources(places, os.Environ())
	if err := errors.Join(err, sources.CheckPresets(presets)); err != nil {
		return err
	}
	rewarms, err := readEvents(os.Getenv("PREW_EVENTS"))
	if err != nil {
		return err
	}
	site, err := readSite(os.Getenv, presets, sources)
	if err != nil {
		return err
	}
	photos := map[string]*s3.Client{}
	for _, source := range sources.All() {
		photos[source.Name] = store.Open(cfg, source.Photos).Client
	}
	previews := store.Open(cfg, sources.Previews)
	site.previews, site.photos = previews, store.Bucket{Client: photos[""], Name: sources.All()[0].Photos.Bucket}
	f := function{
		storage: storage{
			photos:   photos,
			previews: previews.Client,
			acl:      types.ObjectCannedACL(os.Getenv("PREW_ACL")),
		},
		sources: sources,
		presets: presets,
		log:     prew.NewLog(os.Stderr),
		warm:    new(atomic.Bool),
		marks:   new(marks),

		rewarms:      rewarms,
		gateways:     newGateways(os.Getenv("PREW_EVENTS_URL"), os.Getenv("PREW_EVENTS_SECRET")),
		settled:      new(prew.Settled),
		cacheControl: os.Getenv("PREW_CACHE_CONTROL"),
		protected:    site.protected,
		site:         site,
	}
	lambda.Start(f.invoke)
	return nil
}

// readEvents reads what PREW_EVENTS says of the previews of a photo that has changed: nothing,
// so that they are deleted, or rewarm, so that those that were there are rendered anew.
func readEvents(value string) (rewarms bool, err error) {
	switch value {
	case "":
		return false, nil
	case "rewarm":
		return true, nil
	}
	return false, fmt.Errorf("PREW_EVENTS: %q, expected rewarm or nothing", value)
}

// switchHEIC has PREW_HEIC say whether HEIC is read: on, unless it is off.
func switchHEIC() (err error) {
	render.HEIC, err = readSwitch("PREW_HEIC", true, os.Getenv)
	return err
}

// readSwitch reads a variable that is on or off, in all words that the flags of gateway and
// nginx take for either. Empty it is as otherwise.
func readSwitch(name string, otherwise bool, getenv func(string) string) (on bool, err error) {
	switch value := getenv(name); strings.ToLower(value) {
	case "":
		return otherwise, nil
	case "on", "1", "true", "yes":
		return true, nil
	case "off", "0", "false", "no":
		return false, nil
	default:
		return otherwise, fmt.Errorf("%s: %q, expected on or off", name, value)
	}
}

// limitMemory makes the garbage collector stay below the memory that Lambda grants.
// By default the collector lets the heap double, so that a large photo would end the
// process although the memory in use fits. Package render holds photos against this limit.
func limitMemory() {
	// Without the variable the default holds.
	granted, err := strconv.ParseInt(os.Getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), 10, 64) // in MB
	if err != nil {
		return
	}
	// A fifth is left for stacks, the program itself and the kernel's share, and for what
	// the collector does not return at once.
	debug.SetMemoryLimit(granted << 20 / 10 * 8)
}
