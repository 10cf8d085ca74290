package emulator_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// large is more than the 6 MB of an answer that is not streamed.
const large = 7 << 20

// answerHTTP is the function for requests over HTTP: what it answers depends on the path.
func answerHTTP(payload json.RawMessage) (any, error) {
	var event events.LambdaFunctionURLRequest
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	headers := map[string]string{"Content-Type": "text/plain", "X-Prew": "rendered"}
	streamed := func(body io.Reader) any {
		return &events.LambdaFunctionURLStreamingResponse{StatusCode: 203, Headers: headers, Cookies: []string{"a=1", "b=2"}, Body: body}
	}
	switch event.RawPath {
	case "/large":
		return events.LambdaFunctionURLResponse{StatusCode: 200, Body: strings.Repeat("x", large)}, nil
	case "/status":
		return map[string]int{"statusCode": 99}, nil
	case "/fail":
		return nil, errors.New("told to fail")
	case "/exit":
		os.Exit(7)
	case "/streamed":
		return streamed(strings.NewReader(strings.Repeat("x", large) + "\x00\x00\x00\x00\x00\x00\x00\x00end")), nil
	case "/cut":
		return streamed(io.MultiReader(strings.NewReader("begun"), failing{})), nil
	}
	return events.LambdaFunctionURLResponse{
		StatusCode: 203, Headers: headers, Cookies: []string{"a=1", "b=2"}, Body: base64.StdEncoding.EncodeToString(payload), IsBase64Encoded: true,
	}, nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("told to break off") }

// over asks the function's URL, with the target exactly as it is spelt.
func over(t *testing.T, base, request string) (response *http.Response, body string, err error) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request+"Connection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	response, err = http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%v in %.200q", err, answer)
	}
	read, err := io.ReadAll(response.Body)
	return response, string(read), err
}

// TestFunctionURLHandsARequestAsItIs to the function, as an event of payload 2.0.
func TestFunctionURLHandsARequestAsItIs(t *testing.T) {
	e := start(t, 1, time.Minute)
	response, body, err := over(t, e.FunctionURL, "GET /a%2fb/%C3%B6//../+?x=1&x=2&y HTTP/1.1\r\nHost: prew.test\r\nCookie: c=1; d=2\r\nX-Two: a\r\nX-Two: b\r\nAccept: image/webp, */*\r\n")
	if err != nil {
		t.Fatal(err)
	}
	var event events.LambdaFunctionURLRequest
	if err := json.Unmarshal([]byte(body), &event); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	for name, is := range map[string][2]string{
		"version": {event.Version, "2.0"}, "path": {event.RawPath, "/a%2fb/%C3%B6//../+"}, "query": {event.RawQueryString, "x=1&x=2&y"},
		"parameter x": {event.QueryStringParameters["x"], "1,2"}, "cookies": {strings.Join(event.Cookies, "|"), "c=1|d=2"}, "a cookie": {event.Headers["cookie"], ""},
		"host": {event.Headers["host"], "prew.test"}, "two": {event.Headers["x-two"], "a,b"}, "accept": {event.Headers["accept"], "image/webp, */*"},
		"method": {event.RequestContext.HTTP.Method, "GET"}, "path of the context": {event.RequestContext.HTTP.Path, "/a%2fb/%C3%B6//../+"},
		"body": {event.Body, ""},
	} {
		if is[0] != is[1] {
			t.Errorf("%s: %q, want %q", name, is[0], is[1])
		}
	}
	if event.RequestContext.RequestID == "" || event.RequestContext.TimeEpoch == 0 {
		t.Errorf("the context is %+v", event.RequestContext)
	}
	if response.StatusCode != 203 || response.Header.Get("Content-Type") != "text/plain" || strings.Join(response.Header.Values("Set-Cookie"), "|") != "a=1|b=2" {
		t.Errorf("%s, %v", response.Status, response.Header)
	}
	if n, rendered := e.Invocations()["/a%2fb/%C3%B6//../+"], e.Rendered()["/a%2fb/%C3%B6//../+"]; n != 1 || rendered != 1 {
		t.Errorf("%d invocations, %d rendered, want one of each", n, rendered)
	}
}

// TestAnswersOverHTTP: what is too large to be sent in one piece can be streamed, and what
// can't be read is an error.
func TestAnswersOverHTTP(t *testing.T) {
	e := start(t, 1, time.Minute)
	for _, test := range []struct {
		path   string
		status int
		size   int
		cut    bool
	}{
		{"/streamed", 203, large + 8 + len("end"), false},
		{"/cut", 203, len("begun"), true},
		{"/large", 502, -1, false},
		{"/status", 502, -1, false},
		{"/fail", 502, -1, false},
		{"/exit", 502, -1, false},
		{"/streamed", 203, large + 8 + len("end"), false},
	} {
		response, body, err := over(t, e.FunctionURL, "GET "+test.path+" HTTP/1.1\r\nHost: prew.test\r\n")
		if response.StatusCode != test.status || test.size >= 0 && len(body) != test.size || (err != nil) != test.cut {
			t.Errorf("%s: %s with %d bytes, %v", test.path, response.Status, len(body), err)
		}
		if test.status == 203 && (response.Header.Get("Content-Type") != "text/plain" || len(response.Header.Values("Set-Cookie")) != 2) {
			t.Errorf("%s: %v", test.path, response.Header)
		}
	}
	if head, body, err := over(t, e.FunctionURL, "HEAD /echo HTTP/1.1\r\nHost: prew.test\r\n"); err != nil || head.StatusCode != 203 || body != "" {
		t.Errorf("HEAD: %s, %q, %v", head.Status, body, err)
	}
}

// TestRequestsOverHTTPWaitForAProcess, as Lambda would start more of them.
func TestRequestsOverHTTPWaitForAProcess(t *testing.T) {
	e := start(t, 1, time.Minute)
	answered := make(chan int)
	for range 10 {
		go func() {
			response, err := http.Get(e.FunctionURL + "/echo")
			if err != nil {
				answered <- 0
				return
			}
			response.Body.Close()
			answered <- response.StatusCode
		}()
	}
	for range 10 {
		if status := <-answered; status != 203 {
			t.Errorf("status %d", status)
		}
	}
}
