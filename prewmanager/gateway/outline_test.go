package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
)

// TestOutline: what a page needs to keep the place of a preview is in the answer that renders it,
// by the function's word, and in all that come from S3 later, by its metadata. 304 has none of
// it, and what is no side, no colour or no crop is not said.
func TestOutline(t *testing.T) {
	const body = "a preview"
	known := map[string]string{"prew-width": "4032", "prew-height": "3024", "prew-colour": "#a0b1c2", "prew-crop": "100,0,640,480"}
	for i, test := range []struct {
		name     string
		metadata map[string]string
		outline  prew.Outline // as the function says
		inline   bool         // its result has the preview
		want     map[string]string
	}{
		{"inline", known, prew.Outline{Width: 4032, Height: 3024, Colour: "#a0b1c2", Crop: "100,0,640,480"}, true, known},
		{"read from S3", known, prew.Outline{Width: 4032, Height: 3024, Colour: "#a0b1c2", Crop: "100,0,640,480"}, false, known},
		{"of earlier days", map[string]string{"width": "1"}, prew.Outline{}, true, nil},
		{"of nobody's", map[string]string{"prew-width": "-1", "prew-height": "1000000", "prew-colour": "red", "prew-crop": "0,0,0,0"},
			prew.Outline{Width: -1, Height: 1000000, Colour: "red\r\nA: b", Crop: "1,2,3,4\r\nA: b"}, true, nil},
	} {
		f := &renderer{answer: func(w http.ResponseWriter, request prew.RenderRequest) {
			object, err := servers.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &request.DstBucket, Key: &request.DstKey, Body: bytes.NewReader([]byte(body)), ContentType: aws.String("image/jpeg"), Metadata: test.metadata,
			})
			if err != nil {
				t.Error(err)
				return
			}
			result := prew.RenderResult{Status: true, ContentType: "image/jpeg", Size: len(body), ETag: *object.ETag, Outline: test.outline}
			if test.inline {
				result.Data = []byte(body)
			}
			json.NewEncoder(w).Encode(result)
		}}
		for _, private := range []bool{false, true} {
			server := start(t, f, func(s *settings) { s.Private = private })
			url := fmt.Sprintf("%s/prew/thumb/outline/%d-%v.jpg", server.URL, i, private)
			etag := ""
			for _, step := range []struct {
				name, method string
				headers      []string
				status       int
			}{
				{"rendered", "GET", nil, 200},
				{"stored", "GET", nil, 200},
				{"its head", "HEAD", nil, 200},
				{"a part", "GET", []string{"Range", "bytes=2-4"}, 206},
				{"unchanged", "GET", []string{"If-None-Match", "{etag}"}, 304},
				{"another", "GET", []string{"If-Match", `"other"`}, 412},
				{"no part", "GET", []string{"Range", "bytes=20-"}, 416},
			} {
				if step.status == 304 {
					step.headers[1] = etag
				}
				r, _ := do(t, step.method, url, step.headers...)
				if step.name == "rendered" {
					etag = r.Header.Get("ETag")
					landed(t, server)
				}
				for name, header := range map[string]string{"prew-width": "X-Prew-Width", "prew-height": "X-Prew-Height", "prew-colour": "X-Prew-Colour", "prew-crop": "X-Prew-Crop"} {
					want := test.want[name]
					if step.status >= 300 {
						want = ""
					}
					if got := r.Header.Get(header); got != want || r.StatusCode != step.status {
						t.Errorf("%s, private %v, %s: %s, %s is %q, want %q", test.name, private, step.name, r.Status, header, got, want)
					}
				}
				if r.Header.Get("A") != "" {
					t.Errorf("%s, %s: a header within a header", test.name, step.name)
				}
			}
			// The same metadata on a photo is its owner's.
			key := fmt.Sprintf("photo/outline/%d-%v.jpg", i, private)
			if _, err := servers.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: aws.String(bucket), Key: &key, Body: bytes.NewReader([]byte(body)), Metadata: test.metadata,
			}); err != nil {
				t.Fatal(err)
			}
			if r, _ := get(t, server.URL+"/"+key); r.StatusCode != 200 || r.Header.Get("X-Prew-Width") != "" {
				t.Errorf("a photo: %s, %v", r.Status, r.Header)
			}
		}
	}
}
