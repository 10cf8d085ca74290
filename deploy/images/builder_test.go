//go:build images

package images

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"prew/deploy/local/stack"
)

// builder runs buildah on a store of its own below .bin/: the images do not appear in
// the user's own list, and make clean removes them.
type builder struct {
	root string // of the checkout
}

// options are buildah's own, before the name of the command.
func (b builder) options() []string {
	return []string{"--root", filepath.Join(b.root, ".bin/containers/storage"), "--runroot", filepath.Join(b.root, ".bin/containers/run")}
}

// do runs one of buildah's commands and returns what it prints.
func (b builder) do(args ...string) (string, error) {
	return output(exec.Command("buildah", append(b.options(), args...)...))
}

// output returns a command's standard output without the last newline. An error
// carries its whole output.
func output(command *exec.Cmd) (string, error) {
	var said strings.Builder
	command.Stderr = &said
	printed, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", strings.Join(command.Args, " "), err, printed, said.String())
	}
	return strings.TrimSuffix(string(printed), "\n"), nil
}

func goEnv(variable string) (string, error) { return output(exec.Command("go", "env", variable)) }

// bases makes the two images that the Dockerfiles start from, if they are missing:
// Debian from its packages, and on top of it this machine's Go. Neither comes from a
// registry.
func (b builder) bases() (debian, golang string, err error) {
	debian, golang = "localhost/base-debian:bookworm", "localhost/base-go:"+runtime.Version()
	if _, err := b.do("inspect", "--type", "image", golang); err == nil {
		return debian, golang, nil
	}
	if os.Geteuid() != 0 {
		return "", "", errors.New("debootstrap needs root: sudo make test-images")
	}
	folder := filepath.Join(b.root, ".bin/containers/debian")
	if err := os.RemoveAll(folder); err != nil { // part of an image from a run that was cut short
		return "", "", err
	}
	defer os.RemoveAll(folder)
	if _, err := output(exec.Command("debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", folder)); err != nil {
		return "", "", err
	}
	if err := b.commit(debian, "scratch", folder, "/"); err != nil {
		return "", "", err
	}
	goroot, err := goEnv("GOROOT")
	if err != nil {
		return "", "", err
	}
	// GOTOOLCHAIN: as in the official image, no other Go is downloaded.
	return debian, golang, b.commit(golang, debian, goroot, "/usr/local/go",
		"PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin", "GOTOOLCHAIN=local")
}

// commit makes an image from another one, with a folder added and variables set.
func (b builder) commit(name, from, folder, at string, env ...string) error {
	container, err := b.do("from", "--pull-never", from)
	if err != nil {
		return err
	}
	defer b.do("rm", container)
	if _, err := b.do("add", "--quiet", container, folder, at); err != nil {
		return err
	}
	for _, variable := range env {
		if _, err := b.do("config", "--env", variable, container); err != nil {
			return err
		}
	}
	_, err = b.do("commit", "--quiet", container, name)
	return err
}

// image is an image that was built.
type image struct {
	Root   string // the folder with its files
	Config config
}

// config is the part of an image's configuration that says how to run it, with
// Docker's names.
type config struct {
	User        string
	Env         []string
	Entrypoint  []string
	Cmd         []string
	StopSignal  string
	Volumes     map[string]struct{}
	Healthcheck struct{ Test []string } // "CMD", then program and arguments
}

// build builds both images for an architecture, by the script that users run.
func (b builder) build(architecture string) (map[string]image, error) {
	debian, golang, err := b.bases()
	if err != nil {
		return nil, err
	}
	args := []string{
		"--isolation", "chroot", // needs root, but neither cgroups nor a runtime
		"--pull-never",
		"--build-arg", "GO_IMAGE=" + golang, "--build-arg", "DEBIAN_IMAGE=" + debian,
	}
	if architecture != runtime.GOARCH {
		args = append(args, "--build-arg", "TARGETARCH="+architecture)
	}
	// Modules are downloaded and compiled once for this machine and the images.
	for variable, folder := range map[string]string{"GOMODCACHE": "/root/go/pkg/mod", "GOCACHE": "/root/.cache/go-build"} {
		cache, err := goEnv(variable)
		if err != nil {
			return nil, err
		}
		args = append(args, "--volume", cache+":"+folder)
	}
	script := exec.Command("deploy/images/images.sh", args...)
	script.Dir = b.root
	script.Env = append(os.Environ(), "BUILDER=buildah "+strings.Join(b.options(), " "))
	if _, err := output(script); err != nil {
		return nil, err
	}
	images := map[string]image{}
	for _, name := range []string{"gateway", "nginx"} {
		if images[name], err = b.open("localhost/prew-" + name); err != nil {
			return nil, err
		}
	}
	return images, nil
}

// open mounts the files of an image.
func (b builder) open(name string) (image, error) {
	described, err := b.do("inspect", "--type", "image", name)
	if err != nil {
		return image{}, err
	}
	var description struct{ Docker struct{ Config config } }
	if err := json.Unmarshal([]byte(described), &description); err != nil {
		return image{}, fmt.Errorf("buildah inspect: %w", err)
	}
	container, err := b.do("from", "--pull-never", name)
	if err != nil {
		return image{}, err
	}
	root, err := b.do("mount", container)
	return image{root, description.Docker.Config}, err
}

// built returns the images of an architecture and builds them at the first call.
var built = map[string]func() (map[string]image, error){
	"amd64": sync.OnceValues(func() (map[string]image, error) { return here.build("amd64") }),
	"arm64": sync.OnceValues(func() (map[string]image, error) { return here.build("arm64") }),
}

// here is the builder of this checkout.
var here = func() builder {
	root, err := stack.Root()
	if err != nil {
		panic(err)
	}
	return builder{root}
}()
