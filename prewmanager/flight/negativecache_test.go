package flight

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestNegativeCacheIsBounded(t *testing.T) {
	n := newNegativeCache()
	n.remember("often", &Failure{Code: "damaged", Keep: time.Minute})
	for i := range 10 * negativeLimit {
		n.remember(fmt.Sprint("invented ", i), &Failure{Code: "missing", Keep: time.Minute})
		if i%1000 == 0 && n.recall("often") == nil {
			t.Fatalf("after %d others, the failure that is asked for is forgotten", i)
		}
	}
	kept := 0
	for i := range 10 * negativeLimit {
		if n.lookup(fmt.Sprint("invented ", i)) != nil {
			kept++
		}
	}
	if kept < negativeLimit/2-1 || kept > negativeLimit {
		t.Errorf("%d failures are remembered, want %d to %d", kept, negativeLimit/2, negativeLimit)
	}
	if n.lookup(fmt.Sprint("invented ", 10*negativeLimit-1)) == nil {
		t.Error("the latest failure is forgotten")
	}
}

func TestFailureIsForgottenInTime(t *testing.T) {
	n := newNegativeCache()
	n.remember("passing", &Failure{Code: "busy"})
	n.remember("old", &Failure{Code: "missing", Keep: time.Minute, Until: time.Now().Add(-time.Millisecond)})
	n.remember("mistaken", &Failure{Code: "damaged", Keep: time.Minute})
	n.forget("mistaken")
	for _, key := range []string{"passing", "old", "mistaken", "never seen"} {
		if f := n.recall(key); f != nil {
			t.Errorf("%s: %v", key, f)
		}
	}
}

// TestFailuresThatAreOverTakeNoPlace is about keys that are asked for once and never again.
func TestFailuresThatAreOverTakeNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNegativeCache()
		n.remember("damaged", &Failure{Code: "damaged", Keep: time.Hour})
		for i := range 1000 {
			n.remember(fmt.Sprint("invented ", i), &Failure{Code: "missing", Keep: 10 * time.Second})
			time.Sleep(time.Second)
		}
		if most := int((10*time.Second+sweepEvery)/time.Second) + 1; len(n.younger)+len(n.older) > most {
			t.Errorf("%d failures are held, want at most %d", len(n.younger)+len(n.older), most)
		}
		if n.lookup("damaged") == nil {
			t.Error("one that is not over is forgotten")
		}
	})
}

// BenchmarkRememberInAFullCache is what a new failure costs while somebody invents URLs
// and one of the remembered failures expires whenever a new one comes.
func BenchmarkRememberInAFullCache(b *testing.B) {
	n := newNegativeCache()
	keys := make([]string, 4*negativeLimit)
	for i := range keys {
		keys[i] = fmt.Sprint("prew:bucket/prew/hero/invented/", i, ".jpg")
	}
	for _, key := range keys[:negativeLimit-1] {
		n.remember(key, &Failure{Code: "missing", Keep: time.Minute})
	}
	for i := 0; b.Loop(); i++ {
		n.remember(keys[negativeLimit+i%(len(keys)-negativeLimit)], &Failure{Code: "missing", Keep: time.Nanosecond})
	}
}
