package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// httpEvent is a request over HTTP as AWS hands it to a function: in payload 2.0, a Function
// URL's or an HTTP API's (AWS Lambda Developer Guide, "Invoking Lambda function URLs"; Amazon
// API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs"), or in
// 1.0, a REST API's or an HTTP API's (there, "Lambda proxy integrations").
type httpEvent struct {
	// Of payload 2.0. Of a header that comes several times the values have commas between them,
	// and cookies are here instead.
	RawPath        string   `json:"rawPath"`
	RawQueryString string   `json:"rawQueryString"`
	Cookies        []string `json:"cookies"`

	// Of payload 1.0. The query is decoded.
	HTTPMethod        string              `json:"httpMethod"`
	Path              string              `json:"path"`
	Query             map[string][]string `json:"multiValueQueryStringParameters"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`

	Headers        map[string]string `json:"headers"`
	RequestContext struct {
		RequestID string `json:"requestId"`
		HTTP      struct {
			Method string `json:"method"`
		} `json:"http"`
	} `json:"requestContext"`
}

// readHTTP reads a payload that is a request over HTTP.
func readHTTP(payload []byte) (e httpEvent, ok bool) {
	var form struct {
		RequestContext json.RawMessage `json:"requestContext"`
	}
	if json.Unmarshal(payload, &form) != nil || form.RequestContext == nil || json.Unmarshal(payload, &e) != nil {
		return e, false
	}
	return e, e.method() != ""
}

func (e httpEvent) method() string {
	if method := e.RequestContext.HTTP.Method; method != "" {
		return method
	}
	return e.HTTPMethod
}

// request is the request as its client made it, as far as the event says.
func (e httpEvent) request() *http.Request {
	r := &http.Request{Method: e.method(), Header: http.Header{}}
	path, query := e.RawPath, e.RawQueryString
	if e.RequestContext.HTTP.Method == "" {
		path, query = e.Path, queryOf(e.Query)
	}
	r.RequestURI = escaped(path, "?#%")
	if query != "" {
		r.RequestURI += "?" + query
	}
	for name, value := range e.Headers {
		r.Header.Set(name, value)
	}
	for name, values := range e.MultiValueHeaders {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	return r
}

// escaped is a text with those characters escaped that it can't have as it is in a URL, and
// some others. A percent sign that starts an escape stays: Function URLs and REST APIs hand the
// path as the client spelt it, HTTP APIs decoded, and nothing in the event says which it is.
func escaped(text, others string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		escape := c == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2])
		if escape || c > ' ' && c < 0x7f && !strings.ContainsRune(others, rune(c)) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// queryOf is a query of which the event has only the decoded parameters: in the order of their
// names, because theirs is not known, and a parameter without a value is without "=".
func queryOf(parameters map[string][]string) string {
	var elements []string
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		for _, value := range parameters[name] {
			element := escaped(name, "%&#+=")
			if value != "" {
				element += "=" + escaped(value, "%&#+")
			}
			elements = append(elements, element)
		}
	}
	return strings.Join(elements, "&")
}

// httpAnswer is what all of them take for an answer.
type httpAnswer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       []byte            `json:"body,omitempty"` // in base64
	IsBase64   bool              `json:"isBase64Encoded"`
}

// flat are headers with one value each, as events and answers have them.
func flat(h http.Header) map[string]string {
	headers := make(map[string]string, len(h))
	for name, values := range h {
		headers[name] = strings.Join(values, ", ")
	}
	return headers
}
