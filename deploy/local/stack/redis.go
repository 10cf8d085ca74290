package stack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"

	"prew/deploy/local/process"
)

// Redis is a running redis-server that keeps nothing on disk.
type Redis struct {
	*process.Process
	Addr string // host:port
}

// StartRedis starts Redis on a free port, with its log in dir, and waits until
// it answers.
func StartRedis(dir string) (*Redis, error) {
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	return StartRedisAt(addr, dir)
}

// StartRedisAt is StartRedis at the address of a Redis that has ended, with more
// arguments of redis-server's.
func StartRedisAt(addr, dir string, more ...string) (*Redis, error) {
	server, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("%w: run make build, which installs it", err)
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	p, err := start(dir, process.Command{
		Name:  "redis",
		Path:  server,
		Args:  append([]string{"--bind", host, "--port", port, "--dir", dir, "--save", "", "--appendonly", "no"}, more...),
		Ready: func(ctx context.Context) error { return ping(ctx, addr) },
	})
	if err != nil {
		return nil, err
	}
	return &Redis{p, addr}, nil
}

// ping sends PING, for which no client library is needed. A Redis that is still
// loading answers with an error.
func ping(ctx context.Context, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return err
	}
	if answer != "+PONG\r\n" {
		return fmt.Errorf("redis answers PING with %q", answer)
	}
	return nil
}
