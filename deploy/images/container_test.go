//go:build images

package images

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"prew/deploy/local/process"
)

// container is a running image.
type container struct {
	*process.Process
	name  string
	runc  []string // the program with its options
	image image
}

// start runs an image as Docker would by compose.yaml: as its own user, without
// privileges, its files read-only, a folder of this machine as its volume. Only the
// network is the machine's, so that 127.0.0.1 is the same. The container may use only
// the system calls and sockets that its systemd unit allows. start returns when the
// image's own health check passes.
func start(t *testing.T, img image, name, volume string, env ...string) *container {
	t.Helper()
	c, err := tryStart(t, img, name, volume, env...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tryStart is start for an image that may end at once; the error has the end of its
// output.
func tryStart(t *testing.T, img image, name, volume string, env ...string) (*container, error) {
	t.Helper()
	user, group, numeric := strings.Cut(img.Config.User, ":")
	uid, err := strconv.Atoi(user)
	gid, err2 := strconv.Atoi(group)
	if !numeric || err != nil || err2 != nil {
		t.Fatalf("%s: user %q, expected two numbers", name, img.Config.User)
	}
	mounts := []map[string]any{
		{"destination": "/proc", "type": "proc", "source": "proc"},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "mode=755", "size=64k"}},
		bind("/etc/resolv.conf", "/etc/resolv.conf", "ro"), // as every engine does
		bind("/etc/hosts", "/etc/hosts", "ro"),
	}
	for place := range img.Config.Volumes {
		if err := os.Chown(volume, uid, gid); err != nil {
			t.Fatal(err)
		}
		mounts = append(mounts, bind(volume, place, "rw"))
	}
	unit := map[string]string{"gateway": "prewmanager.service", "nginx": "prewnginx.service"}[name]
	nothing := []string{}
	specification, err := json.Marshal(map[string]any{
		"ociVersion": "1.0.0",
		"process": map[string]any{
			"user":            map[string]any{"uid": uid, "gid": gid},
			"args":            append(slices.Clone(img.Config.Entrypoint), img.Config.Cmd...),
			"env":             append(slices.Clone(img.Config.Env), env...),
			"cwd":             "/",
			"noNewPrivileges": true,
			"capabilities": map[string]any{"bounding": nothing, "effective": nothing, "inheritable": nothing,
				"permitted": nothing, "ambient": nothing},
		},
		"root":   map[string]any{"path": img.Root, "readonly": true},
		"mounts": mounts,
		"linux": map[string]any{
			"namespaces": []map[string]any{{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"}},
			"seccomp":    seccomp(t, unit),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), specification, 0o644); err != nil {
		t.Fatal(err)
	}
	c := &container{name: name, image: img,
		runc: []string{"runc", "--root", filepath.Join(dir, "runc")}}
	program, err := exec.LookPath(c.runc[0])
	if err != nil {
		t.Fatal(err)
	}
	c.Process, err = process.Start(process.Command{
		Name: name, Dir: dir, Path: program, Args: append(slices.Clone(c.runc[1:]), "run", "--bundle", dir, name),
		OnOrphan: syscall.SIGTERM, // runc passes this on
		Ready:    c.health,
	})
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.signal(syscall.SIGKILL); c.Kill() })
	return c, nil
}

func bind(source, place, mode string) map[string]any {
	return map[string]any{"destination": place, "type": "bind", "source": source, "options": []string{"bind", mode, "nosuid", "nodev"}}
}

// health runs the image's health check inside, as Docker does.
func (c *container) health(context.Context) error {
	check := c.image.Config.Healthcheck.Test
	if len(check) < 2 || check[0] != "CMD" {
		return fmt.Errorf("health check %q, expected CMD and a program", check)
	}
	return c.do(append([]string{"exec", c.name}, check[1:]...)...)
}

// signal sends a signal to the first process inside.
func (c *container) signal(signal syscall.Signal) error {
	return c.do("kill", c.name, strconv.Itoa(int(signal)))
}

// processes returns this machine's ids of all processes inside.
func (c *container) processes(t *testing.T) (pids []int) {
	t.Helper()
	printed, err := output(exec.Command(c.runc[0], append(slices.Clone(c.runc[1:]), "ps", "--format", "json", c.name)...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(printed), &pids); err != nil || len(pids) == 0 {
		t.Fatalf("runc ps prints %q: %v, expected processes", printed, err)
	}
	return pids
}

func (c *container) do(args ...string) error {
	_, err := output(exec.Command(c.runc[0], append(slices.Clone(c.runc[1:]), args...)...))
	return err
}
