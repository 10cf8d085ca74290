// Package viewer runs CloudFront Functions on this machine: the very file that CloudFront
// would run, by goja. What there is for it is what the Amazon CloudFront Developer Guide
// lists, in "CloudFront Functions event structure", "JavaScript runtime 2.0 features for
// CloudFront Functions", "Helper methods for origin modification", "General helper methods"
// and "Restrictions on edge functions". It has no promises and no key value store.
package viewer

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/dop251/goja"
)

// Function is a CloudFront Function. It may be used by many goroutines.
type Function struct {
	program *goja.Program
	cf      bool      // it has the module cloudfront
	idle    sync.Pool // of *engine
}

// importsCF is the line that makes the module cloudfront known; it has to be the first.
const importsCF = "import cf from 'cloudfront';\n"

// Load reads the source of a CloudFront Function.
func Load(source []byte) (*Function, error) {
	text, cf := strings.CutPrefix(string(source), importsCF)
	if cf {
		text = "\n" + text // so that lines in errors are those of the file
	}
	program, err := goja.Compile("function", text, true)
	if err != nil {
		return nil, err
	}
	f := &Function{program: program, cf: cf}
	e, err := f.engine()
	if err != nil {
		return nil, err
	}
	f.idle.Put(e)
	return f, nil
}

// Request is a viewer's request, or what the function has made of it.
type Request struct {
	Method string
	URI    string // the path as the viewer spelt it
	Query  string // without "?"
	Header http.Header
	Origin string // of a result: the origin that was chosen by its id, empty for that of the behaviour
}

// Response is what the function answers by itself.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Request runs the viewer-request step. Exactly one of the results is not nil. An error is
// what CloudFront would answer a viewer 502 or 503 for.
func (f *Function) Request(r Request) (*Request, *Response, error) {
	var made *Request
	var answered *Response
	err := f.use(func(e *engine) error {
		result, err := e.call("viewer-request", r, nil)
		if err != nil {
			return err
		}
		if result.Get("statusCode") != nil {
			answered, err = e.response(result)
			return err
		}
		made, err = e.request(result, r)
		return err
	})
	return made, answered, err
}

// Response runs the viewer-response step for what the viewer asked, or for what the
// viewer-request step has made of it, and for the answer's status and headers, which it
// returns as they are then. CloudFront runs it for no status of 400 and above.
func (f *Function) Response(r Request, status int, h http.Header) (http.Header, error) {
	var made http.Header
	err := f.use(func(e *engine) error {
		result, err := e.call("viewer-response", r, &Response{Status: status, Header: h})
		if err != nil {
			return err
		}
		after, err := e.response(result)
		if err != nil {
			return err
		}
		if after.Status != status || after.Body != nil {
			return errors.New("the function has changed status or body, which is not passed on here")
		}
		made = after.Header
		for _, cookie := range h.Values("Set-Cookie") { // it is none of the headers that the function sees
			made.Add("Set-Cookie", cookie)
		}
		return nil
	})
	return made, err
}

// use lends an engine. One that has failed is not used again.
func (f *Function) use(do func(*engine) error) error {
	e, ok := f.idle.Get().(*engine)
	if !ok {
		var err error
		if e, err = f.engine(); err != nil {
			return err
		}
	}
	if err := do(e); err != nil {
		return fmt.Errorf("cloudfront function: %w", err)
	}
	f.idle.Put(e)
	return nil
}
