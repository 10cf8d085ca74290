package prew

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"testing"
)

func TestUnknownVariablesAreMistakes(t *testing.T) {
	got := UnknownVariables([]string{
		"PREW_BUKET=b", "PREW_S3_REGOIN=r", "PREW_EMPTY=", "PREW_BUCKET=b", "PREWMANAGER=x", "prew_bucket=b", "PATH=/bin",
		// What Kubernetes sets for services called prew, prew-gateway and prew-redis.
		"PREW_SERVICE_HOST=10.0.0.1", "PREW_PORT=tcp://10.0.0.1:80", "PREW_GATEWAY_SERVICE_HOST=10.0.0.1", "PREW_GATEWAY_SERVICE_PORT=8081",
		"PREW_GATEWAY_SERVICE_PORT_HTTP=8081", "PREW_GATEWAY_PORT=tcp://10.0.0.1:8081", "PREW_REDIS_PORT_6379_TCP=tcp://10.0.0.1:6379",
		"PREW_REDIS_PORT_6379_TCP_ADDR=10.0.0.1", "PREW_REDIS_PORT_6379_TCP_PROTO=tcp",
	})
	const want = "PREW_BUKET: unknown variable, the closest is PREW_BUCKET\nPREW_S3_REGOIN: unknown variable, the closest is PREW_S3_REGION"
	if err := errors.Join(got...); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// TestVariablesAreDocumented checks that docs/configuration.md has the variables
// of the programs and no others.
func TestVariablesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for _, match := range regexp.MustCompile("`(PREW_[A-Z0-9_]*[A-Z0-9])`").FindAllSubmatch(page, -1) {
		documented = append(documented, string(match[1]))
	}
	slices.Sort(documented)
	documented = slices.Compact(documented)
	known := slices.Sorted(slices.Values(variables))
	for _, name := range documented {
		if !slices.Contains(known, name) {
			t.Errorf("%s is documented and unknown", name)
		}
	}
	for _, name := range known {
		if !slices.Contains(documented, name) {
			t.Errorf("%s is not documented", name)
		}
	}
}
