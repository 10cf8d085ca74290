package answer

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Conditions are the conditions and the range of a request as far as RFC 9110 has
// them evaluated. The zero value has none, and asks for the whole object. nginx's
// conditions.conf has the same rules.
type Conditions struct {
	Range string // one valid range, such as "bytes=2-4"; empty: the whole object

	ifMatch, ifNoneMatch, ifRange      string
	ifModifiedSince, ifUnmodifiedSince time.Time
}

// oneRange is a range of bytes with its first and its last position, or with the
// length of a suffix instead of both. Numbers have at most 18 digits, so that they
// fit into an int64.
var oneRange = regexp.MustCompile(`^(?i:bytes)=(?:(\d{1,18})-(\d{1,18})?|-(\d{1,18}))$`)

// ConditionsOf reads the conditions of a request. Of two conditions of which only one
// may decide, the one by ETag does (section 13.2.2); what is no date is ignored. A
// range is for GET alone (section 14.2). A range that is invalid (section 14.1.1), and
// several at once, are ignored; so is a range whose If-Range is a date, because every
// object has an ETag (section 13.1.5).
func ConditionsOf(r *http.Request) Conditions {
	c := Conditions{ifMatch: r.Header.Get("If-Match"), ifNoneMatch: r.Header.Get("If-None-Match"), ifRange: r.Header.Get("If-Range")}
	if c.ifMatch == "" {
		c.ifUnmodifiedSince = date(r.Header.Get("If-Unmodified-Since"))
	}
	if c.ifNoneMatch == "" {
		c.ifModifiedSince = date(r.Header.Get("If-Modified-Since"))
	}
	if r.Method == http.MethodGet && (c.ifRange == "" || strings.HasPrefix(c.ifRange, `"`)) {
		c.Range = validRange(r.Header.Get("Range"))
	}
	return c
}

// date reads a date, and is the zero time for what is none. Most requests have no date,
// and ParseTime would make an error for each of the three spellings.
func date(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, _ := http.ParseTime(s)
	return t
}

// validRange is the range in the spelling that every store knows, or empty if it is
// to be ignored.
func validRange(s string) string {
	if s == "" { // as in most requests
		return ""
	}
	match := oneRange.FindStringSubmatch(s)
	if match == nil {
		return ""
	}
	first, last, suffix := match[1], match[2], match[3]
	from, _ := strconv.ParseInt(first, 10, 64)
	to, _ := strconv.ParseInt(last, 10, 64)
	if last != "" && to < from {
		return ""
	}
	return "bytes=" + first + "-" + last + suffix
}

// IfNoneMatch is the ETag of an If-None-Match that is the only condition and has a
// single strong ETag, which all stores read alike. Everything else is for Unmet.
func (c Conditions) IfNoneMatch() string {
	if c.ifMatch != "" || !c.ifUnmodifiedSince.IsZero() || strings.Count(c.ifNoneMatch, `"`) != 2 || c.ifNoneMatch[0] != '"' {
		return ""
	}
	return c.ifNoneMatch
}

// Unmet evaluates the conditions in their order (section 13.2.2) for an object with
// an ETag, quotes included, and a time of change. It returns 412 or 304, or 0 if the
// object is to be sent. A zero time is not known, and then no date decides.
func (c Conditions) Unmet(etag string, modified time.Time) (status int) {
	modified = modified.Truncate(time.Second) // the headers have no more
	switch {
	case c.ifMatch != "" && (strings.HasPrefix(etag, "W/") || !lists(c.ifMatch, etag, false)):
		return http.StatusPreconditionFailed
	case !c.ifUnmodifiedSince.IsZero() && modified.After(c.ifUnmodifiedSince):
		return http.StatusPreconditionFailed
	case c.ifNoneMatch != "" && lists(c.ifNoneMatch, etag, true):
		return http.StatusNotModified
	case !c.ifModifiedSince.IsZero() && !modified.IsZero() && !modified.After(c.ifModifiedSince):
		return http.StatusNotModified
	}
	return 0
}

// Part evaluates the range for an object with an ETag and a size in bytes: from is
// the first byte to send, and to the one after the last. The status is 206, or 200
// for the whole object, or 416 if the object has none of these bytes.
func (c Conditions) Part(etag string, size int64) (from, to int64, status int) {
	if c.Range == "" || !c.Same(etag) {
		return 0, size, http.StatusOK
	}
	first, last, _ := strings.Cut(strings.TrimPrefix(c.Range, "bytes="), "-")
	from, _ = strconv.ParseInt(first, 10, 64)
	to, _ = strconv.ParseInt(last, 10, 64)
	switch {
	case first == "":
		from, to = max(0, size-to), size
	case last == "":
		to = size
	default:
		to = min(to+1, size)
	}
	if from >= to {
		return 0, 0, http.StatusRequestedRangeNotSatisfiable
	}
	return from, to, http.StatusPartialContent
}

// Same reports whether a part of the object with an ETag may be sent: If-Range, if
// there is one, has that ETag.
func (c Conditions) Same(etag string) bool { return c.ifRange == "" || c.ifRange == etag }

// WithoutRange asks for the whole object.
func (c Conditions) WithoutRange() Conditions {
	c.Range = ""
	return c
}

// listed is an ETag in a list (section 8.8.3).
var listed = regexp.MustCompile(`(W/)?("[^"]*")`)

// lists reports whether a list of ETags, or "*", has an ETag. Compared weakly, the
// sign of weak ones does not count (section 8.8.3.2).
func lists(list, etag string, weakly bool) bool {
	if strings.TrimSpace(list) == "*" {
		return true
	}
	for _, match := range listed.FindAllStringSubmatch(list, -1) {
		if (weakly || match[1] == "") && match[2] == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}
