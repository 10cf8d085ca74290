package gateway

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/prometheus/client_golang/prometheus"

	"prew"
	"prew/prewmanager/flight"
)

// message is a message about a purge of the tests' bucket.
func message(t *testing.T, phase string, scope prew.Scope) []byte {
	t.Helper()
	text, err := json.Marshal(prew.Purge{ID: t.Name(), Phase: phase, Bucket: bucket, Scope: scope})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// purgeOf carries out a purge of one photo, whose preview in the preset thumb is at object,
// and calls deleted when that is deleted for the first time.
func purgeOf(t *testing.T, key, object string, deleted func()) {
	t.Helper()
	purger, err := flight.NewPurger(flight.Redis{URL: servers.Redis.Addr})
	if err != nil {
		t.Fatal(err)
	}
	defer purger.Close()
	remove := func() {
		if _, err := servers.S3.Client().DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: &object}); err != nil {
			t.Error(err)
		}
	}
	scope := prew.Scope{Photos: []string{key}}
	leased, err := purger.Begin(t.Context(), t.Name(), func(k string) bool { return k == bucket+"/"+object }, message(t, prew.PurgeBegins, scope))
	if err != nil {
		t.Error(err)
	}
	remove()
	deleted()
	if err := purger.Wait(t.Context(), leased); err != nil {
		t.Error(err)
	}
	if len(leased) > 0 {
		remove()
	}
	if err := purger.End(t.Context(), message(t, prew.PurgeEnds, scope)); err != nil {
		t.Error(err)
	}
}

// nginx stands in for the purge listener of an nginx, and sends on what it hears.
func nginx(t *testing.T) (url string, heard chan prew.Purge) {
	t.Helper()
	heard = make(chan prew.Purge, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p prew.Purge
		if err := json.NewDecoder(r.Body).Decode(&p); err != nil || r.URL.Path != "/purge" || r.Method != http.MethodPost {
			http.Error(w, "expected POST /purge with a purge", http.StatusBadRequest)
			return
		}
		heard <- p
	}))
	t.Cleanup(server.Close)
	return server.URL, heard
}

// TestPhotoReplacedWhileItIsRendered checks that nobody gets the preview of the photo that was
// replaced, and that nginx hears of the purge when it is over.
func TestPhotoReplacedWhileItIsRendered(t *testing.T) {
	const key, object = "purged/replaced.jpg", "prew/thumb/purged/replaced.jpg"
	began, on := make(chan struct{}), make(chan struct{})
	f := new(renderer)
	f.answer = func(w http.ResponseWriter, r prew.RenderRequest) {
		body := "new"
		if f.invoked.Load() == 1 {
			body = "old"
			close(began)
			<-on
		}
		stored, err := servers.S3.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &r.DstBucket, Key: &r.DstKey, Body: strings.NewReader(body)})
		if err != nil {
			t.Error(err)
			return
		}
		json.NewEncoder(w).Encode(prew.RenderResult{Status: true, ContentType: "image/jpeg", Size: 3, ETag: *stored.ETag, Data: []byte(body)})
	}
	listener, heard := nginx(t)
	server := start(t, f, func(s *settings) { s.Nginx = listener })
	gateway := server.Config.Handler.(*Gateway)
	answered := make(chan string, 1)
	go func() {
		response, body := get(t, server.URL+"/prew/thumb/"+key)
		if timing := response.Header.Get("Server-Timing"); strings.Count(timing, "lease;") != 1 {
			t.Errorf("Server-Timing: %q, want each step once", timing)
		}
		answered <- body
	}()
	<-began
	purgeOf(t, key, object, func() {
		select {
		case p := <-heard:
			t.Errorf("nginx is told of %+v before it has ended", p)
		case <-time.After(100 * time.Millisecond): // more than a message takes
		}
		close(on)
	})
	if body := <-answered; body != "new" {
		t.Errorf("got %q", body)
	}
	if p := <-heard; p.Phase != prew.PurgeEnds || !slices.Equal(p.Photos, []string{key}) {
		t.Errorf("nginx is told of %+v", p)
	}
	if n := gateway.flights.Stats().Remade; n != 1 {
		t.Errorf("%d renders are counted as purged, want 1", n)
	}
	landed(t, server)
	if _, body := get(t, server.URL+"/prew/thumb/"+key); body != "new" {
		t.Errorf("then %q", body)
	}
}

