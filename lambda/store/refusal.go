package store

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"prew"
)

// Refusal is what an error of the store means for the object.
func Refusal(err error) prew.Code {
	var code, message string
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code, message = api.ErrorCode(), api.ErrorMessage()
	}
	return prew.Refusal(Status(err), code, message)
}

// Missing reports whether an error means that the object does not exist.
func Missing(err error) bool { return err != nil && Refusal(err) == prew.SourceMissing }

// NoPhoto is the error of a photo that is Missing, by its bucket and key. S3 may refuse
// a missing photo with 403, as it does one that this program has no right to read: then
// the error says that it may be either.
func NoPhoto(bucket, key string, missing error) error {
	if Status(missing) == http.StatusForbidden {
		return fmt.Errorf("%s/%s: no such photo, or no right to read it: %w", bucket, key, missing)
	}
	return fmt.Errorf("%s/%s: no such photo", bucket, key)
}

// Status is the HTTP status with which the store refused, 0 if the store did not
// answer.
func Status(err error) int {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return response.HTTPStatusCode()
	}
	return 0
}

// Header is the header of the store's refusal, nil if the store did not answer.
func Header(err error) http.Header {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.Response != nil {
		return response.Response.Header
	}
	return nil
}
