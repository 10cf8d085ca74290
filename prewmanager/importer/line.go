package importer

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// request is what one line of an access log says: the method, the target as the client spelt
// it, and the status of the answer, which is 0 where the line has none.
type request struct {
	method, target string
	status         int
}

// lines reads the lines of one log, whose form it sees line by line: nginx's combined format
// and those like it, JSON with an object on each line, or CloudFront's standard log.
type lines struct {
	columns columns // of CloudFront's log
}

// columns are the places of the fields of CloudFront's standard log, counted from 0. A log
// names its own in a line #Fields; without one they are as in the reference (Amazon CloudFront
// Developer Guide, "Standard logging reference").
type columns struct{ method, stem, status, query int }

var standardColumns = columns{method: 5, stem: 7, status: 8, query: 11}

// read returns the request that a line is about. It is no request where ok is false: a
// comment, an empty line, or a form that is none of the three.
func (l *lines) read(line string) (r request, ok bool) {
	switch {
	case line == "":
		return r, false
	case line[0] == '{':
		return readJSON(line)
	case line[0] == '#':
		if fields, ok := strings.CutPrefix(line, "#Fields:"); ok {
			l.columns = readColumns(fields)
		}
		return r, false
	case strings.Count(line, "\t") >= 4 && !strings.Contains(line, `"`):
		return l.columns.read(line)
	}
	return readCombined(line)
}

// readColumns reads the line #Fields of CloudFront's log. A field that is not named has -1.
func readColumns(fields string) columns {
	c := columns{-1, -1, -1, -1}
	for i, name := range strings.Fields(fields) {
		switch name {
		case "cs-method":
			c.method = i
		case "cs-uri-stem":
			c.stem = i
		case "sc-status":
			c.status = i
		case "cs-uri-query":
			c.query = i
		}
	}
	return c
}

func (c columns) read(line string) (r request, ok bool) {
	var query string
	i := 0
	for field := range strings.SplitSeq(line, "\t") {
		switch i {
		case c.method:
			r.method = field
		case c.stem:
			r.target = asAsked(field)
		case c.status:
			r.status = status(field)
		case c.query:
			query = asAsked(field)
		}
		i++
	}
	if query != "" && query != "-" {
		r.target += "?" + query
	}
	return r, strings.HasPrefix(r.target, "/")
}

// asAsked takes back the escapes that CloudFront adds when it writes a field: a percent sign
// of the request is %25 in the log.
func asAsked(field string) string {
	if plain, err := url.PathUnescape(field); err == nil {
		return plain
	}
	return field
}

// readCombined reads a line that has the request in quotes and the status after it, as in the
// combined format of nginx and Apache, whatever stands before and after.
func readCombined(line string) (r request, ok bool) {
	for rest := line; ; {
		_, after, found := strings.Cut(rest, `"`)
		if !found {
			return r, false
		}
		quoted, after, found := strings.Cut(after, `"`)
		if !found {
			return r, false
		}
		if r, ok = readRequestLine(quoted); ok {
			r.target = unescapeHex(r.target)
			code, _, _ := strings.Cut(strings.TrimLeft(after, " \t"), " ")
			r.status = status(code)
			return r, true
		}
		rest = after
	}
}

// readRequestLine reads a request line (RFC 9112, section 3): GET /path HTTP/1.1.
func readRequestLine(text string) (r request, ok bool) {
	method, rest, ok := strings.Cut(text, " ")
	if !ok {
		return r, false
	}
	target, protocol, _ := strings.Cut(rest, " ")
	if protocol != "" && !strings.HasPrefix(protocol, "HTTP/") {
		return r, false
	}
	for _, c := range []byte(method) {
		if c < 'A' || 'Z' < c {
			return r, false
		}
	}
	target = withoutHost(target)
	return request{method: method, target: target}, strings.HasPrefix(target, "/")
}

// withoutHost makes a path with its query of an absolute URL.
func withoutHost(target string) string {
	if strings.HasPrefix(target, "/") {
		return target
	}
	if _, rest, ok := strings.Cut(target, "://"); ok {
		if slash := strings.IndexByte(rest, '/'); slash >= 0 {
			return rest[slash:]
		}
	}
	return target
}

// unescapeHex takes back nginx's escapes \xXX (ngx_http_log_module, log_format, escape=default).
func unescapeHex(text string) string {
	if !strings.Contains(text, `\x`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) && text[i+1] == 'x' {
			if c, err := strconv.ParseUint(text[i+2:i+4], 16, 8); err == nil {
				out.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func status(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 100 || 599 < n {
		return 0
	}
	return n
}

// targets are the members of a JSON log that hold the request's target, the best first: uri of
// nginx's variables is a path that nginx has decoded already, request_uri is as the client
// spelt it. In prew's own log uri is as spelt, and there is no other.
var targets = []string{"request_uri", "requestUri", "RequestPath", "cs-uri-stem", "requestUrl", "uri", "url", "path", "target"}

// readJSON reads a line that is a JSON object, with the names that nginx, Caddy, Traefik, Envoy
// and Google's and Amazon's load balancers are usually set up with. What it looks for may lie
// in an object of its own, such as Caddy's request.
func readJSON(line string) (r request, ok bool) {
	best, query, cloudFront := len(targets), "", false
	var read func(text string, depth int) error
	read = func(text string, depth int) error {
		return members(text, func(name string, start, end int) bool {
			value := text[start:end]
			switch name {
			case "method", "request_method", "http_method", "requestMethod", "RequestMethod", "cs-method":
				r.method = unquote(value)
			case "status", "status_code", "statusCode", "response_code", "DownstreamStatus", "sc-status":
				if n := status(unquote(value)); n != 0 {
					r.status = n
				}
			case "args", "query", "query_string", "cs-uri-query":
				query = unquote(value)
			case "request", "httpRequest", "http":
				if value[0] == '{' && depth < 2 {
					return read(value, depth+1) == nil
				}
				if asked, ok := readRequestLine(unquote(value)); ok {
					r.method, r.target, best = asked.method, asked.target, -1
				}
			default:
				for i, target := range targets[:max(best, 0)] {
					if name == target && value[0] == '"' {
						r.target, best, cloudFront = withoutHost(unquote(value)), i, name == "cs-uri-stem"
						break
					}
				}
			}
			return true
		})
	}
	if read(line, 0) != nil {
		return r, false
	}
	if cloudFront {
		r.target, query = asAsked(r.target), asAsked(query)
	}
	if query = strings.TrimPrefix(query, "?"); query != "" && query != "-" && !strings.Contains(r.target, "?") {
		r.target += "?" + query
	}
	return r, strings.HasPrefix(r.target, "/")
}

// unquote is the text of a JSON string, or of any other value as it is written.
func unquote(value string) string {
	if len(value) < 2 || value[0] != '"' {
		return value
	}
	if !strings.Contains(value, `\`) {
		return value[1 : len(value)-1]
	}
	var text string
	if json.Unmarshal([]byte(value), &text) != nil {
		return ""
	}
	return text
}
