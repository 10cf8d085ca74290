package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// sharp is the peer, a process of Node.js that renders picture after picture. Its
// protocol stands in ../sharp/looks.mjs.
type sharp struct {
	name string // with its version and that of libvips

	cmd     *exec.Cmd
	jobs    io.WriteCloser
	answers *bufio.Reader
}

// theirs is what sharp says of a picture. Where it refuses one it may say nothing else.
type theirs struct {
	Refused       string
	Width, Height int // of the preview

	Format, Space, Depth string // as jpeg, cmyk, uchar
	Orientation          int    // of EXIF
	Profile              bool   // there is an ICC profile
}

func startSharp() (*sharp, error) {
	s := &sharp{cmd: exec.Command("node", ".local/peers/sharp/looks.mjs")}
	s.cmd.Stderr = os.Stderr
	var err error
	if s.jobs, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	answers, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.answers = bufio.NewReader(answers)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	var greeting struct{ Name string }
	if err := s.read(&greeting); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.name = greeting.Name
	return s, nil
}

// render makes a preview of the file source: fit "inside" makes it fit into the size,
// "fill" makes it exactly that, "contain" pads it to that. Then sharp's methods are done.
func (s *sharp) render(source, preview string, width, height int, fit string, does []any) (answer theirs, err error) {
	return answer, s.ask(map[string]any{
		"source": source, "preview": preview, "width": width, "height": height, "fit": fit, "does": does,
	}, &answer)
}

// ask has sharp do one job.
func (s *sharp) ask(job map[string]any, answer any) error {
	line, err := json.Marshal(job)
	if err != nil {
		return err
	}
	if _, err := s.jobs.Write(append(line, '\n')); err != nil {
		return err
	}
	return s.read(answer)
}

func (s *sharp) read(answer any) error {
	line, err := s.answers.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("sharp ended without an answer: %w", err)
	}
	return json.Unmarshal(line, answer)
}

// stop ends the process, which exits when its input ends.
func (s *sharp) stop() error { return errors.Join(s.jobs.Close(), s.cmd.Wait()) }
