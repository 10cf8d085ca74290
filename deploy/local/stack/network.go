package stack

import (
	"errors"
	"fmt"
	"io"
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
	Home *Host // of this program, and of what it starts on no other

	hosts int // so far
}

const (
	// inNetwork is the variable of the environment of a program that has a network namespace
	// of its own.
	inNetwork = "STACK_NETWORK"
	bridge    = "servers"
	// subnet is one of those that are for private use (RFC 1918). Nothing beyond this
	// program's namespace sees it.
	subnet = "10.77.0."
	// nobody is a link-layer address that no host has.
	nobody = "02:00:00:00:00:00"
)

// NewNetwork makes a network. For that the program must have a network namespace of its own,
// and so the first call executes it anew there, with the same arguments: that call must come
// before the program does anything. Where it can't be done, as it needs root and iproute2,
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
	n := &Network{Home: &Host{IP: subnet + "1", device: bridge}}
	return n, errors.Join(
		run("ip", "link", "set", "lo", "up"),
		run("ip", "link", "add", bridge, "type", "bridge"),
		run("ip", "address", "add", n.Home.IP+"/24", "dev", bridge),
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
	host *Host  // nil: this machine
}

// place is one that is free, on a new host.
func (n *Network) place() (place, error) {
	if n == nil {
		addr, err := FreeAddr()
		return place{addr: addr}, err
	}
	h, err := n.NewHost()
	if err != nil {
		return place{}, err
	}
	addr, err := h.FreeAddr()
	return place{addr, h}, err
}

// Host is a network namespace with an address on the bridge.
type Host struct {
	IP string

	device string // by which it reaches the others
	path   string // of the namespace; empty: this program's
	within chan<- func()

	mu  sync.Mutex // protects cut
	cut []cut
}

// cut is an address that a host no longer reaches.
type cut struct {
	on *Host
	ip string
}

// NewHost makes a host.
func (n *Network) NewHost() (*Host, error) {
	n.hosts++
	h := &Host{IP: fmt.Sprint(subnet, n.hosts+1), device: "eth0"}
	if err := h.enter(); err != nil {
		return nil, err
	}
	port := fmt.Sprintf("%s%d", bridge, n.hosts)
	return h, errors.Join(
		run("ip", "link", "add", port, "type", "veth", "peer", "name", h.device, "netns", h.path),
		run("ip", "link", "set", port, "master", bridge, "up"),
		h.run("ip", "link", "set", "lo", "up"),
		h.run("ip", "address", "add", h.IP+"/24", "dev", h.device),
		h.run("ip", "link", "set", h.device, "up"),
	)
}

// enter makes the namespace, and a thread of this program that stays in it.
func (h *Host) enter() (err error) {
	within, made := make(chan func()), make(chan struct{})
	go func() {
		// The namespace is the thread's own, which must never run anything else.
		runtime.LockOSThread()
		err = syscall.Unshare(syscall.CLONE_NEWNET)
		h.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
		close(made)
		for do := range within {
			do()
		}
	}()
	<-made
	h.within = within
	return err
}

// do calls a function on the host.
func (h *Host) do(what func() error) (err error) {
	if h.path == "" {
		return what()
	}
	done := make(chan struct{})
	h.within <- func() {
		err = what()
		close(done)
	}
	<-done
	return err
}

// run runs a command on the host.
func (h *Host) run(name string, args ...string) error {
	return h.do(func() error { return run(name, args...) })
}

// command makes a command run on the host.
func (h *Host) command(c process.Command) process.Command {
	if h != nil && h.path != "" {
		c.Args = append([]string{"--net=" + h.path, c.Path}, c.Args...)
		c.Path, _ = exec.LookPath("nsenter") // NewNetwork has found it
	}
	return c
}

// FreeAddr is the function of that name, for a port of the host's.
func (h *Host) FreeAddr() (string, error) {
	addr, err := FreeAddr()
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(addr)
	return net.JoinHostPort(h.IP, port), err
}

// Reach lets programs on the host reach a port of this machine's loopback interface, under
// the same address.
func (h *Host) Reach(addr string) error {
	var listener net.Listener
	err := h.do(func() (err error) {
		listener, err = net.Listen("tcp", addr)
		return err
	})
	if err != nil {
		return err
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(client, addr)
		}
	}()
	return nil
}

// pass carries a connection to an address.
func pass(client net.Conn, addr string) {
	defer client.Close()
	server, err := net.Dial("tcp", addr)
	if err != nil {
		return // the client sees a connection that ends at once
	}
	defer server.Close()
	go func() {
		io.Copy(server, client)
		server.Close()
	}()
	io.Copy(client, server)
}

// CutOff loses what the host and others send each other, until Mend. It may be called again
// for more of them.
func (h *Host) CutOff(others ...*Host) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, other := range others {
		for _, c := range []cut{{h, other.IP}, {other, h.IP}} {
			if err := c.on.run("ip", "neighbour", "replace", c.ip, "lladdr", nobody, "nud", "permanent", "dev", c.on.device); err != nil {
				return err
			}
			h.cut = append(h.cut, c)
		}
	}
	return nil
}

// Mend undoes what CutOff has done to the host.
func (h *Host) Mend() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.cut {
		if err := c.on.run("ip", "neighbour", "delete", c.ip, "dev", c.on.device); err != nil {
			return err
		}
	}
	h.cut = nil
	return nil
}
