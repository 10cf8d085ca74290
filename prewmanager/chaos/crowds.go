package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// crowdAndSlowReaders is promise 7.
func crowdAndSlowReaders(ctx context.Context, t *trial) error {
	p := [...]struct{ clients, slow, fast, rounds int }{
		tiny:  {200, 20, 20, 2},
		small: {10_000, 100, 100, 5},
		full:  {10_000, 100, 100, 20},
	}[t.size]
	const mebibyte = 1 << 20
	t.sized("%d waiters straight at one gateway, a preview of 2 MB", p.clients)
	// plain: the race detector multiplies memory, and memory is measured here.
	s, err := t.system(ctx, setup{gateways: 1, plain: true, noFront: true, shortest: 200 * time.Millisecond})
	if err != nil {
		return err
	}
	gateway := s.gateways[0]
	warm := &visitor{addr: gateway.addr}
	warm.get(t.key("chaos"))
	warm.leave()
	before, err := resident(gateway.PID(), "VmRSS")
	if err != nil {
		return err
	}
	t.say("%d clients gather", p.clients)
	all := visitors(p.clients, gateway.addr)
	key := t.key("chaos" + big + "crowd")
	replies, _, err := gathered(ctx, s, all, key, plan{})
	leaveAll(all)
	if err != nil {
		return err
	}
	after, err := resident(gateway.PID(), "VmHWM") // the highest value so far
	if err != nil {
		return err
	}
	var got tally
	got.add(replies)
	t.served(got)
	t.check("one render", s.renderer.of(key).runs == 1, "%d", s.renderer.of(key).runs)
	t.check("resident memory grows by less than 300 MB", after-before < 300*mebibyte, "%d MB, from %d MB", (after-before)/mebibyte, before/mebibyte)

	// Other clients ask for other previews, first alone, then beside the slow readers.
	others := visitors(p.fast, gateway.addr)
	defer leaveAll(others)
	ordinary := func() time.Duration {
		var took []time.Duration
		for range p.rounds {
			took = append(took, times(crowd(ctx, t.random, others, t.fresh(10), 10))...)
		}
		return percentile(took, 99)
	}
	t.say("%d clients without slow ones", p.fast)
	ordinary() // opens the connections
	alone := ordinary()
	slow, read, err := slowReaders(ctx, gateway.addr, key, p.slow)
	if err != nil {
		return err
	}
	t.say("%d clients beside %d slow ones", p.fast, p.slow)
	beside := ordinary()
	most := slow()
	t.check(fmt.Sprintf("%d clients that read a byte a second delay nobody: p99 at most 100 ms above that without them", p.slow),
		beside <= t.limit(alone+100*time.Millisecond), "%s beside them, %s without; they had read %d bytes at most, of %d begun answers", brief(beside), brief(alone), most, read)
	return nil
}

// resident is a process's memory by the name it has in /proc/<pid>/status
// (proc(5)), in bytes.
func resident(pid int, name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("no %s of process %d", name, pid)
}

// slowReaders starts clients that ask for a preview and read a byte of the answer a
// second. It returns once every answer has begun. stop ends the clients and returns
// how many bytes the fastest has read.
func slowReaders(ctx context.Context, addr, key string, n int) (stop func() (most int), begun int, err error) {
	// A buffer of the size that the system prefers would take the whole preview
	// from the gateway at once.
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var set error
		err := raw.Control(func(fd uintptr) {
			set = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10)
		})
		return errors.Join(err, set)
	}}
	ctx, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	read := make([]int, n)
	for i := range n {
		conn, err := dialer.DialContext(ctx, "tcp", addr)
		if err == nil {
			_, err = fmt.Fprintf(conn, "GET /%s HTTP/1.1\r\nHost: prew.test\r\n\r\n", key)
		}
		first := make([]byte, 1)
		if err == nil {
			conn.SetReadDeadline(time.Now().Add(patience))
			_, err = conn.Read(first)
		}
		if err != nil {
			cancel()
			reading.Wait()
			return nil, i, err
		}
		context.AfterFunc(ctx, func() { conn.Close() })
		reading.Go(func() {
			for ctx.Err() == nil {
				pause(ctx, time.Second)
				if _, err := conn.Read(first); err != nil {
					return
				}
				read[i]++
			}
		})
	}
	return func() int {
		cancel()
		reading.Wait()
		most := 0
		for _, n := range read {
			most = max(most, n+1)
		}
		return most
	}, n, nil
}

