package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"time"

	"prew"
)

// mostStart is the longest that the function may take from its start to its end with a
// tiny JPEG.
const mostStart = 15 * time.Millisecond

// measureStart is the median time of the function, as a command, from its start
// to its end with a JPEG of 16x16.
func measureStart(progress func(string)) (time.Duration, error) {
	progress("start of the function")
	var tiny bytes.Buffer
	if err := jpeg.Encode(&tiny, image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio420), nil); err != nil {
		return 0, err
	}
	photo := filepath.Join(scratch, "tiny.jpg")
	if err := os.WriteFile(photo, tiny.Bytes(), 0o666); err != nil { // before umask
		return 0, err
	}
	const starts = 21
	var times []time.Duration
	for range starts {
		cmd := function(photo, filepath.Join(scratch, "start.jpg"), prew.JPEG, 8)
		began := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			return 0, fmt.Errorf("%s: %w: %s", photo, err, out)
		}
		times = append(times, time.Since(began))
	}
	return median(times), nil
}
