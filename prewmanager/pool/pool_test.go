package pool_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"prew/deploy/local/emulator"
	"prew/prewmanager/pool"
)

// order is what a test tells the function to do.
type order struct {
	Do  string `json:"do"`
	URL string `json:"url"` // "wait" gets /arrived and /finished from it
}

type report struct {
	PID         int      `json:"pid"`
	Child       int      `json:"child,omitempty"`
	Environment []string `json:"environment"`
	Padding     string   `json:"padding,omitempty"`
}

// TestMain makes the test's own binary the function, with the real function's
// runtime client, or a parent that gets killed.
func TestMain(m *testing.M) {
	if os.Getenv("BE_A_PARENT") != "" {
		beParent()
	}
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		os.Exit(m.Run())
	}
	switch os.Getenv("FAKE_START") {
	case "exit":
		fmt.Println("no luck today")
		os.Exit(3)
	case "die asking":
		note()
		go call("GET", "/2018-06-01/runtime/invocation/next", nil)
		time.Sleep(20 * time.Millisecond) // meanwhile the call arrives
		os.Exit(4)
	case "once":
		if note() > 1 {
			fmt.Println("once is enough")
			os.Exit(5)
		}
	case "count":
		note()
	case "garbage":
		talkGarbage()
	}
	lambda.Start(obey)
}

func obey(o order) (any, error) {
	answer := report{PID: os.Getpid(), Environment: os.Environ()}
	switch o.Do {
	case "fail":
		return report{}, errors.New("told to fail")
	case "panic":
		panic("told to panic")
	case "exit":
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(7)
	case "hang":
		select {}
	case "hang deaf":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		select {}
	case "swell":
		swell(300)
		select {}
	case "swell a little":
		swell(20)
		time.Sleep(100 * time.Millisecond) // meanwhile its memory is read
	case "spawn":
		child := exec.Command("/bin/sleep", "600")
		if err := child.Start(); err != nil {
			return report{}, err
		}
		answer.Child = child.Process.Pid
	case "write":
		fmt.Printf("%s\n%s", strings.Repeat("x", 20000), "unended")
	case "stream too much":
		return &events.LambdaFunctionURLStreamingResponse{StatusCode: 200, Body: strings.NewReader(strings.Repeat("x", 7<<20))}, nil
	case "answer too much":
		answer.Padding = strings.Repeat("x", 7<<20)
	case "wait":
		for _, path := range []string{"/arrived", "/finished"} {
			response, err := http.Get(o.URL + path)
			if err != nil {
				return report{}, err
			}
			response.Body.Close()
		}
	}
	return answer, nil
}

var kept []byte

// swell takes mb MB of memory and writes to every page.
func swell(mb int) {
	kept = make([]byte, mb<<20)
	for i := 0; i < len(kept); i += 4096 {
		kept[i] = 1
	}
}

