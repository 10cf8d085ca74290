package stack_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"prew/deploy/local/stack"
)

// TestNetwork has TestInNetwork run by a program of its own, which a network needs.
func TestNetwork(t *testing.T) {
	t.Parallel()
	test := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInNetwork$", "-test.v")
	test.Env = append(os.Environ(), "TEST_IN_NETWORK=1")
	text, err := test.CombinedOutput()
	if strings.Contains(string(text), "--- SKIP") {
		t.Skipf("%s", text)
	}
	if err != nil || !strings.Contains(string(text), "--- PASS: TestInNetwork") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestInNetwork(t *testing.T) {
	if os.Getenv("TEST_IN_NETWORK") == "" {
		t.Skip("TestNetwork runs it")
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

	if err := primary.CutOffClients(); err != nil {
		t.Fatal(err)
	}
	if answers(primary) {
		t.Error("a primary that is cut off from clients answers them")
	}
	if err := primary.Mend(); err != nil {
		t.Fatal(err)
	}
	await(t, ctx, "mended", func() bool { return answers(primary) })
	await(t, ctx, "all well once mended", func() bool { return s.Well(ctx) == nil })
	if now, err := s.Primary(ctx); now != primary {
		t.Errorf("another primary, though only clients had lost it; %v", err)
	}

	others := append(s.Sentinels[:3:3], s.Nodes...)
	others = append(others[:3], others[4:]...) // all but the first node, the primary
	if err := primary.CutOff(others...); err != nil {
		t.Fatal(err)
	}
	await(t, ctx, "another primary", func() bool {
		now, err := s.Primary(ctx)
		return err == nil && now != primary
	})
	await(t, ctx, "an answer of the primary that is cut off from the others", func() bool { return answers(primary) })
	if err := primary.Mend(); err != nil {
		t.Fatal(err)
	}
	await(t, ctx, "all well again", func() bool { return s.Well(ctx) == nil })
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