// TestMissingPhotoIsAskedForAfterAPurge checks that a photo which was missing is looked for
// anew once it is there, and not when its 10 s are over.
func TestMissingPhotoIsAskedForAfterAPurge(t *testing.T) {
	const key = "purged/late.jpg"
	server := start(t, new(renderer), func(s *settings) { s.Lacking = true })
	if response, _ := get(t, server.URL+"/prew/thumb/"+key); response.StatusCode != http.StatusNotFound {
		t.Fatal(response.Status)
	}
	put(t, "photo/"+key, "a photo")
	purgeOf(t, key, "prew/thumb/"+key, func() {})
	deadline := time.Now().Add(time.Second)
	for {
		response, _ := get(t, server.URL+"/prew/thumb/"+key)
		if response.StatusCode == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s a second after the purge", response.Status)
		}
	}
}

// TestScopeOfAPurge checks that a gateway reads scopes as prew.Scope does.
func TestScopeOfAPurge(t *testing.T) {
	p := NewPurges("", prew.Place{Bucket: "b", Prefix: "x/"}, nil)
	for _, scope := range []prew.Scope{
		{}, {All: true}, {Presets: []string{"card", "card.webp"}}, {Photos: []string{"a.jpg", "d/b.jpg"}}, {Prefixes: []string{"d/", "a"}},
		{Presets: []string{"card"}, Photos: []string{"a.jpg"}, Prefixes: []string{"d/"}},
	} {
		about := p.about(scope)
		for _, preset := range []string{"card", "card.webp", "cards"} {
			for _, key := range []string{"a.jpg", "a", "d/b.jpg", "d/c/b.jpg", "c.jpg"} {
				ref := prew.Ref{Preset: preset, Key: key}
				if got, want := about("b/x/"+ref.String()), scope.Match(ref); got != want {
					t.Errorf("%+v of %s: %t, want %t", scope, ref, got, want)
				}
			}
		}
		if about("b/y/card/a.jpg") || about("c/x/card/a.jpg") || about("beat") {
			t.Errorf("%+v is about what is no preview here", scope)
		}
	}
}

// TestMessagesOfOthers checks that a gateway does nothing for what is not about its previews.
func TestMessagesOfOthers(t *testing.T) {
	listener, told := nginx(t)
	metrics := NewMetrics(nil)
	p := NewPurges(listener, prew.Place{Bucket: "b", Prefix: "prew/"}, metrics)
	for _, message := range []string{
		"", "{", `{}`, `{"id":"1","phase":"end","bucket":"other","all":true}`, `{"phase":"end","bucket":"b"}`, `{"id":"1","phase":"middle","bucket":"b"}`,
	} {
		if _, ok := p.Hear(message, false); ok {
			t.Errorf("%q is heard", message)
		}
	}
	if len(told) > 0 || value(t, metrics.purges.WithLabelValues(heard)) != 0 {
		t.Error("nginx is told")
	}
}

// TestNginxIsTold checks what is counted where it answers, refuses, or is not there.
func TestNginxIsTold(t *testing.T) {
	listener, _ := nginx(t)
	full := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "disk", http.StatusInternalServerError) }))
	defer full.Close()
	before := againAfter
	againAfter = []time.Duration{time.Millisecond, time.Millisecond}
	defer func() { againAfter = before }()
	for _, test := range []struct{ nginx, result string }{{listener, done}, {listener + "/", done}, {full.URL, failed}, {"http://127.0.0.1:1", noNginx}} {
		metrics := NewMetrics(nil)
		NewPurges(test.nginx, prew.Place{Bucket: "b"}, metrics).tell(`{"id":"1"}`)
		if n := value(t, metrics.nginxTold.WithLabelValues(test.result)); n != 1 {
			t.Errorf("%s: %v times %s, want once", test.nginx, n, test.result)
		}
	}
}

// TestLostMessagesAreCounted is about messages that came from Redis's log.
func TestLostMessagesAreCounted(t *testing.T) {
	metrics := NewMetrics(nil)
	p := NewPurges("http://127.0.0.1:1", prew.Place{Bucket: bucket}, metrics)
	for _, late := range []bool{false, true, true} {
		p.Hear(string(message(t, prew.PurgeBegins, prew.Scope{All: true})), late)
		p.Hear(string(message(t, prew.PurgeEnds, prew.Scope{All: true})), late)
	}
	if h, l := value(t, metrics.purges.WithLabelValues(heard)), value(t, metrics.purges.WithLabelValues(lost)); h != 1 || l != 2 {
		t.Errorf("%v heard, %v lost; want 1 and 2", h, l)
	}
}

// value is what a counter counts.
func value(t *testing.T, counter prometheus.Counter) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(counter)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families[0].GetMetric()[0].GetCounter().GetValue()
}
