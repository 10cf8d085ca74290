package flight

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	// failoverMost is the longest time that a failover takes until the replica is promoted.
	failoverMost = 3 * time.Second
	// apart is the longest time between two processes' coming to see another primary.
	apart = 200 * time.Millisecond
)

// promoting reports whether there may come another primary.
func (f *faults) promoting() bool { return f.promotions+f.splits > 0 }

// failsOver reports whether the server is one that fails over.
func (f *faults) failsOver() bool { return f.promoting() || f.troubles+f.slots > 0 }

// failingOver are the answers of servers that fail over.
var failingOver = []error{
	refusedError("READONLY You can't write against a read only replica."),
	refusedError("LOADING Redis is loading the dataset in memory"),
	refusedError("CLUSTERDOWN The cluster is down"),
	refusedError("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
	refusedError("TRYAGAIN Multiple keys request during rehashing of slot"),
	refusedError("NOREPLICAS Not enough good replicas to write."),
	refusedError("MOVED 3999 127.0.0.1:6381"),
}

// coming is something that is sure to happen at its time.
type coming struct {
	at time.Time
	do func()
}

// later has something happen after some time.
func (s *simulation) later(after time.Duration, do func()) {
	s.coming = append(s.coming, coming{time.Now().Add(after), do})
}

// upTo returns a time from none to most.
func (s *simulation) upTo(most time.Duration) time.Duration {
	return time.Duration(s.random.Int64N(int64(most)))
}

// come lets happen what was to come by now, the earliest first.
func (s *simulation) come() {
	for {
		next := -1
		for i, c := range s.coming {
			if !c.at.After(time.Now()) && (next < 0 || c.at.Before(s.coming[next].at)) {
				next = i
			}
		}
		if next < 0 {
			return
		}
		c := s.coming[next]
		s.coming = slices.Delete(s.coming, next, next+1)
		c.do()
	}
}

// breakSomething lets one of the faults happen, now and then.
func (s *simulation) breakSomething() bool {
	if s.random.IntN(12) > 0 {
		return false
	}
	if s.purged < s.faults.purges && s.random.IntN(2) == 0 {
		s.replace(fmt.Sprint("key ", s.random.IntN(2)))
		return true
	}
	p := s.procs[s.random.IntN(processes)]
	several := 3
	switch {
	case s.faults.failsOver():
		several = 6
	case s.faults.refusals > 0:
		several = 4
	}
	switch s.random.IntN(several) {
	case 0:
		if s.killed == s.faults.kills {
			return false
		}
		s.killed++
		s.kill(p)
		s.start(p.name)
	case 1:
		if s.paused == s.faults.pauses || time.Now().Before(p.stopped) {
			return false
		}
		s.paused++
		p.stopped = time.Now().Add(s.upTo(5 * time.Second))
	case 2:
		return s.restart()
	case 3:
		if s.refused == s.faults.refusals || time.Now().Before(s.refusing) {
			return false
		}
		s.refused++
		s.deleting = s.random.IntN(2) == 0
		s.refusing = time.Now().Add(s.upTo(5 * time.Second))
		if s.faults.forGood {
			s.refusing = time.Now().Add(time.Hour)
		}
	case 4:
		if s.failing || s.sides != nil || s.primaries[0].down {
			return false
		}
		return s.failOver() || s.divide()
	case 5:
		if s.failing || s.sides != nil || s.primaries[0].down {
			return false
		}
		return s.confuse()
	}
	return true
}

// restart has the server restart, empty. Each process has to connect again.
func (s *simulation) restart() bool {
	n := s.primaries[s.random.IntN(len(s.primaries))]
	if s.restarted == s.faults.restarts || n.down || s.failing || s.sides != nil {
		return false
	}
	s.restarted++
	s.failing = true
	n.down = true
	n.forget()
	s.events = slices.DeleteFunc(s.events, func(e *event) bool { return e.what == "hear "+purgeKey })
	back := 50*time.Millisecond + s.upTo(300*time.Millisecond)
	if s.faults.forGood {
		back = time.Hour
	}
	s.disconnect()
	s.later(back, func() {
		s.failing = false
		n.down = false
		n.booted = time.Now()
		for _, p := range s.procs {
			s.reconnect(p)
		}
	})
	return true
}

// disconnect has each process notice that its connection is broken.
func (s *simulation) disconnect() {
	for _, p := range s.procs {
		s.add(context.Background(), p, "disconnect", func() (any, error) { p.subscription.lost(errDown); return nil, nil })
	}
}

// failOver has a primary fail and its replica take its place. It may have told the replica
// everything, or not the last, or nothing at all.
func (s *simulation) failOver() bool {
	if s.promoted == s.faults.promotions {
		return false
	}
	s.promoted++
	s.failing = true
	part := s.random.IntN(len(s.primaries))
	old := s.primaries[part]
	promoted := old.replica(s.lag())
	takes := 50*time.Millisecond + s.upTo(failoverMost)
	silently := false
	switch s.random.IntN(4) {
	case 0:
		old.down = true
		s.disconnect()
	case 1:
		old.frozen = true
	case 2:
		old.answer = failingOver[s.random.IntN(len(failingOver))]
	case 3: // it goes on until nobody sees it any more, as in a failover by hand
		takes, silently = 0, true
	}
	s.later(takes, func() {
		s.primaries[part] = promoted
		for name := range processes {
			s.turn(name, part, promoted, silently)
		}
	})
	s.later(takes+apart, func() {
		old.down, old.frozen, old.answer = false, false, failingOver[0]
		s.failing = false
	})
	return true
}

// turn has a process see another primary some time later, silently or after its connection
// has broken.
func (s *simulation) turn(name, part int, n *machine, silently bool) {
	s.later(s.upTo(apart), func() {
		s.views[name][part] = n
		if !silently {
			s.reconnect(s.procs[name])
		}
	})
	if silently { // the old primary becomes a replica, and those who are subscribed to it are disconnected
		s.later(apart+s.upTo(time.Second), func() {
			p := s.procs[name]
			s.add(context.Background(), p, "disconnect", func() (any, error) { p.subscription.lost(errDown); return nil, nil })
			s.reconnect(p)
		})
	}
}

// reconnect has a process subscribe again.
func (s *simulation) reconnect(p *proc) {
	s.add(context.Background(), p, "reconnect", func() (any, error) { p.subscription.everybody(); return nil, nil })
}

// divide splits the Redis in half: some processes see a replica that was promoted while the
// primary lives on for the others, until all see the same one again.
func (s *simulation) divide() bool {
	if s.split == s.faults.splits {
		return false
	}
	s.split++
	n, silently := s.primaries[0], s.random.IntN(2) == 0
	other := n.replica(s.lag())
	s.sides = make([]bool, processes)
	lone, flipped := s.random.IntN(processes), s.random.IntN(2) == 0
	for name := range s.sides {
		s.sides[name] = (name == lone) != flipped
		if s.sides[name] {
			s.turn(name, 0, other, silently)
		}
	}
	s.called = [2]map[string]int{{}, {}}
	for key, makers := range s.makers {
		for _, name := range makers {
			s.called[s.side(name)][key] = 1
		}
	}
	winner, loser, turning := n, other, true
	if s.random.IntN(2) == 0 {
		winner, loser, turning = other, n, false
	}
	lasts := 2*apart + s.upTo(4*time.Second)
	s.later(lasts, func() {
		s.primaries[0] = winner
		for name, there := range s.sides {
			if there == turning {
				s.turn(name, 0, winner, silently)
			}
		}
	})
	s.later(lasts+apart, func() {
		s.sides = nil
		loser.answer = failingOver[0]
	})
	return true
}

// side is the side of a process, 0 or 1, while the Redis is split in half.
func (s *simulation) side(name int) int {
	if s.sides[name] {
		return 1
	}
	return 0
}

// calls counts a call of a process. While the Redis is split in half there is one for each side.
func (s *simulation) calls(name int, key string) {
	s.made[key]++
	s.making[key]++
	s.most[key] = max(s.most[key], s.making[key])
	s.makers[key] = append(s.makers[key], name)
	if s.sides == nil {
		return
	}
	called := s.called[s.side(name)]
	if called[key]++; called[key] > 1 && s.faults.kills+s.faults.pauses+s.faults.restarts+s.faults.promotions == 0 {
		s.t.Errorf("seed %d: %d calls for %s on the side of process %d", s.seed, called[key], key, name)
	}
}

// lands ends a call of a process.
func (s *simulation) lands(name int, key string) {
	s.making[key]--
	i := slices.Index(s.makers[key], name)
	s.makers[key] = slices.Delete(s.makers[key], i, i+1)
}

// confuse has the server, or all that is about key 1, answer as servers do that fail over.
func (s *simulation) confuse() bool {
	answer, lasts := failingOver[s.random.IntN(len(failingOver))], 50*time.Millisecond+s.upTo(failoverMost)
	switch {
	case s.troubled < s.faults.troubles:
		s.troubled++
		n := s.primaries[s.random.IntN(len(s.primaries))]
		n.answer = answer
		s.later(lasts, func() { n.answer, s.failing = nil, false })
	case s.slots < s.faults.slots:
		s.slots++
		s.slot = answer
		s.later(lasts, func() { s.slot, s.failing = nil, false })
	default:
		return false
	}
	s.failing = true
	return true
}

// lag is how long ago a node told its replica something for the last time: just now, or some
// time ago, or never.
func (s *simulation) lag() time.Duration {
	return []time.Duration{0, s.upTo(30 * time.Millisecond), s.upTo(2 * time.Second), time.Hour}[s.random.IntN(4)]
}
