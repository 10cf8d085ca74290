package child_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"prew/prewmanager/pool/child"
)

// TestMain lets the test's own binary be a parent that dies: it starts a child,
// says what that one's id is, and waits to be killed.
func TestMain(m *testing.M) {
	if os.Getenv("BE_A_PARENT") != "" {
		c, err := child.Start(exec.Command("/bin/sleep", "600"), syscall.SIGKILL)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(c.PID())
		select {}
	}
	os.Exit(m.Run())
}

func start(t *testing.T, program string, args ...string) *child.Child {
	t.Helper()
	c, err := child.Start(exec.Command(program, args...), syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

func TestErrSaysHowItEnded(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"exit 0", "exit status 0"},
		{"exit 3", "exit status 3"},
		{"kill -9 $$", "signal: killed"},
	} {
		c := start(t, "/bin/sh", "-c", test.script)
		<-c.Done()
		if err := c.Err(); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v", test.script, err)
		}
		c.Signal(syscall.SIGTERM)
		c.Kill()
	}
	if err := start(t, "/bin/sleep", "600").Err(); err != nil {
		t.Errorf("it is running, and Err is %v", err)
	}
}

func TestProgramThatIsNotThere(t *testing.T) {
	if c, err := child.Start(exec.Command("/nowhere"), syscall.SIGKILL); err == nil || !strings.Contains(err.Error(), "/nowhere") {
		t.Errorf("%v %v", c, err)
	}
}

func TestKillTakesTheWholeGroup(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "sleep 600 & echo $!; wait")
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c, err := child.Start(cmd, syscall.SIGKILL)
	if err != nil {
		t.Fatal(err)
	}
	var grandchild int
	_, err = fmt.Fscan(output, &grandchild)
	c.Kill()
	if err != nil {
		t.Fatal(err)
	}
	gone(t, c.PID())
	gone(t, grandchild)
}

// The program's first thread, which can't end, is kept away from tests.
func init() { runtime.LockOSThread() }

// TestChildOutlivesTheThreadThatAskedForIt holds that the signal which the kernel
// sends at the end of a thread is not bound to the caller's.
func TestChildOutlivesTheThreadThatAskedForIt(t *testing.T) {
	started := make(chan *child.Child)
	thread := make(chan int)
	go func() {
		runtime.LockOSThread() // and returns without unlocking: Go ends the thread
		thread <- syscall.Gettid()
		started <- start(t, "/bin/sleep", "600")
	}()
	tid := <-thread
	c := <-started
	for deadline := time.Now().Add(10 * time.Second); ; runtime.Gosched() {
		if err := syscall.Tgkill(os.Getpid(), tid, 0); err == syscall.ESRCH {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the thread has not ended")
		}
	}
	select {
	case <-c.Done():
		t.Error(c.Err())
	case <-time.After(20 * time.Millisecond): // the signal would have come by now
	}
}

func TestChildDoesNotOutliveAKilledParent(t *testing.T) {
	parent := exec.Command(os.Args[0])
	parent.Env = []string{"BE_A_PARENT=1"}
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	_, err = fmt.Fscan(output, &pid)
	parent.Process.Kill()
	parent.Wait()
	if err != nil {
		t.Fatal(err)
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
