package emulator_test

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
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"prew/deploy/local/emulator"
)

// order is what a test tells the function to do.
type order struct {
	Do  string `json:"do"`
	URL string `json:"url"` // of which "wait" gets /arrived and /finished

	SrcKey string `json:"src_key,omitempty"`
	DstKey string `json:"dst_key,omitempty"`
	Preset string `json:"preset_name,omitempty"`
}

type report struct {
	PID int `json:"pid"`
}

// TestMain makes the test's own binary the function, with the real function's runtime
// client.
func TestMain(m *testing.M) {
	if os.Getenv("AWS_LAMBDA_RUNTIME_API") == "" {
		os.Exit(m.Run())
	}
	if os.Getenv("FAKE_START") == "exit" {
		fmt.Println("no luck today")
		os.Exit(3)
	}
	lambda.Start(func(payload json.RawMessage) (any, error) {
		if bytes.Contains(payload, []byte(`"requestContext"`)) {
			return answerHTTP(payload)
		}
		var o order
		if err := json.Unmarshal(payload, &o); err != nil {
			return nil, err
		}
		return obey(o)
	})
}

func obey(o order) (report, error) {
	switch o.Do {
	case "exit":
		os.Exit(7)
	case "wait":
		for _, path := range []string{"/arrived", "/finished"} {
			response, err := http.Get(o.URL + path)
			if err != nil {
				return report{}, err
			}
			response.Body.Close()
		}
	}
	return report{os.Getpid()}, nil
}

func start(t *testing.T, processes int, timeout time.Duration) *emulator.Emulator {
	t.Helper()
	e, err := emulator.Start(config(t, processes, timeout))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	return e
}

func config(t *testing.T, processes int, timeout time.Duration) emulator.Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return emulator.Config{
		Bootstrap: self, Processes: processes, Timeout: timeout, Memory: 1769,
		Dir: t.TempDir(),
	}
}

type result struct {
	status int
	header http.Header
	body   []byte
}

