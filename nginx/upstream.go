package nginx

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// upstream is a store as requests reach it: photos or previews.
type upstream struct {
	Name   string
	Server string // host:port or unix:<socket>
	Tunnel bool   // Server is a tunnel's socket
	Host   string
	Prefix string
}

// tunnel is a socket behind which nginx's stream module connects to a store.
// stream.conf says what for.
type tunnel struct {
	place
	Socket string
}

// upstreams are the two stores of a site that has been checked, and the tunnels
// that lead to them. Two that are one server share a tunnel.
func (s Site) upstreams(dir string) (all []upstream, tunnels []tunnel) {
	for _, store := range []struct {
		name string
		Store
	}{{"previews", s.Previews}, {"photos", s.Photos}} {
		p := store.place()
		u := upstream{Name: store.name, Server: p.Addr, Host: p.Host, Prefix: p.Prefix}
		if p.TLS || !isAddress(p.Name) {
			u.Tunnel = true
			t := tunnel{p, filepath.Join(dir, store.name+".sock")}
			if len(tunnels) > 0 && tunnels[0].TLS == p.TLS && tunnels[0].Addr == p.Addr {
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

// removeDeadSockets removes the sockets that an nginx has left which was killed:
// it can't bind them again. One that somebody listens on stays, as it outlives a
// reload.
func removeDeadSockets(dir string) error {
	for _, name := range []string{"nobody.sock", "previews.sock", "photos.sock"} {
		socket := filepath.Join(dir, name)
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
			continue
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
