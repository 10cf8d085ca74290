package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"prew"
)

// made is what became of a picture by the function.
type made struct {
	code prew.Code     // of a refusal, "" if it was rendered
	says string        // the reason, of a refusal or a failure
	fail bool          // it ended otherwise than with a preview or a refusal
	time time.Duration // of the processor, which does not depend on what else runs
	peak int64         // resident memory in bytes, as the kernel counts it
}

// memory is what the function is granted, in MB: the least that is deployed.
const memory = 512

// hung is how long a render may take by the clock: far more than the longest.
const hung = time.Minute

// renderOurs renders a picture without loss, or as an AVIF.
func renderOurs(f file) made {
	if f.avif {
		return renderBy(fmt.Sprintf("width=%d,height=%d,format=avif,quality=%d", side, side, qualityOfAVIF), f.path, f.avifFile())
	}
	preset := fmt.Sprintf("width=%d,height=%d,format=png", side, side)
	if f.look != nil {
		preset += "," + f.look.Preset
	}
	return renderBy(preset, f.path, f.previewFile("ours"))
}

// renderBy renders a picture by the deployed function, with the fields of a preset, as a
// command in a process of its own.
func renderBy(preset, from, to string) made {
	ctx, cancel := context.WithTimeout(context.Background(), hung)
	defer cancel()
	cmd := exec.CommandContext(ctx, ".bin/bootstrap", "render", "--preset", "looks", from, to)
	cmd.Env = append(os.Environ(),
		"PRESET_LOOKS="+preset,
		fmt.Sprintf("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=%d", memory))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return made{fail: true, says: err.Error() + ", make looks builds it"}
	}
	m := made{
		time: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		peak: cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10, // Linux counts it in KiB
	}
	if err == nil {
		return m
	}
	said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
	code, reason, _ := strings.Cut(said, ": ")
	m.code, m.says = prew.Code(code), strings.TrimPrefix(reason, from+": ")
	exit, ended := errors.AsType[*exec.ExitError](err)
	const firstOfRefusals = 3 // see bootstrap --help
	if !ended || exit.ExitCode() < firstOfRefusals || !m.code.Known() || m.code == prew.RenderPanic {
		m.fail, m.code, m.says = true, "", fmt.Sprintf("%v: %s", err, said)
	}
	return m
}
