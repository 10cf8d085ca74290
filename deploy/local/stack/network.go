package stack

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"prew/deploy/local/process"
)

// Network is a network on this machine with a host for each server, which can be cut off
// from others: what is sent between them is lost then, and nobody is told. A host is a
// network namespace (network_namespaces(7)), and all are on one bridge. The network is
// gone with this program. A nil Network is this machine, where servers differ by their
// ports and none can be cut off.
type Network struct {
	hosts int // so far
}

// inNetwork is the variable of the environment of a program that has a network namespace of
// its own.
const inNetwork = "STACK_NETWORK"

const (
	bridge = "servers"
	// subnet is one of those that are for private use (RFC 1918). Nothing beyond this
	// program's namespace sees it.
	subnet = "10.77.0."
	// nobody is a link-layer address that no host has.
	nobody = "02:00:00:00:00:00"
)

// NewNetwork makes a network. For that the program must have a network namespace of its own,
// and so it is executed anew there, with the same arguments, by the first call: that must come
// before the program does anything. Where that can't be done, as it needs root and iproute2,
// the error says why.
func NewNetwork() (*Network, error) {
	for _, program := range []string{"ip", "nsenter"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, err
		}
	}
	if os.Getenv(inNetwork) == "" {
		// The program that is executed has the namespaces of the thread that asks for it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := syscall.Unshare(syscall.CLONE_NEWNET); err != nil {
			return nil, fmt.Errorf("network namespaces: %w", err)
		}
		return nil, syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), inNetwork+"=1"))
	}
	n := &Network{}
	return n, errors.Join(
		run("ip", "link", "set", "lo", "up"),
		run("ip", "link", "add", bridge, "type", "bridge"),
		run("ip", "address", "add", subnet+"1/24", "dev", bridge),
		run("ip", "link", "set", bridge, "up"),
	)
}

// run runs a command of a few milliseconds.
func run(name string, args ...string) error {
	text, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, text)
	}
	return nil
}

// place is where a server listens.
type place struct {
	addr string // host:port
	host *host
}

// place is one that is free, on a new host.
func (n *Network) place() (place, error) {
	addr, err := FreeAddr()
	if err != nil || n == nil {
		return place{addr: addr}, err
	}
	h, err := n.newHost()
	if err != nil {
		return place{}, err
	}
	_, port, err := net.SplitHostPort(addr)
	return place{net.JoinHostPort(h.ip, port), h}, err
}

// host is a network namespace with an address on the bridge. A nil host is this machine.
type host struct {
	ip        string
	namespace *os.File // which lives as long as this is open

	mu  sync.Mutex // protects cut
	cut []cut
}

// cut is an address that a host no longer reaches.
type cut struct {
	at *host // nil: this machine
	ip string
}

func (n *Network) newHost() (*host, error) {
	n.hosts++
	h := &host{ip: fmt.Sprint(subnet, n.hosts+1)}
	var err error
	if h.namespace, err = newNamespace(); err != nil {
		return nil, err
	}
	port := fmt.Sprintf("%s%d", bridge, n.hosts)
	return h, errors.Join(
		run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", h.path()),
		run("ip", "link", "set", port, "master", bridge, "up"),
		h.run("ip", "link", "set", "lo", "up"),
		h.run("ip", "address", "add", h.ip+"/24", "dev", "eth0"),
		h.run("ip", "link", "set", "eth0", "up"),
	)
}

// newNamespace makes a network namespace, and leaves this program where it is.
func newNamespace() (file *os.File, err error) {
	made := make(chan struct{})
	go func() {
		defer close(made)
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		if err = syscall.Unshare(syscall.CLONE_NEWNET); err == nil {
			file, err = os.Open("/proc/thread-self/ns/net")
		}
	}()
	<-made
	return file, err
}

// path names the namespace for other programs.
func (h *host) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), h.namespace.Fd()) }

// command makes a command run on the host.
func (h *host) command(c process.Command) process.Command {
	if h != nil {
		c.Args = append([]string{"--net=" + h.path(), c.Path}, c.Args...)
		c.Path, _ = exec.LookPath("nsenter") // NewNetwork has found it
	}
	return c
}

// run runs a command on the host.
func (h *host) run(name string, args ...string) error {
	if h == nil {
		return run(name, args...)
	}
	return run("nsenter", append([]string{"--net=" + h.path(), name}, args...)...)
}

// CutOff loses what a server of a Network and others send each other, until Mend. It may be
// called again for more of them.
func (r *Redis) CutOff(others ...*Redis) error {
	for _, other := range others {
		if err := r.host.cutOff(cut{r.host, other.host.ip}, cut{other.host, r.host.ip}); err != nil {
			return err
		}
	}
	return nil
}

// CutOffClients loses what a server of a Network and the programs of this machine that are
// on none of its hosts send each other, until Mend.
func (r *Redis) CutOffClients() error {
	return r.host.cutOff(cut{r.host, subnet + "1"}, cut{nil, r.host.ip})
}

func (h *host) cutOff(cuts ...cut) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range cuts {
		if err := c.at.run("ip", "neighbour", "replace", c.ip, "lladdr", nobody, "nud", "permanent", "dev", c.at.device()); err != nil {
			return err
		}
		h.cut = append(h.cut, c)
	}
	return nil
}

// Mend undoes what CutOff and CutOffClients have done to a server.
func (r *Redis) Mend() error {
	h := r.host
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.cut {
		if err := c.at.run("ip", "neighbour", "delete", c.ip, "dev", c.at.device()); err != nil {
			return err
		}
	}
	h.cut = nil
	return nil
}

func (h *host) device() string {
	if h == nil {
		return bridge
	}
	return "eth0"
}
