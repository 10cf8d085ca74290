package gameday

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// delay stands between a server and its clients, and lets each answer begin later.
type delay struct {
	by       atomic.Int64 // nanoseconds
	target   string
	listener net.Listener
	conns    sync.Map // those that are open
}

// between listens before the server at a host:port, and returns where.
func (d *delay) between(addr string) (string, error) {
	var err error
	d.target = addr
	if d.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return "", err
	}
	go func() {
		for {
			client, err := d.listener.Accept()
			if err != nil {
				return // stop was called
			}
			go d.carry(client)
		}
	}()
	return d.listener.Addr().String(), nil
}

// slow has each answer begin later by this from now on.
func (d *delay) slow(by time.Duration) { d.by.Store(int64(by)) }

// stop ends it, if it has begun.
func (d *delay) stop() {
	if d.listener == nil {
		return
	}
	d.listener.Close()
	d.conns.Range(func(conn, _ any) bool {
		conn.(net.Conn).Close()
		return true
	})
}

// carry carries all of a connection. An answer begins with the first bytes that come after some of
// a request.
func (d *delay) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", d.target)
	if err != nil {
		return // the client sees a connection that ends at once
	}
	defer server.Close()
	for _, conn := range []net.Conn{client, server} {
		d.conns.Store(conn, true)
		defer d.conns.Delete(conn)
	}
	var asked atomic.Bool
	go func() {
		defer server.Close()
		io.Copy(marking{server, &asked}, client)
	}()
	io.Copy(delaying{client, &asked, d}, server)
}

// marking notes that something was written.
type marking struct {
	io.Writer
	asked *atomic.Bool
}

func (m marking) Write(b []byte) (int, error) {
	m.asked.Store(true)
	return m.Writer.Write(b)
}

// delaying writes later what is the first after a mark.
type delaying struct {
	io.Writer
	asked *atomic.Bool
	delay *delay
}

func (w delaying) Write(b []byte) (int, error) {
	if w.asked.Swap(false) {
		time.Sleep(time.Duration(w.delay.by.Load()))
	}
	return w.Writer.Write(b)
}
