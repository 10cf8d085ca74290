package e2e

import (
	"net/url"
	"strings"
	"testing"

	"prew"
	"prew/deploy/local/stack"
)

// edge is a system without nginx, gateways and Redis: CloudFront, S3 and the function.
var edge *stack.Stack

// onBoth runs a test on both editions. What they answer differently by design the test says.
func onBoth(t *testing.T, test func(*testing.T, *stack.Stack)) {
	t.Run("gateways", func(t *testing.T) { test(t, whole) })
	t.Run("edge", func(t *testing.T) { test(t, edge) })
}

func atTheEdge(system *stack.Stack) bool { return system.Front != nil }

// begin starts a system of its own for a test.
func begin(t *testing.T, c stack.Config) *stack.Stack {
	t.Helper()
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	c.Dir, c.Listen = t.TempDir(), addr
	system, err := stack.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(system.Stop)
	return system
}

// emptyCache is the address of another front before a system, which has nothing in its cache yet.
func emptyCache(t *testing.T, system *stack.Stack, places prew.Places, private bool) string {
	t.Helper()
	if !atTheEdge(system) {
		return anotherFrontOf(t, system, places, private, system.Gateways[len(system.Gateways)-1].Addr)
	}
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	front, err := stack.StartFront(t.TempDir(), addr, system.S3, system.Emulator.FunctionURL, places, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(front.Stop)
	return addr
}

// everywhere are the addresses that answer with previews: nginx and the gateways, or two places
// of CloudFront, each with a cache of its own. The system has its photos and previews in the
// folders of places.
func everywhere(t *testing.T, system *stack.Stack, places prew.Places) map[string]string {
	t.Helper()
	if atTheEdge(system) {
		return map[string]string{"CloudFront": system.Addr(), "CloudFront elsewhere": emptyCache(t, system, places, true)}
	}
	all := map[string]string{"nginx": system.Nginx.Addr, "a gateway": system.Gateways[0].Addr}
	if len(system.Gateways) > 1 {
		all["another"] = system.Gateways[1].Addr
	}
	return all
}

// from is where an answer comes from, as X-Prew says. CloudFront keeps with an answer what it
// was told of that, so there its own X-Cache counts, and S3 says nothing.
func from(a answer) string {
	switch cache := a.header.Get("X-Cache"); {
	case strings.HasPrefix(cache, "Hit"):
		return "cached"
	case cache != "" && a.header.Get("X-Prew") == "":
		return "stored"
	}
	return a.header.Get("X-Prew")
}

// renders is how often a preview was rendered, by its name in the bucket.
func renders(t testing.TB, system *stack.Stack, name string) int {
	t.Helper()
	if atTheEdge(system) {
		return of(t, system.Emulator.Rendered(), name)
	}
	return system.Emulator.Invocations()[name]
}

// invocations is how often the function was asked for a preview, whatever came of it.
func invocations(t testing.TB, system *stack.Stack, name string) int {
	t.Helper()
	if atTheEdge(system) {
		return of(t, system.Emulator.Invocations(), name)
	}
	return system.Emulator.Invocations()[name]
}

// of adds up what was counted for all spellings of the path of an object.
func of(t testing.TB, counted map[string]int, name string) (n int) {
	t.Helper()
	for spelt, count := range counted {
		path, err := url.PathUnescape(spelt)
		if err != nil {
			t.Fatal(err)
		}
		if path == "/"+name {
			n += count
		}
	}
	return n
}
