// Package images tests what runs prew outside of AWS: compose.yaml, the systemd units
// and, under the build tag images, the container images: their contents, and that they
// work with the few rights that they get. buildah builds the images from
// deploy/images/*.Dockerfile, on bases made of Debian's packages and the Go of this
// machine, and runc runs them. make test-images does this, as root.
package images

import (
	"bytes"
	"context"
	goimage "image"
	"image/color"
	"image/jpeg"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.yaml.in/yaml/v3"

	"prew/deploy/local/process"
	"prew/deploy/local/stack"
)

// service is a container's part of compose.yaml, as far as the tests check it.
type service struct {
	Image           string
	Build           *struct{ Context, Dockerfile string }
	ReadOnly        bool     `yaml:"read_only"`
	CapDrop         []string `yaml:"cap_drop"`
	CapAdd          []string `yaml:"cap_add"`
	SecurityOpt     []string `yaml:"security_opt"`
	MemLimit        string   `yaml:"mem_limit"`
	PidsLimit       int      `yaml:"pids_limit"`
	User            string
	Restart         string
	Command         []string
	Entrypoint      []string
	Privileged      bool
	Ports           []string
	EnvFile         []string `yaml:"env_file"`
	Environment     map[string]string
	Healthcheck     *struct{ Test []string }
	StopGracePeriod time.Duration                         `yaml:"stop_grace_period"`
	DependsOn       map[string]struct{ Condition string } `yaml:"depends_on"`
}

// services reads compose.yaml.
func services(t *testing.T) map[string]service {
	t.Helper()
	var compose struct{ Services map[string]service }
	if err := yaml.Unmarshal([]byte(read(t, "compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}
	if len(compose.Services) == 0 {
		t.Fatal("compose.yaml has no services")
	}
	return compose.Services
}

func TestComposeConfinesEveryContainer(t *testing.T) {
	for name, service := range services(t) {
		if !service.ReadOnly || service.Privileged || !slices.Equal(service.CapDrop, []string{"ALL"}) ||
			!slices.Equal(service.SecurityOpt, []string{"no-new-privileges:true"}) {
			t.Errorf("%s can be written to or keeps privileges: %+v", name, service)
		}
		if service.MemLimit == "" || service.PidsLimit == 0 {
			t.Errorf("%s has memory %q and %d processes, want limits of both", name, service.MemLimit, service.PidsLimit)
		}
		ours := service.Build != nil // the user is the Dockerfile's, and so is the health check
		once, restart := name == "bucket" || name == "account", "unless-stopped"
		if once {
			restart = "no"
		}
		if service.Restart != restart {
			t.Errorf("%s: restart %q, want %q", name, service.Restart, restart)
		}
		if name == "bucket" {
			if service.User != "0:0" || !slices.Equal(service.CapAdd, []string{"CHOWN"}) {
				t.Errorf("%s: user %q adds %q, want a root that can only give folders away", name, service.User, service.CapAdd)
			}
			continue
		}
		if len(service.CapAdd) > 0 {
			t.Errorf("%s adds %q", name, service.CapAdd)
		}
		if !ours && service.User != "65532:65532" {
			t.Errorf("%s: user %q, want 65532:65532", name, service.User)
		}
		if !ours && !once && service.Healthcheck == nil {
			t.Errorf("%s has no health check", name)
		}
	}
}

func TestComposeStartsEachPartWhenWhatItNeedsIsWell(t *testing.T) {
	for _, test := range []struct{ service, needs, condition string }{
		{"nginx", "gateway", "service_healthy"},
		{"gateway", "redis", "service_healthy"},
		{"s3", "bucket", "service_completed_successfully"},
		{"account", "s3", "service_healthy"},
	} {
		if got := services(t)[test.service].DependsOn[test.needs].Condition; got != test.condition {
			t.Errorf("%s waits for %s: %q, want %q", test.service, test.needs, got, test.condition)
		}
	}
	// With a store elsewhere it is started by "up nginx".
	for _, name := range []string{"nginx", "gateway", "redis"} {
		for needed := range services(t)[name].DependsOn {
			if needed == "s3" || needed == "bucket" || needed == "account" {
				t.Errorf("%s starts %s, which nobody needs with a store elsewhere", name, needed)
			}
		}
	}
}

// TestComposeCommandsRun runs the S3 server and Redis of this machine with the command
// lines of compose.yaml, on free ports and in a folder of the test.
func TestComposeCommandsRun(t *testing.T) {
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal(err)
	}
	addr := address(t)
	_, port, _ := net.SplitHostPort(addr)
	command := services(t)["redis"].Command
	if command[0] != "valkey-server" {
		t.Fatalf("redis runs %q", command)
	}
	runs(t, process.Command{Name: "redis", Dir: t.TempDir(), Path: redis, Args: append(command[1:], "--port", port),
		Ready: func(context.Context) error {
			conn, err := net.Dial("tcp", addr)
			if err == nil {
				conn.Close()
			}
			return err
		}})
	store := startStore(t)
	if _, err := store.root(t).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(settings(t, "prew.env")["PREW_BUCKET"]),
		Key: aws.String("photo/a.jpg"), Body: strings.NewReader("picture")}); err != nil {
		t.Errorf("a photo can't be put: %v, %v", err, store.Err())
	}
}

