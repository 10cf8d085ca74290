package stack

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"

	"github.com/redis/go-redis/v9"
)

// SentinelName is what Sentinels call their primary.
const SentinelName = "prew"

// Sentinels is a running primary with two replicas, and the three Sentinels that promote
// a replica when the primary fails.
type Sentinels struct {
	Nodes     []*Redis // at the start Nodes[0] is the primary
	Sentinels []*Redis
}

// StartSentinels starts a primary, its replicas and Sentinels with their logs in folders of
// dir, and waits until they are well. A primary that doesn't answer the Sentinels for half
// a second is gone for them.
func StartSentinels(dir string) (*Sentinels, error) {
	return (*Network)(nil).StartSentinels(dir)
}

// StartSentinels is the function of that name, with each node and each Sentinel on a host of
// its own.
func (n *Network) StartSentinels(dir string) (_ *Sentinels, err error) {
	const nodes, sentinels, quorum = 3, 3, 2
	if dir, err = filepath.Abs(dir); err != nil { // Sentinel reads its configuration from there
		return nil, err
	}
	s := &Sentinels{}
	defer func() {
		if err != nil {
			s.Stop()
		}
	}()
	var host, port string
	for i := range nodes {
		at, err := n.place()
		if err != nil {
			return nil, err
		}
		more := []string{"--repl-diskless-sync-delay", "0"}
		if i == 0 {
			host, port, _ = net.SplitHostPort(at.addr)
		} else {
			more = append(more, "--replicaof", host+" "+port)
		}
		r, err := startRedis(at, filepath.Join(dir, fmt.Sprintf("node-%d", i+1)), more...)
		if err != nil {
			return nil, err
		}
		s.Nodes = append(s.Nodes, r)
	}
	for i := range sentinels {
		at, err := n.place()
		if err != nil {
			return nil, err
		}
		folder := filepath.Join(dir, fmt.Sprintf("sentinel-%d", i+1))
		r, err := startSentinel(at, folder, fmt.Sprintf(`sentinel monitor %[1]s %[2]s %[3]s %[4]d
sentinel down-after-milliseconds %[1]s 500
sentinel failover-timeout %[1]s 2000
sentinel parallel-syncs %[1]s 2
`, SentinelName, host, port, quorum))
		if err != nil {
			return nil, err
		}
		s.Sentinels = append(s.Sentinels, r)
	}
	return s, s.await()
}

// startSentinel starts a Sentinel. It writes down in its configuration what it learns.
func startSentinel(at place, dir, monitors string) (*Redis, error) {
	host, port, err := net.SplitHostPort(at.addr)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "sentinel.conf")
	if err := os.WriteFile(config, []byte("bind "+host+"\nport "+port+"\nprotected-mode no\ndir "+dir+"\n"+monitors), 0o600); err != nil {
		return nil, err
	}
	r := &Redis{Addr: at.addr, Host: at.host, dir: dir, args: []string{config, "--sentinel"}}
	if err := r.StartAgain(); err != nil {
		return nil, err
	}
	return r, nil
}

// await returns once everything is well.
func (s *Sentinels) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), settleDeadline)
	defer cancel()
	return settled(ctx, s.Well)
}

// Addrs are the addresses of the Sentinels.
func (s *Sentinels) Addrs() []string { return addrs(s.Sentinels) }

// Well returns an error unless the Sentinels know each other, agree on the primary and see
// nothing that is gone, and all other nodes follow that primary.
func (s *Sentinels) Well(ctx context.Context) error {
	primary, err := s.Primary(ctx)
	if err != nil {
		return err
	}
	for _, r := range s.Nodes {
		err := r.ask(ctx, func(ctx context.Context, client *redis.Client) error {
			of, err := followed(ctx, client)
			if err != nil {
				return err
			}
			if want := primary.Addr; r == primary && of != "" || r != primary && of != want {
				return fmt.Errorf("follows %q, the primary is %s", of, want)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, r := range s.Sentinels {
		err := r.ask(ctx, func(ctx context.Context, client *redis.Client) error {
			known := redis.NewMapStringStringCmd(ctx, "sentinel", "master", SentinelName)
			if err := client.Process(ctx, known); err != nil {
				return err
			}
			// flags have more words where something is wrong.
			if of := known.Val(); of["flags"] != "master" || of["num-slaves"] != "2" || of["num-other-sentinels"] != "2" || net.JoinHostPort(of["ip"], of["port"]) != primary.Addr {
				return fmt.Errorf("sees %v", of)
			}
			replicas := redis.NewMapStringStringSliceCmd(ctx, "sentinel", "replicas", SentinelName)
			if err := client.Process(ctx, replicas); err != nil {
				return err
			}
			if i := slices.IndexFunc(replicas.Val(), func(of map[string]string) bool { return of["flags"] != "slave" }); i >= 0 {
				return fmt.Errorf("sees %v", replicas.Val()[i])
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Primary is the node that more than half of the Sentinels call the primary. That one may be
// gone, until they have agreed on another.
func (s *Sentinels) Primary(ctx context.Context) (*Redis, error) {
	return elected(s.Nodes, s.Sentinels, func(r *Redis) (addr string, err error) {
		err = r.ask(ctx, func(ctx context.Context, client *redis.Client) error {
			at, err := client.Do(ctx, "sentinel", "get-master-addr-by-name", SentinelName).StringSlice()
			if err != nil {
				return err
			}
			if len(at) != 2 {
				return fmt.Errorf("names no primary: %q", at)
			}
			addr = net.JoinHostPort(at[0], at[1])
			return nil
		})
		return addr, err
	})
}

// Stop ends all of them at once, also those that are frozen.
func (s *Sentinels) Stop() {
	killAll(s.Sentinels)
	killAll(s.Nodes)
}
