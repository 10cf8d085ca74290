package nginx

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"prew"
)

// upstream is one of nginx's upstreams, photos or previews.
type upstream struct {
	Name   string
	Server string // host:port or unix:<socket>
	Tunnel bool   // Server is the socket of a tunnel
	Host   string
	Prefix string // comes before the names below the prefix of the place
}

// tunnel is a socket from which nginx's stream module connects to a store. stream.conf
// says why there are tunnels.
type tunnel struct {
	origin
	Socket string
}

// upstreams returns the upstreams of a site without mistakes, and the tunnels to those
// that need one. Photos and previews on the same server share a tunnel.
func (s Site) upstreams(dir string) (all []upstream, tunnels []tunnel) {
	for _, of := range []struct {
		name  string
		place prew.Place
	}{{"previews", s.Previews}, {"photos", s.Photos}} {
		o := originOf(of.place)
		u := upstream{Name: of.name, Server: o.Addr, Host: o.Host, Prefix: o.Prefix + "/" + prew.Escape(of.place.Prefix)}
		if o.TLS || !isAddress(o.Name) {
			u.Tunnel = true
			t := tunnel{o, filepath.Join(dir, of.name+".sock")}
			if len(tunnels) > 0 && tunnels[0].TLS == o.TLS && tunnels[0].Addr == o.Addr {
				t = tunnels[0]
			} else {
				tunnels = append(tunnels, t)
			}
			u.Server = "unix:" + t.Socket
		}
		all = append(all, u)
	}
	return all, tunnels
}

// removeDeadSockets removes the sockets of an nginx that was killed, because the next
// one can't bind them again. A socket on which nginx still listens stays, so that Write
// can precede a reload; but workers whose master was killed may listen a little longer.
func removeDeadSockets(dir string) error {
	alive := masterIsAlive(dir)
	for _, name := range []string{"nobody.sock", "previews.sock", "photos.sock"} {
		socket := filepath.Join(dir, name)
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
			if alive {
				continue
			}
			err = syscall.ECONNREFUSED
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
		if err := os.Remove(socket); err != nil {
			return err
		}
	}
	return nil
}

// masterIsAlive reports whether the process in nginx.pid is there.
func masterIsAlive(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "nginx.pid"))
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return false
	}
	return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
