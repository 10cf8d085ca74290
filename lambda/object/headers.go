package object

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/lambda/answer"
)

// Describe sets the headers of the answer with an object, or with a range of it, and returns
// its status.
func Describe(h http.Header, o *s3.GetObjectOutput, as answer.As) (status int) {
	answer.Protect(h)
	h.Set("Accept-Ranges", "bytes")
	answer.SetIfAny(h, "Content-Location", as.Location)
	answer.SetIfAny(h, "X-Prew", as.Outcome)
	answer.SetIfAny(h, "Server-Timing", as.ServerTiming)
	if as.Outcome != "" { // of a photo it is not ours
		answer.SetOutline(h, prew.OutlineOf(o.Metadata))
	}
	for name, value := range map[string]*string{
		"Content-Type": o.ContentType, "Content-Encoding": o.ContentEncoding, "Content-Language": o.ContentLanguage,
		"Content-Disposition": o.ContentDisposition, "Content-Range": o.ContentRange,
		"ETag": o.ETag,
	} {
		answer.SetIfAny(h, name, aws.ToString(value))
	}
	answer.SetIfAny(h, "Cache-Control", cmp.Or(as.CacheControl, aws.ToString(o.CacheControl)))
	if o.LastModified != nil {
		h.Set("Last-Modified", o.LastModified.UTC().Format(http.TimeFormat))
	}
	if o.ContentLength != nil {
		h.Set("Content-Length", strconv.FormatInt(*o.ContentLength, 10))
	}
	if o.ContentRange != nil {
		return http.StatusPartialContent
	}
	return http.StatusOK
}