// clientsLeave is promise 8.
func clientsLeave(ctx context.Context, t *trial) error {
	p := [...]struct{ firsts, joining, clients, alone int }{
		tiny:  {3, 10, 100, 5},
		small: {20, 20, 1000, 50},
		full:  {100, 20, 1000, 200},
	}[t.size]
	const grounds = 10 * time.Second // the longest time until a preview is stored for no client
	t.sized("the first of %d clients, %d times; 99 %% of %d clients; %d clients alone", p.joining, p.firsts, p.clients, p.alone)
	s, err := t.system(ctx, setup{gateways: 3, shortest: shortest, longest: longest})
	if err != nil {
		return err
	}
	// The clients that leave ask a gateway directly: when a client of nginx leaves,
	// nginx goes on for its cache, and the gateway would never know.
	var first tally
	extra, unstored := 0, 0
	for i := range p.firsts {
		t.say("the first of %d leaves, %d of %d", p.joining, i+1, p.firsts)
		key, gate := t.key("chaos"), make(chan struct{})
		s.renderer.arrange(key, plan{gate: gate})
		leader := &visitor{addr: s.gateways[i%len(s.gateways)].addr}
		if err := leader.send(key); err != nil {
			return err
		}
		if err := s.renderer.awaitRun(ctx, key); err != nil {
			return err
		}
		all := visitors(p.joining-1, s.front)
		var replies []reply
		var asking sync.WaitGroup
		asking.Go(func() { replies = together(all, key) })
		err := s.awaitWaiters(ctx, p.joining)
		leader.leave()
		if err == nil {
			err = s.awaitAtMost(ctx, p.joining-1) // the gateway has noticed
		}
		close(gate)
		asking.Wait()
		leaveAll(all)
		if err != nil {
			return err
		}
		first.add(replies)
		extra += s.renderer.of(key).runs - 1
		if s.storedWithin(ctx, key, grounds) != nil {
			unstored++
		}
	}
	t.check("the first leaves: the others get the preview", first.good == first.all, "%d of %d, others: %s", first.good, first.all, first.others())
	t.none("further renders because of it", extra)
	t.none("previews unwritten because of it", unstored)

	t.say("99 %% of %d leave", p.clients)
	key, gate := t.key("chaos"), make(chan struct{})
	s.renderer.arrange(key, plan{gate: gate})
	stay := max(1, p.clients/100)
	all := append(visitors(stay, s.front), visitors(p.clients-stay, s.addrs()...)...)
	defer leaveAll(all)
	for _, v := range all {
		if err := v.send(key); err != nil {
			return err
		}
	}
	if err := s.awaitWaiters(ctx, p.clients); err != nil {
		return err
	}
	leaveAll(all[stay:])
	if err := s.awaitAtMost(ctx, stay); err != nil {
		return err
	}
	close(gate)
	var rest tally
	for _, v := range all[:stay] {
		rest.add([]reply{v.receive()})
	}
	t.check("99 % leave: the others get the preview", rest.good == rest.all, "%d of %d, others: %s", rest.good, rest.all, rest.others())
	t.check("99 % leave: one render, written", s.renderer.of(key).runs == 1 && s.storedWithin(ctx, key, grounds) == nil, "%d renders", s.renderer.of(key).runs)

	t.say("everybody leaves")
	unstored, extra = 0, 0
	keys := t.fresh(p.alone)
	for i, key := range keys {
		v := &visitor{addr: s.gateways[i%len(s.gateways)].addr}
		if err := v.send(key); err != nil {
			return err
		}
		if i%2 == 0 { // the other flights may be at any step
			if err := s.renderer.awaitRun(ctx, key); err != nil {
				return err
			}
		}
		v.leave()
	}
	for _, key := range keys {
		if s.storedWithin(ctx, key, grounds) != nil {
			unstored++
		}
		extra += max(0, s.renderer.of(key).runs-1)
	}
	t.none("previews unwritten of those whose only client has left", unstored)
	t.none("of them rendered twice", extra)
	return nil
}

// storedWithin is awaitStored with a limit.
func (s *system) storedWithin(ctx context.Context, key string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return s.awaitStored(ctx, key)
}
