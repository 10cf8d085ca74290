package stack

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// clusterPrimaries is how many primaries a cluster has: the fewest of which a majority
// is left when one of them is gone.
const clusterPrimaries = 3

// Cluster is a running Redis Cluster of three primaries with a replica each. Its nodes
// change their roles when one of them fails.
type Cluster struct {
	Nodes []*Redis // at the start Nodes[i+3] is the replica of Nodes[i]
}

// StartCluster starts a cluster whose nodes have their logs in folders of dir, and waits
// until it is well. A node that doesn't answer the others for the time of timeout
// (cluster-node-timeout) is gone for them.
func StartCluster(dir string, timeout time.Duration) (*Cluster, error) {
	return (*Network)(nil).StartCluster(dir, timeout)
}

// StartCluster is the function of that name, with each node on a host of its own.
func (n *Network) StartCluster(dir string, timeout time.Duration) (_ *Cluster, err error) {
	c := &Cluster{}
	defer func() {
		if err != nil {
			c.Stop()
		}
	}()
	type node struct {
		place
		id, bus string
	}
	var nodes [2 * clusterPrimaries]node
	for i := range nodes {
		id := make([]byte, 20)
		rand.Read(id)
		nodes[i].id = hex.EncodeToString(id)
		if nodes[i].place, err = n.place(); err != nil {
			return nil, err
		}
		bus, err := FreeAddr()
		if err != nil {
			return nil, err
		}
		_, nodes[i].bus, _ = net.SplitHostPort(bus)
	}
	const slots = 16384
	for i, this := range nodes {
		// What each node knows of the others is written down for it, because nodes that
		// meet need some seconds until they agree.
		var known strings.Builder
		for j, n := range nodes {
			role, of, served := "master", "-", ""
			if p := j % clusterPrimaries; j == p {
				served = fmt.Sprintf(" %d-%d", p*slots/clusterPrimaries, (p+1)*slots/clusterPrimaries-1)
			} else {
				role, of = "slave", nodes[p].id
			}
			if j == i {
				role = "myself," + role
			}
			fmt.Fprintf(&known, "%s %s@%s %s %s 0 0 %d connected%s\n", n.id, n.addr, n.bus, role, of, j%clusterPrimaries+1, served)
		}
		fmt.Fprintf(&known, "vars currentEpoch %d lastVoteEpoch 0\n", clusterPrimaries)
		folder := filepath.Join(dir, fmt.Sprintf("node-%d", i+1))
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(folder, "nodes.conf"), []byte(known.String()), 0o600); err != nil {
			return nil, err
		}
		r, err := startRedis(this.place, folder, "--cluster-enabled", "yes", "--cluster-port", this.bus,
			"--cluster-node-timeout", strconv.FormatInt(timeout.Milliseconds(), 10),
			// A replica stands for election however long its link was down, as a trial that
			// follows another at once asks for.
			"--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0")
		if err != nil {
			return nil, err
		}
		c.Nodes = append(c.Nodes, r)
	}
	return c, c.await()
}

// await returns once the cluster is well.
func (c *Cluster) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), settleDeadline)
	defer cancel()
	return settled(ctx, c.Well)
}

// Addrs are the addresses of all nodes.
func (c *Cluster) Addrs() []string { return addrs(c.Nodes) }

// Well returns an error unless every node answers, sees no other that is gone, and each of
// the primaries has a replica that follows it.
func (c *Cluster) Well(ctx context.Context) error {
	following := map[string]int{}
	for _, r := range c.Nodes {
		err := r.ask(ctx, func(ctx context.Context, client *redis.Client) error {
			info, err := client.ClusterInfo(ctx).Result()
			if err != nil {
				return err
			}
			if !strings.Contains(info, "cluster_state:ok") {
				return fmt.Errorf("the cluster is not ok: %q", info)
			}
			text, err := client.ClusterNodes(ctx).Result()
			if err != nil {
				return err
			}
			if strings.Contains(text, "fail") || strings.Contains(text, "handshake") {
				return fmt.Errorf("not every node is well: %q", text)
			}
			primary, err := followed(ctx, client)
			if primary != "" {
				following[primary]++
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for primary, n := range following {
		if n != 1 {
			return fmt.Errorf("%d replicas follow %s", n, primary)
		}
	}
	if len(following) != clusterPrimaries {
		return fmt.Errorf("%d primaries have a replica", len(following))
	}
	return nil
}

// Primary is the node that more than half of the nodes call the primary of a key. That one
// may be gone, until they have agreed on another.
func (c *Cluster) Primary(ctx context.Context, key string) (*Redis, error) {
	return elected(c.Nodes, c.Nodes, func(r *Redis) (addr string, err error) {
		err = r.ask(ctx, func(ctx context.Context, client *redis.Client) error {
			slot, err := client.ClusterKeySlot(ctx, key).Result()
			if err != nil {
				return err
			}
			shards, err := client.ClusterShards(ctx).Result()
			for _, shard := range shards {
				if slices.ContainsFunc(shard.Slots, func(of redis.SlotRange) bool { return of.Start <= slot && slot <= of.End }) {
					for _, n := range shard.Nodes {
						if n.Role == "master" {
							addr = net.JoinHostPort(n.IP, strconv.FormatInt(n.Port, 10))
						}
					}
				}
			}
			return err
		})
		return addr, err
	})
}

// Stop ends all nodes at once, also those that are frozen.
func (c *Cluster) Stop() { killAll(c.Nodes) }
