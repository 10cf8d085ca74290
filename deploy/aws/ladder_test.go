package aws

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"prew"
	"prew/deploy/local/stack"
)

// TestTimeoutsFormALadder checks the timeouts from the client's side to S3: each outer
// part waits longer than the part that it calls, so that the innermost one ends first.
// Each value is read where it is set.
func TestTimeoutsFormALadder(t *testing.T) {
	program, err := stack.Program("prewmanager")
	if err != nil {
		t.Fatal(err)
	}
	help, err := exec.Command(program, "serve", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	read := func(path ...string) string {
		text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	// of returns the seconds that the first group of an expression matches.
	of := func(text, expression string) time.Duration {
		t.Helper()
		match := regexp.MustCompile(expression).FindStringSubmatch(text)
		if match == nil {
			t.Fatalf("%s is nowhere", expression)
		}
		n, err := strconv.Atoi(match[1])
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(n) * time.Second
	}
	render, gateway, edge := load(t, "render.yaml"), load(t, "gateway.yaml", "CloudFront=yes"), load(t, "edge.yaml")
	origin := []any{"DistributionConfig", "Origins", 0, "CustomOriginConfig"}
	second := func(c template, id string, path ...any) time.Duration {
		t.Helper()
		return time.Duration(c.seconds(id, path...)) * time.Second
	}
	attribute := func(id, attributes, key string) time.Duration {
		t.Helper()
		for i := 0; ; i++ {
			switch gateway.property(id, attributes, i, "Key") {
			case nil:
				t.Fatalf("%s has no %s", id, key)
			case key:
				return second(gateway, id, attributes, i, "Value")
			}
		}
	}
	type step struct {
		name  string
		takes time.Duration
	}
	cloudFront := step{"CloudFront", second(gateway, "Distribution", append(origin, "OriginReadTimeout")...)}
	balancer := step{"the balancer", attribute("Balancer", "LoadBalancerAttributes", "idle_timeout.timeout_seconds")}
	nginx := step{"nginx, for a gateway", of(read("nginx", "gateway.conf"), `(?m)^proxy_read_timeout (\d+)s;`)}
	answer := step{"the gateway's answer", of(string(help), `--answer-timeout=(\d+)s`)}
	invoke := step{"the invocation", of(string(help), `--invoke-timeout=(\d+)s`)}
	function := step{"the function", second(render, "Function", "Timeout")}
	// Without servers.
	atEdge := step{"CloudFront, for the function", second(edge, "Distribution", "DistributionConfig", "Origins", 2, "CustomOriginConfig", "OriginReadTimeout")}
	api := step{"the HTTP API", time.Duration(load(t, "edge.yaml", "Front=apigateway").seconds("ApiIntegration", "TimeoutInMillis")) * time.Millisecond}
	answering := step{"the function that answers", second(edge, "Function", "Timeout")}
	callOfGateway := step{"the gateway's call of S3", of(string(help), `--s3-timeout=(\d+)s`)}
	callOfFunction := step{"the function's call of S3", prew.StoreTimeout}
	callOfNginx := step{"nginx's call of S3", of(read("nginx", "s3.conf"), `(?m)^proxy_read_timeout (\d+)s;`)}
	for _, ladder := range [][]step{
		{cloudFront, nginx, answer, invoke, function, {"reading and storing", 2 * callOfFunction.takes}},
		{balancer, nginx},
		{atEdge, answering, {"looking, reading and storing", 3 * callOfFunction.takes}},
		{api, answering},
		{invoke, callOfGateway},
		{nginx, callOfNginx},
		// The side that opens a connection must close it; otherwise a request could
		// be sent just as the other side closes it. nginx keeps one for 75 s by default.
		{{"nginx's keeping of a connection", keepaliveOfNginx(t, filepath.Join(root, "nginx"))}, balancer,
			{"CloudFront's keeping of a connection", second(gateway, "Distribution", append(origin, "OriginKeepaliveTimeout")...)}},
		// A part that is stopped finishes the requests that it has begun.
		{{"deregistration", attribute("Targets", "TargetGroupAttributes", "deregistration_delay.timeout_seconds")}, nginx},
		{{"the end of nginx", second(gateway, "Task", "ContainerDefinitions", 1, "StopTimeout")}, nginx},
		{{"the end of the gateway", second(gateway, "Task", "ContainerDefinitions", 0, "StopTimeout")}, answer},
	} {
		for i := range len(ladder) - 1 {
			if outer, inner := ladder[i], ladder[i+1]; outer.takes <= inner.takes {
				t.Errorf("%s, %v, ends before %s, %v", outer.name, outer.takes, inner.name, inner.takes)
			}
		}
	}
	if nginx.takes != prew.NginxTimeout {
		t.Errorf("nginx waits %v for a gateway, and gateways count on %v", nginx.takes, prew.NginxTimeout)
	}
	if function.takes != prew.FunctionTimeout {
		t.Errorf("the function has %v on Lambda, and %v in a gateway's own processes and in make run", function.takes, prew.FunctionTimeout)
	}
}

// keepaliveOfNginx is how long nginx keeps a connection, by its configuration or its
// default.
func keepaliveOfNginx(t *testing.T, dir string) time.Duration {
	t.Helper()
	const byDefault = 75 * time.Second // ngx_http_core_module
	files, err := filepath.Glob(filepath.Join(dir, "*.conf*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no configuration of nginx: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if match := regexp.MustCompile(`(?m)^\s*keepalive_timeout (\d+)s;`).FindSubmatch(text); match != nil {
			n, err := strconv.Atoi(string(match[1]))
			if err != nil {
				t.Fatal(err)
			}
			return time.Duration(n) * time.Second
		}
	}
	return byDefault
}
