package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"prew/deploy/local/process"
)

// TestMain lets the test's own binary be a parent that dies: it starts a part,
// says what that one's id is, and waits to be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("BE_A_PARENT_IN"); dir != "" {
		p, err := process.Start(process.Command{Name: "part", Dir: dir, Path: "/bin/sleep", Args: []string{"600"}})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(p.PID())
		select {}
	}
	os.Exit(m.Run())
}

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

func TestKillTakesTheWholeGroup(t *testing.T) {
	c := shell(t, `sleep 600 & echo child $!; wait`)
	c.Ready = says(c, "child")
	p := start(t, c)
	text, err := os.ReadFile(p.Log)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	gone(t, child)
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

// The program's first thread, which can't end, is kept away from tests.
func init() { runtime.LockOSThread() }

// TestPartOutlivesTheThreadThatAskedForIt holds that the signal which the kernel
// sends at the end of a thread is not bound to the caller's.
func TestPartOutlivesTheThreadThatAskedForIt(t *testing.T) {
	c := shell(t, `echo up; sleep 600`)
	c.Ready = says(c, "up")
	started := make(chan *process.Process)
	thread := make(chan int)
	go func() {
		runtime.LockOSThread() // and returns without unlocking: Go ends the thread
		thread <- syscall.Gettid()
		started <- start(t, c)
	}()
	tid := <-thread
	p := <-started
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		if err := syscall.Tgkill(os.Getpid(), tid, 0); err == syscall.ESRCH {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the thread has not ended")
		}
	}
	select {
	case <-p.Done():
		t.Error(p.Err())
	default:
	}
	if err := syscall.Kill(p.PID(), 0); err != nil {
		t.Error(err)
	}
}

func TestPartDoesNotOutliveAKilledParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(self)
	parent.Env = []string{"BE_A_PARENT_IN=" + t.TempDir()}
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	parent.Process.Kill()
	io.Copy(io.Discard, output)
	parent.Wait()
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatalf("the parent said %q", line)
	}
	gone(t, pid)
}

// gone waits until a process has ended, be it as a zombie that its new parent
// has not collected.
func gone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there: %s", pid, stat)
		}
	}
}
