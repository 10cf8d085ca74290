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
	Host *Host  // nil: this machine

	dir  string
	args []string
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
	return startRedis(place{addr: addr}, dir, more...)
}

func startRedis(at place, dir string, more ...string) (*Redis, error) {
	host, port, err := net.SplitHostPort(at.addr)
	if err != nil {
		return nil, err
	}
	// Without a password Redis refuses clients of other machines, unless it is told not to.
	r := &Redis{Addr: at.addr, Host: at.host, dir: dir,
		args: append([]string{"--bind", host, "--port", port, "--protected-mode", "no", "--dir", dir, "--save", "", "--appendonly", "no"}, more...)}
	if err := r.StartAgain(); err != nil {
		return nil, err
	}
	return r, nil
}

// StartAgain starts a Redis that has ended, at its address and with its arguments, and
// waits until it answers.
func (r *Redis) StartAgain() error {
	server, err := exec.LookPath("redis-server")
	if err != nil {
		return fmt.Errorf("%w: run make build, which installs it", err)
	}
	p, err := start(r.dir, r.Host.command(process.Command{
		Name:  "redis",
		Path:  server,
		Args:  r.args,
		Ready: func(ctx context.Context) error { return ping(ctx, r.Addr) },
	}))
	if err != nil {
		return err
	}
	r.Process = p
	return nil
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
