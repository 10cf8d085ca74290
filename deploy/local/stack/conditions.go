package stack

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// Conditioned is the object that the table of conditions is about.
const Conditioned = "0123456789"

// Condition is a row of nginx/testdata/conditions.tsv: a request under conditions,
// and its answer.
type Condition struct {
	Method       string
	Headers      []string // lines of the request
	Status       int
	ContentRange string
	Body         string
	Note         string

	etag, modified string // of the object, as headers
}

// Conditions reads the table for an object with an ETag and a time of change.
func Conditions(file, etag string, modified time.Time) ([]Condition, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	date := func(after time.Duration) string { return modified.UTC().Add(after).Format(http.TimeFormat) }
	fill := strings.NewReplacer("{etag}", etag, "{modified}", date(0), "{before}", date(-time.Hour), "{after}", date(time.Hour),
		"{future}", "Fri, 31 Dec 2100 23:59:59 GMT")
	var rows []Condition
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(columns) != 6 {
			return nil, fmt.Errorf("%s: %q has %d columns, expected 6", file, line, len(columns))
		}
		status, err := strconv.Atoi(columns[2])
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", file, line, err)
		}
		row := Condition{Method: columns[0], Status: status, ContentRange: columns[3], Body: columns[4], Note: columns[5], etag: etag, modified: date(0)}
		if columns[1] != "" {
			row.Headers = strings.Split(fill.Replace(columns[1]), " & ")
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// String is the request.
func (c Condition) String() string {
	return fmt.Sprintf("%s %s (%s)", c.Method, strings.Join(c.Headers, " & "), c.Note)
}

// Check returns what is wrong with an answer, empty if nothing is. What is not sent
// because of a condition has no body; an error is kept nowhere, and has no ETag,
// which would be that of the object.
func (c Condition) Check(status int, h http.Header, body string) string {
	want := map[string]string{"Content-Range": c.ContentRange, "Etag": c.etag}
	switch {
	case c.Status >= 400:
		want["Cache-Control"], want["Etag"], want["Last-Modified"], want["Content-Length"] = "no-store", "", "", "0"
		want["Content-Type"] = ""
	case c.Status != http.StatusNotModified:
		want["Content-Type"], want["Last-Modified"] = "image/jpeg", c.modified
		want["Content-Length"] = strconv.Itoa(cmp.Or(len(c.Body), len(Conditioned)))
	}
	var wrong []string
	if status != c.Status || body != c.Body {
		wrong = append(wrong, fmt.Sprintf("%d %q, want %d %q", status, body, c.Status, c.Body))
	}
	for name, value := range want {
		if got := strings.Join(h.Values(name), " | "); got != value {
			wrong = append(wrong, fmt.Sprintf("%s is %q, want %q", name, got, value))
		}
	}
	return strings.Join(wrong, "; ")
}
