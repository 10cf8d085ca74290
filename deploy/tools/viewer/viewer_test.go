package viewer

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// load reads a function that a test writes.
func load(t testing.TB, source string) *Function {
	t.Helper()
	f, err := Load([]byte(source))
	if err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	return f
}

// TestEvent checks what a function sees of a request. It answers with it.
func TestEvent(t *testing.T) {
	f := load(t, `function handler(event) {
		return {statusCode: 200, headers: {}, body: JSON.stringify([event.context.eventType, event.request, event.request.rawQueryString()])};
	}`)
	for _, test := range []struct {
		name    string
		request Request
		want    string
	}{
		{"nothing", Request{Method: "GET", URI: "/"}, `["viewer-request",{"cookies":{},"headers":{},"method":"GET","querystring":{},"uri":"/"},null]`},
		{"a path as it is spelt", Request{Method: "HEAD", URI: "/a%2fb+é%E9/../"}, `["viewer-request",{"cookies":{},"headers":{},"method":"HEAD","querystring":{},"uri":"/a%2fb+é%E9/../"},null]`},
		{"bytes that are not UTF-8", Request{Method: "GET", URI: "/\xe9é"}, `["viewer-request",{"cookies":{},"headers":{},"method":"GET","querystring":{},"uri":"/éÃ©"},null]`},
		{"a query", Request{Method: "GET", URI: "/", Query: "a=1&b&a=%32=&&c="},
			`["viewer-request",{"cookies":{},"headers":{},"method":"GET","querystring":{"a":{"value":"1","multiValue":[{"value":"1"},{"value":"%32="}]},"b":{"value":""},"c":{"value":""}},"uri":"/"},"a=1&b&a=%32=&&c="]`},
		{"headers", Request{Method: "GET", URI: "/", Header: http.Header{"Accept": {"a, b", "c"}, "Host": {"h"}, "Cookie": {"x=1; y=2=", "x=3"}, "Connection": {"close"}}},
			`["viewer-request",{"cookies":{"x":{"value":"1","multiValue":[{"value":"1"},{"value":"3"}]},"y":{"value":"2="}},"headers":{"accept":{"value":"a, b","multiValue":[{"value":"a, b"},{"value":"c"}]},"host":{"value":"h"}},"method":"GET","querystring":{},"uri":"/"},null]`},
	} {
		_, got, err := f.Request(test.request)
		if err != nil || string(got.Body) != test.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", test.name, err, got.Body, test.want)
		}
	}
}

// TestRequestThatIsMade checks what is read of a request that a function returns.
func TestRequestThatIsMade(t *testing.T) {
	f := load(t, `import cf from 'cloudfront';
	function handler(event) {
		var r = event.request;
		r.uri = '/new';
		r.querystring = {q: {value: '1'}, a: {value: ''}, m: {value: 'x', multiValue: [{value: 'x'}, {value: 'y'}]}};
		r.cookies = {c: {value: 'v'}, d: {value: ''}};
		delete r.headers.accept;
		r.headers['x-new-header'] = {value: 'n'};
		if (r.method === 'GET') cf.selectRequestOriginById('function');
		return r;
	}`)
	for method, origin := range map[string]string{"GET": "function", "HEAD": ""} {
		got, answered, err := f.Request(Request{Method: method, URI: "/old", Query: "z", Header: http.Header{"Accept": {"x"}, "Host": {"h"}, "Cookie": {"z=1"}}})
		if err != nil || answered != nil {
			t.Fatal(answered, err)
		}
		want := http.Header{"Host": {"h"}, "X-New-Header": {"n"}, "Cookie": {"c=v; d="}}
		if got.Method != method || got.URI != "/new" || got.Query != "q=1&a=&m=x&m=y" || got.Origin != origin || !maps.EqualFunc(got.Header, want, slices.Equal[[]string]) {
			t.Errorf("%s: %+v", method, got)
		}
	}
}

