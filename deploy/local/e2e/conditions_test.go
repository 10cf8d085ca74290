package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/deploy/local/stack"
)

func TestConditionsOfAPublicBucket(t *testing.T) { onBoth(t, conditions) }

// conditions runs nginx's table through a whole stack, each row on a photo and a
// stored preview of its own: first when they are not in the cache, then when they are.
func conditions(t *testing.T, system *stack.Stack) {
	t.Helper()
	rows, err := stack.Conditions("../../../nginx/testdata/conditions.tsv", "", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	run := time.Now().UnixNano() // objects of its own: the cache would have those of an earlier run
	for i := range rows {
		for _, folder := range []string{"photo", "prew/thumb"} {
			key := fmt.Sprintf("%s/conditions/%d/%d.jpg", folder, run, i)
			if _, err := system.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: aws.String(stack.Bucket), Key: &key, Body: bytes.NewReader([]byte(stack.Conditioned)), ContentType: aws.String("image/jpeg"),
			}); err != nil {
				t.Fatal(err)
			}
			head := headOf(t, system, key)
			own, err := stack.Conditions("../../../nginx/testdata/conditions.tsv", *head.ETag, *head.LastModified)
			if err != nil {
				t.Fatal(err)
			}
			row := own[i]
			for _, where := range []string{"miss", "hit"} {
				got, err := ask(system.Addr(), row.Method, "/"+key, row.Headers...)
				if err != nil {
					t.Fatal(err)
				}
				if atTheEdge(system) && row.Status >= 400 {
					// It is CloudFront's own answer, or the function's: it has the status, and the range.
					if got.status != row.Status || got.header.Get("Content-Range") != row.ContentRange {
						t.Errorf("%s, a %s: %s: %d, Content-Range %q", folder, where, row, got.status, got.header.Get("Content-Range"))
					}
					continue
				}
				if wrong := row.Check(got.status, got.header, got.body); wrong != "" {
					t.Errorf("%s, a %s: %s: %s", folder, where, row, wrong)
				}
			}
		}
	}
}

// TestLastModifiedFromTheFirstAnswerOn: a preview that was just rendered says when S3
// stored it.
func TestLastModifiedFromTheFirstAnswerOn(t *testing.T) { onBoth(t, lastModified) }

func lastModified(t *testing.T, system *stack.Stack) {
	key := fmt.Sprintf("modified/%d.jpg", time.Now().UnixNano())
	uploadTo(t, system, "photo/"+key, photo(t, 64, 48))
	cold := get(t, system.Addr(), "/prew/thumb/"+key)
	head := headOf(t, system, "prew/thumb/"+key)
	if got, want := cold.header.Get("Last-Modified"), head.LastModified.UTC().Format(http.TimeFormat); cold.header.Get("X-Prew") != "rendered" || got != want {
		t.Errorf("%d, %q at first, %q in S3", cold.status, got, want)
	}
	for _, condition := range []string{"If-None-Match: " + *head.ETag, "If-Modified-Since: " + cold.header.Get("Last-Modified")} {
		for front, addr := range map[string]string{"the same": system.Addr(), "another": emptyCache(t, system, prew.Places{}, false)} {
			if again := get(t, addr, "/prew/thumb/"+key, condition); again.status != 304 {
				t.Errorf("%s, %s: %d", front, condition, again.status)
			}
		}
	}
}

func headOf(t *testing.T, system *stack.Stack, key string) *s3.HeadObjectOutput {
	t.Helper()
	head, err := system.S3.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(stack.Bucket), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	return head
}
