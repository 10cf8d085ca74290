package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// many stands in for a store with very many previews of one preset: it speaks ListObjectsV2
// and DeleteObjects (Amazon S3 API Reference), and counts the calls.
type many struct {
	*httptest.Server
	previews int
	at       map[string]func(call int) // what is done at a call, by its kind

	mu      sync.Mutex
	calls   map[string]int
	deleted []bool
}

func newMany(t testing.TB, previews int) *many {
	m := &many{previews: previews, calls: map[string]int{}, deleted: make([]bool, previews), at: map[string]func(int){}}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *many) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	kind := "other"
	switch {
	case query.Get("list-type") == "2":
		kind = "list"
	case query.Has("delete"):
		kind = "delete"
	}
	m.mu.Lock()
	m.calls[kind]++
	call := m.calls[kind]
	m.mu.Unlock()
	if at := m.at[kind]; at != nil {
		at(call)
	}
	switch kind {
	case "list":
		m.list(w, query.Get("prefix"), query.Get("delimiter"), query.Get("start-after"), query.Get("continuation-token"))
	case "delete":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, part := range bytes.Split(body, []byte("<Key>"))[1:] {
			name, _, _ := strings.Cut(string(part), ".jpg</Key>")
			n, err := strconv.Atoi(strings.TrimPrefix(name, "prew/card/"))
			if err != nil || m.deleted[n] {
				http.Error(w, "what is deleted is not there: "+name, http.StatusBadRequest)
				return
			}
			m.deleted[n] = true
		}
		io.WriteString(w, "<DeleteResult></DeleteResult>")
	default:
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "<Error><Code>NoSuchKey</Code></Error>")
	}
}

