package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew/deploy/local/stack"
)

const bucket = "gateway"

// The Redis and the S3 server of all tests here; each test has photos of its own.
var (
	redisServer *stack.Redis
	s3Server    *stack.S3
)

func TestMain(m *testing.M) {
	if os.Getenv("PREWMANAGER_ITSELF") != "" {
		main()
		return
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "gateway")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if redisServer, err = stack.StartRedis(dir); err != nil {
			panic(err)
		}
		defer redisServer.Stop()
		if s3Server, err = stack.StartS3(dir); err != nil {
			panic(err)
		}
		defer s3Server.Stop()
		if err := s3Server.CreateBucket(context.Background(), bucket); err != nil {
			panic(err)
		}
		return m.Run()
	}())
}

// itself runs this program as a process of its own: TestMain calls main.
func itself(t *testing.T, environ []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append([]string{"PREWMANAGER_ITSELF=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, environ...)
	return cmd
}

func put(t *testing.T, key, body string) (etag string) {
	t.Helper()
	out, err := s3Server.Client().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(body), ContentType: aws.String("image/jpeg"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ETag
}
