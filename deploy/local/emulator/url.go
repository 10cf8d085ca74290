package emulator

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxStreamed is the largest answer that Lambda streams, in bytes (Lambda Developer Guide,
// "Lambda quotas").
const maxStreamed = 200 << 20

// httpRequest is what a Function URL hands to its function, payload 2.0.
type httpRequest struct {
	Version        string            `json:"version"`
	RouteKey       string            `json:"routeKey"`
	RawPath        string            `json:"rawPath"` // as the client spelt it
	RawQueryString string            `json:"rawQueryString"`
	Cookies        []string          `json:"cookies,omitempty"`
	Headers        map[string]string `json:"headers"` // names in lower case, of several values with commas between them
	Query          map[string]string `json:"queryStringParameters,omitempty"`
	Context        requestContext    `json:"requestContext"`
	IsBase64       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string      `json:"accountId"`
	APIID        string      `json:"apiId"`
	DomainName   string      `json:"domainName"`
	DomainPrefix string      `json:"domainPrefix"`
	HTTP         httpContext `json:"http"`
	RequestID    string      `json:"requestId"`
	RouteKey     string      `json:"routeKey"`
	Stage        string      `json:"stage"`
	Time         string      `json:"time"`
	TimeEpoch    int64       `json:"timeEpoch"` // in milliseconds
}

type httpContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// httpAnswer is the function's answer, or the beginning of one that is streamed.
type httpAnswer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Cookies    []string          `json:"cookies"`
	Body       string            `json:"body"`
	IsBase64   bool              `json:"isBase64Encoded"`
}

// answerHTTP answers a request to the function's URL. Bodies of requests are not passed on.
// Where Lambda would start another process, and throttle a client only beyond its limit of
// a thousand, a request waits here for one of those that there are.
func (e *Emulator) answerHTTP(w http.ResponseWriter, r *http.Request) {
	event := eventOf(r)
	payload, err := json.Marshal(event)
	if err != nil {
		panic(err) // texts always marshal
	}
	select {
	case e.slots <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	e.mutex.Lock()
	e.invocations[event.RawPath]++
	e.mutex.Unlock()
	select {
	case o := <-e.run(payload):
		answer, body, err := readHTTP(o)
		if err != nil {
			slog.Warn("function's answer over HTTP", "path", event.RawPath, "reason", err.Error())
			w.Header().Set("X-Amzn-ErrorType", "InternalServerErrorException")
			http.Error(w, "Internal Server Error", http.StatusBadGateway)
			return
		}
		e.sendHTTP(w, event.RawPath, answer, body, o.Cut)
	case <-r.Context().Done():
		// As on Lambda, the function goes on without its caller.
	}
}

// sendHTTP sends what the function has answered. A stream that was cut ends the connection.
func (e *Emulator) sendHTTP(w http.ResponseWriter, path string, answer httpAnswer, body []byte, cut bool) {
	header := w.Header()
	for name, value := range answer.Headers {
		header.Set(name, value)
	}
	for _, cookie := range answer.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json") // Lambda's own default
	}
	if header.Get("X-Prew") == "rendered" {
		e.mutex.Lock()
		e.rendered[path]++
		e.mutex.Unlock()
	}
	w.WriteHeader(answer.StatusCode)
	w.Write(body)
	if cut {
		_ = http.NewResponseController(w).Flush() // what there is has been sent by then
		panic(http.ErrAbortHandler)
	}
}

// eventOf is the event of a request.
func eventOf(r *http.Request) httpRequest {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	event := httpRequest{
		Version: "2.0", RouteKey: "$default", RawPath: path, RawQueryString: query, Headers: map[string]string{}, Query: map[string]string{},
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			event.Cookies = strings.Split(strings.Join(values, "; "), "; ")
			continue
		}
		event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	event.Headers["host"] = r.Host
	parameters, _ := url.ParseQuery(query) // of what can't be read the rest
	for name, values := range parameters {
		event.Query[name] = strings.Join(values, ",")
	}
	host, _, _ := strings.Cut(r.Host, ":")
	address, _, _ := strings.Cut(r.RemoteAddr, ":")
	now := time.Now().UTC()
	event.Context = requestContext{
		AccountID: "anonymous", APIID: "prew", DomainName: host, DomainPrefix: "prew", RouteKey: "$default", Stage: "$default",
		HTTP:      httpContext{r.Method, path, r.Proto, address, r.UserAgent()},
		RequestID: strconv.FormatInt(now.UnixNano(), 36), Time: now.Format("02/Jan/2006:15:04:05 +0000"), TimeEpoch: now.UnixMilli(),
	}
	return event
}

// readHTTP reads what the function has answered.
func readHTTP(o outcome) (answer httpAnswer, body []byte, err error) {
	switch {
	case o.err != nil:
		return answer, nil, o.err
	case o.Failed:
		return answer, nil, fmt.Errorf("function failed: %s", o.Body)
	}
	head := o.Body
	if o.Streamed {
		var ended bool
		if head, body, ended = bytes.Cut(o.Body, make([]byte, 8)); !ended {
			return answer, nil, fmt.Errorf("stream of %d bytes has no 8 zero bytes", len(o.Body))
		}
	}
	if err := json.Unmarshal(head, &answer); err != nil {
		return answer, nil, err
	}
	if answer.StatusCode < 200 || answer.StatusCode > 599 {
		return answer, nil, fmt.Errorf("status %d, expected 200 to 599", answer.StatusCode)
	}
	if !o.Streamed {
		body = []byte(answer.Body)
		if answer.IsBase64 {
			if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
				return answer, nil, err
			}
		}
	}
	return answer, body, nil
}
