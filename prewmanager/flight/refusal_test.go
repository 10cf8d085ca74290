package flight

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"prew/deploy/local/stack"
)

// refusals are the ways in which a Redis refuses, each with what makes it do so and
// what ends it.
var refusals = []struct {
	name    string
	kind    string      // under which it is counted
	begin   [][]any     // commands
	end     [][]any     // commands
	cluster bool        // a node of a cluster is started in place of the other
	files   [][2]string // names and contents in its directory
	leased  bool        // leases are to be had all the same
}{
	{name: "out of memory", kind: "oom",
		begin: [][]any{{"config", "set", "maxmemory", "1mb"}},
		end:   [][]any{{"config", "set", "maxmemory", "0"}}},
	{name: "a replica", kind: "readonly",
		begin: [][]any{{"replicaof", "127.0.0.1", "1"}},
		end:   [][]any{{"replicaof", "no", "one"}}},
	{name: "no right to set", kind: "noperm",
		begin: [][]any{{"acl", "setuser", "default", "-set"}},
		end:   [][]any{{"acl", "setuser", "default", "+set"}}},
	{name: "no right to any key", kind: "noperm",
		begin: [][]any{{"acl", "setuser", "default", "resetkeys"}},
		end:   [][]any{{"acl", "setuser", "default", "~*"}}},
	{name: "no right to any channel", kind: "noperm", leased: true,
		begin: [][]any{{"acl", "setuser", "default", "resetchannels"}},
		end:   [][]any{{"acl", "setuser", "default", "&*"}}},
	{name: "no right to publish", kind: "noperm", leased: true,
		begin: [][]any{{"acl", "setuser", "default", "-publish"}},
		end:   [][]any{{"acl", "setuser", "default", "+publish"}}},
	{name: "no right to subscribe", kind: "noperm", leased: true,
		begin: [][]any{{"acl", "setuser", "default", "-subscribe"}, {"client", "kill", "type", "pubsub"}},
		end:   [][]any{{"acl", "setuser", "default", "+subscribe"}}},
	{name: "a full disk", kind: "misconf",
		// A snapshot can't take the place of a directory that is not empty.
		files: [][2]string{{"dump.rdb/file", ""}},
		begin: [][]any{{"config", "set", "save", "100 1000"}, {"bgsave"}},
		end:   [][]any{{"config", "set", "save", ""}}},
	{name: "too few replicas", kind: "other",
		begin: [][]any{{"config", "set", "min-replicas-to-write", "1"}},
		end:   [][]any{{"config", "set", "min-replicas-to-write", "0"}}},
	{name: "a cluster without slots", kind: "clusterdown", cluster: true},
	{name: "a cluster whose slots are elsewhere", kind: "moved", cluster: true,
		files: [][2]string{{"nodes.conf", strings.Repeat("a", 40) + " 127.0.0.1:0@0 myself,master - 0 0 1 connected\n" +
			strings.Repeat("b", 40) + " 127.0.0.1:1@2 master - 0 0 2 connected 0-16383\nvars currentEpoch 2 lastVoteEpoch 0\n"}}},
}

// margin is what a busy machine may add to a time; a flight that nothing ends takes 20 s.
const margin = 5 * time.Second

