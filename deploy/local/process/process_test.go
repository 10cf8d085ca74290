package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"prew/deploy/local/process"
)

// shell is a command that runs a shell script.
func shell(t *testing.T, script string) process.Command {
	t.Helper()
	return process.Command{Name: "part", Dir: t.TempDir(), Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"GIVEN=yes"}}
}

// says is ready once the part has written a word to its log.
func says(c process.Command, word string) func(context.Context) error {
	return func(context.Context) error {
		text, err := os.ReadFile(filepath.Join(c.Dir, c.Name+".log"))
		if err == nil && !strings.Contains(string(text), word) {
			err = errors.New("it has not said " + word)
		}
		return err
	}
}

func start(t *testing.T, c process.Command) *process.Process {
	t.Helper()
	p, err := process.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func TestStopLetsAPartFinish(t *testing.T) {
	c := shell(t, `trap 'echo finished; exit 0' TERM; echo up; while :; do sleep 0.01; done`)
	c.Ready = says(c, "up")
	p := start(t, c)
	if err := p.Err(); err != nil {
		t.Errorf("it is running, and Err is %v", err)
	}
	p.Stop()
	if err := says(c, "finished")(t.Context()); err != nil {
		t.Error(err)
	}
	p.Stop()
	p.Kill()
	p.Signal(syscall.SIGTERM)
}

func TestPartThatEndsTooSoonQuotesItsLastWords(t *testing.T) {
	c := shell(t, `echo from an earlier life`)
	c.Ready = func(context.Context) error { return errors.New("never") }
	if _, err := process.Start(c); err == nil {
		t.Fatal("started")
	}
	c.Args[1] = `echo "bind: address in use, GIVEN=$GIVEN HOME=$HOME"; exit 4`
	_, err := process.Start(c)
	if err == nil {
		t.Fatal("started")
	}
	for _, want := range []string{"part ended: exit status 4", c.Dir + "/part.log", "bind: address in use", "GIVEN=yes HOME=\n"} {
		if !strings.Contains(err.Error()+"\n", want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "earlier life") {
		t.Errorf("the log of an earlier start is quoted: %v", err)
	}
}

func TestDeathIsNoticed(t *testing.T) {
	p := start(t, shell(t, `sleep 600`))
	p.Signal(syscall.SIGKILL)
	<-p.Done()
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), "part ended: signal: killed, and logged nothing") {
		t.Errorf("Err is %v", err)
	}
}
