// Command cloudfront stands in for Amazon CloudFront on one machine: the viewer function as
// it is, an origin group of S3 and the function's URL, requests that are collapsed, a cache in
// memory. It follows the Amazon CloudFront Developer Guide, and the distribution of
// deploy/aws/edge.yaml in what can be chosen.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "`host:port` to answer on")
	function := flag.String("function", "", "`file` of the viewer function")
	previews := flag.String("s3", "", "`URL` of the bucket of the previews, with its name for a path; signed by AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION")
	photos := flag.String("photos", "", "`URL` of the bucket of the photos, if it is another")
	url := flag.String("url", "", "the function's `URL`")
	static := flag.String("static", "", "`folder` that is served at / and /gallery/")
	flag.Parse()
	if *photos == "" {
		*photos = *previews
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, *listen, *function, *static, origins{
		previews: strings.TrimSuffix(*previews, "/"), photos: strings.TrimSuffix(*photos, "/"), function: strings.TrimSuffix(*url, "/"),
		region:      os.Getenv("AWS_REGION"),
		credentials: aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY")},
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "cloudfront:", err)
		os.Exit(1)
	}
}

// run answers requests until ctx is done.
func run(ctx context.Context, listen, function, static string, o origins) error {
	if o.previews == "" || o.function == "" || o.region == "" || o.credentials.AccessKeyID == "" || o.credentials.SecretAccessKey == "" {
		return errors.New("expected -s3, -url, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	distribution := &distribution{function: function, origins: o, static: static}
	if _, err := distribution.now(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: distribution}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
