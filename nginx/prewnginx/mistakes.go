package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// mistakes are everything that is wrong with the configuration.
type mistakes []error

// Error is the mistake, or a line for each where there are several.
func (m mistakes) Error() string {
	text := errors.Join(m...).Error()
	if !strings.Contains(text, "\n") {
		return text
	}
	return "the configuration has mistakes\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}

// unreadable returns the variables whose values are not of their flags' types
// and takes them out of the environment: kong stops at the first, and so would
// say nothing of what else is wrong. An empty one is taken out too: it counts as
// not set, as it does for the gateway and the function.
func unreadable(program *kong.Application, lookup func(string) (string, bool), unset func(string) error) (wrong mistakes) {
	seen := map[string]bool{} // commands share flags
	for _, command := range program.Leaves(true) {
		for _, flag := range command.Flags {
			for _, name := range flag.Envs {
				value, ok := lookup(name)
				if !ok || seen[name] {
					continue
				}
				seen[name] = true
				if value == "" {
					unset(name)
					continue
				}
				given := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: value})
				if err := flag.Parse(given, reflect.New(flag.Target.Type()).Elem()); err != nil {
					wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
					unset(name)
				}
			}
		}
	}
	return wrong
}
