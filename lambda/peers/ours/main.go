// Command ours serves the benchmark's jobs with the function's own code.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"prew"
	"prew/lambda/render"
)

// job is one line of standard input, as worker.go writes it.
type job struct {
	source, preview string
	preset          prew.Preset
	repeat          int
}

func main() {
	runtime.GOMAXPROCS(1)
	fmt.Println(runtime.Version())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		took, err := run(lines.Text())
		if err != nil {
			fmt.Printf("failed\t%s\n", strings.ReplaceAll(err.Error(), "\n", " "))
			continue
		}
		fmt.Printf("done\t%d\n", took.Microseconds())
	}
}

// run does one job and returns the user time that it took. The photo is in
// memory before the clock starts, and the preview is written after it has
// stopped.
func run(line string) (time.Duration, error) {
	j, err := parse(line)
	if err != nil {
		return 0, err
	}
	photo, err := os.ReadFile(j.source)
	if err != nil {
		return 0, err
	}
	var preview render.Preview
	start := userTime()
	for range j.repeat {
		if preview, err = render.Render(bytes.NewReader(photo), j.preset); err != nil {
			return 0, err
		}
	}
	took := userTime() - start
	return took, os.WriteFile(j.preview, preview.Data, 0o666) // less what umask takes
}

func parse(line string) (job, error) {
	var j job
	var p prew.Preset
	fields := strings.Split(line, "\t")
	if len(fields) != 8 {
		return job{}, fmt.Errorf("a job of %d fields, expected 8", len(fields))
	}
	j.source, j.preview = fields[0], fields[1]
	_, err := fmt.Sscan(strings.Join(fields[2:], " "), &p.Width, &p.Height, &p.Fit, &p.Format, &p.Quality, &j.repeat)
	if err != nil {
		return job{}, err
	}
	j.preset, err = p.Resolve()
	return j, err
}

// userTime is the time that every thread of the process has run outside of the
// kernel.
func userTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // there is no argument that it could refuse
	}
	return time.Duration(usage.Utime.Nano())
}