func (m *many) list(w io.Writer, prefix, delimiter, after, token string) {
	var page bytes.Buffer
	page.WriteString("<ListBucketResult>")
	defer func() { page.WriteString("</ListBucketResult>"); w.Write(page.Bytes()) }()
	switch {
	case delimiter != "":
		page.WriteString("<CommonPrefixes><Prefix>prew/card/</Prefix></CommonPrefixes>")
		return
	case prefix != "prew/card/":
		return
	}
	first := 0
	if after != "" {
		fmt.Sscanf(after, "prew/card/%d.jpg", &first)
		first++
	}
	if token != "" {
		first, _ = strconv.Atoi(token)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n := first
	for some := 0; some < 1000 && n < m.previews; n++ {
		if !m.deleted[n] {
			some++
			fmt.Fprintf(&page, "<Contents><Key>prew/card/%08d.jpg</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"+
				"<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>54321</Size><StorageClass>STANDARD</StorageClass></Contents>", n)
		}
	}
	fmt.Fprintf(&page, "<IsTruncated>%v</IsTruncated><NextContinuationToken>%d</NextContinuationToken>", n < m.previews, n)
}

func (m *many) left() (left int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, gone := range m.deleted {
		if !gone {
			left++
		}
	}
	return left
}

func (m *many) environ(state string) []string {
	return []string{"AWS_ENDPOINT_URL_S3=" + m.URL, "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=us-east-1", "PREW_S3_PATH_STYLE=1",
		"PREW_BUCKET=many", "XDG_STATE_HOME=" + state, "PREW_REDIS=" + servers.Redis.Addr}
}

// purgeMany deletes all of them by the program, and returns the most memory that it took, in
// bytes.
func purgeMany(t testing.TB, m *many) (memory int64, took time.Duration) {
	t.Helper()
	cmd := itself(t, m.environ(t.TempDir()), "purge", "--preset", "card", "--json")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var said report
	if err := json.Unmarshal(out, &said); err != nil || said.Deleted != int64(m.previews) || said.Result != "done" {
		t.Errorf("%+v, %v", said, err)
	}
	most := m.previews / 1000
	if m.calls["list"] > most+1 || m.calls["delete"] > most || m.left() > 0 {
		t.Errorf("%d calls to list and %d to delete, %d left, want at most %d and %d", m.calls["list"], m.calls["delete"], m.left(), most+1, most)
	}
	memory = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	if memory > 60<<20 {
		t.Errorf("%d MB of memory, limit is 60", memory>>20)
	}
	return memory, time.Duration(said.Seconds * float64(time.Second))
}

func TestPurgeOfManyTakesFewCallsAndLittleMemory(t *testing.T) {
	memory, took := purgeMany(t, newMany(t, 100_000))
	t.Logf("%d MB, %v", memory>>20, took)
}

// BenchmarkPurge purges a million previews of a preset, from a store that answers at once.
func BenchmarkPurge(b *testing.B) {
	for b.Loop() {
		m := newMany(b, 1_000_000)
		memory, took := purgeMany(b, m)
		b.ReportMetric(float64(memory>>20), "MB")
		b.ReportMetric(1e6/took.Seconds(), "previews/s")
		b.ReportMetric(float64(m.calls["list"]), "lists")
		b.ReportMetric(float64(m.calls["delete"]), "deletes")
	}
}

// TestInterruptedPurgeGoesOn interrupts the program, and checks that --resume deletes the rest,
// nothing twice, which the store would refuse.
func TestInterruptedPurgeGoesOn(t *testing.T) {
	m, state := newMany(t, 50_000), t.TempDir()
	cmd := itself(t, m.environ(state), "purge", "--preset", "card")
	m.at["delete"] = func(call int) {
		if call == 10 {
			cmd.Process.Signal(os.Interrupt)
			time.Sleep(100 * time.Millisecond)
		}
	}
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); err == nil || code != partlyDone || !strings.Contains(string(out), "interrupted; --resume goes on from "+state) {
		t.Errorf("exit code %d: %s", code, out)
	}
	if left := m.left(); left < 10_000 || left > 45_000 {
		t.Errorf("%d left: it did not stop", left)
	}
	m.at["delete"] = nil
	lists := m.calls["list"]
	left := m.left()
	out, err = itself(t, m.environ(state), "purge", "--preset", "card", "--resume").CombinedOutput()
	if err != nil || m.left() != 0 || m.calls["list"]-lists > left/1000+3 {
		t.Errorf("%v: %s\n%d left, %d calls to list", err, out, m.left(), m.calls["list"]-lists)
	}
	if files, _ := filepath.Glob(filepath.Join(state, "prew", "*")); len(files) > 0 {
		t.Errorf("left behind: %q", files)
	}
}

func TestPurgeSaysWhatItDidByItsExitCode(t *testing.T) {
	put(t, "photo/coded.jpg", "p")
	put(t, "prew/thumb/coded.jpg", "p")
	denied := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "<Error><Code>InvalidAccessKeyId</Code></Error>")
	}))
	defer denied.Close()
	for _, test := range []struct {
		environ []string
		args    string
		code    int
		said    string
	}{
		{nil, "purge", 2, "nothing to purge is named"},
		{nil, "purge --nonsense", 2, "unknown flag"},
		{nil, "purge --preset crad", 2, `preset "crad": not known and nothing is stored of it, expected one of thumb`},
		{nil, "purge --photo /a.jpg", 2, "an empty segment"},
		{nil, "purge --photo a.jpg --orphans", 2, "--photo with --changed or --orphans"},
		{nil, "purge --all --preset thumb", 2, "expected it alone"},
		{nil, "purge --prefix=", 2, "--prefix: empty"},
		{nil, "purge --preset thumb --parallel 0", 2, "--parallel: 0, expected 1 to 1000"},
		{[]string{"PREW_BUCKET="}, "purge --all", 2, "PREW_BUCKET is not set"},
		{[]string{"PREW_BUKET=b"}, "purge --all", 2, "PREW_BUKET: unknown variable"},
		{nil, "purge --all", 4, "nothing is deleted: expected yes, or --yes where nobody can be asked"},
		{[]string{"PREW_BUCKET=none"}, "purge --preset thumb", 4, "NoSuchBucket"},
		{[]string{"AWS_ENDPOINT_URL_S3=" + denied.URL}, "purge --preset thumb", 4, "InvalidAccessKeyId"},
		{nil, "list", 2, "expected --stale or --orphans"},
		{nil, "list --orphans", 0, ""},
		{nil, "list --stale --json", 0, `"result": "done"`},
		{nil, "purge --photo coded.jpg --dry-run", 0, "1 previews would be deleted, 0.0 MB, "},
		{nil, "purge --photo other.jpg --preset thumb", 0, "4 previews deleted, stored or not, in "},
		{nil, "purge --prefix cod --preset thumb --json", 0, `"deleted": 1,`},
		{nil, "purge --photo other.jpg --preset thumb", 0, "4 previews deleted, stored or not, in "},
		{nil, "purge --prefix cod --preset thumb", 0, "0 previews deleted"},
		{nil, "purge --changed", 0, "0 previews deleted"},
		{nil, "purge --all --yes", 0, "deleted"},
	} {
		environ := append(append(servers.S3.Env(), "PREW_BUCKET="+bucket, "PREW_REDIS="+servers.Redis.Addr), test.environ...)
		cmd := itself(t, environ, strings.Fields(test.args)...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != test.code || !strings.Contains(string(out), test.said) {
			t.Errorf("%s: exit code %d, want %d, %s", test.args, code, test.code, out)
		}
	}
}