// note adds a line to the file STARTS and returns the number of lines, one a start.
func note() int {
	file, err := os.OpenFile(os.Getenv("STARTS"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(file, os.Getpid())
	file.Close()
	text, err := os.ReadFile(file.Name())
	if err != nil {
		panic(err)
	}
	return strings.Count(string(text), "\n")
}

// call makes a call of the Runtime API.
func call(method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequest(method, "http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+path, body)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(request)
}

// talkGarbage is a function whose program has been taken over. To each invocation it
// makes calls without a meaning and sends two answers that no gateway understands.
// After an invocation with "hang" it never asks for work again.
func talkGarbage() {
	for {
		response, err := call("GET", "/2018-06-01/runtime/invocation/next", nil)
		if err != nil {
			panic(err)
		}
		payload, err := io.ReadAll(response.Body)
		if err != nil {
			panic(err)
		}
		id := response.Header.Get("Lambda-Runtime-Aws-Request-Id")
		for _, path := range []string{"/", "/2018-06-01/runtime/invocation/another/response", "/2018-06-01/runtime/init/error", "/2018-06-01/extension/register"} {
			call("POST", path, strings.NewReader(strings.Repeat("\x00", 1<<20)))
		}
		for _, answer := range []string{"\x00\xff{", "second thoughts"} {
			call("POST", "/2018-06-01/runtime/invocation/"+id+"/response", strings.NewReader(answer))
		}
		if bytes.Contains(payload, []byte("hang")) {
			select {}
		}
	}
}

// beParent starts a pool, prints the report of its process, makes the process wait at
// the gate BE_A_PARENT, and waits to be killed.
func beParent() {
	p, err := pool.Start(context.Background(), pool.Config{Program: os.Args[0], Processes: 1, Timeout: time.Minute, Memory: 200,
		Output: func(string) (io.Writer, error) { return os.Stderr, nil }})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	answer, err := p.Invoke(context.Background(), []byte(`{}`))
	fmt.Println(string(answer.Body), err)
	p.Invoke(context.Background(), []byte(fmt.Sprintf(`{"do":"wait","url":%q}`, os.Getenv("BE_A_PARENT"))))
}

// diary keeps what the processes of a pool write.
type diary struct {
	mutex sync.Mutex
	calls []string
}

func (d *diary) Write(text []byte) (int, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.calls = append(d.calls, string(text))
	return len(text), nil
}

func (d *diary) lines() []string {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return append([]string{}, d.calls...)
}

func config(t *testing.T, processes int, timeout time.Duration, env ...string) (pool.Config, *diary) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := new(diary)
	return pool.Config{
		Program: self, Processes: processes, Timeout: timeout, Memory: 200, // the race detector takes half of it
		Env:    append(env, "GIVEN=yes"),
		Output: func(string) (io.Writer, error) { return d, nil },
	}, d
}

func start(t *testing.T, c pool.Config) *pool.Pool {
	t.Helper()
	p, err := pool.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func tell(t *testing.T, p *pool.Pool, do string) pool.Answer {
	t.Helper()
	answer, err := p.Invoke(t.Context(), []byte(fmt.Sprintf(`{"do":%q}`, do)))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func read(t *testing.T, a pool.Answer) report {
	t.Helper()
	var r report
	if err := json.Unmarshal(a.Body, &r); err != nil || r.PID == 0 || a.Failed {
		t.Fatalf("%s, expected an answer of the function", a.Body)
	}
	return r
}

// through lists the ways to reach the function: from the pool itself, or by the
// Invoke API of the emulator, which has a pool too.
var through = []struct {
	name  string
	start func(t *testing.T, timeout time.Duration) func(order) pool.Answer
}{
	{"pool", func(t *testing.T, timeout time.Duration) func(order) pool.Answer {
		c, _ := config(t, 1, timeout)
		p := start(t, c)
		return func(o order) pool.Answer { return tell(t, p, o.Do) }
	}},
	{"emulator", func(t *testing.T, timeout time.Duration) func(order) pool.Answer {
		c, _ := config(t, 1, timeout)
		e, err := emulator.Start(emulator.Config{Bootstrap: c.Program, Processes: 1, Timeout: timeout, Memory: c.Memory, Env: c.Env, Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Stop)
		return func(o order) pool.Answer {
			payload, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.Post(e.URL+"/2015-03-31/functions/f/invocations", "application/json", bytes.NewReader(payload))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s: status %d %s, Lambda's is 200 whatever the function does", o.Do, response.StatusCode, body)
			}
			failed := response.Header.Get("X-Amz-Function-Error")
			if failed != "" && failed != "Unhandled" {
				t.Errorf("%s: X-Amz-Function-Error %q", o.Do, failed)
			}
			return pool.Answer{ID: response.Header.Get("X-Amzn-RequestId"), Body: body, Failed: failed != ""}
		}
	}},
}

func TestAnswersAndFailuresLookLikeLambdas(t *testing.T) {
	for _, way := range through {
		t.Run(way.name, func(t *testing.T) {
			// What hangs is ended by the shorter one; the other is longer than anything takes, on
			// whatever machine.
			hanging, invoked := way.start(t, 3*time.Second), way.start(t, time.Minute)
			for _, test := range []struct {
				do        string
				kind      string // errorType of a failure
				message   string
				restarted bool // another process takes the next invocation
			}{
				{"succeed", "", "", false},
				{"fail", "errorString", "told to fail", false},
				{"panic", "string", "told to panic", true},
				{"exit", "Runtime.ExitError", "exit status 7; it wrote last:\n    last words", true},
				{"hang", "Sandbox.Timedout", "Task timed out after 3.00 seconds", true},
				{"hang deaf", "Sandbox.Timedout", "Task timed out after 3.00 seconds", true},
				{"answer too much", "Function.ResponseSizeTooLarge", "6291556 bytes", true},
				{"swell a little", "", "", false},
				{"swell", "Runtime.OutOfMemory", "MB, limit is 200 MB", true},
			} {
				invoke := invoked
				if strings.HasPrefix(test.do, "hang") {
					invoke = hanging
				}
				before := read(t, invoke(order{Do: "succeed"})).PID
				a := invoke(order{Do: test.do})
				if a.Failed != (test.kind != "") || a.ID == "" {
					t.Errorf("%s: failed is %v, ID %q: %s", test.do, a.Failed, a.ID, a.Body)
				}
				if test.kind != "" {
					var failure struct{ ErrorType, ErrorMessage string }
					if err := json.Unmarshal(a.Body, &failure); err != nil {
						t.Errorf("%s: %v in %s", test.do, err, a.Body)
					}
					if failure.ErrorType != test.kind || !strings.Contains(failure.ErrorMessage, test.message) {
						t.Errorf("%s: %s", test.do, a.Body)
					}
				}
				after := read(t, invoke(order{Do: "succeed"})).PID
				if (after != before) != test.restarted {
					t.Errorf("%s: process %d, then %d; restarted should be %v", test.do, before, after, test.restarted)
				}
				if test.restarted {
					gone(t, before)
				}
			}
		})
	}
}

// TestLargeStreamsAreTakenWhereTheyAreWantedOnly: a gateway wants none.
func TestLargeStreamsAreTakenWhereTheyAreWantedOnly(t *testing.T) {
	for _, test := range []struct {
		streamed int
		failed   bool
	}{{0, true}, {7 << 20, true}, {8 << 20, false}} {
		c, _ := config(t, 1, time.Minute)
		c.Streamed = test.streamed
		a := tell(t, start(t, c), "stream too much")
		if a.Failed != test.failed || test.failed && !bytes.Contains(a.Body, []byte("Function.ResponseSizeTooLarge")) {
			t.Errorf("of %d bytes: failed is %v: %.200q", test.streamed, a.Failed, a.Body)
		}
		prelude, body, _ := bytes.Cut(a.Body, make([]byte, 8))
		if !test.failed && (!a.Streamed || a.Cut || len(body) != 7<<20 || !bytes.Contains(prelude, []byte(`"statusCode":200`))) {
			t.Errorf("of %d bytes: streamed is %v, cut %v: %.200q with %d bytes", test.streamed, a.Streamed, a.Cut, prelude, len(body))
		}
	}
}

func TestProcessSeesWhatItIsGivenOnly(t *testing.T) {
	t.Setenv("AWS_SESSION_TOKEN", "a secret of the parent's")
	c, _ := config(t, 1, time.Minute, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=5", "TZ=Asia/Tokyo")
	p := start(t, c)
	r := read(t, tell(t, p, "succeed"))
	environment := strings.Join(r.Environment, "\n") + "\n"
	for _, want := range []string{"GIVEN=yes\n", "AWS_LAMBDA_FUNCTION_NAME=prew\n", "_HANDLER=bootstrap\n", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=200\n", "TZ=Asia/Tokyo\n"} {
		if !strings.Contains(environment, want) {
			t.Errorf("no %s in\n%s", want, environment)
		}
	}
	for _, secret := range []string{"AWS_SESSION_TOKEN", "HOME=", "MEMORY_SIZE=5", "TZ=:UTC"} {
		if strings.Contains(environment, secret) {
			t.Errorf("%s has reached the function", secret)
		}
	}
	score, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", r.PID))
	if err != nil || string(score) != "1000\n" {
		t.Errorf("oom_score_adj %q %v, the kernel should take the function first", score, err)
	}
}

// TestRuntimeAPIIsTheProcessesAlone checks that another user of the machine, who can
// reach the listener but not read the process's environment, gets nothing.
func TestRuntimeAPIIsTheProcessesAlone(t *testing.T) {
	c, _ := config(t, 1, time.Minute)
	var api string
	for _, variable := range read(t, tell(t, start(t, c), "succeed")).Environment {
		if value, ok := strings.CutPrefix(variable, "AWS_LAMBDA_RUNTIME_API="); ok {
			api = value
		}
	}
	address, secret, _ := strings.Cut(api, "/")
	if len(secret) < 26 { // 128 bits, five bits a letter
		t.Fatalf("AWS_LAMBDA_RUNTIME_API=%s", api)
	}
	for _, prefix := range []string{"", "/" + secret[:25], "/" + strings.Repeat("A", 26)} {
		response, err := http.Get("http://" + address + prefix + "/2018-06-01/runtime/invocation/next")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%q: status %d", prefix, response.StatusCode)
		}
	}
}

// gate holds every function with the order "wait", from /arrived until it opens.
type gate struct {
	*httptest.Server
	arrived, finished chan struct{}
	open              chan struct{}
}

func newGate(t *testing.T) *gate {
	g := &gate{arrived: make(chan struct{}, 100), finished: make(chan struct{}, 100), open: make(chan struct{})}
	g.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/arrived":
			g.arrived <- struct{}{}
			<-g.open
		case "/finished":
			g.finished <- struct{}{}
		}
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gate) order() []byte {
	return []byte(fmt.Sprintf(`{"do":"wait","url":%q}`, g.URL))
}

// TestInvocationsBeyondTheProcessesWait checks that as many invocations run at a time
// as there are processes, each in its own process, and that the next one waits.
func TestInvocationsBeyondTheProcessesWait(t *testing.T) {
	const processes = 3
	c, _ := config(t, processes, time.Minute)
	p := start(t, c)
	g := newGate(t)
	pids := make(chan int, processes)
	var callers sync.WaitGroup
	for range processes {
		callers.Go(func() {
			a, err := p.Invoke(t.Context(), g.order())
			if err != nil {
				t.Error(err)
				return
			}
			pids <- read(t, a).PID
		})
	}
	for range processes {
		<-g.arrived
	}
	impatient, leave := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer leave()
	if _, err := p.Invoke(impatient, []byte(`{}`)); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "all 3 processes are busy") {
		t.Errorf("all are busy, and the error is %v", err)
	}
	callers.Go(func() { read(t, tell(t, p, "succeed")) })
	close(g.open)
	callers.Wait()
	close(pids)
	seen := map[int]bool{}
	for pid := range pids {
		seen[pid] = true
	}
	if len(seen) != processes {
		t.Errorf("%d invocations at once ran in %d processes", processes, len(seen))
	}
}

// TestProcessGoesOnWithoutItsCaller checks that a caller who leaves ends nothing, and
// that the process stays busy until it is done.
func TestProcessGoesOnWithoutItsCaller(t *testing.T) {
	c, _ := config(t, 1, time.Minute)
	p := start(t, c)
	g := newGate(t)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := p.Invoke(ctx, g.order())
		left <- err
	}()
	<-g.arrived
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "under way") {
		t.Fatalf("caller left with %v", err)
	}
	answered := make(chan struct{})
	go func() {
		read(t, tell(t, p, "succeed"))
		close(answered)
	}()
	select {
	case <-answered:
		t.Error("a busy process took another invocation")
	case <-time.After(50 * time.Millisecond):
	}
	close(g.open)
	<-g.finished
	<-answered
}

