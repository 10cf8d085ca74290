package store

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

const (
	// maxRefusal is the most of a refusal's body that is read, in bytes. The SDK reads
	// it whole; S3's have some hundred bytes.
	maxRefusal = 1 << 20
	// maxRedirects is as many redirects as net/http follows by default.
	maxRedirects = 10
)

// Load returns the AWS configuration of the environment, for clients that make up to
// so many calls at a time. They keep as many idle connections to each host: the SDK
// keeps 10, so that each page of 60 previews would begin with 50 handshakes. A
// redirect is followed only where it stays at the host that was asked, so that a
// store can't send a program to another server of its network. Of a refusal no more
// than 1 MiB is read.
func Load(ctx context.Context, calls int) (aws.Config, error) {
	// The SDK adds the certificates of AWS_CA_BUNDLE to this type of client alone.
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = 0 // no limit but the one for each host
		t.MaxIdleConnsPerHost = max(calls, awshttp.DefaultHTTPTransportMaxIdleConnsPerHost)
	})
	cfg, err := configuration(ctx, client)
	if err != nil {
		return cfg, err
	}
	loaded, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		return cfg, fmt.Errorf("the AWS configuration has a client of type %T, expected the SDK's own", cfg.HTTPClient)
	}
	cfg.HTTPClient = confined{http.Client{Transport: loaded.GetTransport(), CheckRedirect: stayAtHost}}
	return cfg, nil
}

// confined is a client whose redirects and refusals are bounded.
type confined struct{ client http.Client }

// Do implements aws.HTTPClient.
func (c confined) Do(r *http.Request) (*http.Response, error) {
	response, err := c.client.Do(r)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		response.Body = http.MaxBytesReader(nil, response.Body, maxRefusal)
	}
	return response, err
}

// stayAtHost makes a redirect to another host the answer, which the SDK takes for an
// error. Like the SDK's own client it follows no redirect that may change the method.
func stayAtHost(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch next.Response.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if next.URL.Scheme == first.Scheme && next.URL.Host == first.Host && len(via) < maxRedirects {
			return nil
		}
	}
	return http.ErrUseLastResponse
}
