package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"prew/deploy/local/stack"
	"prew/deploy/monitoring"
)

// TestEveryQueryOfDashboardAndAlertsHasData makes every event happen in a system that
// a real Prometheus scrapes, again and again until all have been scraped, and runs
// every query.
func TestEveryQueryOfDashboardAndAlertsHasData(t *testing.T) {
	const patience = 3 * time.Minute // a gateway asks nginx for 46 s before a purge there has failed
	const neverUp = "127.0.0.1:1"    // a gateway that could not start
	root, err := stack.Root()
	if err != nil {
		t.Fatal(err)
	}
	program, err := stack.Program("prewmanager")
	if err != nil {
		t.Fatal(err)
	}
	dir, began := t.TempDir(), time.Now()
	s, err := start(t.Context(), dir, program, setup{
		gateways: 2, shortest: 50 * time.Millisecond, longest: 100 * time.Millisecond, events: true,
		env: []string{
			"PREW_INVOKES=2", "PREW_QUEUE=2",
			"PREW_ANSWER_TIMEOUT=4s", "PREW_INVOKE_TIMEOUT=2s", "PREW_S3_TIMEOUT=500ms",
		},
	})
	t.Cleanup(s.stop)
	if err != nil {
		t.Fatal(err)
	}
	p, err := stack.StartPrometheus(dir, filepath.Join(root, "deploy", "monitoring", "alerts.yaml"), time.Second,
		map[string][]string{"prewmanager": {s.gateways[0].metrics, s.gateways[1].metrics, neverUp}, "prewnginx": {s.frontMetrics}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	for round := 1; ; round++ {
		if err := s.everything(t.Context(), round); err != nil {
			t.Fatal(err)
		}
		queries, err := monitoring.Queries(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		silent, err := monitoring.Silent(t.Context(), p, queries, began, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if len(silent) == 0 {
			t.Logf("%d queries have data after %d rounds", len(queries), round)
			break
		}
		if time.Since(began) > patience {
			for _, query := range silent {
				t.Errorf("%s: no data: %s", query.Name, query.Expr)
			}
			break
		}
	}

	// This gateway is chosen with all the others: otherwise all would look well.
	queries, err := monitoring.Queries(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	gateways := slices.IndexFunc(queries, func(q monitoring.Query) bool { return strings.HasPrefix(q.Expr, "up{") })
	shown, err := p.Range(t.Context(), queries[gateways].Expr, began, time.Now(), time.Second)
	if err != nil || !slices.ContainsFunc(shown, func(s stack.Series) bool { return s.Labels["instance"] == neverUp }) {
		t.Errorf("%s: %v, %v, want %s among them", queries[gateways].Name, shown, err, neverUp)
	}

	mistaken := []monitoring.Query{
		{Name: "a metric that does not exist", Expr: "prew_request_total"},
		{Name: "a label that does not", Expr: `prew_requests_total{outcome="renderd"}`},
		{Name: "always 0", Expr: `0 * prew_requests_total`},
		{Name: "no number", Expr: `0 * prew_requests_total / 0`},
	}
	silent, err := monitoring.Silent(t.Context(), p, mistaken, began, time.Now())
	if err != nil || len(silent) != len(mistaken) {
		t.Errorf("of %v only %v have no data, %v", mistaken, silent, err)
	}
	_, err = monitoring.Silent(t.Context(), p, []monitoring.Query{{Name: "half a query", Expr: "sum("}}, began, time.Now())
	if err == nil || !strings.Contains(err.Error(), "half a query: prometheus: query_range: ") {
		t.Errorf("a query that can't be read: %v", err)
	}
}

// purgeEverything makes purges happen: of what nginx has, of a preview that is being rendered,
// and some that fail.
func (s *system) purgeEverything(ctx context.Context, key func() string) error {
	through := &visitor{addr: s.front}
	defer through.leave()
	kept, slow := key(), key()
	for range 2 {
		through.get(kept)
	}
	s.renderer.arrange(slow, plan{takes: 600 * time.Millisecond})
	var asking sync.WaitGroup
	asking.Go(func() { through.get(slow) })
	defer asking.Wait()
	if err := s.renderer.awaitRun(ctx, slow); err != nil {
		return err
	}
	if !s.command(ctx, slow) || !s.post(ctx, s.gateways[0].events, kept) {
		return errors.New("what was purged is not gone")
	}
	return s.failPurges(ctx)
}

// everything makes one of each kind happen: renders, joined renders, every failure,
// a client that leaves, purges, more requests than there is room for, a key that Redis
// refuses, and Redis and S3 gone; and through nginx a miss, a hit and a failure, and lines
// that it did not send.
func (s *system) everything(ctx context.Context, round int) error {
	keys := 0
	key := func() string {
		keys++
		return fmt.Sprintf("prew/thumb/all/%d-%d.jpg", round, keys)
	}
	all := visitors(10, s.addrs()...)
	defer leaveAll(all)
	for range 3 {
		together(all, key())
	}
	for _, how := range []ending{missing, crashed, panicked, garbage, hollow, throttled} {
		failing := key()
		s.renderer.arrange(failing, plan{ending: how})
		together(all, failing)
	}
	through := &visitor{addr: s.front}
	defer through.leave()
	asked, failing := key(), key()
	s.renderer.arrange(failing, plan{ending: crashed})
	for _, key := range []string{asked, asked, failing} {
		through.get(key)
	}
	if err := s.babble(); err != nil {
		return err
	}
	alone := &visitor{addr: s.gateways[0].addr}
	left := key()
	if err := alone.send(left); err != nil {
		return err
	}
	if err := s.renderer.awaitRun(ctx, left); err != nil {
		return err
	}
	alone.leave()

	if err := s.purgeEverything(ctx, key); err != nil {
		return err
	}

	// Each of these takes longer than the time between two scrapes.
	var asking sync.WaitGroup
	for _, v := range all {
		slow := key()
		s.renderer.arrange(slow, plan{takes: 1200 * time.Millisecond})
		asking.Go(func() { v.get(slow) })
	}
	asking.Wait()

	s.s3.Freeze()
	together(all, key())
	s.s3.Thaw()

	refused := key()
	if err := s.client.LPush(ctx, leaseOf(refused), "x").Err(); err != nil {
		return err
	}
	together(all, refused)

	s.killRedis()
	together(all, key())
	return s.restartRedis()
}
