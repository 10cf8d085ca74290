package gameday

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"prew/deploy/local/stack"
)

// TestMain is the program that OwnDisk begins anew, too: the tests' own, with another disk.
func TestMain(m *testing.M) {
	if state := os.Getenv("FILLED"); state != "" {
		if err := filled(state); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestFaultThatIsUnknownNamesAll(t *testing.T) {
	const want = "CHAOS=fire, expected one of redis-down, redis-full, s3-slow, s3-down, function-throttled, gateway-down, disk-full, flood"
	if _, err := Find("fire"); err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	for _, fault := range Faults {
		if found, err := Find(fault.Name); err != nil || found.Name != fault.Name {
			t.Errorf("%s: %v, %v", fault.Name, found, err)
		}
	}
}

// TestDayTakesItsCourse over a real system, with an alert of its own.
func TestDayTakesItsCourse(t *testing.T) {
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.yaml")
	const rule = `{groups: [{name: day, rules: [{alert: Gone, expr: 'up{job="prewmanager"} < 1', labels: {severity: ticket}, annotations: {summary: It is gone., description: Look for it.}}]}]}`
	if err := os.WriteFile(rules, []byte(rule), 0o600); err != nil {
		t.Fatal(err)
	}
	listen, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	fault, err := Find("gateway-down")
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 100)
	d := &Day{Fault: fault, State: dir, Renderers: 1, Shown: []string{"/prew/thumb/a.png"}, Presets: []string{"thumb"}, NewEvery: 50 * time.Millisecond,
		Rules: rules, Every: 200 * time.Millisecond, After: time.Second, Say: func(line string) { lines <- line }}
	config := stack.Config{Dir: dir, Listen: listen, Renderers: 1, Gateways: 2}
	d.Configure(&config)
	if d.System, err = stack.Start(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.System.Stop)
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	for _, want := range []string{"In 1s: the second of two gateways is killed (CHAOS=gateway-down).", "   0:00  the second of two gateways is killed", "fires    Gone, a ticket: It is gone."} {
		for said := ""; !strings.Contains(said, want); {
			select {
			case said = <-lines:
			case err := <-ended:
				t.Fatalf("it has ended before %q: %v", want, err)
			}
		}
	}
	for rendered := 0; rendered == 0 && ctx.Err() == nil; pause(ctx, 50*time.Millisecond) { // by the gateway that is left
		for preview, n := range d.System.Emulator.Invocations() {
			if strings.HasPrefix(preview, "prew/thumb/visitors/") {
				rendered += n
			}
		}
	}
	if ctx.Err() != nil {
		t.Error("visitors ask for nothing new")
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	select {
	case err := <-d.System.Failed():
		t.Errorf("what the fault kills counts as a failure: %v", err)
	default:
	}
}

// TestWatchSaysWhatChanges looks at what Prometheus answers, look by look.
func TestWatchSaysWhatChanges(t *testing.T) {
	alert := func(instance, state string) string {
		return fmt.Sprintf(`{"state":%q,"labels":{"alertname":"Gone","instance":%q,"severity":"page"},"annotations":{"summary":"%[2]s is gone.","description":"Look for it.\n"}}`, state, instance)
	}
	answer := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/rules" {
			t.Errorf("asked for %s", r.URL)
		}
		fmt.Fprintf(w, `{"status":"success","data":{"groups":[{"rules":[{"name":"Gone","duration":300,"alerts":[%s]}]}]}}`, answer)
	}))
	defer server.Close()
	var said []string
	since := regexp.MustCompile(`^ *[0-9]+:[0-9]{2}  `)
	w := watch{prometheus: &stack.Prometheus{URL: server.URL}, since: time.Now(), say: func(line string) {
		said = append(said, strings.TrimSpace(since.ReplaceAllString(line, "")))
	}}
	for _, step := range []struct{ answer, want string }{
		{"", ""},
		{alert("b", "pending") + "," + alert("a", "pending"), "pending  Gone: a is gone. It fires if that is so for 5m.|pending  Gone: b is gone. It fires if that is so for 5m."},
		{alert("b", "pending") + "," + alert("a", "pending"), ""},
		{alert("a", "firing") + "," + alert("b", "pending"), "fires    Gone, a page: a is gone.|Look for it."},
		{alert("a", "firing"), "over     Gone"},
		{"", "over     Gone"},
		{alert("a", "firing"), "fires    Gone, a page: a is gone.|Look for it."},
	} {
		answer, said = step.answer, nil
		if err := w.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(said, "|"); got != step.want {
			t.Errorf("%s:\ngot  %s\nwant %s", step.answer, got, step.want)
		}
	}
}

