package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"prew/deploy/tools/viewer"
)

// readTimeout is how long an origin has until it answers, that of edge.yaml.
const readTimeout = 30 * time.Second

// functionID is what edge.yaml calls the function among the origins.
const functionID = "function"

// conditions are the headers of a request that have its answer be another, or a part of it.
var conditions = []string{"If-Match", "If-Modified-Since", "If-None-Match", "If-Range", "If-Unmodified-Since", "Range"}

// forwarded are the other headers of a request that the origin request policy of edge.yaml
// passes on. Of cookies and query the viewer function has left what it does.
var forwarded = []string{"X-Prew-Path", "X-Prew-Authorization", "Cookie"}

// origins are whom a distribution asks. Each has a URL without a slash at its end.
type origins struct {
	previews    string
	photos      string
	function    string
	region      string
	credentials aws.Credentials
}

// ask asks S3 and, for what S3 refuses by 403 or 404, the function, unless the viewer function
// has chosen that one.
func (o origins) ask(ctx context.Context, asked *viewer.Request, photo bool) (*http.Response, error) {
	if asked.Origin == functionID {
		return o.send(ctx, asked, asked.Method, o.function, "lambda")
	}
	bucket := o.previews
	if photo {
		bucket = o.photos
	}
	response, err := o.send(ctx, asked, http.MethodGet, bucket, "s3")
	if err != nil || response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusNotFound {
		return response, err
	}
	io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection is used again
	response.Body.Close()
	return o.send(ctx, asked, http.MethodGet, o.function, "lambda")
}

// transport passes bodies on as they come.
var transport = &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100, ResponseHeaderTimeout: readTimeout}

// unsigned says that a signature is not of the body, which there is none of.
const unsigned = "UNSIGNED-PAYLOAD"

// send asks one of them, signed as origin access control does it: the client's Authorization,
// if it had one, does not come through.
func (o origins) send(ctx context.Context, asked *viewer.Request, method, base, service string) (*http.Response, error) {
	target := base + asked.URI
	if asked.Query != "" {
		target += "?" + asked.Query
	}
	request, err := http.NewRequestWithContext(ctx, method, target, nil)
	if err != nil {
		return nil, err
	}
	names := forwarded
	if asked.Origin == functionID {
		names = slices.Concat(conditions, forwarded)
	}
	for _, name := range names {
		if values := asked.Header.Values(name); len(values) > 0 {
			request.Header[name] = values
		}
	}
	request.Header.Set("User-Agent", "Amazon CloudFront")
	request.Header.Set("X-Amz-Content-Sha256", unsigned)
	signer := v4.NewSigner(func(options *v4.SignerOptions) { options.DisableURIPathEscaping = service == "s3" })
	if err := signer.SignHTTP(ctx, o.credentials, request, unsigned, service, o.region, time.Now()); err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	return transport.RoundTrip(request)
}
