package nginx

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// Program returns the path of the installed nginx. Debian's is in /usr/sbin, which is
// not in every user's PATH.
func Program() (string, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/nginx")
	}
	if err != nil {
		return "", errors.New("nginx is not installed: install the package nginx")
	}
	return program, nil
}

// program is what the configuration depends on in the nginx that reads it.
type program struct {
	version []int  // 1, 22, 1
	modules string // folder of the modules that it can load
}

var (
	versionOf   = regexp.MustCompile(`nginx version: [^/\s]+/(\d+)\.(\d+)\.(\d+)`)
	modulesPath = regexp.MustCompile(`--modules-path=(\S+)`)
)

// inspect asks the installed nginx how it was built.
func inspect() (program, error) {
	path, err := Program()
	if err != nil {
		return program{}, err
	}
	built, err := exec.Command(path, "-V").CombinedOutput()
	if err != nil {
		return program{}, fmt.Errorf("%s -V: %w: %s", path, err, built)
	}
	version := versionOf.FindSubmatch(built)
	if version == nil {
		return program{}, fmt.Errorf("%s -V names no version", path)
	}
	modules := modulesPath.FindSubmatch(built)
	if modules == nil {
		return program{}, fmt.Errorf("%s -V names no --modules-path, where the headers-more module would lie", path)
	}
	p := program{modules: string(modules[1])}
	for _, digits := range version[1:] {
		number, err := strconv.Atoi(string(digits))
		if err != nil {
			return program{}, fmt.Errorf("%s -V: %w", path, err)
		}
		p.version = append(p.version, number)
	}
	return p, nil
}

// hasHTTP2 reports whether "http2" is a directive. Before 1.25.1 it is a parameter of
// "listen", for which later versions print a warning.
func (p program) hasHTTP2() bool { return slices.Compare(p.version, []int{1, 25, 1}) >= 0 }

// module returns the path of a module that the configuration loads. Where it is
// missing, the error names pkg, the package of Debian that has it.
func (p program) module(file, pkg string) (string, error) {
	path := filepath.Join(p.modules, file)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w: install the package %s", err, pkg)
	}
	return path, nil
}