func TestKeysAreReadFromTheInput(t *testing.T) {
	for _, key := range []string{"in/1.jpg", "in/2 .jpg", "in/3,4.jpg"} {
		put(t, "prew/thumb/"+key, "p")
	}
	cmd := itself(t, append(servers.S3.Env(), "PREW_BUCKET="+bucket, "PREW_REDIS="+servers.Redis.Addr), "purge", "--photo", "-", "--preset", "thumb")
	cmd.Stdin = strings.NewReader("in/1.jpg\n\nin/3,4.jpg\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for key, stored := range map[string]bool{"in/1.jpg": false, "in/2 .jpg": true, "in/3,4.jpg": false} {
		_, err := servers.S3.Client().HeadObject(t.Context(), head("prew/thumb/"+key))
		if (err == nil) != stored {
			t.Errorf("%s: %v", key, err)
		}
	}
	cmd = itself(t, append(servers.S3.Env(), "PREW_BUCKET="+bucket, "PREW_REDIS="+servers.Redis.Addr), "purge", "--photo", "in/2 .jpg")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, err := servers.S3.Client().HeadObject(t.Context(), head("prew/thumb/in/2 .jpg")); err == nil {
		t.Error("it is still there")
	}
}

// TestInvalidationIsSentToCloudFront also checks that a purge is done without gateways, and so
// without Redis, where it is told that there are none.
func TestInvalidationIsSentToCloudFront(t *testing.T) {
	var asked, sent string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked, sent = r.Method+" "+r.URL.Path, string(body)
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, "<Invalidation><Id>I1</Id></Invalidation>")
	}))
	defer server.Close()
	for _, test := range []struct {
		redis string
		flags []string
	}{
		{servers.Redis.Addr, nil},
		{"127.0.0.1:1", []string{"--no-gateways"}},
	} {
		put(t, "prew/thumb/edge.jpg", "p")
		asked, sent = "", ""
		out, err := itself(t, append(servers.S3.Env(), "PREW_BUCKET="+bucket, "PREW_REDIS="+test.redis, "AWS_ENDPOINT_URL_CLOUDFRONT="+server.URL),
			append([]string{"purge", "--preset", "thumb", "--prefix", "edge", "--cloudfront", "E123"}, test.flags...)...).CombinedOutput()
		if err != nil || !strings.HasPrefix(asked, "POST /") || !strings.HasSuffix(asked, "/distribution/E123/invalidation") || !strings.Contains(sent, "<Path>/prew/thumb/edge*</Path>") {
			t.Errorf("%q: %v: %s\n%s: %s", test.flags, err, out, asked, sent)
		}
	}
}

