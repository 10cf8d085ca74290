package store

import (
	"errors"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"prew"
)

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
