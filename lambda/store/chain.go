//go:build !lambda.env

package store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

// configuration is what the SDK finds: in the environment, in the files of AWS's tools, and by
// asking the services that give credentials to containers and machines.
func configuration(ctx context.Context, client *awshttp.BuildableClient) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx, config.WithHTTPClient(client))
}
