package viewer

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// Headers that CloudFront shows no function and takes from none, and those that a function of
// a viewer-request may only read.
var (
	hidden = []string{"Connection", "Expect", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
		"Trailer", "Upgrade", "X-Accel-Buffering", "X-Accel-Charset", "X-Accel-Limit-Rate", "X-Accel-Redirect",
		"X-Cache", "X-Forwarded-Proto", "X-Real-Ip"}
	readOnly = []string{"Cdn-Loop", "Content-Length", "Host", "Transfer-Encoding", "Via"}
)

// longestURI is the first length that a path and its query together may not have.
const longestURI = 8192

// field is a header, a cookie or a parameter of a query.
type field struct {
	name   string
	values []string
}

// add adds a value to the field of a name, the last one where there is none yet.
func add(fields []field, name, value string) []field {
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return append(fields, field{name, []string{value}})
	}
	fields[i].values = append(fields[i].values, value)
	return fields
}

// call calls the handler for an event and returns the object that it returns.
func (e *engine) call(eventType string, r Request, answer *Response) (*goja.Object, error) {
	e.origin = ""
	request := e.object(map[string]any{
		"method":      r.Method,
		"uri":         asUTF8(r.URI),
		"querystring": e.fields(parameters(r.Query)),
		"headers":     e.fields(headers(r.Header)),
		"cookies":     e.fields(cookies(r.Header)),
	})
	request.DefineDataProperty("rawQueryString", e.vm.ToValue(func() goja.Value {
		if r.Query == "" {
			return goja.Undefined()
		}
		return e.vm.ToValue(asUTF8(r.Query))
	}), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE)
	event := map[string]any{
		"version": "1.0",
		"context": e.object(map[string]any{"distributionDomainName": "d111111abcdef8.cloudfront.net", "distributionId": "EDFDVBD6EXAMPLE",
			"eventType": eventType, "requestId": "EXAMPLE"}),
		"viewer":  e.object(map[string]any{"ip": "198.51.100.11"}),
		"request": request,
	}
	if answer != nil {
		event["response"] = e.object(map[string]any{
			"statusCode":        answer.Status,
			"statusDescription": http.StatusText(answer.Status),
			"headers":           e.fields(headers(answer.Header)),
			"cookies":           e.vm.NewObject(),
		})
	}
	result, err := e.handler(goja.Undefined(), e.object(event))
	if err != nil {
		return nil, err
	}
	object, ok := result.(*goja.Object)
	if !ok {
		return nil, errors.New("returned neither a request nor a response")
	}
	return object, nil
}

// object returns an object with these properties.
func (e *engine) object(properties map[string]any) *goja.Object {
	object := e.vm.NewObject()
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		object.Set(name, properties[name])
	}
	return object
}

// fields returns fields as an event has them: an object with a property for each, of several
// values the first as its value and all of them in multiValue.
func (e *engine) fields(all []field) *goja.Object {
	object := e.vm.NewObject()
	for _, f := range all {
		one := e.value(f.values[0])
		if len(f.values) > 1 {
			var each []any
			for _, value := range f.values {
				each = append(each, e.value(value))
			}
			one.Set("multiValue", e.vm.NewArray(each...))
		}
		object.Set(f.name, one)
	}
	return object
}

func (e *engine) value(text string) *goja.Object {
	return e.object(map[string]any{"value": asUTF8(text)})
}

// asUTF8 is a value of a request as a function sees it: what is not UTF-8 is taken for
// ISO-8859-1.
func asUTF8(value string) string {
	if utf8.ValidString(value) {
		return value
	}
	var converted strings.Builder
	for _, b := range []byte(value) {
		converted.WriteRune(rune(b))
	}
	return converted.String()
}

// headers returns those that a function sees.
func headers(h http.Header) (fields []field) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		if name == "Cookie" || name == "Set-Cookie" || slices.Contains(hidden, name) {
			continue
		}
		for _, value := range h[name] {
			fields = add(fields, strings.ToLower(name), value)
		}
	}
	return fields
}

// cookies returns the cookies of a request (RFC 6265, section 4.2.1).
func cookies(h http.Header) (fields []field) {
	for _, header := range h.Values("Cookie") {
		for pair := range strings.SplitSeq(header, ";") {
			if name, value, _ := strings.Cut(strings.Trim(pair, " \t"), "="); name != "" {
				fields = add(fields, name, value)
			}
		}
	}
	return fields
}

// parameters returns those of a query, as they are spelt.
func parameters(query string) (fields []field) {
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" {
			fields = add(fields, name, value)
		}
	}
	return fields
}

