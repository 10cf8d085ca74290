package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// butteraugli is how far a picture is from its reference by Butteraugli, as libjxl's
// tools have it (Alakuijala and others, Guetzli: Perceptually Guided JPEG Encoder,
// 2017): the 3-norm over the picture, 0 for the same and about 1 for what is just seen.
func butteraugli(made, reference picture) (distance float64, err error) {
	var files [2]string
	for i, p := range []picture{reference, made} {
		files[i] = filepath.Join(scratch, fmt.Sprintf("butteraugli-%d.png", i))
		if err := writePNG(files[i], p); err != nil {
			return 0, err
		}
		defer os.Remove(files[i])
	}
	out, err := exec.Command("butteraugli_main", files[0], files[1]).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("butteraugli_main: %w: %s", err, out)
	}
	return readDistance(string(out))
}

// readDistance finds the 3-norm in what butteraugli_main prints.
func readDistance(out string) (distance float64, err error) {
	for line := range strings.Lines(out) {
		if _, err := fmt.Sscanf(line, "3-norm: %g", &distance); err == nil {
			return distance, nil
		}
	}
	return 0, fmt.Errorf("butteraugli_main printed %q, expected a line with the 3-norm", out)
}
