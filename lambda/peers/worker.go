package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// worker is a renderer in a process of its own, which makes one preview after the
// other. Its protocol is lines of fields separated by tabs. First it writes its name
// and versions. Then for each line
//
//	source  preview  width  height  fit  format  quality  repeat  effort  look
//
// it reads the file source, renders it repeat times, writes the last preview to the
// file preview, and answers "done" with the microseconds of user time that its
// threads took for the rendering alone, or "failed" with the reason. The effort is that
// of a WebP or an AVIF, in the renderer's word, and else empty; a quality of 0 asks for a
// WebP without loss. The format gif is of what moves alone. The look is a look.Asked in
// JSON, or empty.
type worker struct {
	says string // its name and versions

	cmd     *exec.Cmd
	jobs    io.WriteCloser
	answers *bufio.Reader
}

// command is the command that starts a renderer, from the root of the checkout.
func command(renderer int) *exec.Cmd {
	var cmd *exec.Cmd
	switch renderer {
	case ours:
		cmd = exec.Command(scratch + "/ours")
	case debian:
		cmd = exec.Command(scratch + "/vips")
	default:
		cmd = exec.Command("node", scratch+"/sharp/sharp.mjs")
		// The pipelines of sharp run on the threads of libuv, four by default.
		cmd.Env = append(os.Environ(), "UV_THREADPOOL_SIZE=1")
	}
	cmd.Stderr = os.Stderr
	return cmd
}

// start starts a renderer and waits for its name.
func start(renderer int) (*worker, error) {
	cmd := command(renderer)
	jobs, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w (make bench-peers builds it)", err)
	}
	w := &worker{cmd: cmd, jobs: jobs, answers: bufio.NewReader(answers)}
	line, err := w.answers.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s ended before it said what it is", cmd.Path), w.stop())
	}
	w.says = strings.TrimSpace(line)
	return w, nil
}

// line is a job as workers read it.
func (j job) line(photo, preview string, repeat int) string {
	return fmt.Sprintf("%s\t%s\t%d\t%d\t%s\t%s\t%d\t%d\t%s\t%s\n",
		photo, preview, j.size.width, j.size.height, j.size.fit, j.format, j.quality, repeat, j.effort, j.look)
}

// do has a photo rendered repeat times and returns the mean user time of one
// rendering.
func (w *worker) do(j job, photo, preview string, repeat int) (time.Duration, error) {
	if _, err := io.WriteString(w.jobs, j.line(photo, preview, repeat)); err != nil {
		return 0, err
	}
	line, err := w.answers.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("%s, %s: ended without an answer: %w", w.says, j, err)
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(line), "\t")
	microseconds, err := strconv.Atoi(rest)
	if word != "done" || err != nil {
		return 0, fmt.Errorf("%s, %s: %s", w.says, j, strings.TrimSpace(line))
	}
	return time.Duration(microseconds) * time.Microsecond / time.Duration(repeat), nil
}

// stop ends the process, which exits when its input ends.
func (w *worker) stop() error {
	return errors.Join(w.jobs.Close(), w.cmd.Wait())
}

// measureEach measures each of the jobs with one worker of each renderer, which it starts only where
// there are jobs.
func measureEach[J, R any](chosen []J, measure func(workers [peers]*worker, j J) (R, error)) (results []R, err error) {
	if len(chosen) == 0 {
		return nil, nil
	}
	workers, stop, err := startAll()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for _, j := range chosen {
		r, err := measure(workers, j)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// startAll starts one worker of each renderer.
func startAll() (all [peers]*worker, stop func() error, err error) {
	stop = func() error {
		var errs []error
		for _, w := range all {
			if w != nil {
				errs = append(errs, w.stop())
			}
		}
		return errors.Join(errs...)
	}
	for renderer := range all {
		if all[renderer], err = start(renderer); err != nil {
			return all, stop, errors.Join(err, stop())
		}
	}
	return all, stop, nil
}