// TestGarbageHarmsNobody checks that an invocation has one answer whatever the
// process sends, and that the next invocation gets one too.
func TestGarbageHarmsNobody(t *testing.T) {
	c, _ := config(t, 1, time.Second, "FAKE_START=garbage")
	p := start(t, c)
	for _, do := range []string{"succeed", "hang", "succeed", "succeed"} {
		if a := tell(t, p, do); string(a.Body) != "\x00\xff{" || a.Failed {
			t.Errorf("%s: %q", do, a.Body)
		}
	}
}

func TestOutputIsPassedOnByLines(t *testing.T) {
	c, d := config(t, 1, time.Minute)
	p := start(t, c)
	tell(t, p, "write")
	p.Close()
	want := []string{strings.Repeat("x", 16383) + "\n", strings.Repeat("x", 20000-16383) + "\n", "unended\n"}
	if got := d.lines(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d lines: %.40q", len(got), got)
	}
}

func TestProgramThatCannotStartFailsTheStart(t *testing.T) {
	for _, test := range []struct {
		name string
		with func(*pool.Config)
		want []string
	}{
		{"no such file", func(c *pool.Config) { c.Program = "/nowhere/bootstrap" }, []string{"/nowhere/bootstrap", "no such file"}},
		{"no program", func(c *pool.Config) { c.Program = "./pool_test.go" }, []string{"./pool_test.go: permission denied"}},
		{"ends", func(c *pool.Config) { c.Env = append(c.Env, "FAKE_START=exit") }, []string{os.Args[0], "bootstrap-1 ended: exit status 3", "\n    no luck today"}},
		{"no process", func(c *pool.Config) { c.Processes = 0 }, []string{"0 processes, 1m0s, 200 MB: expected more than 0 of each"}},
		{"no room", func(c *pool.Config) { c.Memory = 1 }, []string{"bootstrap-1 has ", " MB before any work, limit is 1 MB"}},
		{"no output", func(c *pool.Config) {
			c.Output = func(string) (io.Writer, error) { return nil, errors.New("disk full") }
		}, []string{"output of bootstrap-1: disk full"}},
	} {
		c, _ := config(t, 2, time.Minute)
		test.with(&c)
		p, err := pool.Start(t.Context(), c)
		if err == nil {
			p.Close()
			t.Errorf("%s: started", test.name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in %v", test.name, want, err)
			}
		}
	}
}

