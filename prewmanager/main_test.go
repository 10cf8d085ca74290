package main

import (
	"os"
	"os/exec"
	"testing"

	"prew/deploy/local/stack/stacktest"
)

const bucket = "gateway"

var (
	servers = stacktest.Servers{Bucket: bucket}
	put     = servers.Put
	get     = stacktest.Get
)

func TestMain(m *testing.M) {
	if os.Getenv("PREWMANAGER_ITSELF") != "" {
		main()
		return
	}
	os.Exit(servers.Run(m))
}

// itself runs this program as a process of its own: TestMain calls main.
func itself(t testing.TB, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append([]string{"PREWMANAGER_ITSELF=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, environ...)
	return cmd
}
