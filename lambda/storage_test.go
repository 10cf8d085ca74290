package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"prew"
	"prew/lambda/render"
	"prew/lambda/store"
)

// faulty is a storage on an S3 server that a test makes up.
func faulty(t *testing.T, answer http.HandlerFunc) storage {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	b := store.Open(aws.Config{Credentials: credentials.NewStaticCredentialsProvider("key", "secret", "")},
		prew.Place{Region: "us-east-1", Endpoint: server.URL, PathStyle: true})
	return storage{photos: map[string]*s3.Client{"": b.Client}, previews: b.Client}
}

// refuse answers as S3 does when it refuses.
func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	if code != "" {
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>because</Message></Error>", code)
	}
}

func codeOf(err error) prew.Code {
	if failure, ok := errors.AsType[*prew.RenderError](err); ok {
		return failure.Code
	}
	return ""
}

// readAll reads a photo to its end.
func readAll(s storage, ctx context.Context) error {
	p, err := s.get(ctx, "", "b", "k")
	if err != nil {
		return err
	}
	defer p.Close()
	_, err = io.Copy(io.Discard, p)
	return err
}

func TestRefusalsOfGet(t *testing.T) {
	tests := []struct {
		status int
		code   string
		want   prew.Code
	}{
		{404, "NoSuchKey", prew.SourceMissing},
		{404, "", prew.SourceMissing},
		{403, "AccessDenied", prew.SourceMissing},
		{403, "", prew.SourceMissing},
		{404, "NoSuchBucket", prew.StorageFailed},
		{403, "SignatureDoesNotMatch", prew.StorageFailed},
		{403, "InvalidObjectState", prew.SourceArchived},
		{400, "KMS.DisabledException", prew.KMSDenied},
		{503, "SlowDown", prew.StorageBusy},
		{400, "KeyTooLongError", prew.PathRefused},
		{301, "PermanentRedirect", prew.StorageFailed},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.status, " ", test.code), func(t *testing.T) {
			s := faulty(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, test.status, test.code) })
			_, err := s.get(t.Context(), "", "b", "k")
			if codeOf(err) != test.want {
				t.Errorf("%v, want %s", err, test.want)
			}
			// The message says that it may also be a missing right.
			if maybe := test.status == 403 && test.want == prew.SourceMissing; strings.Contains(err.Error(), "or no right to read it") != maybe {
				t.Errorf("%v, want its right questioned: %v", err, maybe)
			}
		})
	}
}

// TestUnknownKeysAreNoMissingPhoto asks the S3 server of compose.yaml.
func TestUnknownKeysAreNoMissingPhoto(t *testing.T) {
	s := storage{photos: map[string]*s3.Client{"": s3.New(s3Server(t).Options(), func(o *s3.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider("nobody", "secret", "")
	})}}
	if _, err := s.get(t.Context(), "", bucket, "photo/a.jpg"); codeOf(err) != prew.StorageFailed {
		t.Errorf("%v, want %s", err, prew.StorageFailed)
	}
}

func TestPhotoThatSaysItIsTooLargeIsNotRead(t *testing.T) {
	s := faulty(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(render.MaxSourceBytes+1))
		w.Header().Set("ETag", `"e"`)
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		<-r.Context().Done() // no byte comes, so that the reader waits for its deadline
	})
	_, err := s.get(t.Context(), "", "b", "k")
	failure, ok := errors.AsType[*prew.RenderError](err)
	if !ok || failure.Code != prew.SourceTooLarge || failure.SourceETag != `"e"` {
		t.Errorf("%+v, want %s of \"e\"", err, prew.SourceTooLarge)
	}
}

