package gateway

import (
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"prew"
	"prew/prewmanager/flight"
)

func TestBackgroundSparesSlotsForPeople(t *testing.T) {
	for _, test := range []struct{ slots, most int }{{1, 1}, {2, 1}, {4, 3}, {64, 48}} {
		synctest.Test(t, func(t *testing.T) {
			b := background{admission: newAdmission(test.slots, 10)}
			let := 0
			for ; b.admit(); let++ {
			}
			if let != test.most {
				t.Errorf("of %d slots %d are let in, want %d", test.slots, let, test.most)
			}
		})
	}
}

func TestBackgroundGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := background{admission: newAdmission(2, 5)}
		var leaves []func()
		for range 2 { // people have both slots
			leave, err := b.admission.enter(t.Context(), unknown)
			if err != nil {
				t.Fatal(err)
			}
			leaves = append(leaves, leave)
		}
		began := time.Now()
		if _, err := b.enter(t.Context()); err == nil || time.Since(began) != warmPatience {
			t.Errorf("%v after %v", err, time.Since(began))
		} else if failure, ok := errors.AsType[*flight.Failure](err); !ok || failure.Code != string(prew.Busy) {
			t.Errorf("%v, want busy", err)
		}
		go func() { // one of the two ends; the other one goes on
			time.Sleep(time.Second)
			leaves[0]()
		}()
		if _, err := b.enter(t.Context()); err == nil {
			t.Error("it has the last slot")
		}
		leaves[1]()
		admitted, err := b.enter(t.Context())
		if err != nil || b.admit() {
			t.Errorf("%v: with all slots free one is let in, and one alone", err)
		}
		admitted()
		admitted() // counts once
		if b.pending != 0 {
			t.Errorf("%d are pending", b.pending)
		}
	})
}

// TestPeopleAreServedWhileItIsWarmed fills all slots that warming may have and asks as people
// do: they have a slot at once, also for a preview whose warming waits.
func TestPeopleAreServedWhileItIsWarmed(t *testing.T) {
	going := make(chan struct{})
	f := &renderer{answer: func(w http.ResponseWriter, r prew.RenderRequest) {
		if r.SrcKey == "photo/warm-0.jpg" {
			<-going
		}
		json.NewEncoder(w).Encode(prew.RenderResult{Status: true, ContentType: "image/png", Size: 1, Data: []byte("x")})
	}}
	for _, photo := range []string{"0", "1", "2"} {
		put(t, "photo/warm-"+photo+".jpg", "x")
	}
	server := start(t, f, func(s *settings) { s.Invokes, s.Queue = 2, 5 })
	var warming sync.WaitGroup
	for _, photo := range []string{"0", "1"} {
		warming.Go(func() {
			if response, _ := get(t, server.URL+"/prew/hero/warm-"+photo+".jpg", WarmHeader, "1"); response.StatusCode != 200 {
				t.Errorf("%s: %s", photo, response.Status)
			}
		})
		for deadline := time.Now().Add(10 * time.Second); f.invoked.Load() == 0 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
	}
	for _, photo := range []string{"1", "2"} {
		began := time.Now()
		if response, _ := get(t, server.URL+"/prew/hero/warm-"+photo+".jpg"); response.StatusCode != 200 || time.Since(began) > 3*time.Second {
			t.Errorf("%s: %s after %v", photo, response.Status, time.Since(began))
		}
	}
	close(going)
	warming.Wait()
	if pending := server.Config.Handler.(*Gateway).background.pending; pending != 0 {
		t.Errorf("%d are pending", pending)
	}
}

// TestRenderForNobody checks that a preview is rendered and stored without a request, once.
func TestRenderForNobody(t *testing.T) {
	f := new(renderer)
	server := start(t, f, func(s *settings) { s.Lacking = true })
	gateway := server.Config.Handler.(*Gateway)
	put(t, "photo/nobody.jpg", "a photo")
	for _, test := range []struct {
		ref  prew.Ref
		code prew.Code
	}{
		{prew.Ref{Preset: "thumb", Key: "nobody.jpg"}, ""},
		{prew.Ref{Preset: "thumb", Key: "nobody.jpg"}, ""},
		{prew.Ref{Preset: "none", Key: "nobody.jpg"}, prew.PresetUnknown},
		{prew.Ref{Preset: "thumb", Key: "nobody-has-it.jpg"}, prew.SourceMissing},
	} {
		err := gateway.Render(t.Context(), test.ref)
		failure, _ := errors.AsType[*flight.Failure](err)
		if (err != nil) != (test.code != "") || failure != nil && failure.Code != string(test.code) {
			t.Errorf("%s: %v, want %q", test.ref, err, test.code)
		}
	}
	landed(t, server)
	if n := f.invoked.Load(); n != 1 {
		t.Errorf("%d invocations, want 1", n)
	}
	if response, _ := get(t, server.URL+"/prew/thumb/nobody.jpg"); response.Header.Get("X-Prew") != "stored" {
		t.Errorf("%s, %q", response.Status, response.Header.Get("X-Prew"))
	}
}
