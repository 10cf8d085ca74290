package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"prew"
	"prew/prewmanager/flight"
)

func TestAdmissionIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const invokes, queue = 3, 5
		a := newAdmission(invokes, queue)
		var running, most, done, refused atomic.Int32
		for range 20 {
			go func() {
				leave, err := a.enter(t.Context())
				if err != nil {
					refused.Add(1)
					return
				}
				defer leave()
				most.Store(max(most.Load(), running.Add(1)))
				time.Sleep(time.Second)
				running.Add(-1)
				done.Add(1)
			}()
		}
		synctest.Wait()
		if got := refused.Load(); got != 20-invokes-queue {
			t.Errorf("%d refused at once, want %d", got, 20-invokes-queue)
		}
		if a.waiting() != queue {
			t.Errorf("%d wait, want %d", a.waiting(), queue)
		}
		time.Sleep(time.Minute)
		if most.Load() != invokes || done.Load() != invokes+queue {
			t.Errorf("%d at a time, %d in all; want %d and %d", most.Load(), done.Load(), invokes, invokes+queue)
		}
		if len(a.inside) != 0 || len(a.slots) != 0 {
			t.Errorf("%d slots and %d entries are left behind", len(a.slots), len(a.inside))
		}
	})
}

func TestWhoWaitsTooLongForAPlaceIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAdmission(1, 1)
		leave, err := a.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = a.enter(ctx)
		if failure, ok := errors.AsType[*flight.Failure](err); !ok || failure.Code != string(prew.Busy) {
			t.Errorf("%v, want busy", err)
		}
		leave()
		if leave, err = a.enter(t.Context()); err != nil {
			t.Fatalf("the slot that was given back is not free: %v", err)
		}
		leave()
	})
}

func TestOverloadIsToldToComeAgain(t *testing.T) {
	going := make(chan struct{})
	f := &renderer{answer: func(w http.ResponseWriter, r prew.RenderRequest) {
		<-going
		json.NewEncoder(w).Encode(prew.RenderResult{Status: true, ContentType: "image/png", Size: 1, Data: []byte("x")})
	}}
	server := start(t, f, func(s *settings) { s.Invokes, s.Queue = 1, 1 })
	var wg sync.WaitGroup
	for _, photo := range []string{"a", "b"} {
		wg.Go(func() {
			if response, _ := get(t, server.URL+"/prew/hero/overload-"+photo+".jpg"); response.StatusCode != 200 {
				t.Errorf("%s: %s", photo, response.Status)
			}
		})
	}
	admission := server.Config.Handler.(*Gateway).admission
	for deadline := time.Now().Add(10 * time.Second); f.invoked.Load() != 1 || admission.waiting() != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the queue does not fill")
		}
	}
	refused, _ := get(t, server.URL+"/prew/hero/overload-c.jpg")
	if refused.StatusCode != 503 || refused.Header.Get("X-Prew-Error") != "busy" || refused.Header.Get("Retry-After") == "" {
		t.Errorf("%s, %q, Retry-After %q", refused.Status, refused.Header.Get("X-Prew-Error"), refused.Header.Get("Retry-After"))
	}
	close(going)
	wg.Wait()
	if n := f.invoked.Load(); n != 2 {
		t.Errorf("%d invocations, want 2", n)
	}
}