// TestProcessThatCannotBeReplacedIsTheAnswer checks that an invocation which waits
// for a process that does not start any more gets the reason.
func TestProcessThatCannotBeReplacedIsTheAnswer(t *testing.T) {
	c, _ := config(t, 1, time.Minute, "FAKE_START=once", "STARTS="+filepath.Join(t.TempDir(), "starts"))
	p := start(t, c)
	tell(t, p, "exit")
	for range 2 {
		if a := tell(t, p, "succeed"); !a.Failed || !strings.Contains(string(a.Body), "once is enough") {
			t.Errorf("%s", a.Body)
		}
	}
}

// TestProcessThatDiesAgainAndAgainIsNotStartedInABusyLoop counts the starts: the
// pauses double from 100 ms, so that there can be only a few in any time.
func TestProcessThatDiesAgainAndAgainIsNotStartedInABusyLoop(t *testing.T) {
	starts := filepath.Join(t.TempDir(), "starts")
	c, _ := config(t, 1, time.Minute, "FAKE_START=die asking", "STARTS="+starts)
	began := time.Now()
	p := start(t, c)
	time.Sleep(time.Second)
	p.Close()
	most := 1 // the start of the pool
	for pause, sum := 100*time.Millisecond, time.Duration(0); sum < time.Since(began); pause *= 2 {
		sum += pause
		most++
	}
	text, err := os.ReadFile(starts)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "\n"); n < 2 || n > most {
		t.Errorf("%d starts, want 2 to %d", n, most)
	}
}

