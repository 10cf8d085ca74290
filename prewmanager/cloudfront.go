package main

import (
	"context"
	"crypto/rand"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"

	"prew/lambda/store"
)

// invalidate has a CloudFront distribution forget what it keeps at some paths. It does not wait
// until every edge has.
func invalidate(ctx context.Context, distribution string, paths []string) error {
	cfg, err := store.Load(ctx, 1)
	if err != nil {
		return err
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1" // where CloudFront is called, whatever the bucket's
	}
	_, err = cloudfront.NewFromConfig(cfg).CreateInvalidation(ctx, &cloudfront.CreateInvalidationInput{
		DistributionId: &distribution,
		InvalidationBatch: &types.InvalidationBatch{
			CallerReference: aws.String(rand.Text()), // another one for each invalidation
			Paths:           &types.Paths{Items: paths, Quantity: aws.Int32(int32(len(paths)))},
		},
	})
	return err
}
