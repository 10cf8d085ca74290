package stack_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"prew/deploy/local/stack"
)

const settled = 2 * time.Minute

// fails kills and freezes primaries in turn. Each time another node has to become the primary,
// still with what was written, and all has to be well once the one that failed is back.
func fails(t *testing.T, primary func(context.Context) (*stack.Redis, error), well func(context.Context) error, ask func(context.Context) (string, error)) {
	ctx, cancel := context.WithTimeout(t.Context(), settled)
	defer cancel()
	for _, fault := range []struct {
		name        string
		begin, undo func(*stack.Redis) error
	}{
		{"killed", func(r *stack.Redis) error { r.Kill(); return nil }, (*stack.Redis).StartAgain},
		{"frozen", func(r *stack.Redis) error { r.Freeze(); return nil }, func(r *stack.Redis) error { r.Thaw(); return nil }},
	} {
		was, err := primary(ctx)
		if err != nil {
			t.Fatalf("%s: %v", fault.name, err)
		}
		if err := fault.begin(was); err != nil {
			t.Fatal(err)
		}
		await(t, ctx, fault.name+": another primary", func() bool {
			now, err := primary(ctx)
			return err == nil && now != was
		})
		await(t, ctx, fault.name+": what was written", func() bool {
			value, err := ask(ctx)
			return err == nil && value == "written"
		})
		if well(ctx) == nil {
			t.Errorf("%s: all is well without %s", fault.name, was.Addr)
		}
		if err := fault.undo(was); err != nil {
			t.Fatal(err)
		}
		await(t, ctx, fault.name+": well again", func() bool { return well(ctx) == nil })
	}
}

func await(t *testing.T, ctx context.Context, what string, is func() bool) {
	t.Helper()
	for !is() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not after %s", what, settled)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestClusterPromotesAReplica(t *testing.T) {
	t.Parallel()
	const key = "key"
	c, err := stack.StartCluster(t.TempDir(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: c.Addrs(),
		// Where a primary doesn't answer, the client asks the others for another one only
		// after this interval, by default a minute.
		ClusterStateReloadInterval: 100 * time.Millisecond,
	})
	t.Cleanup(func() { client.Close() })
	if err := client.Set(t.Context(), key, "written", 0).Err(); err != nil {
		t.Fatal(err)
	}
	client.ForEachMaster(t.Context(), func(ctx context.Context, primary *redis.Client) error {
		return primary.Wait(ctx, 1, settled).Err()
	})
	fails(t, func(ctx context.Context) (*stack.Redis, error) { return c.Primary(ctx, key) }, c.Well,
		func(ctx context.Context) (string, error) { return client.Get(ctx, key).Result() })
}

func TestSentinelsPromoteAReplica(t *testing.T) {
	t.Parallel()
	const key = "key"
	s, err := stack.StartSentinels(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: stack.SentinelName, SentinelAddrs: s.Addrs()})
	t.Cleanup(func() { client.Close() })
	if err := client.Set(t.Context(), key, "written", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := client.Wait(t.Context(), 2, settled).Result(); n != 2 {
		t.Fatalf("%d replicas have it, %v", n, err)
	}
	fails(t, s.Primary, s.Well, func(ctx context.Context) (string, error) { return client.Get(ctx, key).Result() })
}
