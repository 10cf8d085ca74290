package stack_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"prew/deploy/local/stack"
)

// TestNetwork runs itself in a program of its own, which a network needs.
func TestNetwork(t *testing.T) {
	t.Parallel()
	const within = "TEST_IN_NETWORK"
	if os.Getenv(within) == "" {
		test := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNetwork$", "-test.v")
		test.Env = append(os.Environ(), within+"=1")
		text, err := test.CombinedOutput()
		if strings.Contains(string(text), "--- SKIP") {
			t.Skipf("%s", text)
		}
		if err != nil || !strings.Contains(string(text), "--- PASS: TestNetwork") {
			t.Errorf("%v\n%s", err, text)
		}
		return
	}
	network, err := stack.NewNetwork()
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), settled)
	defer cancel()
	s, err := network.StartSentinels(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	primary, err := s.Primary(ctx)
	if err != nil {
		t.Fatal(err)
	}

	if err := primary.Host.CutOff(network.Home); err != nil {
		t.Fatal(err)
	}
	if answers(primary) {
		t.Error("a primary that is cut off from clients answers them")
	}
	if err := primary.Host.Mend(); err != nil {
		t.Fatal(err)
	}
	await(t, ctx, "mended", func() bool { return answers(primary) })
	await(t, ctx, "all well once mended", func() bool { return s.Well(ctx) == nil })
	if now, err := s.Primary(ctx); now != primary {
		t.Errorf("another primary, though only clients had lost it; %v", err)
	}

	for _, other := range append(s.Nodes[1:], s.Sentinels...) { // the first node is the primary
		if err := primary.Host.CutOff(other.Host); err != nil {
			t.Fatal(err)
		}
	}
	await(t, ctx, "another primary", func() bool {
		now, err := s.Primary(ctx)
		return err == nil && now != primary
	})
	await(t, ctx, "an answer of the primary that is cut off from the others", func() bool { return answers(primary) })
	if err := primary.Host.Mend(); err != nil {
		t.Fatal(err)
	}
	await(t, ctx, "all well again", func() bool { return s.Well(ctx) == nil })

	// A host reaches what listens on this machine's loopback interface.
	here := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(here.Close)
	host, err := network.NewHost()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Reach(here.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	curl := exec.CommandContext(ctx, "nsenter", "--net="+stack.PathOf(host), "curl", "--silent", "--write-out", "%{http_code}", here.URL)
	if text, err := curl.Output(); err != nil || !strings.HasSuffix(string(text), "404") {
		t.Errorf("%v: %s", err, text)
	}
}

// answers reports whether a server answers a client.
func answers(r *stack.Redis) bool {
	const enough = time.Second
	conn, err := net.DialTimeout("tcp", r.Addr, enough)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(enough))
	conn.Write([]byte("PING\r\n"))
	n, err := conn.Read(make([]byte, 10))
	return err == nil && n > 0
}