// TestRedisThatRefusesIsARedisThatIsGone takes a Redis that answers and refuses: each
// process serves by itself, at most the grace later, and trusts Redis again when it
// refuses no longer.
func TestRedisThatRefusesIsARedisThatIsGone(t *testing.T) {
	// All at once: they wait for the grace far more than they compute.
	var running sync.WaitGroup
	defer running.Wait()
	for _, test := range refusals {
		running.Go(func() {
			t.Run(test.name, func(t *testing.T) {
				dir := t.TempDir()
				own, err := stack.StartRedis(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { own.Kill() }()
				for _, file := range test.files {
					path := filepath.Join(dir, file[0])
					if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, []byte(file[1]), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				client := redis.NewClient(&redis.Options{Addr: own.Addr})
				defer client.Close()
				do := func(commands [][]any) {
					for _, command := range commands {
						if err := client.Do(t.Context(), command...).Err(); err != nil {
							t.Fatal(command, err)
						}
					}
				}
				restart := func(args ...string) {
					own.Kill()
					started, err := stack.StartRedisAt(own.Addr, dir, args...)
					if err != nil {
						t.Fatal(err)
					}
					own = started
				}
				gs := []*Group[string]{group(t, own.Addr), group(t, own.Addr)}
				// serve has both processes asked for a key and returns the number of
				// calls and the time to the later answer.
				serve := func() (made int32, took time.Duration) {
					s, key := new(store), newKey(t)
					work := s.work(key, func() (string, error) { time.Sleep(100 * time.Millisecond); return "value", nil })
					began := time.Now()
					var asking sync.WaitGroup
					for i := range 20 {
						asking.Go(func() {
							if value, _, err := gs[i%2].Do(t.Context(), key, work); value != "value" || err != nil {
								t.Errorf("got %q, %v", value, err)
							}
						})
					}
					asking.Wait()
					return s.made.Load(), time.Since(began)
				}
				for _, g := range gs {
					g.Settle(t.Context())
				}
				if made, _ := serve(); made != 1 {
					t.Fatalf("%d calls before, want 1", made)
				}

				most := int32(len(gs))
				if test.leased {
					most = 1
				}
				do(test.begin)
				if test.cluster {
					port := freePort(t)
					restart("--cluster-enabled", "yes", "--cluster-port", port, "--cluster-node-timeout", "600000")
				}
				if test.kind == "misconf" {
					until(t, "a snapshot fails", func() bool {
						return strings.Contains(client.Info(t.Context(), "persistence").Val(), "rdb_last_bgsave_status:err")
					})
				}
				for range 2 { // the second time nothing is left of the grace
					if made, took := serve(); made > most || took > grace+margin {
						t.Errorf("%d calls in %v, want at most %d within the grace", made, took, most)
					}
				}
				// After a restart the connections break first, and both serve by themselves
				// before Redis is asked again.
				until(t, "something is refused with "+test.kind, func() bool {
					refused := int64(0)
					for _, g := range gs {
						refused += g.Stats().Refused[test.kind]
					}
					return refused > 0
				})
				do(test.end)
				if test.cluster {
					restart()
				}
				until(t, "redis is trusted again", func() bool {
					for _, g := range gs {
						if g.leases.breaker.trouble() != nil {
							return false
						}
					}
					return true
				})
				if made, _ := serve(); made != 1 {
					t.Errorf("%d calls afterwards, want 1", made)
				}
				for _, g := range gs {
					if s := g.Stats(); test.leased && s.Degraded > grace {
						t.Errorf("redis was not trusted for %v", s.Degraded)
					}
				}
			})
		})
	}
}

// TestKeyThatIsRefusedIsRefusedAlone takes a key that holds another type of value:
// its flight goes on alone after a quarantine, and all others have their leases.
func TestKeyThatIsRefusedIsRefusedAlone(t *testing.T) {
	gs := groups(t, 2)
	client := redis.NewClient(&redis.Options{Addr: shared.Addr})
	defer client.Close()
	refused := newKey(t)
	if err := client.LPush(t.Context(), prefix+refused, "x").Err(); err != nil {
		t.Fatal(err)
	}
	defer client.Del(context.Background(), prefix+refused)
	var asking sync.WaitGroup
	ask := func(key string, most int32, within time.Duration) {
		s := new(store)
		work := s.work(key, func() (string, error) { time.Sleep(50 * time.Millisecond); return "value", nil })
		began := time.Now()
		var both sync.WaitGroup
		for _, g := range gs {
			both.Go(func() {
				if value, _, err := g.Do(t.Context(), key, work); value != "value" || err != nil {
					t.Errorf("%s: got %q, %v", key, value, err)
				}
			})
		}
		both.Wait()
		if made, took := s.made.Load(), time.Since(began); made > most || took > within {
			t.Errorf("%s: %d calls in %v, want at most %d within %v", key, made, took, most, within)
		}
	}
	asking.Go(func() { ask(refused, 2, grace+margin) })
	for i := range 20 {
		asking.Go(func() {
			time.Sleep(time.Duration(i) * 50 * time.Millisecond)
			ask(newKey(t), 1, margin)
		})
	}
	asking.Wait()
	for _, g := range gs {
		if s := g.Stats(); s.Degraded > 0 || s.Refused["wrongtype"] == 0 {
			t.Errorf("redis was not trusted for %v; refused: %v", s.Degraded, s.Refused)
		}
	}
}

func TestRefusalsHaveKinds(t *testing.T) {
	for text, want := range map[string]string{
		"OOM command not allowed when used memory > 'maxmemory'. script: 626103491deb18f3a33bf1638a9999c1012bad46, on @user_script:13.":          "oom",
		"ERR Error running script (call to f_6261): @user_script:13: @user_script: 13: -OOM command not allowed when used memory > 'maxmemory'.": "oom", // Redis 6
		"READONLY You can't write against a read only replica. script: 57f3b311301dd252a2ed6f798d307ac2c6cf428b, on @user_script:5.":             "readonly",
		"NOPERM this user has no permissions to access one of the channels used as arguments":                                                    "noperm",
		"ERR The user executing the script can't run this command or subcommand script: 6261, on @user_script:13.":                               "noperm",
		"ERR The user executing the script can't publish to the channel mentioned in the command script: 57f3, on @user_script:10.":              "noperm",
		"WRONGPASS invalid username-password pair or user is disabled.":                                                                          "noperm",
		"NOAUTH Authentication required.": "noperm",
		"WRONGTYPE Operation against a key holding the wrong kind of value script: 6261, on @user_script:2.": "wrongtype",
		"MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.":   "misconf",
		"LOADING Redis is loading the dataset in memory":                                                     "loading",
		"MOVED 3999 127.0.0.1:6381":                                                              "moved",
		"CLUSTERDOWN Hash slot not served":                                                       "clusterdown",
		"NOREPLICAS Not enough good replicas to write.":                                          "other",
		"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.":       "other",
		"BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.": "other",
	} {
		if kind := refusal(fmt.Errorf("wrapped: %w", refusedError(text))); kind != want {
			t.Errorf("%s: %s, want %s", text, kind, want)
		}
	}
	for _, err := range []error{nil, context.DeadlineExceeded, errDown} {
		if kind := refusal(err); kind != "" {
			t.Errorf("%v: %s, want no refusal", err, kind)
		}
	}
}

// rightsOfAGateway are those that SECURITY.md gives the user of a gateway.
const rightsOfAGateway = "~prew:* &prew:* +eval +evalsha +get +set +del +pttl +publish +subscribe +ping +pexpire +xadd +xrange"

// rightsInACluster are those that it needs there besides.
const rightsInACluster = "+asking +cluster|slots"

// limited starts a Redis with a user that has only these rights. It returns a client with all
// of them and the user's URL.
func limited(t *testing.T, rights string) (client *redis.Client, url string) {
	t.Helper()
	own, err := stack.StartRedis(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Kill)
	client = redis.NewClient(&redis.Options{Addr: own.Addr})
	t.Cleanup(func() { client.Close() })
	rule := []any{"acl", "setuser", "prew", "on", ">secret"}
	for _, right := range strings.Fields(rights) {
		rule = append(rule, right)
	}
	if err := client.Do(t.Context(), rule...).Err(); err != nil {
		t.Fatal(err)
	}
	return client, "redis://prew:secret@" + own.Addr
}

// TestRightsThatAreEnough is about the user that SECURITY.md describes.
func TestRightsThatAreEnough(t *testing.T) {
	_, url := limited(t, rightsOfAGateway)
	g := group(t, url)
	g.Settle(t.Context())
	s, key := new(store), newKey(t)
	for range 2 {
		if value, _, err := g.Do(t.Context(), key, s.work(key, func() (string, error) { return "value", nil })); value != "value" || err != nil {
			t.Errorf("got %q, %v", value, err)
		}
		_, _, err := g.Do(t.Context(), key+"2", s.work(key+"2", func() (string, error) {
			return "", &Failure{Code: "missing", Mark: "etag", Keep: time.Millisecond}
		}))
		if err == nil {
			t.Error("no failure")
		}
	}
	time.Sleep(1500 * time.Millisecond) // until the subscription has been silent for a second, and a ping follows
	if stats := g.Stats(); stats.Refused["noperm"] > 0 {
		t.Errorf("%+v, want no refusal", stats)
	}
}
