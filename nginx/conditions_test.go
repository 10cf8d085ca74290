package nginx_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"prew/deploy/local/stack"
	lambdaanswer "prew/lambda/answer"
)

// TestConditionsByRFC9110 runs the table against every way to an object, both for
// what is in the cache and for what is not. The client's conditions never go
// upstream, where the answer would not be the whole picture.
func TestConditionsByRFC9110(t *testing.T) {
	rows, err := stack.Conditions("testdata/conditions.tsv", `"`+object+`"`, pictureTime)
	if err != nil {
		t.Fatal(err)
	}
	public, s3, gateway := recording(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.RequestURI, "/photos/prew/made/") {
			failing(404)(w, r)
			return
		}
		picture(object)(w, r)
	}, rendered(object))
	closed, own := private(t, store)
	for _, way := range []struct {
		name     string
		front    *front
		folder   string
		upstream []*upstream
	}{
		{"a photo in S3", public, "/photo/", []*upstream{s3, gateway}},
		{"a photo that a gateway streams", public, "/photo/+", []*upstream{s3, gateway}},
		{"a preview in S3", public, "/prew/stored/", []*upstream{s3, gateway}},
		{"a preview that is rendered", public, "/prew/made/", []*upstream{s3, gateway}},
		{"a private photo", closed, "/photo/", []*upstream{own}},
		{"a private preview", closed, "/prew/thumb/", []*upstream{own}},
	} {
		for i, row := range rows {
			target := fmt.Sprintf("%s%d.jpg", way.folder, i)
			for _, where := range []string{"miss", "hit"} {
				got := way.front.ask(t, row.Method, target, row.Headers...)
				if wrong := row.Check(got.status, got.header, got.body); wrong != "" {
					t.Errorf("%s, a %s: %s: %s", way.name, where, row, wrong)
				}
				if where == "miss" && row.Status >= 400 {
					way.front.get(t, target) // an error fills no cache
				}
				var requests []asked
				for _, u := range way.upstream {
					requests = append(requests, u.took()...)
				}
				if (len(requests) == 0) != (where == "hit") {
					t.Errorf("%s, a %s: %s: %d requests upstream", way.name, where, row, len(requests))
				}
				for _, r := range requests {
					if r.method != "GET" || r.header.Get("Range")+r.header.Get("If-None-Match")+r.header.Get("If-Match") != "" {
						t.Errorf("%s: %s: upstream got %s with %v, which does not fill the cache", way.name, row, r.method, r.header)
					}
				}
			}
		}
	}
}

// TestNginxAndGatewayAgreeOnRanges compares first and last positions of all lengths,
// with zeros before them and digits alike. The seed is fixed: the same ranges each time.
func TestNginxAndGatewayAgreeOnRanges(t *testing.T) {
	front, _, _ := recording(t, picture(object), nil)
	random := rand.New(rand.NewPCG(1, 2))
	number := func() string {
		digits := make([]byte, random.IntN(4))
		for i := range digits {
			digits[i] = "0012345678999"[random.IntN(13)]
		}
		return string(digits)
	}
	seen := map[int]int{}
	for range 2000 {
		asked := "bytes=" + number() + "-" + number()
		r := &http.Request{Method: http.MethodGet, Header: http.Header{"Range": {asked}}}
		from, to, status := lambdaanswer.ConditionsOf(r).Part(`"`+object+`"`, int64(len(object)))
		got := front.get(t, "/photo/a.jpg", "Range: "+asked)
		if got.status != status || status < 400 && got.body != object[from:to] {
			t.Errorf("%s: %d %q, want %d %q", asked, got.status, got.body, status, object[from:to])
		}
		seen[status]++
	}
	if seen[200] < 200 || seen[206] < 200 || seen[416] < 200 {
		t.Errorf("%v, expected many of each", seen)
	}
}
