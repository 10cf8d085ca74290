// Package prew is the vocabulary that the gateway and the function share: what
// a preview is called, how it is made, and the JSON that passes between them.
//
// The URL path of a photo is /photo/<key>, and that of its preview /prew/<preset>/<key>.
// In S3 the photo lies at <prefix><key> and the preview at <prefix><preset>/<key>, each in
// the bucket and below the prefix of its place (place.go): photo/ and prew/, unless the
// environment says otherwise. A preset's variants are presets
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
	// SourceRoot is the first segment of the URL path of a photo.
	SourceRoot = "photo"
	// PreviewRoot is the first segment of the URL path of a preview.
	PreviewRoot = "prew"

	// MaxObject is the longest name of an object that S3 takes, in bytes of UTF-8
	// (Amazon S3 User Guide, "Naming Amazon S3 objects").
	MaxObject = 1024
)

// ErrPath is the error that ParsePath and ParsePhoto wrap when they refuse a path.
var ErrPath = errors.New("path refused")

// Ref names one preview: the preset, or variant of one, it is made with and the key of its
// photo, both decoded.
type Ref struct {
	Preset string
	Key    string
}

// ParsePath reads the path of a request for a preview, /prew/<preset>/<key>,
// as the client spelt it: still escaped, with no query. It refuses every path
// that could reach an object outside the folders of previews and photos or give one object
// two keys; the error wraps ErrPath. Whether S3 can have the objects' names, their places
// say (Place.Preview, Place.Photo).
func ParsePath(raw string) (Ref, error) {
	rest, err := decode(raw, PreviewRoot)
	if err != nil {
		return Ref{}, err
	}
	return parseRef(rest)
}

// ParsePhoto reads the path of a request for a photo, /photo/<key>, under the
// rules of ParsePath, and returns the key.
func ParsePhoto(raw string) (key string, err error) {
	return decode(raw, SourceRoot)
}

// IsPhoto reports whether a path, as the client spelt it, is of a photo: nginx decodes the first
// segment too before it chooses, so that /%70hoto/a.jpg is one.
func IsPhoto(path string) bool {
	root, _, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	decoded, err := url.PathUnescape(root)
	return ok && err == nil && decoded == SourceRoot
}

// parseRef reads <preset>/<key>, both decoded and checked.
func parseRef(name string) (Ref, error) {
	preset, key, ok := strings.Cut(name, "/")
	if !ok {
		return Ref{}, refuse(name, "no key after the preset")
	}
	return Ref{Preset: preset, Key: key}, nil
}

// String is the preview's name below the prefix of its place.
func (r Ref) String() string { return r.Preset + "/" + r.Key }

// Path is the canonical URL path of the preview, the one that ParsePath reads
// back as r: everything but unreserved characters and slashes is escaped, and the "@" of a
// variant's name, which every server reads alike too.
func (r Ref) Path() string {
	return "/" + PreviewRoot + "/" + strings.ReplaceAll(Escape(r.Preset), "%40", "@") + "/" + Escape(r.Key)
}

// PhotoPath is the canonical URL path of a photo, the one that ParsePhoto reads back as its key.
func PhotoPath(key string) string { return "/" + SourceRoot + "/" + Escape(key) }

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

// decode checks the spelling of an escaped path and returns what follows /<root>/, decoded.
func decode(raw, root string) (string, error) {
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
	rest, ok := strings.CutPrefix(path, "/"+root+"/")
	if !ok {
		return "", refuse(raw, "no /"+root+"/ at its start")
	}
	if why := misspelt(rest); why != "" {
		return "", refuse(rest, why)
	}
	return rest, nil
}

// misspelt says what a name has that no key may have, or nothing if it is as keys are:
// UTF-8 without control bytes and backslashes, in segments that are neither empty nor dots.
func misspelt(name string) string {
	if !utf8.ValidString(name) {
		return "invalid UTF-8"
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }) {
		return "a control byte or a backslash"
	}
	for segment := range strings.SplitSeq(name, "/") {
		switch segment {
		case "":
			return "an empty segment"
		case ".", "..":
			return "a dot segment"
		}
	}
	return ""
}

func refuse(raw, why string) error {
	const show = 80 // enough to recognise a path by in a log line
	if len(raw) > show {
		raw = raw[:show] + "..."
	}
	return fmt.Errorf("%w: %q has %s", ErrPath, raw, why)
}