// TestProcessKilledWhileIdleIsReplaced checks that it needs no invocation for that.
func TestProcessKilledWhileIdleIsReplaced(t *testing.T) {
	starts := filepath.Join(t.TempDir(), "starts")
	c, _ := config(t, 1, time.Minute, "FAKE_START=count", "STARTS="+starts)
	p := start(t, c)
	pids := func() []string {
		text, err := os.ReadFile(starts)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(text))
	}
	killed, err := strconv.Atoi(pids()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); len(pids()) < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing has been started in its place")
		}
	}
	if pid := read(t, tell(t, p, "succeed")).PID; strconv.Itoa(pid) != pids()[1] {
		t.Errorf("process %d answers, started were %v", pid, pids())
	}
}

func TestCloseLeavesNoProcessAndAnswersWhoWaits(t *testing.T) {
	c, _ := config(t, 2, time.Minute)
	p := start(t, c)
	spawned := read(t, tell(t, p, "spawn"))
	other := read(t, tell(t, p, "succeed"))
	g := newGate(t)
	defer close(g.open)
	ends := make(chan error)
	for range 2 {
		go func() {
			_, err := p.Invoke(t.Context(), g.order())
			ends <- err
		}()
	}
	<-g.arrived
	<-g.arrived
	go func() { // this invocation waits for a process
		_, err := p.Invoke(t.Context(), []byte(`{}`))
		ends <- err
	}()
	p.Close()
	for range 3 {
		if err := <-ends; !errors.Is(err, pool.ErrClosed) {
			t.Errorf("%v, want %v", err, pool.ErrClosed)
		}
	}
	for _, pid := range []int{spawned.PID, spawned.Child, other.PID} {
		gone(t, pid)
	}
	p.Close()
	if _, err := p.Invoke(t.Context(), []byte(`{}`)); !errors.Is(err, pool.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// TestProcessDoesNotOutliveAKilledParent uses a process that is at work and does not
// see its Runtime API disappear.
func TestProcessDoesNotOutliveAKilledParent(t *testing.T) {
	g := newGate(t)
	defer close(g.open)
	parent := exec.Command(os.Args[0])
	parent.Env = []string{"BE_A_PARENT=" + g.URL}
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var r report
	if err = json.NewDecoder(output).Decode(&r); err == nil {
		<-g.arrived
	}
	parent.Process.Kill()
	parent.Wait()
	if err != nil || r.PID == 0 {
		t.Fatalf("the parent said %v %v", r, err)
	}
	gone(t, r.PID)
}

// gone waits until a process has ended. A zombie that its new parent has not
// collected yet counts as ended.
func gone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there: %s", pid, stat)
		}
	}
}
