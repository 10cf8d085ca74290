// Package flags reports all mistakes in a program's configuration at once, each with
// the variable's name; github.com/alecthomas/kong stops at the first.
package flags

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"
)

// Errors are all mistakes in a configuration.
type Errors []error

// Error returns the text of a single error, or a line for each of several.
func (e Errors) Error() string {
	text := errors.Join(e...).Error()
	if !strings.Contains(text, "\n") {
		return text
	}
	return "the configuration has mistakes\n  " + strings.ReplaceAll(text, "\n", "\n  ")
}

// Unreadable returns an error for each variable whose value is not of its flag's
// type. It removes the variable from the environment, because kong would stop at it.
// It also removes empty variables, because every program treats them as not set, except
// those of a text that may be empty: their flags are pointers to one.
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
				if value == "" && flag.Target.Type() != reflect.TypeFor[*string]() {
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
