// Package store reaches S3 or a store like it, for all programs: it opens a bucket
// at a place, has the calls to a bucket, and reads the meaning of a refusal.
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

// Open returns the bucket at a place, without a call to it. The credentials are
// those of cfg, or of the place's role, which those assume.
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
