package importer

import (
	"encoding/base64"
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// place is where an address says that its photo lies. Without a bucket and a host it says
// nothing, and the photo lies in the default source.
type place struct {
	bucket string
	region string
	prefix string // the folder that all keys of an alias begin with, "" or ending in a slash
	host   string // of a web server, where no bucket is named: whoever moves knows which it is
}

// image is what the last part of an address says of its photo: where it lies, the part of the
// text before the key as it is spelt, and the key as it is spelt.
type image struct {
	place
	literal, key string
}

var (
	errNoKey        = errors.New("the address names no photo")
	errSourceQuery  = errors.New("the photo's own address has a query")
	errEscapedKey   = errors.New("a key of another site's photo with escapes inside base64, which would be another object")
	errOtherStore   = errors.New("a photo that lies in no bucket of S3")
	errEncrypted    = errors.New("an encrypted photo address, which only the service itself can read")
	errNotBase64    = errors.New("base64 that can't be decoded")
	errMixedEscapes = errors.New("a key in which some slashes are escaped")
)

// bucketHost matches the names by which S3 serves a bucket, in the host or before the path
// (Amazon S3 User Guide, "Virtual hosting of general purpose buckets").
var bucketHost = regexp.MustCompile(`^(?:([a-z0-9][a-z0-9.-]*)\.)?s3(?:[.-](?:dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com(?:\.cn)?$`)

// cutImage reads the address of a photo: s3://bucket/key, https://host/key, or a key. Its
// slashes and colon may be escaped, as services allow. What an alias finds as its key is never
// escaped further, so where slashes of the key are escaped, the folder becomes part of the
// place. guessHost is for services that leave https:// out: a first segment with a dot in it
// is a host then.
func cutImage(text string, guessHost bool) (image, error) {
	if i := strings.IndexByte(text, '?'); i >= 0 {
		return image{}, errSourceQuery
	}
	scheme, afterScheme := cutScheme(text)
	var found image
	rest := text
	if scheme == "" && guessHost {
		if host, _, ok := cutSlash(text); ok && domainName.MatchString(host) {
			scheme, afterScheme = "http", text
		}
	}
	switch scheme {
	case "":
	case "s3":
		bucket, after, ok := cutSlash(afterScheme)
		if !ok || bucket == "" {
			return image{}, errNoKey
		}
		found.bucket, rest = bucket, after
	case "http", "https":
		host, after, ok := cutSlash(afterScheme)
		if !ok || host == "" {
			return image{}, errNoKey
		}
		rest = after
		if match := bucketHost.FindStringSubmatch(host); match != nil {
			found.bucket, found.region = match[1], match[2]
			if found.bucket == "" {
				if found.bucket, rest, ok = cutSlash(after); !ok {
					return image{}, errNoKey
				}
			}
		} else if found.host = host; !hostName.MatchString(host) {
			return image{}, errOtherStore
		}
	case "local": // imgproxy's files, which have to be put into the bucket
		rest = strings.TrimLeft(afterScheme, "/")
	default:
		return image{}, errOtherStore
	}
	folder, err := cutEscapedFolder(rest)
	if err != nil {
		return image{}, err
	}
	if found.prefix, err = url.PathUnescape(folder); err != nil {
		return image{}, errNoKey
	}
	found.key = rest[len(folder):]
	found.literal = text[:len(text)-len(found.key)]
	if found.key == "" {
		return image{}, errNoKey
	}
	if hasFold(found.key, "%3f") {
		return image{}, errSourceQuery
	}
	return found, nil
}

var (
	hostName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?$`)
	domainName = regexp.MustCompile(`^(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?::[0-9]{1,5})?$`)
)

// cutScheme returns the scheme at the start of an address, in lower case, and what follows the
// slashes after it. Servers merge slashes, so one is enough.
func cutScheme(text string) (scheme, after string) {
	i := 0
	for i < len(text) && ('a' <= text[i]|0x20 && text[i]|0x20 <= 'z' || '0' <= text[i] && text[i] <= '9') {
		i++
	}
	if i == 0 {
		return "", text
	}
	rest, ok := cutFold(text[i:], "%3a")
	if !ok {
		if rest, ok = strings.CutPrefix(text[i:], ":"); !ok {
			return "", text
		}
	}
	slashes := 0
	for {
		if after, ok := strings.CutPrefix(rest, "/"); ok {
			rest = after
		} else if after, ok := cutFold(rest, "%2f"); ok {
			rest = after
		} else {
			break
		}
		slashes++
	}
	if slashes == 0 {
		return "", text
	}
	return strings.ToLower(text[:i]), rest
}

// cutSlash cuts a text around its first slash, escaped or not.
func cutSlash(text string) (before, after string, ok bool) {
	for i := range len(text) {
		if text[i] == '/' {
			return text[:i], text[i+1:], true
		}
		if hasFold(text[i:min(len(text), i+3)], "%2f") {
			return text[:i], text[i+3:], true
		}
	}
	return text, "", false
}

// cutEscapedFolder returns the part of a key, as it is spelt, that ends in its last escaped slash.
func cutEscapedFolder(key string) (folder string, err error) {
	for i := len(key) - 3; i >= 0; i-- {
		if key[i] == '%' && hasFold(key[i:i+3], "%2f") {
			folder = key[:i+3]
			break
		}
	}
	if folder != "" && strings.Contains(key[len(folder):], "/") {
		return "", errMixedEscapes
	}
	return folder, nil
}

func cutFold(text, prefix string) (after string, ok bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return text, false
	}
	return text[len(prefix):], true
}

func hasFold(text, part string) bool {
	for i := 0; i+len(part) <= len(text); i++ {
		if strings.EqualFold(text[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// base64Escapes reads the escapes of those of base64's characters that some clients escape.
var base64Escapes = strings.NewReplacer("%2B", "+", "%2b", "+", "%2F", "/", "%2f", "/", "%3D", "=", "%3d", "=")

// withoutEscapes is a text in base64 without escapes.
func withoutEscapes(text string) string {
	if !strings.Contains(text, "%") {
		return text // as nearly all are
	}
	return base64Escapes.Replace(text)
}

// isBase64 reports whether a text has base64's characters alone, or slashes between them.
func isBase64(text string) bool {
	for _, c := range []byte(withoutEscapes(text)) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			c == '-' || c == '_' || c == '+' || c == '/' || c == '=') {
			return false
		}
	}
	return true
}

// decodeBase64 decodes base64 or base64url (RFC 4648, sections 4 and 5), padded or not. Slashes
// between its characters are ignored where split is true, as imgproxy does with long ones.
func decodeBase64(text string, split bool) (string, error) {
	text = strings.TrimRight(withoutEscapes(text), "=")
	if split {
		text = strings.ReplaceAll(text, "/", "")
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") || split {
		encoding = base64.RawURLEncoding
		text = strings.ReplaceAll(text, "+", "-")
	}
	decoded, err := encoding.DecodeString(text)
	if err != nil {
		return "", errNotBase64
	}
	return string(decoded), nil
}

// cutDecoded reads the address of a photo that was inside base64. There are no escapes in it
// that an alias would take back, so those of a web address stay and would name another object.
func cutDecoded(text string, guessHost bool) (image, error) {
	scheme, _ := cutScheme(text)
	if (scheme == "http" || scheme == "https") && strings.Contains(text, "%") {
		return image{}, errEscapedKey
	}
	found, err := cutImage(text, guessHost)
	if err == nil && found.prefix != "" { // escaped slashes are part of a name here
		found.key = text[len(text)-len(found.key)-len(found.prefix):]
		return found, errEscapedKey
	}
	return found, err
}

var (
	bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$`)
	folderName = regexp.MustCompile(`^(?:[\p{L}\p{N}._~@+= -]+/)*$`)
)

// valid reports whether a source can have the place: what a log says of it is written where a
// shell and YAML read it.
func (p place) valid() bool {
	folders := "/" + p.prefix
	return (p.bucket == "" || bucketName.MatchString(p.bucket)) && len(p.prefix) <= maxExample && folderName.MatchString(p.prefix) &&
		!strings.Contains(folders, "/./") && !strings.Contains(folders, "/../")
}

// clone is the place without the line that its texts are parts of.
func (p place) clone() place {
	return place{strings.Clone(p.bucket), strings.Clone(p.region), strings.Clone(p.prefix), strings.Clone(p.host)}
}

// source is the name of the source of a place, before it is made unique.
func (p place) source() string {
	name := strings.ToLower(p.bucket + p.host)
	if p.prefix != "" {
		name += "_" + strings.ToLower(p.prefix)
	}
	name = strings.Trim(notInNames.ReplaceAllString(name, "_"), "_")
	return name[:min(len(name), maxSourceName)]
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// maxSourceName leaves room for it in the name of a preset.
const maxSourceName = 32
