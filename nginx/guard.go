package nginx

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"prew"
)

// guard is a location of what not everybody may see. Access names what it takes: token, signed,
// or base64, which is what a gateway finds the alias to take. Whoever may see it gets what the
// location Then serves.
type guard struct {
	Location, Access, Then string
}

// mostVerdicts is how much of the disk verdicts take: one is a file of a few kB for a minute,
// so these are those of some 16,000 tokens and folders.
const mostVerdicts = "64m"

// guards returns the guards of a site. A preset has three: for its own paths, and for those of
// all variants that it could have, whether or not it declares them, because what was in the
// cache when it did is still there. No other preset begins so, because a name has neither "@"
// nor "." in it. What begins otherwise pays nothing for them: nginx has them in a tree.
func (s Site) guards() (all []guard) {
	if s.PhotoAccess.Protected() {
		all = append(all, guard{`"/photo/"`, string(s.PhotoAccess), "@photo"})
	}
	for _, name := range s.Presets.Names() {
		access := s.Presets.Access(name)
		if !access.Protected() {
			continue
		}
		for _, next := range []string{"/", "@", "."} {
			all = append(all, guard{fmt.Sprintf(`"/prew/%s%s"`, name, next), string(access), "@preview"})
		}
	}
	// nginx can't tell which alias in base64 an address is.
	if slices.ContainsFunc(s.Presets.Aliases(), func(a prew.Alias) bool { return a.Base64 && s.Presets.Access(a.Preset).Protected() }) {
		all = append(all, guard{`= "/prew/{base64}/{key}"`, "base64", "@base64"})
	}
	return all
}

// removeOldVerdicts removes the verdicts of an nginx that is gone. They would soon be of no
// use, and there are tokens in them.
func removeOldVerdicts(dir string) error {
	if masterIsAlive(dir) {
		return nil
	}
	return os.RemoveAll(filepath.Join(dir, "verdicts"))
}
