package aws

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"prew/deploy/local/stack"
	"prew/prewmanager/flight"
)

// TestRedisIsOneOfThree checks what each kind is made of, where gateways are told that it is, and
// who may go there.
func TestRedisIsOneOfThree(t *testing.T) {
	const (
		node = `"ReplicationGroupDescription": "Leases of previews that are being rendered.", "Engine": "valkey", "EngineVersion": "8.0",
			"CacheNodeType": "cache.t4g.small", "ClusterMode": "disabled", "SnapshotRetentionLimit": 0, "TransitEncryptionEnabled": true,
			"AtRestEncryptionEnabled": true, "CacheSubnetGroupName": "<RedisSubnets>", "SecurityGroupIds": ["<RedisAccess>"]`
		serverless = `"ServerlessCacheName": "prew-0b1c2d3e", "Description": "Leases of previews that are being rendered, of demo.", "Engine": "valkey",
			"MajorEngineVersion": "8", "SubnetIds": ["<SubnetA>", "<SubnetB>"], "SecurityGroupIds": ["<RedisAccess>"]`
		users = `["<RedisUsers>"]`
	)
	for _, test := range []struct {
		kind, id       string // id: of the resource
		groups, caches string // the resources
		byIAM          string // what they have more with IAM
		port           int    // the last that is open
		url, name, arn string
	}{
		{"node", "Redis", node + `, "NumCacheClusters": 1, "AutomaticFailoverEnabled": false`, "", `, "UserGroupIds": ["<RedisUsers>"]`, 6379,
			"rediss://USER<Redis.PrimaryEndPoint.Address>:<Redis.PrimaryEndPoint.Port>", "<Redis>",
			"arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:<Redis>"},
		{"failover", "RedisWithReplica", node + `, "NumCacheClusters": 2, "AutomaticFailoverEnabled": true, "MultiAZEnabled": true`, "", `, "UserGroupIds": ["<RedisUsers>"]`, 6379,
			"rediss://USER<RedisWithReplica.PrimaryEndPoint.Address>:<RedisWithReplica.PrimaryEndPoint.Port>", "<RedisWithReplica>",
			"arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:<RedisWithReplica>"},
		{"serverless", "RedisServerless", "", serverless, `, "UserGroupId": "<RedisUsers>"`, 6380,
			"rediss+cluster://USER<RedisServerless.Endpoint.Address>:<RedisServerless.Endpoint.Port>", "<RedisServerless>",
			"<RedisServerless.ARN>"},
	} {
		for _, iam := range []string{"no", "yes"} {
			c := load(t, "gateway.yaml", "RedisKind="+test.kind, "RedisNodeType=cache.t4g.small", "RedisIAM="+iam)
			what := test.kind + ", IAM: " + iam
			more, user, name, connect, made := "", "", any(nil), `null`, `{}`
			if iam == "yes" {
				more, user, name = test.byIAM, "<RedisUser>@", test.name
				connect = `{"Sid": "ConnectToRedis", "Effect": "Allow", "Action": "elasticache:Connect", "Resource": ["<RedisUser.Arn>", "` + test.arn + `"]}`
				made = `{"RedisUser": {"Engine": "valkey", "UserId": "prew-0b1c2d3e", "UserName": "prew-0b1c2d3e", "AuthenticationMode": {"Type": "iam"},
					"AccessString": "on ~prew:* resetchannels &prew:* +@all -@dangerous +info"}}`
			}
			resources := func(properties string) string {
				if properties == "" {
					return `{}`
				}
				return `{"` + test.id + `": {` + properties + more + `}}`
			}
			expectJSON(t, what, c.resources("AWS::ElastiCache::ReplicationGroup"), resources(test.groups))
			expectJSON(t, what, c.resources("AWS::ElastiCache::ServerlessCache"), resources(test.caches))
			expectJSON(t, what, c.resources("AWS::ElastiCache::User"), made)
			if groups := c.resources("AWS::ElastiCache::UserGroup"); iam == "yes" {
				expectJSON(t, what, groups, `{"RedisUsers": {"Engine": "valkey", "UserGroupId": "prew-0b1c2d3e", "UserIds": ["<RedisUser>"]}}`)
			} else {
				expectJSON(t, what, groups, `{}`)
			}
			if n := len(c.resources("AWS::ElastiCache::SubnetGroup")); n != 1 && test.groups != "" || n != 0 && test.groups == "" {
				t.Errorf("%s: %d groups of subnets", what, n)
			}
			ingress := c.property("RedisAccess", "SecurityGroupIngress", 0).(map[string]any)
			if ingress["FromPort"] != 6379 || ingress["ToPort"] != test.port || ingress["SourceSecurityGroupId"] != "<TaskAccess>" {
				t.Errorf("%s: %v may go there, want the tasks, up to %d", what, ingress, test.port)
			}
			found := map[string]any{}
			for _, variable := range c.property("Task", "ContainerDefinitions", 0, "Environment").([]any) {
				found[variable.(map[string]any)["Name"].(string)] = variable.(map[string]any)["Value"]
			}
			if want := strings.Replace(test.url, "USER", user, 1); found["PREW_REDIS"] != want || found["PREW_REDIS_IAM"] != name {
				t.Errorf("%s: the gateway is told %v and %v, want %s and %v", what, found["PREW_REDIS"], found["PREW_REDIS_IAM"], want, name)
			}
			expectJSON(t, what, c.property("Permissions", "PolicyDocument", "Statement", 5), connect)
		}
	}
}

