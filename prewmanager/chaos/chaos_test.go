package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"prew/deploy/local/stack"
)

var network *stack.Network // nil where none can be made

func TestMain(m *testing.M) {
	var err error
	if network, err = stack.NewNetwork(); err != nil { // first, because it executes this program anew
		network = nil
		fmt.Println("no server is cut off from others:", err)
	}
	os.Exit(m.Run())
}

// TestPromises puts every promise to the test at a size of a few seconds.
func TestPromises(t *testing.T) {
	if err := enoughFiles(); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64() >> 32
	t.Logf("SEED=%d", seed)
	for _, p := range promises {
		t.Run(fmt.Sprintf("%d_%s", p.number, strings.ReplaceAll(p.name, " ", "_")), func(t *testing.T) {
			trial := &trial{
				promise:  p,
				size:     tiny,
				random:   rand.New(rand.NewPCG(seed, uint64(p.number))),
				dir:      t.TempDir(),
				network:  network,
				progress: func(string) {},
			}
			rows := trial.run(t.Context())
			if len(rows) == 0 {
				t.Error("nothing was measured")
			}
			for _, r := range rows {
				if !r.Kept {
					t.Errorf("asked: %s; measured: %s", r.Asked, r.Measured)
				}
			}
		})
	}
}

func TestWrongBodiesAreTold(t *testing.T) {
	const key = "prew/thumb/a.jpg"
	right := string(preview(key))
	for _, test := range []struct {
		name   string
		status int
		header http.Header
		body   string
		wrong  bool
	}{
		{"the preview", 200, nil, right, false},
		{"another one", 200, nil, string(preview("prew/thumb/b.jpg")), true},
		{"a part", 200, nil, right[:len(right)-1], true},
		{"more", 200, nil, right + "p", true},
		{"nothing", 200, nil, "", true},
		{"one byte", 200, nil, right[:50] + "x" + right[51:], true},
		{"a picture", 404, http.Header{"X-Prew-Error": {"source_missing"}}, "\x89PNG\r\n", false},
		{"a picture without a code", 404, nil, "\x89PNG\r\n", true},
		{"a page", 502, http.Header{"X-Prew-Error": {"upstream_unreachable"}}, "<html>", true},
	} {
		wrong, err := check(&http.Response{StatusCode: test.status, Header: test.header, Body: io.NopCloser(strings.NewReader(test.body))}, key)
		if err != nil || wrong != test.wrong {
			t.Errorf("%s: %v, %v, want %v", test.name, wrong, err, test.wrong)
		}
	}
}

func TestProxyLosesMessagesAndNothingElse(t *testing.T) {
	const (
		resp2   = "*3\r\n$7\r\nmessage\r\n$9\r\nprew:told\r\n$2\r\n\r\n\r\n"
		resp3   = ">3\r\n$7\r\nmessage\r\n$9\r\nprew:told\r\n$1\r\nD\r\n"
		rest    = "+OK\r\n-ERR no\r\n:1\r\n$-1\r\n*-1\r\n_\r\n$0\r\n\r\n*0\r\n"
		hello   = "%1\r\n$7\r\nmodules\r\n*1\r\n%1\r\n+a\r\n#t\r\n"
		channel = "*3\r\n$9\r\nsubscribe\r\n$9\r\nprew:told\r\n:1\r\n"
	)
	var got bytes.Buffer
	err := withoutMessages(&got, strings.NewReader(rest+resp2+hello+resp3+channel+resp3))
	if want := rest + hello + channel; err != io.EOF || got.String() != want {
		t.Errorf("%q, %v, want %q", got.String(), err, want)
	}
}

func TestWhatIsNoReplyIsRefused(t *testing.T) {
	for _, text := range []string{"\n", "?1\r\n", "$x\r\n", "$99999999\r\n", "*99999\r\n", strings.Repeat("*1\r\n", 10)} {
		if _, err := readReply(nil, bufio.NewReader(strings.NewReader(text)), 0); !errors.Is(err, errReply) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzReadReply(f *testing.F) {
	f.Add([]byte("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n:1\r\n"))
	f.Add([]byte("|1\r\n+a\r\n#t\r\n%1\r\n+k\r\n,1.5\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		reply, err := readReply(nil, bufio.NewReader(bytes.NewReader(text)), 0)
		if err == nil && !bytes.HasPrefix(text, reply) {
			t.Errorf("%q is not how %q begins", reply, text)
		}
	})
}

func TestPercentile(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	for _, test := range []struct {
		of      []time.Duration
		percent int
		want    time.Duration
	}{
		{hundred, 99, 99},
		{hundred, 100, 100},
		{hundred, 1, 1},
		{[]time.Duration{7}, 99, 7},
		{[]time.Duration{1, 2, 3}, 50, 2},
		{nil, 99, 0},
	} {
		if got := percentile(slices.Clone(test.of), test.percent); got != test.want {
			t.Errorf("p%d of %d: %d, want %d", test.percent, len(test.of), got, test.want)
		}
	}
}

func TestChoice(t *testing.T) {
	for _, test := range []struct {
		only string
		want []int
	}{
		{"", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
		{"3, 13", []int{3, 13}},
		{"0", nil},
		{"16", nil},
		{"1,", nil},
	} {
		chosen, err := choose(test.only)
		var got []int
		for _, p := range chosen {
			got = append(got, p.number)
		}
		if !slices.Equal(got, test.want) || (err == nil) != (test.want != nil) {
			t.Errorf("%q: %v, %v", test.only, got, err)
		}
	}
}