func TestPhotoThatNeverEndsIsReadToTheLimit(t *testing.T) {
	s := faulty(t, func(w http.ResponseWriter, r *http.Request) {
		block := make([]byte, 1<<20)
		for { // chunked, without a length
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	p, err := s.get(t.Context(), "", "b", "k")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.most = time.Minute // a busy machine takes longer for 300 MiB than a store may
	if _, err := render.Render(io.MultiReader(strings.NewReader("BM"), p), prew.Preset{}); codeOf(err) != prew.SourceTooLarge {
		t.Errorf("%v, want %s", err, prew.SourceTooLarge)
	}
}

// packed is a file as gzip, and how an object says so.
func packed(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	packer := gzip.NewWriter(&b)
	if _, err := packer.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPackedPhotos(t *testing.T) {
	whole := picture(t, 800, 600)
	bomb := append([]byte("BM"), make([]byte, render.MaxSourceBytes)...)
	sent := packed(t, whole)
	for _, test := range []struct {
		name, coding string
		body         []byte
		announced    int
		want         prew.Code
	}{
		{"whole", "gzip", sent, len(sent), ""},
		{"by its old name", "X-GZip", sent, len(sent), ""},
		{"not packed", "identity", whole, len(whole), ""},
		{"twice", "gzip", packed(t, sent), len(packed(t, sent)), prew.SourceUnsupported},
		{"a bomb", "gzip", packed(t, bomb), len(packed(t, bomb)), prew.SourceTooLarge},
		{"cut short", "gzip", sent[:len(sent)/2], len(sent) / 2, prew.SourceDamaged},
		{"no gzip", "gzip", whole, len(whole), prew.SourceDamaged},
		{"broken off", "gzip", sent[:len(sent)/2], len(sent), prew.StorageFailed},
		{"another packer", "br", whole, len(whole), prew.SourceUnsupported},
		{"two packers", "br, gzip", whole, len(whole), prew.SourceUnsupported},
	} {
		s := faulty(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", test.coding)
			w.Header().Set("Content-Length", fmt.Sprint(test.announced))
			w.Write(test.body)
		})
		p, err := s.get(t.Context(), "", "b", "k")
		if err == nil {
			_, err = render.Render(p, prew.Preset{Width: 80, Quality: 80})
			p.Close()
		}
		if codeOf(err) != test.want || (err == nil) != (test.want == "") {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func TestGetThatFailsHalfway(t *testing.T) {
	t.Run("broken off", func(t *testing.T) {
		s := faulty(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
		})
		if err := readAll(s, t.Context()); codeOf(err) != prew.StorageFailed {
			t.Errorf("%v, want %s", err, prew.StorageFailed)
		}
	})
	t.Run("stalled", func(t *testing.T) {
		s := faulty(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := readAll(s, ctx); codeOf(err) != prew.StorageFailed {
			t.Errorf("%v, want %s", err, prew.StorageFailed)
		}
	})
}

// TestConnectionIsKeptAfterASmallRest reads a photo to the end of its picture: a
// small rest of the file is read too, because a new connection would cost more.
func TestConnectionIsKeptAfterASmallRest(t *testing.T) {
	for _, test := range []struct {
		rest int // bytes that nobody reads
		want int // connections for two photos
	}{{0, 1}, {smallRest, 1}, {1 << 20, 2}} {
		var connections sync.Map
		s := faulty(t, func(w http.ResponseWriter, r *http.Request) {
			connections.Store(r.RemoteAddr, true)
			w.Header().Set("Content-Length", fmt.Sprint(100+test.rest))
			w.Write(make([]byte, 100+test.rest))
		})
		for range 2 {
			p, err := s.get(t.Context(), "", "b", "k")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(p, make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			p.Close()
		}
		made := 0
		connections.Range(func(any, any) bool { made++; return true })
		if made != test.want {
			t.Errorf("with a rest of %d bytes there were %d connections, want %d", test.rest, made, test.want)
		}
	}
}

// TestOnlyWaitingForThePhotoIsLimited is about a slow render, which must not use up the
// store's time, and about a slow store.
func TestOnlyWaitingForThePhotoIsLimited(t *testing.T) {
	open := func(most time.Duration) (*photo, *io.PipeWriter) {
		body, writer := io.Pipe()
		return &photo{body: body, name: "b/k", most: most, cancel: func() { body.CloseWithError(context.Canceled) }}, writer
	}
	p, writer := open(200 * time.Millisecond)
	go func() {
		for range 4 {
			writer.Write([]byte("part"))
		}
		writer.Close()
	}()
	for {
		n, err := p.Read(make([]byte, 4))
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("after %v of waiting: %v", p.waited, err)
		}
		time.Sleep(time.Duration(n) * 25 * time.Millisecond) // the render: twice the limit in all
	}

	p, writer = open(100 * time.Millisecond)
	defer writer.Close()
	go func() {
		for {
			time.Sleep(40 * time.Millisecond)
			if _, err := writer.Write([]byte("part")); err != nil {
				return
			}
		}
	}()
	read, err := io.Copy(io.Discard, p)
	if codeOf(err) != prew.StorageFailed || !strings.Contains(err.Error(), "not sent within 100ms of waiting") || read == 0 {
		t.Errorf("%d bytes, %v; want some, and no more than 100 ms of waiting", read, err)
	}
}

// TestPhotoThatBreaksOffIsNotToBlame renders a photo whose second half never
// comes: the failure has no ETag, so that it is not remembered.
func TestPhotoThatBreaksOffIsNotToBlame(t *testing.T) {
	whole := picture(t, 800, 600)
	s := faulty(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
		w.Write(whole[:len(whole)/2])
	})
	f := function{storage: s, sources: sourcesOf(t), presets: prew.Presets{}, log: slog.New(slog.DiscardHandler), warm: new(atomic.Bool)}
	result := invoke(t, f, prew.RenderRequest{SrcBucket: "b", SrcKey: "photo/k", DstBucket: "b", DstKey: "prew/x/k", Preset: prew.Preset{Width: 80}})
	if result.Error == nil || result.Error.Code != prew.StorageFailed || result.Error.SourceETag != "" {
		t.Errorf("%+v, want %s of no ETag", result.Error, prew.StorageFailed)
	}
}

func TestPut(t *testing.T) {
	conditional, plain := "*", ""
	tests := []struct {
		name    string
		answers []func(http.ResponseWriter) // the last one is repeated
		first   bool
		want    prew.Code
		asked   []string // If-None-Match of each request
	}{
		{"stored", []func(http.ResponseWriter){ok}, true, "", []string{conditional}},
		{"somebody was first", []func(http.ResponseWriter){no(412, "PreconditionFailed")}, false, "", []string{conditional}},
		{"somebody was first, said in few words", []func(http.ResponseWriter){no(412, "")}, false, "", []string{conditional}},
		{"a conflict that passes", []func(http.ResponseWriter){no(409, "ConditionalRequestConflict"), no(409, "ConditionalRequestConflict"), ok},
			true, "", []string{conditional, conditional, conditional}},
		{"a conflict that somebody wins", []func(http.ResponseWriter){no(409, "ConditionalRequestConflict"), no(412, "PreconditionFailed")},
			false, "", []string{conditional, conditional}},
		{"a conflict that stays", []func(http.ResponseWriter){no(409, "ConditionalRequestConflict")},
			false, prew.StorageFailed, slices.Repeat([]string{conditional}, 5)},
		{"a store without conditions", []func(http.ResponseWriter){no(501, "NotImplemented"), ok}, true, "", []string{conditional, plain}},
		{"a store that can't", []func(http.ResponseWriter){no(501, "NotImplemented")}, false, prew.StorageFailed, []string{conditional, plain}},
		{"a store that won't", []func(http.ResponseWriter){no(403, "AccessDenied")}, false, prew.StorageFailed, []string{conditional}},
		{"a name that the store can't have", []func(http.ResponseWriter){no(400, "KeyTooLongError")}, false, prew.PathRefused, []string{conditional}},
		{"a key of KMS that is off", []func(http.ResponseWriter){no(400, "KMS.DisabledException")}, false, prew.KMSDenied, []string{conditional}},
		{"a store that stumbles", []func(http.ResponseWriter){no(503, "SlowDown"), ok}, true, "", []string{conditional, conditional}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var mu sync.Mutex
			var asked []string
			s := faulty(t, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, r.Header.Get("If-None-Match"))
				if body, _ := io.ReadAll(r.Body); string(body) != "preview" {
					t.Errorf("the body is %q", body)
				}
				for name, want := range map[string]string{"Content-Type": "image/png", "Cache-Control": "no-cache",
					"X-Amz-Acl": "", "X-Amz-Checksum-Crc32": ""} {
					if got := r.Header.Get(name); got != want {
						t.Errorf("%s is %q, want %q", name, got, want)
					}
				}
				test.answers[min(len(asked), len(test.answers))-1](w)
			})
			etag, first, err := s.put(t.Context(), "b", "k", render.Preview{Data: []byte("preview"), ContentType: "image/png"}, "no-cache")
			if first != test.first || codeOf(err) != test.want || (err == nil) != (test.want == "") {
				t.Errorf("first %t, %v, want %t, %q", first, err, test.first, test.want)
			}
			if first != (etag == `"e"`) {
				t.Errorf("first %t with ETag %q", first, etag)
			}
			if !slices.Equal(asked, test.asked) {
				t.Errorf("asked with If-None-Match %q, want %q", asked, test.asked)
			}
		})
	}
}

func ok(w http.ResponseWriter) { w.Header().Set("ETag", `"e"`) }

func no(status int, code string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { refuse(w, status, code) }
}

func TestPutCarriesTheACL(t *testing.T) {
	var acl string
	s := faulty(t, func(w http.ResponseWriter, r *http.Request) { acl = r.Header.Get("X-Amz-Acl") })
	s.acl = "public-read"
	if _, _, err := s.put(t.Context(), "b", "k", render.Preview{Data: []byte("preview")}, ""); err != nil || acl != "public-read" {
		t.Errorf("acl %q (%v), want public-read", acl, err)
	}
}

func TestConflictEndsWithItsContext(t *testing.T) {
	s := faulty(t, func(w http.ResponseWriter, r *http.Request) { refuse(w, 409, "ConditionalRequestConflict") })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // less than a pause
	defer cancel()
	if _, _, err := s.put(ctx, "b", "k", render.Preview{Data: []byte("preview")}, ""); codeOf(err) != prew.StorageFailed {
		t.Errorf("%v, want %s", err, prew.StorageFailed)
	}
}

// TestOfManyWritersOneIsFirst lets writers race on a real S3 server.
func TestOfManyWritersOneIsFirst(t *testing.T) {
	s := storage{previews: s3Server(t)}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var firsts []string
	for i := range 8 {
		wg.Go(func() {
			data := strings.Repeat(fmt.Sprint(i), 1000)
			_, first, err := s.put(t.Context(), bucket, "prew/x/a.jpg", render.Preview{Data: []byte(data), ContentType: "image/jpeg"}, "")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if first {
				firsts = append(firsts, data)
			}
		})
	}
	wg.Wait()
	if len(firsts) != 1 {
		t.Fatalf("%d of 8 were first", len(firsts))
	}
	if _, data := stored(t, s.previews, "prew/x/a.jpg"); string(data) != firsts[0] {
		t.Error("stored is not what the first one wrote")
	}
}
