package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// isHEIC says whether sharp is handed what heif-convert makes of a picture: sharp's own
// build has no HEVC.
func (f file) isHEIC() bool { return filepath.Ext(f.name) == ".heic" }

// convertHEIC makes a PNG of a HEIC by heif-convert, libheif's command: turned, and with
// its profile. refused is what that says of a file that it does not read.
func convertHEIC(source, to string) (refused string, err error) {
	said, err := exec.Command("heif-convert", source, to).CombinedOutput()
	if _, ended := errors.AsType[*exec.ExitError](err); ended {
		last := strings.TrimSpace(string(said))
		return last[strings.LastIndexByte(last, '\n')+1:], nil
	}
	if err != nil {
		return "", fmt.Errorf("%w, make looks installs it", err)
	}
	// Of several pictures, each has a number. The first is the one that is shown.
	if !exists(to) {
		return "", os.Rename(strings.TrimSuffix(to, ".png")+"-1.png", to)
	}
	return "", nil
}
