package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"prew/nginx"
)

// reloadDeadline is how long nginx may take to go on with another configuration and to end its
// old workers, which answer first who is waiting: longer than the longest answer.
const reloadDeadline = time.Minute

// Reload puts the presets into force that this program's environment names now, without a
// request that is lost: gateways with them are started beside those that there are, nginx goes
// on with them, and then the others are stopped, when all who wait there have their answers.
// Where a gateway does not start, or nginx refuses its configuration, that is the error, and
// everything goes on as before. Nothing else of the stack may be used meanwhile. At the edge
// it is the function's processes and the viewer function that are replaced.
func (s *Stack) Reload(ctx context.Context) error {
	presets, err := Presets()
	if err != nil {
		return err
	}
	if s.Front != nil {
		return s.redeploy()
	}
	started := make([]*Gateway, len(s.Gateways))
	errs := make([]error, len(s.Gateways))
	hears := ""
	var starting sync.WaitGroup
	for i := range started {
		starting.Go(func() {
			gateway, at, err := s.startGateway(i)
			if started[i], errs[i] = gateway, err; i == 0 {
				hears = at
			}
		})
	}
	starting.Wait()
	err = errors.Join(errs...)
	site := s.site
	site.Presets, site.Gateways = presets, nil
	if err == nil {
		for _, gateway := range started {
			site.Gateways = append(site.Gateways, gateway.Addr)
		}
		err = s.Nginx.reload(ctx, s.site, site)
	}
	if err != nil {
		for _, gateway := range started {
			if gateway != nil {
				gateway.Stop()
			}
		}
		return err
	}
	before := s.Gateways
	s.site, s.Gateways = site, started
	for _, gateway := range started {
		s.keep(gateway.Process)
	}
	if hears != "" {
		s.events.PassOn(hears, s.secret)
	}
	var stopping sync.WaitGroup
	for _, gateway := range before {
		s.retired.Store(gateway.Process, true)
		stopping.Go(gateway.Stop)
	}
	stopping.Wait()
	return nil
}

// redeploy puts the presets into force at the edge: first in the function, so that nobody is sent
// there for what it does not know.
func (s *Stack) redeploy() error {
	source, err := viewer(s.places) // what is too large for CloudFront is found here
	if err != nil {
		return err
	}
	if err := s.Emulator.Renew(); err != nil {
		return err
	}
	return s.Front.deploy(source)
}

// reload has nginx go on with another site in place of the one before, and returns when its
// workers with that one have ended. After an error it goes on as before.
func (n *Nginx) reload(ctx context.Context, before, site nginx.Site) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.ended {
		return errors.New("nginx has ended")
	}
	user := func(s nginx.Site) nginx.Site {
		s.User = workers()
		return s
	}
	before, site = user(before), user(site)
	if err := site.Check(n.dir); err != nil {
		return err
	}
	// What purges the cache has to know the presets too. It listens where it did, but for the
	// lines, which the new configuration names.
	n.beside.stop()
	beside, err := startBeside(Beside{n.Metrics, n.Purges}, filepath.Join(n.dir, "cache"), site)
	if err != nil {
		return err
	}
	n.beside = beside
	before.CountedAt, site.CountedAt, n.Counted = beside.lines, beside.lines, beside.lines
	_, err = site.Write(n.dir)
	if err == nil {
		err = n.renew(ctx)
	}
	if err != nil {
		_, back := before.Write(n.dir)
		if back == nil {
			back = n.renew(ctx) // the lines have another address
		}
		return errors.Join(err, back)
	}
	return nil
}

// renew has nginx read its configuration, and returns when no worker is left that knows the one
// before. If nginx refuses it, that is the error.
func (n *Nginx) renew(ctx context.Context) error {
	old, err := children(n.PID())
	if err != nil {
		return err
	}
	said, err := os.Stat(errorLog(n.dir))
	if err != nil {
		return err
	}
	n.Signal(syscall.SIGHUP)
	ctx, cancel := context.WithTimeout(ctx, reloadDeadline)
	defer cancel()
	isOld := func(pid string) bool { return slices.Contains(old, pid) }
	for {
		now, err := children(n.PID())
		switch {
		case err != nil:
			return err
		case len(now) > 0 && !slices.ContainsFunc(now, isOld):
			return nil
		}
		if err := n.refuses(said.Size()); err != nil {
			return err
		}
		select {
		case <-time.After(5 * time.Millisecond): // it takes some 250, of which nginx waits 100
		case <-n.Done():
			return n.Err()
		case <-ctx.Done():
			if slices.ContainsFunc(now, func(pid string) bool { return !isOld(pid) }) {
				return nil // a client that takes so long is cut off
			}
			return fmt.Errorf("nginx: it has not gone on with another configuration: %w", ctx.Err())
		}
	}
}

// refuses returns what nginx has found wrong with a configuration since its log of errors had
// a size. `nginx -t` would say it before, and would read everything twice.
func (n *Nginx) refuses(since int64) error {
	log, err := os.Open(errorLog(n.dir))
	if err != nil {
		return err
	}
	defer log.Close()
	text, err := io.ReadAll(io.NewSectionReader(log, since, 1<<20))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		if _, said, is := strings.Cut(line, fmt.Sprintf(" [emerg] %d#", n.PID())); is && strings.HasSuffix(line, "\n") {
			_, said, _ = strings.Cut(said, ": ")
			return fmt.Errorf("nginx: %s", strings.TrimSpace(said))
		}
	}
	return nil
}

// children are the process ids of the children of a process with one thread (proc(5)).
func children(pid int) ([]string, error) {
	list, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	return strings.Fields(string(list)), err
}
