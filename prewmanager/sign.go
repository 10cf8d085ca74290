package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"prew"
	"prew/lambda/access"
)

// sign is the command that prints signed addresses.
type sign struct {
	presetSource `embed:""`

	SigningKeys string        `placeholder:"KEY,..." help:"Keys of signed addresses, of which the first signs."`
	For         time.Duration `env:"-" default:"1h" help:"For how long the addresses are good."`
	Addresses   []string      `arg:"" name:"address" help:"Addresses of previews or photos, as /prew/<preset>/<key>, /photo/<key>, or a preset's alias."`
}

// Run prints each address with its signature. An address that could not be asked for is a
// mistake, and then none is printed.
func (s sign) Run(k *kong.Kong) error {
	presets, err := s.loadNames()
	if err != nil {
		return err
	}
	keys, err := access.ParseKeys(s.SigningKeys)
	switch {
	case err != nil:
		return err
	case len(keys) == 0:
		return errors.New("PREW_SIGNING_KEYS is not set, expected the keys of signed addresses")
	case s.For < time.Second:
		return fmt.Errorf("--for=%v, expected at least 1s", s.For)
	}
	until := time.Now().Add(s.For)
	var signed []string
	for _, address := range s.Addresses {
		path, aliased := presets.Address(address)
		if path, err = canonical(presets, path); err != nil {
			return err
		}
		separator := "?"
		if !aliased {
			address = path
		} else if strings.Contains(address, "?") {
			separator = "&"
		}
		signed = append(signed, address+separator+keys.Sign(path, until))
	}
	_, err = fmt.Fprintln(k.Stdout, strings.Join(signed, "\n"))
	return err
}

// canonical is the one spelling of a path that is signed.
func canonical(presets prew.Presets, path string) (string, error) {
	if strings.HasPrefix(path, "/"+prew.SourceRoot+"/") {
		key, err := prew.ParsePhoto(path)
		return prew.PhotoPath(key), err
	}
	ref, err := prew.ParsePath(path)
	if err != nil {
		return "", err
	}
	if _, ok := presets.Get(ref.Preset); !ok {
		return "", fmt.Errorf("preset %q is unknown, expected one of %s", ref.Preset, strings.Join(presets.Names(), ", "))
	}
	return ref.Path(), nil
}