func TestTimesAreReadAtAGlance(t *testing.T) {
	for at, want := range map[time.Duration]string{0: "   0:00  x", 65900 * time.Millisecond: "   1:05  x", 61 * time.Minute: "  61:00  x"} {
		if got := line(at, "x"); got != want {
			t.Errorf("%v: %q, want %q", at, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 5 * time.Second: "5s", time.Minute: "1m", 90 * time.Second: "1m30s", 15 * time.Minute: "15m"} {
		if got := plain(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// TestAnswersBeginLater and come whole, one after the other in a connection.
func TestAnswersBeginLater(t *testing.T) {
	large := strings.Repeat("x", 4<<20)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%d %s", len(body), large)
	}))
	defer server.Close()
	var d delay
	addr, err := d.between(strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.stop()
	ask := func() time.Duration {
		t.Helper()
		began := time.Now()
		response, err := http.Post("http://"+addr, "text/plain", strings.NewReader(large))
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		defer response.Body.Close()
		if body, err := io.ReadAll(response.Body); err != nil || string(body) != fmt.Sprintf("%d %s", len(large), large) {
			t.Errorf("%d bytes, %v", len(body), err)
		}
		return took
	}
	ask()
	const by = 300 * time.Millisecond
	d.slow(by)
	for range 2 {
		if took := ask(); took < by {
			t.Errorf("an answer begins after %v, want %v or more", took, by)
		}
	}
	d.stop()
	if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after the end: %v", err)
	}
}

// TestDiskOfItsOwnIsFull and nobody else's: the disk of the folder of nginx takes nothing any more,
// also where somebody gives something up.
func TestDiskOfItsOwnIsFull(t *testing.T) {
	state := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FILLED="+state)
	said, err := cmd.CombinedOutput()
	if strings.Contains(string(said), "unshare failed: Operation not permitted") {
		t.Skip("this machine lets nobody but root have mounts of their own")
	}
	if err != nil {
		t.Errorf("%v: %s", err, said)
	}
	if left, err := os.ReadDir(filepath.Join(state, "nginx")); err != nil || len(left) > 0 {
		t.Errorf("on the disk of the machine are %v, %v", left, err)
	}
}

// filled is the other program of TestDiskOfItsOwnIsFull.
func filled(state string) error {
	if err := OwnDisk(state); err != nil {
		return err
	}
	dir := filepath.Join(state, "nginx")
	given, another := filepath.Join(dir, "given-up"), filepath.Join(dir, "another")
	piece := make([]byte, 1<<20)
	if err := os.WriteFile(given, piece, 0o600); err != nil {
		return fmt.Errorf("before: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var filling sync.WaitGroup
	defer filling.Wait()
	defer cancel()
	broken := make(chan error, 1)
	filling.Go(func() { broken <- fill(ctx, dir) })
	full := func() error {
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			select {
			case err := <-broken:
				return err
			default:
			}
			var disk syscall.Statfs_t
			if err := syscall.Statfs(dir, &disk); err != nil {
				return err
			}
			if disk.Bavail == 0 {
				return nil
			}
		}
		return errors.New("the disk does not become full")
	}
	if err := full(); err != nil {
		return err
	}
	if err := os.WriteFile(another, piece, 0o600); !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("a full disk takes a file: %w", err)
	}
	if err := errors.Join(os.Remove(given), os.Remove(another)); err != nil {
		return err
	}
	return full()
}