func invoke(ctx context.Context, e *emulator.Emulator, query string, payload []byte) (result, error) {
	url := e.URL + "/2015-03-31/functions/any-name/invocations" + query
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return result{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return result{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return result{response.StatusCode, response.Header, body}, err
}

func tell(t *testing.T, e *emulator.Emulator, o order) result {
	t.Helper()
	payload, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := invoke(t.Context(), e, "", payload)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(t *testing.T, r result) report {
	t.Helper()
	var answer report
	if err := json.Unmarshal(r.body, &answer); err != nil || answer.PID == 0 || r.header.Get("X-Amz-Function-Error") != "" {
		t.Fatalf("%d %s, expected an answer of the function", r.status, r.body)
	}
	return answer
}

func TestQualifierIsTheExecutedVersion(t *testing.T) {
	e := start(t, 1, time.Minute)
	for query, version := range map[string]string{"": "$LATEST", "?Qualifier=live": "live"} {
		r, err := invoke(t.Context(), e, query, []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.header.Get("X-Amz-Executed-Version"); got != version {
			t.Errorf("%q: version %q, want %q", query, got, version)
		}
	}
}

func TestDryRunRunsNothing(t *testing.T) {
	e := start(t, 1, time.Minute)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL+"/2015-03-31/functions/any-name/invocations", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Amz-Invocation-Type", "DryRun")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 204 || len(e.Invocations()) != 0 {
		t.Errorf("%s, %v", response.Status, e.Invocations())
	}
}

func TestRequestsThatNeverReachTheFunction(t *testing.T) {
	e := start(t, 1, time.Minute)
	for _, test := range []struct {
		name    string
		payload []byte
		status  int
		kind    string
	}{
		{"over 6 MB", []byte(`"` + strings.Repeat("x", 6291455) + `"`), 413, "RequestTooLargeException"},
		{"no JSON", []byte("photo"), 400, "InvalidRequestContentException"},
	} {
		r, err := invoke(t.Context(), e, "", test.payload)
		if err != nil {
			t.Fatal(err)
		}
		if r.status != test.status || r.header.Get("X-Amzn-ErrorType") != test.kind {
			t.Errorf("%s: %d %s %s", test.name, r.status, r.header.Get("X-Amzn-ErrorType"), r.body)
		}
	}
	if n := len(e.Invocations()); n != 0 {
		t.Errorf("%d invocations are counted", n)
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

func TestBusyProcessesThrottleAndEachRunsOneAtATime(t *testing.T) {
	const processes = 3
	e := start(t, processes, time.Minute)
	g := newGate(t)
	pids := make(chan int, processes)
	var callers sync.WaitGroup
	for i := range processes {
		callers.Go(func() {
			pids <- read(t, tell(t, e, order{Do: "wait", URL: g.URL, DstKey: fmt.Sprintf("prew/thumb/%d.jpg", i)})).PID
		})
	}
	for range processes {
		<-g.arrived
	}
	for range 2 {
		if r := tell(t, e, order{Do: "succeed"}); r.status != 429 || r.header.Get("X-Amzn-ErrorType") != "TooManyRequestsException" {
			t.Errorf("all are busy, and the answer is %d %s", r.status, r.body)
		}
	}
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
	if n := e.Throttles(); n != 2 {
		t.Errorf("%d throttles are counted, want 2", n)
	}
}

// TestOneCallerAfterAnotherIsNeverThrottled checks that a process counts as idle
// before its caller has the answer, even if the process had to be replaced.
func TestOneCallerAfterAnotherIsNeverThrottled(t *testing.T) {
	e := start(t, 1, time.Minute)
	for i := range 200 {
		do := "succeed"
		if i%50 == 49 {
			do = "exit"
		}
		if r := tell(t, e, order{Do: do}); r.status != http.StatusOK {
			t.Fatalf("invocation %d: %d %s", i, r.status, r.body)
		}
	}
}

func TestFunctionGoesOnWithoutItsCaller(t *testing.T) {
	e := start(t, 1, time.Minute)
	g := newGate(t)
	payload, err := json.Marshal(order{Do: "wait", URL: g.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := invoke(ctx, e, "", payload)
		left <- err
	}()
	<-g.arrived
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatalf("caller left with %v", err)
	}
	close(g.open)
	<-g.finished
}

func TestInvocationsAreCountedByPreview(t *testing.T) {
	e := start(t, 1, time.Minute)
	for _, o := range []order{
		{DstKey: "prew/thumb/a.jpg"}, {DstKey: "prew/thumb/a.jpg"}, {DstKey: "prew/card/a.jpg"},
		{SrcKey: "photo/a.jpg", Preset: "thumb"},
	} {
		tell(t, e, o)
	}
	response, err := http.Get(e.URL + "/invocations")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "total": 4,
  "throttled": 0,
  "invocations": {
    "photo/a.jpg thumb": 1,
    "prew/card/a.jpg": 1,
    "prew/thumb/a.jpg": 2
  }
}
`
	if string(body) != want {
		t.Errorf("got\n%swant\n%s", body, want)
	}
}

func TestProcessThatCannotStartFailsTheStartWithItsLastWords(t *testing.T) {
	c := config(t, 2, time.Minute)
	c.Env = append(c.Env, "FAKE_START=exit")
	e, err := emulator.Start(c)
	if err == nil {
		e.Stop()
		t.Fatal("started")
	}
	for _, want := range []string{"bootstrap-1", "exit status 3", "no luck today"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	log, err := os.ReadFile(filepath.Join(c.Dir, "bootstrap-1.log"))
	if err != nil || string(log) != "no luck today\n" {
		t.Errorf("its log is %q %v", log, err)
	}
}

func TestStopAnswersWhoIsWaiting(t *testing.T) {
	e := start(t, 1, time.Minute)
	g := newGate(t)
	payload, err := json.Marshal(order{Do: "wait", URL: g.URL})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{})
	go func() {
		invoke(t.Context(), e, "", payload)
		close(answered)
	}()
	<-g.arrived
	e.Stop()
	<-answered
	e.Stop()
	close(g.open)
}

// TestRenewedProcessesTakeOver while an invocation is under way, which has its answer.
func TestRenewedProcessesTakeOver(t *testing.T) {
	e := start(t, 1, time.Minute)
	g := newGate(t)
	answers := make(chan error, 1)
	go func() {
		_, err := e.Invoke(t.Context(), []byte(`{"do":"wait","url":"`+g.URL+`"}`))
		answers <- err
	}()
	<-g.arrived
	renewed := make(chan error, 1)
	go func() { renewed <- e.Renew() }()
	select {
	case err := <-renewed:
		t.Errorf("it has not waited for what is under way: %v", err)
	case <-time.After(100 * time.Millisecond): // otherwise the test sees nothing, and passes
	}
	close(g.open)
	if err := <-answers; err != nil {
		t.Error(err)
	}
	if err := <-renewed; err != nil {
		t.Error(err)
	}
	if _, err := e.Invoke(t.Context(), []byte(`{}`)); err != nil {
		t.Error(err)
	}
}

// BenchmarkInvoke measures an invocation without the function's own work.
func BenchmarkInvoke(b *testing.B) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	e, err := emulator.Start(emulator.Config{Bootstrap: self, Processes: 1, Timeout: time.Minute, Memory: 1769, Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Stop()
	for b.Loop() {
		if _, err := invoke(b.Context(), e, "", []byte(`{}`)); err != nil {
			b.Fatal(err)
		}
	}
}
