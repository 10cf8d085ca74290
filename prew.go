// Package prew is the vocabulary that the gateway and the function share: what
// a preview is called, how it is made, and the JSON that passes between them.
//
// A photo lies in S3 at photo/<key>. Its preview in a preset lies at
// prew/<preset>/<key>, and its URL path is spelt the same. A preset's variants are presets
// by names of their own, and some paths are answered with one of them (variant.go).
// A key is the decoded bytes of the path, so that "@" and "%40" name one object
// and one lease; Unicode is never normalised.
package prew

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

const (
	// SourceRoot is the folder of the bucket that holds the photos.
	SourceRoot = "photo"
	// PreviewRoot is the folder of the bucket that holds the previews.
	PreviewRoot = "prew"

	// maxKey is the longest name of an object that S3 takes, in bytes of UTF-8
	// (Amazon S3 User Guide, "Naming Amazon S3 objects").
	maxKey = 1024
)

// ErrPath is the error that ParsePath and ParsePhoto wrap when they refuse a path.
var ErrPath = errors.New("path refused")

// Ref names one preview: the preset, or variant of one, it is made with and the key of its
// photo below photo/, both decoded.
type Ref struct {
	Preset string
	Key    string
}

// ParsePath reads the path of a request for a preview, /prew/<preset>/<key>,
// as the client spelt it: still escaped, with no query. It refuses every path
// that could reach a key outside prew/ and photo/ or give one object two keys;
// the error wraps ErrPath.
func ParsePath(raw string) (Ref, error) {
	object, err := decode(raw)
	if err != nil {
		return Ref{}, err
	}
	return ParsePreviewKey(object)
}

// ParsePhoto reads the path of a request for a photo, /photo/<key>, under the
// rules of ParsePath, and returns the key below photo/.
func ParsePhoto(raw string) (key string, err error) {
	object, err := decode(raw)
	if err != nil {
		return "", err
	}
	return ParseSourceKey(object)
}

// ParsePreviewKey reads the name of a preview in its bucket, prew/<preset>/<key>. It
// refuses every name that ParsePath gives to no preview; the error wraps ErrPath.
func ParsePreviewKey(object string) (Ref, error) {
	rest, err := below(object, PreviewRoot)
	if err != nil {
		return Ref{}, err
	}
	preset, key, ok := strings.Cut(rest, "/")
	if !ok {
		return Ref{}, refuse(object, "no key after the preset")
	}
	return Ref{Preset: preset, Key: key}, nil
}

// ParseSourceKey reads the name of a photo in its bucket, photo/<key>, under the
// rules of ParsePreviewKey, and returns the key below photo/.
func ParseSourceKey(object string) (key string, err error) {
	return below(object, SourceRoot)
}

// SourceKey is the name of the photo in its bucket.
func (r Ref) SourceKey() string { return SourceRoot + "/" + r.Key }

// PreviewKey is the name of the preview in its bucket.
func (r Ref) PreviewKey() string { return PreviewRoot + "/" + r.Preset + "/" + r.Key }

// Path is the canonical URL path of the preview, the one that ParsePath reads
// back as r: everything but unreserved characters and slashes is escaped, and the "@" of a
// variant's name, which every server reads alike too.
func (r Ref) Path() string {
	return "/" + PreviewRoot + "/" + strings.ReplaceAll(Escape(r.Preset), "%40", "@") + "/" + Escape(r.Key)
}

// Escape escapes every byte of a path except the slash and RFC 3986's unreserved
// characters, so that every server reads it alike. It also escapes "+", which S3
// would otherwise read as a space.
func Escape(path string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(path), "+", "%20"), "%2F", "/")
}

// Refusal is what an S3 error, given by its HTTP status, code and message, means for
// the object that was asked for; status 0 is a store that did not answer. S3 answers
// 403 instead of 404 to a caller that may not list the bucket. An error about the
// caller or the bucket tells nothing about the object: taking it for a missing photo
// would hide a wrong configuration.
func Refusal(status int, code, message string) Code {
	switch code {
	case "KeyTooLongError", // versitygw and MinIO: a segment of more than 255 bytes, which no file may have
		"XMinioInvalidObjectName":
		return PathRefused
	case "InvalidObjectState": // in an archive, such as Glacier
		return SourceArchived
	case "NoSuchBucket", "AllAccessDisabled", "InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed",
		"ExpiredToken", "InvalidToken", "InvalidSecurity", "NotSignedUp", "AccountProblem",
		"XAdminUserNotFound": // versitygw's InvalidAccessKeyId
		return StorageFailed
	}
	switch {
	case status == 429, status == 503, strings.HasSuffix(code, "ThrottlingException"):
		return StorageBusy
	// S3 passes the errors of KMS on as KMS.<code>, but a missing right as AccessDenied
	// with the name of the action.
	case strings.HasPrefix(code, "KMS."), status == 403 && strings.Contains(message, "kms:"):
		return KMSDenied
	case status == 403, status == 404:
		return SourceMissing
	}
	return StorageFailed
}

// decode checks the spelling of an escaped path and returns the name of the object,
// decoded and without the slash at the start.
func decode(raw string) (object string, err error) {
	// Escaped slashes must be found before decoding, while they still differ from
	// real ones: a/b and a%2Fb would be two paths to one object.
	for i := 0; i+2 < len(raw); i++ {
		if raw[i] == '%' && raw[i+1] == '2' && raw[i+2]|0x20 == 'f' {
			return "", refuse(raw, "an escaped slash")
		}
	}
	if strings.ContainsAny(raw, "?#") {
		return "", refuse(raw, "a query or a fragment")
	}
	path, err := url.PathUnescape(raw)
	if err != nil {
		return "", refuse(raw, "a percent sign that starts no escape")
	}
	object, ok := strings.CutPrefix(path, "/")
	if !ok {
		return "", refuse(raw, "no slash at its start")
	}
	return object, nil
}

// below checks the name of an object against every rule for keys and returns what
// follows <root>/.
func below(object, root string) (string, error) {
	if !utf8.ValidString(object) {
		return "", refuse(object, "invalid UTF-8")
	}
	if i := strings.IndexFunc(object, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }); i >= 0 {
		return "", refuse(object, "a control byte or a backslash")
	}
	if len(object) > maxKey {
		return "", refuse(object, fmt.Sprintf("a key of %d bytes, limit is %d", len(object), maxKey))
	}
	for segment := range strings.SplitSeq(object, "/") {
		switch segment {
		case "":
			return "", refuse(object, "an empty segment")
		case ".", "..":
			return "", refuse(object, "a dot segment")
		}
	}
	rest, ok := strings.CutPrefix(object, root+"/")
	if !ok {
		return "", refuse(object, "no "+root+"/ at its start")
	}
	return rest, nil
}

func refuse(raw, why string) error {
	const show = 80 // enough to recognise a path by in a log line
	if len(raw) > show {
		raw = raw[:show] + "..."
	}
	return fmt.Errorf("%w: %q has %s", ErrPath, raw, why)
}
