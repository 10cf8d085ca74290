// Package store is S3, or a store like it, as all programs reach it: a client for
// a place, what may be asked of a bucket, and what a refusal means.
package store

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"prew"
)

// Bucket is a bucket, with the client that reaches it.
type Bucket struct {
	Client *s3.Client
	Name   string
}

// Open returns the bucket at a place. Nothing is asked for yet. The credentials
// are those of cfg, or of the role that these may assume.
func Open(cfg aws.Config, p prew.Place) Bucket {
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = p.PathStyle
		if p.Region != "" {
			o.Region = p.Region
		}
		if p.Endpoint != "" {
			o.BaseEndpoint = &p.Endpoint
		}
		if p.Role != "" {
			o.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), p.Role))
		}
		// Stores other than S3 refuse the checksums that the SDK sends by
		// default, in a header or, over TLS, behind the body; some send none.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return Bucket{client, p.Bucket}
}
