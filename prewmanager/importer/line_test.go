package importer

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestLinesOfEachForm(t *testing.T) {
	for _, test := range []struct {
		line string
		want request
	}{
		{`192.0.2.1 - - [27/Nov/2026:10:00:00 +0000] "GET /a%20b.jpg?x=1 HTTP/1.1" 200 512 "-" "curl/8"`, request{"GET", "/a%20b.jpg?x=1", 200}},
		{`img.example.com:443 192.0.2.1 - "ann" [27/Nov/2026:10:00:00 +0000] "HEAD /a.jpg HTTP/2.0" 304 0`, request{"HEAD", "/a.jpg", 304}},
		{`192.0.2.1 - - [x] "GET /\x22a\x5C.jpg HTTP/1.1" 200 1`, request{"GET", `/"a\.jpg`, 200}},
		{`192.0.2.1 - - [x] "GET https://img.example.com/a.jpg HTTP/1.1" 200 1`, request{"GET", "/a.jpg", 200}},
		{`192.0.2.1 - - [x] "GET /a.jpg HTTP/1.1" - 1`, request{"GET", "/a.jpg", 0}},
		{`192.0.2.1 - - [x] "\x16\x03\x01" 400 0`, request{}},
		{`192.0.2.1 - - [x] "-" 400 0`, request{}},
		{`192.0.2.1 - - [x] "GET /a.jpg`, request{}},
		{`{"method":"GET","uri":"/a.jpg","status":"200"}`, request{"GET", "/a.jpg", 200}},
		{`{"uri":"/a b.jpg","request_uri":"/a%20b.jpg?x=1","request_method":"HEAD","status":206,"args":"x=1"}`, request{"HEAD", "/a%20b.jpg?x=1", 206}},
		{`{"request":"GET /a.jpg?x=\u0026 HTTP/1.1","status":200}`, request{"GET", "/a.jpg?x=&", 200}},
		{`{"level":"info","request":{"method":"GET","uri":"/a.jpg?b=1\u0026c=2"},"status":200}`, request{"GET", "/a.jpg?b=1&c=2", 200}},
		{`{"RequestMethod":"GET","RequestPath":"/a.jpg","DownstreamStatus":200}`, request{"GET", "/a.jpg", 200}},
		{`{"httpRequest":{"requestMethod":"GET","requestUrl":"https://img.example.com/a.jpg?x=1","status":200}}`, request{"GET", "/a.jpg?x=1", 200}},
		{`{"path":"/a.jpg","query_string":"x=1","http_method":"GET","status_code":200}`, request{"GET", "/a.jpg?x=1", 200}},
		{`{"cs-method":"GET","cs-uri-stem":"/a%2520b.jpg","cs-uri-query":"x=%2526","sc-status":"200"}`, request{"GET", "/a%20b.jpg?x=%26", 200}},
		{`{"method":"GET","status":200}`, request{}},
		{`{"method":"GET","uri":"/a.jpg"`, request{}},
		{"2026-11-27\t10:00:00\tFRA56\t512\t192.0.2.1\tGET\td1.cloudfront.net\t/a%2520b.jpg\t200\t-\tcurl\tx=1\t-", request{"GET", "/a%20b.jpg?x=1", 200}},
		{"2026-11-27\t10:00:00\tFRA56\t512\t192.0.2.1\tGET\td1.cloudfront.net\t/a.jpg\t200\t-\tcurl\t-\t-", request{"GET", "/a.jpg", 200}},
		{"", request{}},
		{"#Version: 1.0", request{}},
	} {
		read := lines{columns: standardColumns}
		r, ok := read.read(test.line)
		if ok != (test.want.target != "") || ok && r != test.want {
			t.Errorf("%s: %+v, %v, want %+v", test.line, r, ok, test.want)
		}
	}
}

func TestCloudFrontNamesItsColumns(t *testing.T) {
	var read lines
	read.read("#Fields: sc-status cs-method time cs-uri-query cs-uri-stem")
	if r, ok := read.read("200\tGET\t10:00\t-\t/a.jpg"); !ok || r != (request{"GET", "/a.jpg", 200}) {
		t.Error(r, ok)
	}
}

func TestMembersOfAnObject(t *testing.T) {
	var got []string
	text := ` { "a" : "x\"}" , "b":[1,{"c":"]"}] ,"d":-1.5e3,"e":{} } `
	err := members(text, func(name string, start, end int) bool {
		got = append(got, name+"="+text[start:end])
		return true
	})
	if want := `a="x\"}" b=[1,{"c":"]"}] d=-1.5e3 e={}`; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%q, %v", got, err)
	}
	for _, text := range []string{"", "{", `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1}x`, `{"a":"}`, `{"a":[}`, "[1]", `{"a":1 "b":2}`} {
		if members(text, func(string, int, int) bool { return true }) == nil {
			t.Errorf("%q is taken for an object", text)
		}
	}
}

// FuzzMembers holds members to encoding/json: of an object that json reads, it finds each
// member's value.
func FuzzMembers(f *testing.F) {
	f.Add(`{"a":1,"b":["x",{}],"c":{"d":"\"}"}}`)
	f.Add(` {} `)
	f.Fuzz(func(t *testing.T, text string) {
		found := 0
		err := members(text, func(name string, start, end int) bool {
			found++
			if json.Valid([]byte(text)) && !json.Valid([]byte(text[start:end])) {
				t.Errorf("%q: the value of %q is %q", text, name, text[start:end])
			}
			return true
		})
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &object) == nil && object != nil && (err != nil || found < len(object)) {
			t.Errorf("%q: %d members of %d, %v", text, found, len(object), err)
		}
	})
}

// FuzzLines checks that any line is read or not, and that a target that is read is a path.
func FuzzLines(f *testing.F) {
	f.Add(`192.0.2.1 - - [x] "GET /a%20b.jpg?x=1 HTTP/1.1" 200 512 "-" "curl/8"`)
	f.Add(`{"request":{"method":"GET","uri":"/a.jpg?b=1\u0026c=2"},"status":200}`)
	f.Add("2026-11-27\t10:00:00\tFRA56\t512\t192.0.2.1\tGET\td1.cloudfront.net\t/a%2520b.jpg\t200\t-\tcurl\tx=1")
	f.Add("#Fields: cs-uri-stem")
	f.Fuzz(func(t *testing.T, line string) {
		read := lines{columns: standardColumns}
		for range 2 {
			if r, ok := read.read(line); ok && !strings.HasPrefix(r.target, "/") {
				t.Errorf("%q: %+v", line, r)
			}
		}
	})
}
