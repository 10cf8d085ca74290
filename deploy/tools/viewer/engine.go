package viewer

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// engine is a runtime in which the function has been read.
type engine struct {
	vm      *goja.Runtime
	handler goja.Callable
	origin  string // that the call under way has chosen
}

func (f *Function) engine() (*engine, error) {
	e := &engine{vm: goja.New()}
	e.leaveListed()
	e.vm.Set("Buffer", e.buffer())
	console := e.vm.NewObject()
	console.Set("log", func(string) {})
	e.vm.Set("console", console)
	if f.cf {
		cf := e.vm.NewObject()
		cf.Set("selectRequestOriginById", func(id string) { e.origin = id })
		e.vm.Set("cf", cf)
	}
	if _, err := e.vm.RunProgram(f.program); err != nil {
		return nil, err
	}
	handler, ok := goja.AssertFunction(e.vm.Get("handler"))
	if !ok {
		return nil, errors.New("no function handler")
	}
	e.handler = handler
	return e, nil
}

// listed are the names that CloudFront lists, less those of what no function of ours needs
// yet: of globals, and of the methods of strings, arrays and regular expressions. Nothing
// else is there, so that a function which needs more fails here too.
var listed = map[string]string{
	"": `Object String Number Boolean Math Date RegExp JSON Array
		Error EvalError RangeError ReferenceError SyntaxError TypeError URIError
		decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt
		globalThis NaN Infinity undefined`,
	"String": `constructor length charAt concat indexOf lastIndexOf match replace search slice split substr substring
		toLowerCase trim toUpperCase codePointAt endsWith includes repeat startsWith padStart padEnd trimStart
		trimEnd replaceAll toString valueOf`,
	"Array": `constructor length concat every filter forEach indexOf join lastIndexOf map pop push reduce reduceRight
		reverse shift slice some sort splice unshift copyWithin fill find findIndex includes toString`,
	"RegExp": `constructor global ignoreCase multiline source sticky flags exec test toString`,
}

// leaveListed deletes what is not listed.
func (e *engine) leaveListed() {
	global := e.vm.GlobalObject()
	for name, names := range listed {
		from := global
		if name != "" {
			from = global.Get(name).ToObject(e.vm).Get("prototype").ToObject(e.vm)
		}
		for _, own := range from.GetOwnPropertyNames() {
			if !slices.Contains(strings.Fields(names), own) {
				from.Delete(own)
			}
		}
	}
}

// buffer returns the module Buffer as far as it is from(string[, encoding]) and
// toString([encoding]). What CloudFront makes of a text that is not in its encoding is not
// listed: here it is a mistake.
func (e *engine) buffer() *goja.Object {
	encodings := map[string]struct {
		decode func(string) ([]byte, error)
		encode func([]byte) string
	}{
		"utf8":      {func(s string) ([]byte, error) { return []byte(s), nil }, func(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }},
		"hex":       {hex.DecodeString, hex.EncodeToString},
		"base64":    {padded(base64.RawStdEncoding), base64.StdEncoding.EncodeToString},
		"base64url": {padded(base64.RawURLEncoding), base64.RawURLEncoding.EncodeToString},
	}
	named := func(encoding goja.Value) string {
		name := "utf8"
		if !goja.IsUndefined(encoding) {
			name = encoding.String()
		}
		if encodings[name].decode == nil {
			panic(e.vm.NewTypeError("encoding %q, expected utf8, hex, base64 or base64url", name))
		}
		return name
	}
	module := e.vm.NewObject()
	module.Set("from", func(call goja.FunctionCall) goja.Value {
		text, ok := call.Argument(0).Export().(string)
		if !ok {
			panic(e.vm.NewTypeError("Buffer.from of what is no string"))
		}
		data, err := encodings[named(call.Argument(1))].decode(text)
		if err != nil {
			panic(e.vm.NewTypeError("Buffer.from: %s", err.Error()))
		}
		buffer := e.vm.NewObject()
		buffer.Set("length", len(data))
		buffer.Set("toString", func(call goja.FunctionCall) goja.Value {
			return e.vm.ToValue(encodings[named(call.Argument(0))].encode(data))
		})
		return buffer
	})
	return module
}

// padded returns a decoder of base64 with or without padding.
func padded(encoding *base64.Encoding) func(string) ([]byte, error) {
	return func(s string) ([]byte, error) { return encoding.DecodeString(strings.TrimRight(s, "=")) }
}
