package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

// TestReadmeIsTrueForABucket runs the lines of README's "Put it before your bucket" with a bucket
// that somebody has: photos at its root, nothing public, nothing else. The first line is left
// out, because the programs and Redis are there; addresses, the store and its region are this
// machine's.
func TestReadmeIsTrueForABucket(t *testing.T) {
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Put it before your bucket\n\n```sh\n")
	section, _, ok := strings.Cut(section, "```\n")
	lines := strings.Split(strings.TrimSpace(section), "\n")
	if !ok || len(lines) != 4 {
		t.Fatalf("%q, want four lines", lines)
	}

	dir := t.TempDir()
	server, err := stack.StartS3(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	const bucket, key = "my-photos", "2024/cat.jpg"
	if err := server.CreatePrivateBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(photo(t, 640, 480)), ContentType: aws.String("image/jpeg"),
	}); err != nil {
		t.Fatal(err)
	}
	var addrs [2]string
	for i := range addrs {
		if addrs[i], err = stack.FreeAddr(); err != nil {
			t.Fatal(err)
		}
	}
	gateway, front := addrs[0], addrs[1]
	cache, err := os.MkdirTemp("", "readme")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(cache) })
	if err := os.Chmod(cache, 0o755); err != nil { // root's nginx writes to it as nobody
		t.Fatal(err)
	}

	// The folder is the checkout's, but for what is written to it.
	if err := os.Symlink(filepath.Join(root, ".bin"), filepath.Join(dir, ".bin")); err != nil {
		t.Fatal(err)
	}
	last := strings.ReplaceAll(lines[3], "localhost:8080", front)
	script := strings.Join([]string{"set -e", strings.Replace(lines[1], "eu-west-1", "us-east-1", 1), "export PREW_RENDERERS=1", strings.Replace(lines[2], "/tmp/prewnginx", cache, 1), last, "kill $(jobs -p)", "wait"}, "\n")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "-c", script)
	command.Dir = dir
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) } // all that it started, too
	command.WaitDelay = 10 * time.Second
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "PREW_REDIS=" + whole.Redis.Addr,
		"PREW_LISTEN=" + gateway, "PREW_GATEWAYS=" + gateway, "PREW_NGINX_LISTEN=" + front, "PREW_CACHE_SIZE=50m"}, server.Env()...)
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	preview, err := os.ReadFile(filepath.Join(dir, "thumb.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if _, width, height := sizeOf(t, string(preview)); width != 200 || height != 200 {
		t.Errorf("the preview is %dx%d\n%s", width, height, said)
	}
	var keys []string
	pages := s3.NewListObjectsV2Paginator(server.Client(), &s3.ListObjectsV2Input{Bucket: aws.String(bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range page.Contents {
			if *object.Key != "prew/.presets.json" { // the gateway's record
				keys = append(keys, *object.Key)
			}
		}
	}
	if got := strings.Join(keys, " "); got != key+" prew/thumb/"+key {
		t.Errorf("the bucket has %s", got)
	}
}
