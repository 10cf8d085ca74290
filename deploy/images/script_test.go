package images

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// recorder stands for docker, podman or buildah and writes down how it is called.
const recorder = "#!/bin/sh\necho \"${0##*/} $*\" >>\"$CALLS\"\n"

func TestScriptBuildsBothImagesWithWhatThereIs(t *testing.T) {
	for _, test := range []struct {
		name     string
		programs []string // that there are
		env      string
		args     []string
		calls    string
		output   string // where it fails
	}{
		{"the first there is", []string{"podman", "buildah"}, "", nil,
			"podman build -f deploy/images/gateway.Dockerfile -t prew-gateway .\npodman build -f deploy/images/nginx.Dockerfile -t prew-nginx .\n", ""},
		{"one by name, with arguments", []string{"docker", "buildah"}, "BUILDER=buildah --root x", []string{"--platform", "linux/arm64"},
			"buildah --root x build --platform linux/arm64 -f deploy/images/gateway.Dockerfile -t prew-gateway .\n" +
				"buildah --root x build --platform linux/arm64 -f deploy/images/nginx.Dockerfile -t prew-nginx .\n", ""},
		{"none", nil, "", nil, "", "install docker, podman or buildah"},
		{"one that there is not", []string{"docker"}, "BUILDER=kaniko", nil, "", "install docker, podman or buildah"},
	} {
		path, calls := t.TempDir(), filepath.Join(t.TempDir(), "calls")
		for _, program := range []string{"bash", "dirname", "sh"} {
			found, err := exec.LookPath(program)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(found, filepath.Join(path, program)); err != nil {
				t.Fatal(err)
			}
		}
		for _, program := range test.programs {
			if err := os.WriteFile(filepath.Join(path, program), []byte(recorder), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		script := exec.Command(filepath.Join(path, "bash"), append([]string{"images.sh"}, test.args...)...)
		script.Env = []string{"PATH=" + path, "CALLS=" + calls}
		if test.env != "" {
			script.Env = append(script.Env, test.env)
		}
		said, err := script.CombinedOutput()
		if (err == nil) != (test.output == "") || !strings.Contains(string(said), test.output) {
			t.Errorf("%s: %v, want %q in\n%s", test.name, err, test.output, said)
		}
		if made, _ := os.ReadFile(calls); string(made) != test.calls {
			t.Errorf("%s: calls\n%swant\n%s", test.name, made, test.calls)
		}
	}
}