// subscribed finds the clients of CLIENT LIST that are subscribed to something.
var subscribed = regexp.MustCompile(` p?sub=[1-9]`)

// TestRightsInRedisAreThoseThatGatewaysNeed has a real Redis, and a real cluster, with the user
// of the template: gateways and a purge do all that they do, nothing of it is denied, and nothing
// else is allowed.
func TestRightsInRedisAreThoseThatGatewaysNeed(t *testing.T) {
	t.Run("one server", func(t *testing.T) {
		server, err := stack.StartRedis(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Stop)
		needRights(t, "redis://gateway:password@"+server.Addr, server.Addr)
	})
	t.Run("a cluster", func(t *testing.T) {
		cluster, err := stack.StartCluster(t.TempDir(), 30*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cluster.Stop)
		needRights(t, "redis+cluster://gateway:password@"+strings.Join(cluster.Addrs(), ","), cluster.Addrs()...)
	})
}

func needRights(t *testing.T, url string, addrs ...string) {
	rights := []any{"acl", "setuser", "gateway", ">password"}
	for _, right := range strings.Fields(load(t, "gateway.yaml", "RedisIAM=yes").property("RedisUser", "AccessString").(string)) {
		rights = append(rights, right)
	}
	admins := make([]*redis.Client, len(addrs))
	for i, addr := range addrs {
		admins[i] = redis.NewClient(&redis.Options{Addr: addr})
		t.Cleanup(func() { admins[i].Close() })
		if err := admins[i].Do(t.Context(), rights...).Err(); err != nil {
			t.Fatal(err)
		}
	}

	at := flight.Redis{URL: url}
	var heard atomic.Int64
	var gateways [2]*flight.Group[string]
	for i := range gateways {
		g, err := flight.New[string](at, 20*time.Second, nil, func(string, bool) (flight.Purge, bool) {
			heard.Add(1)
			return flight.Purge{}, false
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close(context.Background()) })
		g.Settle(t.Context())
		gateways[i] = g
	}
	until := func(what string, holds func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until("the gateways do not subscribe", func() bool {
		found := 0
		for _, admin := range admins {
			clients, err := admin.ClientList(t.Context()).Result()
			if err != nil {
				t.Fatal(err)
			}
			found += len(subscribed.FindAllString(clients, -1))
		}
		return found == len(gateways)
	})
	calls, finish := make(chan string, 2), make(chan struct{})
	var stored atomic.Bool
	work := flight.Work[string]{
		Look:  func(context.Context) (string, bool, error) { return "value", stored.Load(), nil },
		Admit: func(context.Context, func() time.Duration) (func(), error) { return func() {}, nil },
		Make: func(context.Context) (string, error) {
			calls <- "value"
			<-finish
			stored.Store(true)
			return "value", nil
		},
	}
	done := make(chan error)
	for _, g := range gateways {
		go func() {
			_, _, err := g.Do(t.Context(), "bucket/key", work)
			done <- err
		}()
	}
	<-calls
	purger, err := flight.NewPurger(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { purger.Close() })
	leased, err := purger.Begin(t.Context(), "1", func(string) bool { return true }, []byte("begin"))
	if err != nil || len(leased) != 1 {
		t.Errorf("a purge finds the leases of %q, %v", leased, err)
	}
	close(finish)
	err = errors.Join(<-done, <-done, purger.Wait(t.Context(), leased), purger.End(t.Context(), []byte("end")))
	if err != nil || len(calls) != 0 {
		t.Errorf("%v, and %d calls more", err, len(calls))
	}
	until("the gateways do not hear of a purge", func() bool { return heard.Load() == 4 })
	for _, admin := range admins {
		if denied, err := admin.Do(t.Context(), "acl", "log").Slice(); err != nil || len(denied) != 0 {
			t.Errorf("gateways are denied %v, %v", denied, err)
		}
	}

	gateway := redis.NewClient(&redis.Options{Addr: addrs[0], Username: "gateway", Password: "password"})
	t.Cleanup(func() { gateway.Close() })
	for _, command := range [][]any{
		{"get", "theirs"}, {"set", "theirs", "1"}, {"publish", "theirs", "1"}, {"subscribe", "theirs"}, {"psubscribe", "*"},
		{"flushall"}, {"keys", "*"}, {"config", "get", "*"}, {"acl", "list"}, {"client", "list"}, {"shutdown"},
	} {
		if err := gateway.Do(t.Context(), command...).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			t.Errorf("%v: %v, want NOPERM", command, err)
		}
	}
}
