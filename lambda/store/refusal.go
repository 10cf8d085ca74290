package store

import (
	"errors"
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
