package flight

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// slotsTimeout is how long a node of a cluster may take to say who has which slots. After
// that the next node is asked: one that is frozen does not hold the others up.
const slotsTimeout = 50 * time.Millisecond

// cluster is a Redis Cluster. go-redis's client knows who has which slot, asks again where
// an error says that it may be wrong, and follows MOVED and ASK. By itself it would also
// repeat a command that failed, at another primary too. That would hide what the breaker has
// to know, and take leases from a replica just promoted that has forgotten the last of them.
type cluster struct {
	client *redis.ClusterClient
	over   *succession

	mu    sync.Mutex        // protects beats
	beats map[string]string // the key of the beats of each primary, by its address
}

func newCluster(addresses []string, o *redis.Options, over *succession) *cluster {
	c := &cluster{over: over}
	c.client = redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:    addresses,
		Username: o.Username, Password: o.Password, CredentialsProviderContext: o.CredentialsProviderContext,
		TLSConfig:    o.TLSConfig, // the certificate of every node is good for the name of the first
		MaxRedirects: 1,           // for MOVED or ASK; node turns other errors into such as are not repeated
		MaxRetries:   o.MaxRetries, DialerRetries: o.DialerRetries,
		DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout, WriteTimeout: o.WriteTimeout, ContextTimeoutEnabled: o.ContextTimeoutEnabled,
		PoolSize: o.PoolSize, ConnMaxLifetime: o.ConnMaxLifetime,
		DisableRoutingPolicies: true, // they ask for the descriptions of all commands, and every command here has one key
	})
	c.client.OnNewNode(func(client *redis.Client) { client.AddHook(node{c, client.Options().Addr}) })
	return c
}

func (c *cluster) keys(context.Context) (redis.UniversalClient, error) { return c.client, nil }

// primaries are those of the cluster's latest answer. Slots that nobody has count as one
// primary more, so that a beat finds out that they are missing.
func (c *cluster) primaries(ctx context.Context) ([]primary, error) {
	// This loads the slots if they are not known yet.
	if _, err := c.client.MasterForKey(ctx, beatKey); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []primary
	for _, addr := range slices.Sorted(maps.Keys(c.beats)) {
		client, err := c.client.MasterForKey(ctx, c.beats[addr])
		if err != nil {
			return nil, err
		}
		all = append(all, primary{client, c.beats[addr]})
	}
	return all, nil
}

func (*cluster) failsOver() bool { return true }

func (c *cluster) Close() error { return c.client.Close() }

// learn takes in who has which slots, before go-redis does.
func (c *cluster) learn(served []redis.ClusterSlot) {
	beats := beatKeys(served)
	c.mu.Lock() // until the breaker has heard of it: a command is sent on to who is known
	defer c.mu.Unlock()
	before := c.beats
	c.beats = beats
	if before == nil {
		c.over.began()
		return
	}
	for _, addr := range slices.Sorted(maps.Keys(beats)) {
		if _, ok := before[addr]; !ok && addr != "" {
			c.over.took(addr)
			return
		}
	}
}

// knows reports whether a primary with this address was in the latest answer.
func (c *cluster) knows(addr string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.beats[addr]
	return ok
}

// node is what one node's client tells of its commands.
type node struct {
	*cluster
	addr string
}

// ProcessHook hands go-redis the errors on which it may act: MOVED to a primary that is
// known, and ASK. The data go along with such a slot. Every other error ends the command,
// and go-redis asks anew who has which slots.
func (n node) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if slots, ok := cmd.(*redis.ClusterSlotsCmd); ok {
			ctx, cancel := context.WithTimeout(ctx, slotsTimeout)
			defer cancel()
			err := next(ctx, cmd)
			if err == nil {
				n.learn(slots.Val())
			}
			return err
		}
		// It may have been sent on to a primary that took over while it was under way.
		if err := n.over.admits(ctx); err != nil {
			cmd.SetErr(err)
			return err
		}
		err := next(ctx, cmd)
		if err == nil || errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "NOSCRIPT") {
			return err
		}
		if _, asked := redis.IsAskError(err); asked {
			return err
		}
		to, moved := redis.IsMovedError(err)
		if moved && n.knows(to) {
			return err
		}
		n.client.ReloadState(ctx)
		if moved {
			n.over.took(to)
		}
		reason := fmt.Sprintf("%s: %v", n.addr, err) // go-redis would know an error by its first word
		if refusal(err) == "" {
			return errors.New(reason)
		}
		return refused(reason)
	}
}

func (node) DialHook(next redis.DialHook) redis.DialHook { return next }

func (node) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// refused is an error that a node has answered.
type refused string

func (r refused) Error() string { return string(r) }
func (refused) RedisError()     {}

// slots is how many a cluster has.
const slots = 16384

// beatKeys returns a key of beats for each primary, in a slot that it has, by its address.
// If nobody has some of the slots, there is one key more, of such a slot, with no address.
func beatKeys(served []redis.ClusterSlot) map[string]string {
	var owners [slots]string
	missing := map[string]bool{}
	for _, s := range served {
		if len(s.Nodes) == 0 {
			continue
		}
		missing[s.Nodes[0].Addr] = true
		for slot := max(0, s.Start); slot <= min(s.End, slots-1); slot++ {
			owners[slot] = s.Nodes[0].Addr
		}
	}
	if slices.Contains(owners[:], "") {
		missing[""] = true
	}
	keys := map[string]string{}
	// Some 170,000 names have one in every slot, and a primary mostly has thousands of slots.
	for n := 0; len(missing) > 0 && n < 100*slots; n++ {
		key := beatKey + ":" + strconv.Itoa(n)
		if owner := owners[slotOf(key)]; missing[owner] {
			keys[owner] = key
			delete(missing, owner)
		}
	}
	return keys
}

// slotOf returns the slot of a key without braces: its CRC-16 of the kind XMODEM ("Redis
// cluster specification", key distribution model).
func slotOf(key string) int {
	crc := uint16(0)
	for _, c := range []byte(key) {
		crc ^= uint16(c) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return int(crc % slots)
}