// runs starts a program that ends with the test.
func runs(t *testing.T, command process.Command) *process.Process {
	t.Helper()
	p, err := process.Start(command)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// replaced returns a command line with words replaced, given as pairs of old and new.
func replaced(command []string, pairs ...string) []string {
	command = slices.Clone(command)
	for i, word := range command {
		for j := 0; j < len(pairs); j += 2 {
			if word == pairs[j] {
				command[i] = pairs[j+1]
			}
		}
	}
	return command
}

func address(t *testing.T) string {
	t.Helper()
	addr, err := stack.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// TestImagesArePinned checks that no image is "latest", which changes from day to day.
func TestImagesArePinned(t *testing.T) {
	pinned := regexp.MustCompile(`^docker\.io/[a-z]+/[a-z]+:v?\d+\.\d+\.\d+(-alpine)?$`)
	for name, service := range services(t) {
		if service.Build == nil && !pinned.MatchString(service.Image) {
			t.Errorf("%s: image %q, want registry/owner/name:1.2.3", name, service.Image)
		}
		if service.Build != nil {
			if _, err := os.Stat(filepath.Join(service.Build.Context, service.Build.Dockerfile)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	tools := regexp.MustCompile(`versity/versitygw (v\S+)`).FindStringSubmatch(read(t, "../tools/go.mod"))
	if tools == nil {
		t.Fatal("tools/go.mod names no versitygw")
	}
	for _, name := range []string{"s3", "bucket"} {
		if got, want := services(t)[name].Image, "docker.io/versity/versitygw:"+tools[1]; got != want {
			t.Errorf("%s: image %q, want %q, which the tests run", name, got, want)
		}
	}
	language := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../../go.mod"))
	for _, file := range []string{"gateway.Dockerfile", "nginx.Dockerfile"} {
		if want := "GO_IMAGE=docker.io/library/golang:" + language[1] + "-bookworm\n"; !strings.Contains(read(t, file), want) {
			t.Errorf("%s has no %q, the Go of go.mod", file, want)
		}
	}
}

func TestComposePublishesNginxAndToThisMachineS3(t *testing.T) {
	for name, service := range services(t) {
		for _, port := range service.Ports {
			if name != "nginx" && !(name == "s3" && strings.HasPrefix(port, "127.0.0.1:")) {
				t.Errorf("%s publishes %s", name, port)
			}
		}
	}
}

func TestComposeKeysReachTheGatewayAlone(t *testing.T) {
	for name, service := range services(t) {
		// The service account makes the account that has them.
		if got, want := slices.Contains(service.EnvFile, "credentials.env"), name == "gateway" || name == "account"; got != want {
			t.Errorf("%s has the keys: %v, want %v", name, got, want)
		}
		if got, want := service.Environment["ROOT_SECRET_KEY"] != "", name == "s3" || name == "account"; got != want {
			t.Errorf("%s has root's keys: %v, want %v", name, got, want)
		}
	}
	keys, server := settings(t, "credentials.env"), services(t)["s3"].Environment
	if keys["AWS_ACCESS_KEY_ID"] == "" || keys["AWS_ACCESS_KEY_ID"] == server["ROOT_ACCESS_KEY"] || keys["AWS_SECRET_ACCESS_KEY"] == server["ROOT_SECRET_KEY"] {
		t.Errorf("credentials.env has %v, the S3 server's root %v, want an account of its own", keys, server)
	}
}

// TestComposeHasMemoryForEveryRenderer checks that the pool's limit comes first: the
// pool kills the renderer that takes too much, the kernel would kill any of them.
func TestComposeHasMemoryForEveryRenderer(t *testing.T) {
	const itself = 512 // MB of the gateway: promise 7 allows it 300 with 10,000 who wait, and a collector room
	common := settings(t, "prew.env")
	renderers, err1 := strconv.Atoi(common["PREW_RENDERERS"])
	each, err2 := strconv.Atoi(common["PREW_RENDERER_MEMORY"])
	limit, err3 := strconv.Atoi(strings.TrimSuffix(services(t)["gateway"].MemLimit, "m"))
	if err1 != nil || err2 != nil || err3 != nil || limit < renderers*each+itself {
		t.Errorf("%d MB for %d renderers of %d: %v %v %v, want at least %d", limit, renderers, each, err1, err2, err3, renderers*each+itself)
	}
}

// TestStopsLastLongerThanAnswers checks that requests under way when a container or
// service is stopped still get their answers.
func TestStopsLastLongerThanAnswers(t *testing.T) {
	timeout := regexp.MustCompile(`(?m)^proxy_read_timeout (\d+)s;`).FindStringSubmatch(read(t, "../../nginx/gateway.conf"))
	if timeout == nil {
		t.Fatal("nginx/gateway.conf has no proxy_read_timeout")
	}
	seconds, err := strconv.Atoi(timeout[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nginx", "gateway"} {
		if got := services(t)[name].StopGracePeriod; got <= time.Duration(seconds)*time.Second {
			t.Errorf("compose.yaml stops %s after %v, answers take up to %d s", name, got, seconds)
		}
	}
	for _, name := range []string{"prewnginx.service", "prewmanager.service"} {
		stop := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`).FindStringSubmatch(read(t, "../systemd/"+name))
		if stop == nil {
			t.Fatalf("%s has no TimeoutStopSec", name)
		}
		if got, err := strconv.Atoi(stop[1]); err != nil || got <= seconds {
			t.Errorf("%s is killed after %s s: %v, answers take up to %d s", name, stop[1], err, seconds)
		}
	}
}

// TestVariablesExist checks that a program reads each variable: otherwise a user would
// believe in a setting without effect.
func TestVariablesExist(t *testing.T) {
	gateway, nginx := variables(t, "prew/prewmanager"), variables(t, "prew/nginx/prewnginx")
	either := append(slices.Clone(gateway), nginx...)
	for _, test := range []struct {
		where string
		names []string
		known []string
	}{
		{"compose.yaml, gateway", names(services(t)["gateway"].Environment), gateway},
		{"compose.yaml, nginx", names(services(t)["nginx"].Environment), nginx},
		{"prew.env", names(settings(t, "prew.env")), either},
		{"systemd/prew.env", names(settings(t, "../systemd/prew.env")), either},
		{"nginx.Dockerfile", mentioned(read(t, "nginx.Dockerfile")), nginx},
		{"gateway.Dockerfile", mentioned(read(t, "gateway.Dockerfile")), gateway},
		{"prewmanager.service", mentioned(read(t, "../systemd/prewmanager.service")), gateway},
		{"prewnginx.service", mentioned(read(t, "../systemd/prewnginx.service")), nginx},
	} {
		if len(test.names) == 0 {
			t.Errorf("%s: no variables, expected some", test.where)
		}
		for _, name := range test.names {
			if strings.HasPrefix(name, "PREW_") && !slices.Contains(test.known, name) {
				t.Errorf("%s sets %s, which there is not; there are %s", test.where, name, strings.Join(test.known, ", "))
			}
		}
	}
}

var variable = regexp.MustCompile(`\bPREW_[A-Z0-9_]+\b`)

func mentioned(text string) []string { return variable.FindAllString(text, -1) }

// variables are the variables in a program's help.
func variables(t *testing.T, program string) []string {
	t.Helper()
	help, err := exec.Command("go", "run", program, "serve", "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, help)
	}
	return mentioned(string(help))
}

// settings returns the variables of a file, including those that are commented out. If
// one is there twice, the first counts.
func settings(t *testing.T, file string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, line := range regexp.MustCompile(`(?m)^#?([A-Z0-9_]+)=(.*)$`).FindAllStringSubmatch(read(t, file), -1) {
		if _, set := found[line[1]]; !set {
			found[line[1]] = line[2]
		}
	}
	return found
}

// environment returns settings in the form of os.Environ.
func environment(settings map[string]string) (env []string) {
	for name, value := range settings {
		env = append(env, name+"="+value)
	}
	return env
}

func names(settings map[string]string) (names []string) {
	for name := range settings {
		names = append(names, name)
	}
	return names
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// waitFor asks until something is true, for at most 10 seconds.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 1000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never came: %s", what)
}

func get(t *testing.T, url string) (*http.Response, []byte) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

// photo is a JPEG with something to see in it.
func photo(t *testing.T) []byte {
	t.Helper()
	img := goimage.NewRGBA(goimage.Rect(0, 0, 1200, 800))
	for y := range 800 {
		for x := range 1200 {
			img.SetRGBA(x, y, color.RGBA{uint8(x), uint8(y), uint8(x ^ y), 0xff})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
