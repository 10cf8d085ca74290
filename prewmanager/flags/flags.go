// Package flags says all that is wrong with a program's configuration at once, each
// by the variable's name, where github.com/alecthomas/kong stops at the first.
package flags

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// Errors are everything that is wrong with a configuration.
type Errors []error

// Error is the one error, or a line for each where there are several.
func (e Errors) Error() string {
	text := errors.Join(e...).Error()
	if !strings.Contains(text, "\n") {
		return text
	}
	return "the configuration has mistakes\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}

// Unreadable returns an error for each variable whose value is not of its flag's
// type, and takes the variable out of the environment, in which kong would stop at
// it. An empty one is taken out too: it counts as not set, in every program.
func Unreadable(program *kong.Application) (wrong Errors) {
	seen := map[string]bool{} // commands share flags
	for _, command := range program.Leaves(true) {
		for _, flag := range command.Flags {
			for _, name := range flag.Envs {
				value, ok := os.LookupEnv(name)
				if !ok || seen[name] {
					continue
				}
				seen[name] = true
				if value == "" {
					os.Unsetenv(name)
					continue
				}
				given := kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: value})
				if err := flag.Parse(given, reflect.New(flag.Target.Type()).Elem()); err != nil {
					wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
					os.Unsetenv(name)
				}
			}
		}
	}
	return wrong
}
