//go:build lambda.env

package store

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// configuration is what the SDK reads from the environment, which on Lambda has the region and
// the credentials of the function's role (AWS Lambda Developer Guide, "Defined runtime
// environment variables"). What else the SDK would ask, no function has, and it is a twelfth of
// the zip.
func configuration(_ context.Context, client *awshttp.BuildableClient) (aws.Config, error) {
	env, err := config.NewEnvConfig()
	if err != nil {
		return aws.Config{}, err
	}
	if !env.Credentials.HasKeys() {
		return aws.Config{}, errors.New("no credentials: this program was built for Lambda, and takes them from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY alone")
	}
	if env.CustomCABundle != "" {
		if client, err = trusting(client, env.CustomCABundle); err != nil {
			return aws.Config{}, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
		}
	}
	cfg := aws.Config{
		Region:                     env.Region,
		Credentials:                credentials.StaticCredentialsProvider{Value: env.Credentials},
		HTTPClient:                 client,
		RetryMaxAttempts:           env.RetryMaxAttempts,
		RetryMode:                  env.RetryMode,
		RequestChecksumCalculation: cmp.Or(env.RequestChecksumCalculation, aws.RequestChecksumCalculationWhenSupported),
		ResponseChecksumValidation: cmp.Or(env.ResponseChecksumValidation, aws.ResponseChecksumValidationWhenSupported),
		ConfigSources:              []any{env}, // of which clients read their own endpoints
	}
	if env.BaseEndpoint != "" {
		cfg.BaseEndpoint = &env.BaseEndpoint
	}
	return cfg, nil
}

// trusting is a client that trusts the certificates of a file of PEM alone.
func trusting(client *awshttp.BuildableClient, file string) (*awshttp.BuildableClient, error) {
	certificates, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(certificates) {
		return nil, fmt.Errorf("%s has no certificate", file)
	}
	return client.WithTransportOptions(func(t *http.Transport) {
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}), nil
}
