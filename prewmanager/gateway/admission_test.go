package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"prew"
	"prew/prewmanager/flight"
)

// unknown is how long invocations take before there was one.
func unknown() time.Duration { return 0 }

func TestAdmissionIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const invokes, queue = 3, 5
		a := newAdmission(invokes, queue)
		var running, most, done, refused atomic.Int32
		for range 20 {
			go func() {
				leave, err := a.enter(t.Context(), unknown)
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
		leave, err := a.enter(t.Context(), unknown)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = a.enter(ctx, unknown)
		if failure, ok := errors.AsType[*flight.Failure](err); !ok || failure.Code != string(prew.Busy) {
			t.Errorf("%v, want busy", err)
		}
		leave()
		if leave, err = a.enter(t.Context(), unknown); err != nil {
			t.Fatalf("the slot that was given back is not free: %v", err)
		}
		leave()
	})
}

// TestPlaceThatComesTooLateIsRefused is about a slot that is free while less is left of
// the flight's time than its call will take.
func TestPlaceThatComesTooLateIsRefused(t *testing.T) {
	for _, test := range []struct {
		left, takes time.Duration
		busy        bool
	}{
		{time.Second, 0, false}, // nothing is known of calls yet
		{time.Second, 900 * time.Millisecond, false},
		{time.Second, 1100 * time.Millisecond, true},
		{30 * time.Second, 27 * time.Second, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newAdmission(1, 1)
			first, err := a.enter(t.Context(), unknown)
			if err != nil {
				t.Fatal(err)
			}
			const waits = time.Minute
			time.AfterFunc(waits, first)
			ctx, cancel := context.WithTimeout(t.Context(), waits+test.left)
			defer cancel()
			leave, err := a.enter(ctx, func() time.Duration { return test.takes })
			failure, _ := errors.AsType[*flight.Failure](err)
			if busy := failure != nil && failure.Code == string(prew.Busy); busy != test.busy || (leave == nil) != test.busy {
				t.Errorf("%v left for a call of %v: %v, want busy: %v", test.left, test.takes, err, test.busy)
			}
			if leave != nil {
				leave()
			}
			if len(a.inside) != 0 || len(a.slots) != 0 {
				t.Errorf("%d slots and %d entries are left behind", len(a.slots), len(a.inside))
			}
		})
	}
}

// TestNobodyIsRenderedTwiceBehindALongQueue fills a queue that takes longer than an
// answer may: whoever is too late for a render is told so and comes again, while the
// function goes on with whatever it has begun.
func TestNobodyIsRenderedTwiceBehindALongQueue(t *testing.T) {
	const takes, answer, photos = 300 * time.Millisecond, time.Second, 8
	var mu sync.Mutex
	runs, running, most := map[string]int{}, map[string]int{}, 0
	f := &renderer{answer: func(w http.ResponseWriter, r prew.RenderRequest) {
		mu.Lock()
		runs[r.DstKey]++
		running[r.DstKey]++
		most = max(most, running[r.DstKey])
		mu.Unlock()
		time.Sleep(takes) // whether or not its caller is gone
		put(t, r.DstKey, "x")
		mu.Lock()
		running[r.DstKey]--
		mu.Unlock()
		json.NewEncoder(w).Encode(prew.RenderResult{Status: true, ContentType: "image/png", Size: 1, Data: []byte("x")})
	}}
	server := start(t, f, func(s *settings) {
		s.Invokes, s.Queue = 1, photos
		s.AnswerTimeout, s.InvokeTimeout, s.S3Timeout = answer, 950*time.Millisecond, 900*time.Millisecond
	})
	put(t, "photo/long-queue-first.jpg", "x")
	for i := range photos {
		put(t, fmt.Sprintf("photo/long-queue-%d.jpg", i), "x")
	}
	get(t, server.URL+"/prew/hero/long-queue-first.jpg")
	var busy, late atomic.Int32
	var asking sync.WaitGroup
	for i := range photos {
		asking.Go(func() {
			for {
				response, _ := get(t, fmt.Sprintf("%s/prew/hero/long-queue-%d.jpg", server.URL, i))
				if response.StatusCode == 200 {
					return
				}
				switch code := response.Header.Get("X-Prew-Error"); code {
				case "busy":
					busy.Add(1)
				case "timed_out": // a busy machine has made this call longer than any before
					late.Add(1)
				default:
					t.Errorf("photo %d: %s, %s, want busy", i, response.Status, code)
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
	asking.Wait()
	mu.Lock()
	defer mu.Unlock()
	again := 0
	for _, n := range runs {
		again += n - 1
	}
	if again > int(late.Load()) {
		t.Errorf("%d renders were for nothing, at most %d at once, %d calls were too late", again, most, late.Load())
	}
	if len(runs) != photos+1 || busy.Load() == 0 {
		t.Errorf("%d of %d rendered, %d times busy", len(runs), photos+1, busy.Load())
	}
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

// TestFlightHasEachStepOnce takes a flight's lease away while it waits for a slot, so
// that it has to wait for both once more.
func TestFlightHasEachStepOnce(t *testing.T) {
	put(t, "photo/step-before.jpg", "x")
	put(t, "photo/step-lost.jpg", "x")
	going := make(chan struct{})
	f := &renderer{answer: func(w http.ResponseWriter, r prew.RenderRequest) {
		<-going
		json.NewEncoder(w).Encode(prew.RenderResult{Status: true, ContentType: "image/png", Size: 1, Data: []byte("x")})
	}}
	server := start(t, f, func(s *settings) { s.Invokes, s.Queue = 1, 1 })
	admission := server.Config.Handler.(*Gateway).admission
	await := func(what string, holds func() bool) {
		for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	var asking sync.WaitGroup
	asking.Go(func() { get(t, server.URL+"/prew/hero/step-before.jpg") })
	await("nothing is rendered", func() bool { return f.invoked.Load() == 1 })
	var timing string
	asking.Go(func() {
		response, _ := get(t, server.URL+"/prew/hero/step-lost.jpg")
		timing = response.Header.Get("Server-Timing")
	})
	await("the queue does not fill", func() bool { return admission.waiting() == 1 })

	client := redis.NewClient(&redis.Options{Addr: servers.Redis.Addr})
	defer client.Close()
	const others = 2 * time.Second // a busy machine looks for its lease a second late
	lease := "prew:" + bucket + "/prew/hero/step-lost.jpg"
	if err := client.Set(t.Context(), lease, "L"+strings.Repeat("o", 26), others).Err(); err != nil {
		t.Fatal(err)
	}
	close(going)
	asking.Wait()
	if strings.Count(timing, "lease;dur=") != 1 || strings.Count(timing, "queue;dur=") != 1 || !strings.Contains(timing, "invoke;dur=") {
		t.Errorf("Server-Timing: %s, want each step once", timing)
	}
	_, text := get(t, measuredAt(t, server))
	for _, want := range []string{`prew_stage_seconds_count{stage="lease"} 2`, `prew_stage_seconds_count{stage="queue"} 2`} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no line %q: one for each of two flights", want)
		}
	}
	if !regexp.MustCompile(`(?m)^prew_lease_waits_total [1-9]`).MatchString(text) {
		t.Error("no flight has waited for a lease")
	}
}
