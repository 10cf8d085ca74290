package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"prew"
)

// The benchmark makes its own photo of 50 megapixels, the most that is rendered:
// progressive, 4:2:0, in the shape of the photo that it is made from.
const (
	largeName   = "50 MP, progressive 4:2:0"
	largeFrom   = "p12_prog.jpg"
	largeWidth  = 8660
	largeHeight = 5773
)

// footprint is the peak of resident memory of one rendering by each renderer, each in
// a process of its own, in bytes as the kernel counts them.
type footprint struct {
	photo   string
	width   int
	format  prew.Format
	most    int64 // the limit for ours, of an AVIF beyond what the JPEG before it takes
	peak    [peers]int64
	refused bool // ours refused, because it would need more than its own limit
}

// footprints returns the footprints to measure.
func footprints() []footprint {
	const mb = 1_000_000
	return []footprint{
		{photo: "p12.jpg", width: 1440, format: prew.JPEG, most: 60 * mb},
		{photo: "p12.jpg", width: 1440, format: prew.AVIF, most: 30 * mb},
		{photo: "p22_444.jpg", width: 1440, format: prew.JPEG, most: 60 * mb},
		{photo: "p22_444.jpg", width: 1440, format: prew.AVIF, most: 30 * mb},
		{photo: largeName, width: 1440, format: prew.JPEG, most: 250 * mb},
		{photo: largeName, width: largeWidth / 2, format: prew.JPEG, most: 300 * mb},     // needs 5/8 of them
		{photo: largeName, width: prew.MaxPresetSide, format: prew.JPEG, most: 450 * mb}, // needs every pixel
	}
}

// measureMemory renders every footprint once per renderer. It must be called before
// this process holds pictures: Linux includes in the peak of a child the memory of its
// parent that the child had before it became another program.
func measureMemory(corpus string, progress func(string)) ([]footprint, error) {
	large := filepath.Join(scratch, "large.jpg")
	if err := makeLarge(filepath.Join(corpus, "bench", largeFrom), large, progress); err != nil {
		return nil, err
	}
	all := footprints()
	for i := range all {
		photo := filepath.Join(corpus, "bench", all[i].photo)
		if all[i].photo == largeName {
			photo = large
		}
		for renderer := range peers {
			if renderer == debian && all[i].format == prew.AVIF {
				continue // the C program makes none
			}
			progress(fmt.Sprintf("memory: %s as %s at %d, %d of %d", all[i].photo, all[i].format, all[i].width, renderer+1, peers))
			if err := all[i].measure(renderer, photo); err != nil {
				return nil, err
			}
		}
		if all[i].format == prew.AVIF {
			all[i].most += all[i-1].peak[ours]
		}
	}
	return all, nil
}

// makeLarge makes the photo of 50 megapixels if it does not exist yet.
func makeLarge(from, to string, progress func(string)) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	progress("making a photo of 50 megapixels")
	out, err := exec.Command(scratch+"/vips", "enlarge", from,
		strconv.Itoa(largeWidth), strconv.Itoa(largeHeight), to).CombinedOutput()
	if err != nil {
		return fmt.Errorf("making %s: %w: %s", to, err, out)
	}
	return nil
}

// measure renders once: with the function as a command if the renderer is ours, else
// with a worker that has a single job.
func (f *footprint) measure(renderer int, photo string) error {
	preview := filepath.Join(scratch, "memory."+string(f.format))
	cmd := function(photo, preview, f.format, f.width)
	if renderer != ours {
		cmd = command(renderer)
		cmd.Stderr = nil // CombinedOutput takes it
		j := job{size: size{width: f.width, fit: prew.Contain}, format: f.format, quality: quality, effort: "1"}
		cmd.Stdin = strings.NewReader(j.line(photo, preview, 1))
	}
	out, err := cmd.CombinedOutput()
	said := string(out)
	// A photo that would need too much memory may be refused with this message.
	if err != nil && renderer == ours && f.photo == largeName && strings.Contains(said, "MB to be rendered") {
		f.refused, err = true, nil
	}
	if err != nil || strings.Contains(said, "failed\t") {
		return fmt.Errorf("%s of %s at %d: %v: %s", cmd.Path, photo, f.width, err, said)
	}
	f.peak[renderer] = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10 // Linux counts it in KiB
	return nil
}

// function is the deployed function as a command that renders a file, with the least
// memory that it is usually given.
func function(photo, preview string, format prew.Format, width int) *exec.Cmd {
	cmd := exec.Command(".bin/bootstrap", "render", "--preset", "peers", photo, preview)
	cmd.Env = append(os.Environ(), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", fmt.Sprintf("PRESET_PEERS=width=%d,format=%s,quality=%d", width, format, quality))
	return cmd
}
