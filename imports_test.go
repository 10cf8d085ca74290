package prew_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// packages lists all packages of this module, with what each may import beyond the
// standard library and what it must never need, not even indirectly.
var packages = []struct {
	pkg   string
	may   []string // its direct imports from outside the standard library
	never []string // what it must not need, directly or indirectly
}{
	{"prew", []string{"go.yaml.in/yaml"}, []string{"prew"}},
	{"prew/lambda/render/plane", nil, []string{"image"}},
	{"prew/lambda/render/plane/planetest", []string{"prew/lambda/render/plane"}, nil}, // of tests alone
	{"prew/lambda/render/resample", []string{"prew/lambda/render/plane", "golang.org/x/sys/cpu"}, []string{"image"}},
	{"prew/lambda/render/jpeg", []string{"prew/lambda/render/plane", "golang.org/x/sys/cpu"},
		[]string{"image/jpeg", "prew/lambda/render/resample"}},
	{"prew/lambda/render/colour", []string{"prew/lambda/render/plane", "golang.org/x/sys/cpu"}, []string{"image"}},
	{"prew/lambda/render/png", []string{"prew/lambda/render/plane", "github.com/klauspost/compress", "golang.org/x/sys/cpu"}, []string{"image"}},
	{"prew/lambda/render/tiff", []string{"prew/lambda/render/jpeg", "prew/lambda/render/plane", "prew/lambda/render/webp", "github.com/klauspost/compress"},
		[]string{"golang.org/x/image", "prew/lambda/render/resample"}},
	{"prew/lambda/render/likeness", []string{"prew/lambda/render/plane"}, []string{"image"}},
	{"prew/lambda/render/attention", []string{"prew/lambda/render/plane"}, []string{"image"}},
	{"prew/lambda/render/bmp", []string{"prew/lambda/render/plane"}, []string{"image"}},
	{"prew/lambda/render/gif", []string{"prew/lambda/render/plane"}, []string{"image/draw", "image/gif"}},
	{"prew/lambda/render/av1", []string{"prew/lambda/render/plane", "golang.org/x/sys/cpu"}, []string{"image"}},
	{"prew/lambda/render/webp", []string{"prew/lambda/render/plane", "golang.org/x/sys/cpu"}, []string{"image/draw", "golang.org/x/image"}},
	{"prew/lambda/render/avif", []string{"prew/lambda/render/av1", "prew/lambda/render/plane"}, []string{"image", "prew/lambda/render/heif"}},
	{"prew/lambda/render/faces", []string{"prew/lambda/render/plane", "github.com/esimov/pigo"}, []string{"github.com/disintegration", "golang.org/x/image"}},
	{"prew/lambda/render/heif", []string{"prew/lambda/render/plane", "github.com/tetratelabs/wazero"}, []string{"image", "net/http"}},
	{"prew/lambda/render/mark", []string{"prew", "prew/lambda/render/plane", "prew/lambda/render/png", "prew/lambda/render/webp"}, []string{"image/draw", "golang.org/x/image"}},
	{"prew/lambda/render/standin", nil, []string{"image"}},
	{"prew/lambda/render", []string{"prew", "prew/lambda/render/attention", "prew/lambda/render/avif", "prew/lambda/render/bmp", "prew/lambda/render/colour", "prew/lambda/render/faces", "prew/lambda/render/gif", "prew/lambda/render/heif", "prew/lambda/render/jpeg", "prew/lambda/render/likeness", "prew/lambda/render/mark",
		"prew/lambda/render/plane", "prew/lambda/render/png", "prew/lambda/render/resample", "prew/lambda/render/standin", "prew/lambda/render/tiff", "prew/lambda/render/webp",
		"github.com/disintegration/imaging"},
		[]string{"github.com/aws", "github.com/redis", "net/http"}},
	{"prew/lambda/store", []string{"prew", "github.com/aws"}, []string{"image", "github.com/redis"}},
	{"prew/lambda/answer", []string{"prew"}, []string{"github.com/aws", "github.com/redis", "prew/lambda/render"}},
	{"prew/lambda/object", []string{"prew", "prew/lambda/answer", "prew/lambda/store", "github.com/aws"}, []string{"github.com/redis", "prew/lambda/render"}},
	{"prew/lambda/access", []string{"prew", "github.com/golang-jwt/jwt"}, []string{"image", "github.com/aws", "github.com/redis"}},
	{"prew/lambda/access/accesstest", []string{"prew", "prew/lambda/access", "github.com/golang-jwt/jwt"}, nil}, // of tests alone
	{"prew/lambda", []string{"prew", "prew/lambda/access", "prew/lambda/answer", "prew/lambda/object", "prew/lambda/render", "prew/lambda/render/mark", "prew/lambda/store", "github.com/aws"},
		[]string{"github.com/redis", "go.opentelemetry.io", "prew/prewmanager", "prew/deploy", "prew/nginx"}},
	{"prew/lambda/peers", []string{"prew", "prew/prewmanager/progress", "prew/lambda/peers/look", "prew/lambda/peers/ssimulacra2", "golang.org/x/image"}, []string{"prew/lambda/render"}},
	{"prew/lambda/peers/ssimulacra2", nil, nil},
	{"prew/lambda/peers/auto", []string{"prew", "prew/lambda/peers/ssimulacra2", "prew/lambda/render", "prew/prewmanager/progress"}, []string{"github.com/aws", "net/http"}},
	{"prew/lambda/peers/look", nil, nil},
	{"prew/lambda/peers/looks", []string{"prew", "prew/lambda/peers/look", "prew/prewmanager/progress", "golang.org/x/image"}, []string{"prew/lambda/render"}},
	{"prew/lambda/peers/ours", []string{"prew", "prew/lambda/peers/look", "prew/lambda/render", "prew/lambda/render/avif", "prew/lambda/render/plane", "prew/lambda/render/png", "prew/lambda/render/webp"}, []string{"github.com/aws", "net/http"}},
	{"prew/prewmanager/flight", []string{"github.com/redis/go-redis"},
		[]string{"prew", "image", "github.com/aws"}},
	{"prew/prewmanager/pool/child", nil, nil},
	{"prew/prewmanager/pool", []string{"prew/prewmanager/pool/child"}, nil},
	{"prew/prewmanager/gateway", []string{"prew", "prew/lambda/answer", "prew/lambda/object", "prew/lambda/store", "prew/lambda/access", "prew/prewmanager/flight",
		"github.com/aws", "github.com/prometheus/client_golang", "go.opentelemetry.io/otel"},
		[]string{"github.com/disintegration", "golang.org/x/image", "prew/lambda/render", "prew/prewmanager/pool", "prew/deploy", "prew/nginx"}},
	{"prew/prewmanager/importer", []string{"prew"}, []string{"net/http", "image", "github.com/aws", "github.com/redis"}},
	{"prew/prewmanager/upkeep", []string{"prew", "prew/lambda/store", "github.com/aws"},
		[]string{"github.com/disintegration", "github.com/redis", "prew/lambda/render", "prew/prewmanager/gateway", "prew/deploy", "prew/nginx"}},
	{"prew/prewmanager/progress", nil, nil},
	{"prew/prewmanager/events", []string{"prew"}, []string{"github.com/aws", "github.com/redis"}},
	{"prew/prewmanager/flags", []string{"github.com/alecthomas/kong"}, []string{"prew"}},
	// Of the renderer it has what looks at watermarks, and so no decoder of photos but two.
	{"prew/prewmanager", []string{"prew", "prew/lambda/answer", "prew/lambda/render/mark", "prew/lambda/store", "prew/lambda/access", "prew/prewmanager/events", "prew/prewmanager/flags", "prew/prewmanager/flight",
		"prew/prewmanager/gateway", "prew/prewmanager/importer", "prew/prewmanager/pool", "prew/prewmanager/progress", "prew/prewmanager/upkeep", "github.com/alecthomas/kong", "github.com/aws"},
		[]string{"github.com/disintegration", "golang.org/x/image", "prew/lambda/render/resample", "prew/lambda/render/heif", "prew/deploy", "prew/nginx"}},
	{"prew/prewmanager/chaos", []string{"prew", "prew/prewmanager/progress", "prew/deploy/local/stack",
		"prew/deploy/monitoring", "prew/nginx", "github.com/aws", "github.com/redis/go-redis"}, []string{"prew/lambda/render"}},
	{"prew/nginx", []string{"prew"}, []string{"prew/lambda", "prew/prewmanager", "prew/deploy"}},
	{"prew/nginx/cloudfront", []string{"prew"}, []string{"prew/lambda", "prew/prewmanager", "prew/deploy"}},
	{"prew/nginx/count", []string{"prew", "prew/nginx", "github.com/prometheus/client_golang", "golang.org/x/sys/unix"},
		[]string{"github.com/aws", "prew/prewmanager", "prew/deploy"}},
	{"prew/nginx/purge", []string{"prew", "github.com/prometheus/client_golang", "golang.org/x/sys/unix"},
		[]string{"github.com/aws", "prew/prewmanager", "prew/deploy"}},
	{"prew/nginx/prewnginx", []string{"prew", "prew/nginx", "prew/nginx/cloudfront", "prew/nginx/count", "prew/nginx/purge", "prew/prewmanager/flags", "github.com/alecthomas/kong",
		"github.com/prometheus/client_golang", "golang.org/x/sys/unix"}, []string{"github.com/aws"}},
	{"prew/deploy/aws", nil, nil}, // only tests, as in images and e2e
	{"prew/deploy/aws/lambdazip", []string{"prew", "prew/lambda/render/mark", "github.com/klauspost/compress/flate"}, nil},
	{"prew/deploy/images", nil, nil},
	{"prew/deploy/local", []string{"prew", "prew/deploy/local/gameday", "prew/deploy/local/playground", "prew/deploy/local/stack", "prew/lambda/store", "prew/prewmanager/flags", "prew/prewmanager/flight", "prew/prewmanager/upkeep", "github.com/aws"}, []string{"prew/lambda/render"}},
	{"prew/deploy/local/playground", []string{"prew", "prew/lambda/store", "github.com/aws", "go.yaml.in/yaml"}, []string{"prew/lambda/render", "prew/deploy/local/emulator"}},
	{"prew/deploy/local/gameday", []string{"prew", "prew/deploy/local/stack", "github.com/aws", "github.com/redis/go-redis"}, []string{"prew/lambda/render", "prew/prewmanager/flight"}},
	{"prew/deploy/local/e2e", nil, nil},
	{"prew/deploy/local/emulator", []string{"prew", "prew/prewmanager/pool"}, nil},
	{"prew/deploy/local/process", []string{"prew/prewmanager/pool/child"}, nil},
	{"prew/deploy/local/soak", []string{"prew", "prew/deploy/local/emulator", "prew/deploy/local/process", "prew/deploy/local/stack", "prew/nginx",
		"prew/prewmanager/progress", "github.com/aws", "github.com/redis/go-redis", "golang.org/x/image"}, []string{"prew/lambda/render", "prew/prewmanager/flight"}},
	{"prew/deploy/local/stack", []string{"prew", "prew/deploy/local/emulator", "prew/deploy/local/process", "prew/lambda/store", "prew/nginx", "prew/nginx/count", "prew/nginx/purge", "github.com/aws", "github.com/redis/go-redis"},
		[]string{"prew/lambda/render", "prew/prewmanager/flight"}},
	{"prew/deploy/local/stack/stacktest", []string{"prew/deploy/local/stack", "github.com/aws"}, nil}, // of tests alone
	{"prew/deploy/monitoring", []string{"prew/deploy/local/stack", "go.yaml.in/yaml"}, nil},
}

