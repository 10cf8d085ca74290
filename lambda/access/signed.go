package access

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// minSigningKey is the length of the shortest key that signs, in bytes: nobody guesses 128
// bits.
const minSigningKey = 16

// Keys are those that sign addresses: the first signs, all are accepted, so that they can be
// replaced while addresses of the old one are about.
type Keys []string

// ParseKeys reads keys with commas between them. The error names the key by its place.
func ParseKeys(text string) (Keys, error) {
	if text == "" {
		return nil, nil
	}
	keys := Keys(strings.Split(text, ","))
	for i, key := range keys {
		if len(key) < minSigningKey {
			return nil, fmt.Errorf("PREW_SIGNING_KEYS: key %d has %d bytes, expected at least %d", i+1, len(key), minSigningKey)
		}
		if strings.TrimSpace(key) != key {
			return nil, fmt.Errorf("PREW_SIGNING_KEYS: key %d begins or ends with a space, expected none beside the commas", i+1)
		}
	}
	return keys, nil
}

// Sign returns the query that makes an address of a canonical path, which is good before a
// time of whole seconds.
func (k Keys) Sign(path string, until time.Time) (query string) {
	e := strconv.FormatInt(until.Unix(), 10)
	return "e=" + e + "&s=" + base64.RawURLEncoding.EncodeToString(mac(k[0], path, e))
}

// mac is the signature of a path and the end of its time.
func mac(key, path, e string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(path + "\n" + e))
	return h.Sum(nil)
}

// seconds matches the end of a time in the one spelling that is signed, until the year 33658.
var seconds = regexp.MustCompile(`^[1-9][0-9]{0,11}$`)

// check returns until when a signature is good for one of these paths. That its time is over
// is said of good signatures alone.
func (k Keys) check(paths []string, carried Credentials, now time.Time) (until time.Time, _ *Refusal) {
	if carried.Expires == "" && carried.Signature == "" {
		return until, errUnsigned
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(carried.Signature)
	if err != nil || !seconds.MatchString(carried.Expires) {
		return until, refused("the signature can't be read")
	}
	good := false
	for _, path := range paths {
		for _, key := range k {
			good = hmac.Equal(signature, mac(key, path, carried.Expires)) || good
		}
	}
	if !good {
		return until, refused("the signature is of another path, time or key")
	}
	e, _ := strconv.ParseInt(carried.Expires, 10, 64)
	if until = time.Unix(e, 0); !now.Before(until) {
		return time.Time{}, errExpired
	}
	return until, nil
}
