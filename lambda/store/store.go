// Package store is S3, or a store like it, as the function and the gateway both
// reach it: a client for a place, and what a refusal means.
package store

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"prew"
)

// Place says where a bucket lies and how it is reached. What is left empty is as
// the SDK itself is configured.
type Place struct {
	Region    string
	Endpoint  string // URL, for stores other than S3
	PathStyle bool   // the bucket's name in the path, not in the host, as most of those need
	Role      string // ARN of a role to assume, for a bucket of another account
}

// Client is a client for a place. Whose credentials it has is what cfg says, or
// the role that these may assume.
func (p Place) Client(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
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
}

// Missing says whether an error means that there is no such object.
func Missing(err error) bool {
	var code string
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
	}
	return prew.Missing(Status(err), code)
}

// Status is the HTTP status with which the store refused, 0 where nobody
// answered.
func Status(err error) int {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}

// Header is what the store said beside that status, nil where nobody answered.
func Header(err error) http.Header {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.Response != nil {
		return response.Response.Header
	}
	return nil
}
