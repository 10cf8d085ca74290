package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// proxy stands between clients and a server. The server's answers pass through carry,
// which may drop parts of them; the clients' requests pass unchanged.
type proxy struct {
	Addr string

	target   string
	carry    func(client io.Writer, server io.Reader) error
	delay    atomic.Int64 // of each piece of an answer, in nanoseconds
	listener net.Listener
	closed   context.Context
	close    context.CancelFunc

	mu    sync.Mutex // protects conns
	conns map[net.Conn]bool
}

func startProxy(target string, carry func(client io.Writer, server io.Reader) error) (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	closed, cancel := context.WithCancel(context.Background())
	p := &proxy{
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

func (p *proxy) stop() {
	p.close()
	p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
}

// slow delays every piece of every answer from now on.
func (p *proxy) slow(by time.Duration) { p.delay.Store(int64(by)) }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // the proxy was closed
		}
		go p.serve(client)
	}
}

func (p *proxy) serve(client net.Conn) {
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
func (p *proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[conn] = true
	return p.closed.Err() == nil
}

func (p *proxy) forget(conn net.Conn) {
	conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, conn)
}

// delayed writes with the proxy's delay.
type delayed struct {
	proxy  *proxy
	client io.Writer
}

func (d delayed) Write(b []byte) (int, error) {
	if delay := d.proxy.delay.Load(); delay > 0 {
		pause(d.proxy.closed, time.Duration(delay))
	}
	return d.client.Write(b)
}

// everything carries all answers of the server.
func everything(client io.Writer, server io.Reader) error {
	_, err := io.Copy(client, server)
	return err
}

// withoutMessages carries the answers of a Redis, but drops the messages of
// subscriptions to patterns.
func withoutMessages(client io.Writer, server io.Reader) error {
	from := bufio.NewReaderSize(server, 64<<10)
	var reply []byte
	for {
		var err error
		if reply, err = readReply(reply[:0], from, 0); err != nil {
			return err
		}
		// An array to a client that speaks RESP2, a push in RESP3.
		if bytes.HasPrefix(reply[1:], []byte("4\r\n$8\r\npmessage\r\n")) {
			continue
		}
		if _, err := client.Write(reply); err != nil {
			return err
		}
	}
}

// errReply is the error for bytes that are no reply of Redis.
var errReply = errors.New("not a reply of redis")

// readReply appends one reply of the Redis serialization protocol (RESP3
// specification) to b, as it came.
func readReply(b []byte, from *bufio.Reader, depth int) ([]byte, error) {
	// Redis answers the scripts here with lists of a few words; the answers to HELLO
	// and COMMAND are the deepest.
	const deepest, most, longest = 8, 1 << 16, 1 << 24
	if depth > deepest {
		return b, fmt.Errorf("%w: deeper than %d", errReply, deepest)
	}
	line, err := from.ReadSlice('\n')
	if err != nil {
		return b, err
	}
	b = append(b, line...)
	if len(line) < 3 {
		return b, fmt.Errorf("%w: %q", errReply, line)
	}
	kind := line[0]
	switch kind {
	case '+', '-', ':', '_', '#', ',', '(':
		return b, nil
	}
	n, err := strconv.Atoi(string(line[1 : len(line)-2]))
	if err != nil || n > longest {
		return b, fmt.Errorf("%w: %q", errReply, line)
	}
	if n < 0 {
		return b, nil // null in RESP2
	}
	switch kind {
	case '$', '!', '=':
		at := len(b)
		b = append(b, make([]byte, n+2)...)
		_, err := io.ReadFull(from, b[at:])
		return b, err
	case '%':
		n *= 2
	case '|': // attributes of the reply that follows them
		n = 2*n + 1
	case '*', '~', '>':
	default:
		return b, fmt.Errorf("%w: %q", errReply, line)
	}
	if n > most {
		return b, fmt.Errorf("%w: %d parts", errReply, n)
	}
	for range n {
		if b, err = readReply(b, from, depth+1); err != nil {
			return b, err
		}
	}
	return b, nil
}