// request reads the request that a function returned for another one.
func (e *engine) request(result *goja.Object, was Request) (*Request, error) {
	r := &Request{Header: http.Header{}, Origin: e.origin}
	var err error
	if r.Method, err = text(result, "method"); err != nil {
		return nil, err
	}
	if r.URI, err = text(result, "uri"); err != nil {
		return nil, err
	}
	if r.Method != was.Method || !strings.HasPrefix(r.URI, "/") {
		return nil, fmt.Errorf("returned %s %q, expected the same method and a path", r.Method, r.URI)
	}
	query, err := e.read(result, "querystring")
	if err != nil {
		return nil, err
	}
	if r.Query = join(query, "&"); strings.ContainsFunc(r.Query, func(c rune) bool { return c <= ' ' || c == 0x7f || c == '#' }) {
		return nil, fmt.Errorf("returned the query %q, expected none with a space, a control character or #", r.Query)
	}
	if n := len(r.URI) + len(r.Query); n >= longestURI {
		return nil, fmt.Errorf("returned a path and query of %d bytes, expected less than %d", n, longestURI)
	}
	if r.Header, err = e.header(result); err != nil {
		return nil, err
	}
	for _, name := range readOnly {
		if !slices.Equal(r.Header.Values(name), was.Header.Values(name)) {
			return nil, fmt.Errorf("changed the header %s, which may only be read", name)
		}
	}
	cookies, err := e.read(result, "cookies")
	if err != nil {
		return nil, err
	}
	if len(cookies) > 0 {
		r.Header.Set("Cookie", join(cookies, "; "))
	}
	return r, nil
}

// response reads the response that a function returned.
func (e *engine) response(result *goja.Object) (*Response, error) {
	status, ok := value(result, "statusCode").Export().(int64)
	if !ok || status < 200 || status > 599 {
		return nil, fmt.Errorf("returned the status %v, expected a whole number from 200 to 599", value(result, "statusCode"))
	}
	header, err := e.header(result)
	if err != nil {
		return nil, err
	}
	r := &Response{Status: int(status), Header: header}
	switch body := value(result, "body").Export().(type) {
	case nil:
	case string:
		r.Body = []byte(body)
	default:
		of := value(result, "body").ToObject(e.vm)
		data, err := text(of, "data")
		if err != nil {
			return nil, err
		}
		switch encoding, _ := text(of, "encoding"); encoding {
		case "text":
			r.Body = []byte(data)
		case "base64":
			if r.Body, err = base64.StdEncoding.DecodeString(data); err != nil {
				return nil, fmt.Errorf("returned a body: %w", err)
			}
		default:
			return nil, fmt.Errorf("returned a body in the encoding %q, expected text or base64", encoding)
		}
	}
	return r, nil
}

// header reads the headers of a request or a response.
func (e *engine) header(of *goja.Object) (http.Header, error) {
	fields, err := e.read(of, "headers")
	if err != nil {
		return nil, err
	}
	h := http.Header{}
	for _, f := range fields {
		if f.name != strings.ToLower(f.name) || slices.Contains(hidden, http.CanonicalHeaderKey(f.name)) {
			return nil, fmt.Errorf("returned the header %s, expected small letters, and none that is CloudFront's", f.name)
		}
		for _, value := range f.values {
			h.Add(f.name, value)
		}
	}
	return h, nil
}

// read reads the fields of a property, none where there is no such property. A query may also
// be a text.
func (e *engine) read(of *goja.Object, property string) (fields []field, err error) {
	all := value(of, property)
	if query, ok := all.Export().(string); ok && property == "querystring" {
		return parameters(query), nil
	}
	if goja.IsUndefined(all) {
		return nil, nil
	}
	object := all.ToObject(e.vm)
	for _, name := range object.Keys() {
		one, ok := object.Get(name).(*goja.Object)
		if !ok {
			return nil, fmt.Errorf("returned %s in which %s has no value", property, name)
		}
		values := []*goja.Object{one}
		if several, ok := value(one, "multiValue").(*goja.Object); ok {
			values = nil
			for _, i := range several.Keys() {
				values = append(values, several.Get(i).ToObject(e.vm))
			}
		}
		f := field{name: name}
		for _, of := range values {
			value, err := text(of, "value")
			if err != nil {
				return nil, fmt.Errorf("returned %s in which %s has no value", property, name)
			}
			f.values = append(f.values, value)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// value is a property of an object, undefined where there is none.
func value(of *goja.Object, property string) goja.Value {
	if v := of.Get(property); v != nil {
		return v
	}
	return goja.Undefined()
}

// text is a property that has to be a text.
func text(of *goja.Object, property string) (string, error) {
	text, ok := value(of, property).Export().(string)
	if !ok {
		return "", fmt.Errorf("returned %v as %s, expected a text", value(of, property), property)
	}
	return text, nil
}

// join writes fields as a request spells them.
func join(fields []field, separator string) string {
	var all []string
	for _, f := range fields {
		for _, value := range f.values {
			all = append(all, f.name+"="+value)
		}
	}
	return strings.Join(all, separator)
}