// TestEveryPackageIsNamed checks that packages is complete: the imports of a
// package that is missing there would not be checked.
func TestEveryPackageIsNamed(t *testing.T) {
	var named []string
	for _, test := range packages {
		named = append(named, test.pkg)
	}
	for _, pkg := range list(t, "{{.ImportPath}}", "./...") {
		if !slices.Contains(named, pkg) {
			t.Errorf("%s is not named in packages, expected with what it may import", pkg)
		}
	}
}

// TestImportsRunOneWay checks the directions that DESIGN.md draws.
func TestImportsRunOneWay(t *testing.T) {
	for _, test := range packages {
		for _, imported := range list(t, "{{range .Imports}}{{.}} {{end}}", test.pkg) {
			if !standard(imported) && !slices.Contains(test.may, imported) && (ours(imported) || !below(imported, test.may)) {
				t.Errorf("%s imports %s, it may import %v", test.pkg, imported, test.may)
			}
		}
		for _, needed := range list(t, "{{range .Deps}}{{.}} {{end}}", test.pkg) {
			if below(needed, test.never) {
				t.Errorf("%s needs %s in the end", test.pkg, needed)
			}
		}
	}
}

// standard reports whether a package is of the standard library: its first segment
// has no dot.
func standard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".") && !ours(pkg)
}

func ours(pkg string) bool { return below(pkg, []string{"prew"}) }

func below(pkg string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return pkg == root || strings.HasPrefix(pkg, root+"/")
	})
}

func list(t *testing.T, format, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", format, pkg).CombinedOutput()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", pkg, err, out)
	}
	return strings.Fields(string(out))
}
