package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"prew"
)

// mostProfile is the most that making sRGB of a photo's colours may cost a preview.
const mostProfile = 5 * time.Millisecond

// measureProfile is what the colour profile of a phone, Display P3, costs a preview of
// 1440 pixels of the 12 MP photo: the function's user time, as a command, with the
// profile in the photo, less that without. Both take turns, and turns in who is first.
// The kernel counts user time in ticks, which one pair does not have many of: it is the
// mean of the middle half of the pairs.
func measureProfile(corpus string, progress func(string)) (time.Duration, error) {
	progress("what a colour profile costs")
	plain := filepath.Join(corpus, "bench", "p12.jpg")
	photo, err := os.ReadFile(plain)
	if err != nil {
		return 0, err
	}
	phone, err := os.ReadFile(filepath.Join(corpus, "jpeg", "p3.jpg"))
	if err != nil {
		return 0, err
	}
	profile := profileOf(phone)
	if profile == nil {
		return 0, fmt.Errorf("jpeg/p3.jpg has no colour profile")
	}
	const afterSOI = 2
	coloured := filepath.Join(scratch, "p3.jpg")
	if err := os.WriteFile(coloured, slices.Concat(photo[:afterSOI], profile, photo[afterSOI:]), 0o666); err != nil { // before umask
		return 0, err
	}
	const pairs = 100
	var costs []time.Duration
	for pair := range pairs {
		var took [2]time.Duration
		for turn := range took {
			i := (pair + turn) % 2
			source := [2]string{plain, coloured}[i]
			cmd := function(source, filepath.Join(scratch, "profile.jpg"), prew.JPEG, 1440)
			if out, err := cmd.CombinedOutput(); err != nil {
				return 0, fmt.Errorf("%s: %w: %s", source, err, out)
			}
			took[i] = cmd.ProcessState.UserTime()
		}
		costs = append(costs, took[1]-took[0])
	}
	slices.Sort(costs)
	var sum time.Duration
	for _, cost := range costs[pairs/4 : pairs*3/4] {
		sum += cost
	}
	return sum / (pairs / 2), nil
}

// profileOf returns the segments of a JPEG that hold its colour profile (ICC.1:2022,
// B.4), nil without.
func profileOf(src []byte) []byte {
	const app2, sos = 0xe2, 0xda
	var found []byte
	for at := 2; at+4 <= len(src) && src[at] == 0xff && src[at+1] != sos; {
		end := at + 2 + int(binary.BigEndian.Uint16(src[at+2:]))
		if end > len(src) {
			return nil
		}
		if segment := src[at:end]; segment[1] == app2 && bytes.HasPrefix(segment[4:], []byte("ICC_PROFILE\x00")) {
			found = append(found, segment...)
		}
		at = end
	}
	return found
}