func TestMeterSaysHowFarItIs(t *testing.T) {
	for _, test := range []struct {
		total, done, listed int64
		took                time.Duration
		want                string
	}{
		{0, 500, 0, time.Second, "500 deleted, 500 a second"},
		{0, 500, 700, time.Second, "500 deleted of 700 listed so far, 500 a second"},
		{1000, 500, 700, 2 * time.Second, "500 of 1000 deleted, 250 a second, 2s left"},
		{1000, 1000, 0, 2 * time.Second, "1000 of 1000 deleted, 500 a second"},
		{1000, 0, 0, 0, "0 of 1000 deleted, 0 a second"},
	} {
		if got := newMeter("deleted", test.total).text(test.done, test.listed, test.took); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func head(key string) *s3.HeadObjectInput {
	return &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: &key}
}

// TestChangedIsWhatWasStoredBeforeAGatewayHadOtherPresets follows a bucket through a change of
// a preset, with the record that real gateways keep.
func TestChangedIsWhatWasStoredBeforeAGatewayHadOtherPresets(t *testing.T) {
	const own, changed = "recorded", "PRESET_THUMB=width=63,height=64"
	if err := servers.S3.CreateBucket(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	store := func(key string) {
		t.Helper()
		if _, err := servers.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(own), Key: &key, Body: strings.NewReader("p")}); err != nil {
			t.Fatal(err)
		}
	}
	run := func(code int, environ []string, args ...string) string {
		t.Helper()
		cmd := itself(t, append(append(servers.S3.Env(), "PREW_BUCKET="+own, "PREW_REDIS="+servers.Redis.Addr), environ...), args...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != code {
			t.Fatalf("%q: exit code %d, want %d: %s", args, cmd.ProcessState.ExitCode(), code, out)
		}
		return string(out)
	}
	// gateway starts a gateway and waits until it has written the record.
	gateway := func(environ ...string) (stop func()) {
		t.Helper()
		began := time.Now().Truncate(time.Second)
		cmd, _, log := serving(t, append(environ, "PREW_FUNCTION=f", "PREW_BUCKET="+own)...)
		for deadline := began.Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			head, err := servers.S3.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(own), Key: aws.String("prew/.presets.json")})
			if err == nil && !head.LastModified.Before(began) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("no record: %v\n%s", err, log)
			}
		}
		return func() {
			t.Helper()
			cmd.Process.Signal(os.Interrupt)
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v\n%s", err, log)
			}
		}
	}
	store("prew/thumb/before.jpg")
	store("prew/card/before.jpg")
	old := gateway()
	if out := run(0, nil, "list", "--stale"); out != "0 previews, 0.0 MB\n" {
		t.Errorf("what was stored before there was a record: %s", out)
	}
	time.Sleep(1100 * time.Millisecond) // listings have whole seconds
	gateway(changed)()
	if out := run(0, []string{changed}, "list", "--stale"); out != "prew/thumb/before.jpg\n1 previews, 0.0 MB\n" {
		t.Errorf("stale: %s", out)
	}
	if out := run(4, nil, "purge", "--changed"); !strings.Contains(out, "gateways have other fields of thumb, ") {
		t.Errorf("other presets: %s", out)
	}
	time.Sleep(1100 * time.Millisecond)
	store("prew/thumb/late.jpg") // by the gateway with the old presets, which ends only now
	time.Sleep(1100 * time.Millisecond)
	old()
	if out := run(0, []string{changed}, "list", "--stale"); out != "prew/thumb/before.jpg\nprew/thumb/late.jpg\n2 previews, 0.0 MB\n" {
		t.Errorf("stored late: %s", out)
	}
	run(0, []string{changed}, "purge", "--changed", "--preset", "card")
	run(0, []string{changed}, "purge", "--changed")
	if out := run(0, []string{changed}, "purge", "--all", "--dry-run"); !strings.Contains(out, "1 previews would be deleted") {
		t.Errorf("left: %s", out)
	}
}
