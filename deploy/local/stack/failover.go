package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// settleDeadline is how long the nodes of a Redis that fails over may take until they
	// have found each other: three seconds on an idle machine.
	settleDeadline = time.Minute
	// askTimeout is how long a node may take to answer a question about the others. One
	// that is frozen or cut off never does.
	askTimeout = 2 * time.Second
)

// settled calls well until it returns nil.
func settled(ctx context.Context, well func(context.Context) error) error {
	const every = 50 * time.Millisecond
	for {
		err := well(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not well: %w", err)
		case <-time.After(every):
		}
	}
}

// options are those of a client that asks once.
func options(addr string) *redis.Options {
	return &redis.Options{Addr: addr, MaxRetries: -1, DialerRetries: 1, DialTimeout: askTimeout, ContextTimeoutEnabled: true}
}

// ask asks a node something, on a connection of its own.
func (r *Redis) ask(ctx context.Context, what func(context.Context, *redis.Client) error) error {
	if err := r.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	client := redis.NewClient(options(r.Addr))
	defer client.Close()
	if err := what(ctx, client); err != nil {
		return fmt.Errorf("redis at %s: %w", r.Addr, err)
	}
	return nil
}

// followed is the address of the primary that a replica follows, empty for a primary. A
// replica that doesn't hear from its primary is an error.
func followed(ctx context.Context, client *redis.Client) (primary string, err error) {
	role, err := client.Do(ctx, "role").Slice()
	if err != nil {
		return "", err
	}
	if role[0] == "master" {
		return "", nil
	}
	if len(role) < 4 || role[3] != "connected" {
		return "", fmt.Errorf("its link to its primary is not up: %v", role)
	}
	return net.JoinHostPort(fmt.Sprint(role[1]), fmt.Sprint(role[2])), nil
}

// elected is the node whose address more than half of the voters name. All are asked at once,
// because one that is frozen does not answer.
func elected(nodes, voters []*Redis, vote func(*Redis) (addr string, err error)) (*Redis, error) {
	type ballot struct {
		addr string
		err  error
	}
	ballots := make(chan ballot, len(voters))
	for _, v := range voters {
		go func() {
			addr, err := vote(v)
			ballots <- ballot{addr, err}
		}()
	}
	votes := map[string]int{}
	failed := errors.New("no majority for a primary")
	for range voters {
		b := <-ballots
		if b.err != nil {
			failed = errors.Join(failed, b.err)
			continue
		}
		votes[b.addr]++
		for _, r := range nodes {
			if r.Addr == b.addr && 2*votes[b.addr] > len(voters) {
				return r, nil
			}
		}
	}
	return nil, fmt.Errorf("%w; votes: %v", failed, votes)
}

func addrs(nodes []*Redis) []string {
	list := make([]string, len(nodes))
	for i, r := range nodes {
		list[i] = r.Addr
	}
	return list
}

// killAll ends servers that may be frozen or have ended already.
func killAll(servers []*Redis) {
	for _, r := range servers {
		r.Kill()
	}
}
