package stack

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Proxy stands between clients and a server. The server's answers pass through carry,
// which may drop parts of them; the clients' requests pass unchanged.
type Proxy struct {
	Addr string // host:port

	target   string
	carry    func(client io.Writer, server io.Reader) error
	delay    atomic.Int64 // of each piece of an answer, in nanoseconds
	listener net.Listener
	closed   context.Context
	close    context.CancelFunc

	mu    sync.Mutex // protects conns
	conns map[net.Conn]bool
}

// StartProxy starts a proxy of the server at host:port on a free port. Where carry is nil the
// answers pass unchanged.
func StartProxy(target string, carry func(client io.Writer, server io.Reader) error) (*Proxy, error) {
	if carry == nil {
		carry = everything
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	closed, cancel := context.WithCancel(context.Background())
	p := &Proxy{
		Addr:     listener.Addr().String(),
		target:   target,
		carry:    carry,
		listener: listener,
		closed:   closed,
		close:    cancel,
		conns:    map[net.Conn]bool{},
	}
	go p.accept()
	return p, nil
}

// Stop ends the proxy and every connection through it.
func (p *Proxy) Stop() {
	p.close()
	p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
}

// Slow delays every piece of every answer from now on.
func (p *Proxy) Slow(by time.Duration) { p.delay.Store(int64(by)) }

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // the proxy was closed
		}
		go p.serve(client)
	}
}

func (p *Proxy) serve(client net.Conn) {
	defer p.forget(client)
	if !p.keep(client) {
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return // a client sees a connection that ends at once
	}
	defer p.forget(server)
	if !p.keep(server) {
		return
	}
	// When one end closes, close the other too.
	go func() {
		io.Copy(server, client)
		server.Close()
	}()
	p.carry(delayed{p, client}, server)
}

// keep registers a connection to be closed with the proxy. It returns false if the
// proxy is closed already.
func (p *Proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[conn] = true
	return p.closed.Err() == nil
}

func (p *Proxy) forget(conn net.Conn) {
	conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
}

// delayed writes with the proxy's delay.
type delayed struct {
	proxy  *Proxy
	client io.Writer
}

func (d delayed) Write(b []byte) (int, error) {
	if delay := d.proxy.delay.Load(); delay > 0 {
		select {
		case <-time.After(time.Duration(delay)):
		case <-d.proxy.closed.Done():
		}
	}
	return d.client.Write(b)
}

// everything carries all answers of the server.
func everything(client io.Writer, server io.Reader) error {
	_, err := io.Copy(client, server)
	return err
}
