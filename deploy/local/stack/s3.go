package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"prew"
	"prew/deploy/local/process"
)

// The root account of a local S3 server. The server listens on this machine only.
const (
	accessKey = "local"
	secretKey = "local-secret"
	region    = "us-east-1"
)

// S3 is a running S3 server whose objects are files below <dir>/s3.
type S3 struct {
	*process.Process
	Addr string // host:port
}

// StartS3 starts an S3 server on a free port and waits until it answers. Its
// objects lie in <dir>/s3 and are there again after the next start.
func StartS3(dir string) (*S3, error) { return StartS3Telling(dir) }

// StartS3Telling is StartS3 of a server that sends notifications of what is written and
// removed to webhooks, of which it takes one at most. They answer already.
func StartS3Telling(dir string, webhooks ...string) (*S3, error) {
	server, err := Program("versitygw")
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir) // with a relative folder the server fails on the first request
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "s3")
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	addr, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	args := []string{"--port", addr, "--region", region, "--keep-alive", "--quiet"}
	for _, webhook := range webhooks {
		args = append(args, "--event-webhook-url", webhook)
	}
	p, err := start(dir, process.Command{
		Name: "s3",
		Path: server,
		Args: append(args, "posix", data),
		Env:  []string{"ROOT_ACCESS_KEY=" + accessKey, "ROOT_SECRET_KEY=" + secretKey},
		Ready: func(ctx context.Context) error {
			// Listing the buckets without signing is refused; any answer means that the server is up.
			return Answers(ctx, "http://"+addr+"/", func(int) bool { return true })
		},
	})
	if err != nil {
		return nil, err
	}
	return &S3{p, addr}, nil
}

// Env is the environment with which a program reaches this server by the AWS SDK: the
// standard variables, and PREW_S3_PATH_STYLE because the server knows no buckets as
// host names.
func (s *S3) Env() []string {
	return []string{
		"AWS_ENDPOINT_URL_S3=http://" + s.Addr,
		"AWS_ACCESS_KEY_ID=" + accessKey,
		"AWS_SECRET_ACCESS_KEY=" + secretKey,
		"AWS_REGION=" + region,
		"PREW_S3_PATH_STYLE=1",
	}
}

// Client is a client with the credentials of the root account.
func (s *S3) Client() *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: aws.String("http://" + s.Addr),
		Region:       region,
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		UsePathStyle: true,
	})
}

// CreatePrivateBucket makes a bucket that nobody may read without signing. If the
// bucket exists, only the policy that made it public is removed.
func (s *S3) CreatePrivateBucket(ctx context.Context, name string) error {
	client := s.Client()
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	if _, exists := errors.AsType[*types.BucketAlreadyOwnedByYou](err); err != nil && !exists {
		return fmt.Errorf("bucket %s: %w", name, err)
	}
	if _, err := client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: &name}); err != nil {
		return fmt.Errorf("bucket %s: %w", name, err)
	}
	return nil
}

// CreateBucket makes a bucket in which anyone may read what lies in some folders and
// nothing else, as docs/deploy.md describes for S3. Where none are named they are the usual
// ones of photos and previews. If the bucket exists, only its policy is set.
func (s *S3) CreateBucket(ctx context.Context, name string, folders ...string) error {
	if folders == nil {
		folders = []string{prew.DefaultSourcePrefix, prew.DefaultPrefix}
	}
	if err := s.CreatePrivateBucket(ctx, name); err != nil {
		return err
	}
	var objects []string
	for _, folder := range folders {
		objects = append(objects, fmt.Sprintf("%q", "arn:aws:s3:::"+name+"/"+folder+"*"))
	}
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",`+
		`"Action":"s3:GetObject","Resource":[%s]}]}`, strings.Join(objects, ","))
	if _, err := s.Client().PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &name, Policy: &policy}); err != nil {
		return fmt.Errorf("bucket %s: %w", name, err)
	}
	return nil
}