// TestResponseStep checks that what a function makes of an answer's headers is passed on.
func TestResponseStep(t *testing.T) {
	f := load(t, `function handler(event) {
		event.response.headers.vary = {value: event.context.eventType + event.request.uri + event.response.statusCode};
		delete event.response.headers.gone;
		return event.response;
	}`)
	got, err := f.Response(Request{Method: "GET", URI: "/a"}, 206, http.Header{"Etag": {"e"}, "Gone": {"x"}, "Set-Cookie": {"a=b"}})
	want := http.Header{"Etag": {"e"}, "Vary": {"viewer-response/a206"}, "Set-Cookie": {"a=b"}}
	if err != nil || !maps.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

// TestWhatCloudFrontRefuses checks that a function which CloudFront would not let pass fails
// here too.
func TestWhatCloudFrontRefuses(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"nothing", ``, "neither a request nor a response"},
		{"an error", `throw new Error('why');`, "why"},
		{"a path without a slash", `r.uri = 'x';`, `returned GET "x"`},
		{"another method", `r.method = 'PUT';`, `returned PUT`},
		{"a long path", `r.uri = '/' + 'x'.repeat(8191);`, "8192 bytes"},
		{"a query with a space", `r.querystring = 'a b';`, "none with a space"},
		{"a query without a value", `r.querystring = {a: 'b'};`, "a has no value"},
		{"another host", `r.headers.host = {value: 'x'};`, "Host, which may only be read"},
		{"no host", `delete r.headers.host;`, "Host, which may only be read"},
		{"a header of CloudFront's", `r.headers['x-cache'] = {value: 'x'};`, "none that is CloudFront's"},
		{"a header in capitals", `r.headers.Accept = {value: 'x'};`, "expected small letters"},
		{"a status that is a text", `return {statusCode: '404'};`, "the status 404"},
		{"a status that there is not", `return {statusCode: 999};`, "the status 999"},
		{"a body in an unknown encoding", `return {statusCode: 200, body: {data: 'x', encoding: 'hex'}};`, `encoding "hex"`},
		{"eval", `eval('1');`, "eval"},
		{"a constructor of functions", `new Function('1');`, "Function"},
		{"what is not listed", `new Map();`, "Map"},
		{"nor this", `'a'.charCodeAt(0);`, "charCodeAt"},
		{"the module without its import", `cf.selectRequestOriginById('x');`, "cf"},
		{"a buffer in an encoding that is not listed", `Buffer.from('a', 'latin1');`, "latin1"},
		{"a buffer of what is no base64", `Buffer.from('a', 'base64');`, "base64"},
	} {
		returned := "return r;"
		if test.name == "nothing" {
			returned = ""
		}
		f := load(t, "function handler(event) { var r = event.request; "+test.body+returned+" }")
		made, answered, err := f.Request(Request{Method: "GET", URI: "/", Header: http.Header{"Host": {"h"}}})
		if err == nil || !strings.Contains(err.Error(), test.want) || made != nil || answered != nil {
			t.Errorf("%s: %v, %v, %v; want %s", test.name, made, answered, err, test.want)
		}
	}
	for _, source := range []string{"", "function handle() {}", "function handler( {", "let x = 1; x()", "var x = {}; with (x) {}\nfunction handler() {}"} {
		if _, err := Load([]byte(source)); err == nil {
			t.Errorf("%q is loaded", source)
		}
	}
}

func TestBuffer(t *testing.T) {
	f := load(t, `function handler(event) {
		var b = Buffer.from(event.request.querystring.of.value, event.request.querystring.from.value);
		return {statusCode: 200, body: b.length + ' ' + b.toString(event.request.querystring.to.value)};
	}`)
	for _, test := range []struct{ of, from, to, want string }{
		{"YT8_", "base64url", "utf8", "3 a??"},
		{"YT8_", "base64url", "hex", "3 613f3f"},
		{"YQ", "base64", "hex", "1 61"},
		{"YQ%3D%3D", "base64", "hex", ""},
		{"YQ==", "base64", "hex", "1 61"},
		{"/w", "base64", "utf8", "1 \ufffd"},
		{"é", "utf8", "base64", "2 w6k="},
		{"ff00", "hex", "base64url", "2 _wA"},
	} {
		_, got, err := f.Request(Request{Method: "GET", URI: "/", Query: "of=" + test.of + "&from=" + test.from + "&to=" + test.to})
		if test.want == "" && err == nil || test.want != "" && (err != nil || string(got.Body) != test.want) {
			t.Errorf("%+v: %v, %v", test, got, err)
		}
	}
}

// TestManyGoroutines checks that requests which are under way at once know nothing of one
// another.
func TestManyGoroutines(t *testing.T) {
	f := load(t, `import cf from 'cloudfront';
	function handler(event) { cf.selectRequestOriginById(event.request.uri); event.request.uri += event.request.uri; return event.request; }`)
	var wait sync.WaitGroup
	for i := range 16 {
		wait.Go(func() {
			for j := range 200 {
				uri := fmt.Sprintf("/%d/%d", i, j)
				got, _, err := f.Request(Request{Method: "GET", URI: uri})
				if err != nil || got.URI != uri+uri || got.Origin != uri {
					t.Errorf("%s: %+v, %v", uri, got, err)
				}
			}
		})
	}
	wait.Wait()
}
