// Package purge takes out of nginx's cache what was purged. nginx itself has no command for
// that, so a process beside it deletes the files.
//
// A deleted file may still be open in a worker, which would go on answering from it for as
// long as its open_file_cache trusts it. So a file is marked first: the version of the format,
// with which each file of the cache begins, is overwritten. nginx reads that again for each
// answer, takes a file of another version for none, and asks S3 or a gateway at once. To mark a
// file takes microseconds, and to delete it half a millisecond on some disks, so that files are
// deleted when the purge is answered already.
//
// A photo's previews have names that can be computed. For presets and prefixes all files are
// looked at, each for the key that it begins with, unless that is known: its MD5 is the file's
// name, so that a key that was read once holds.
//
// What nginx was fetching while the purge came is stored after it. So a purge is repeated after
// 1, 5 and 40 s, for what was stored meanwhile.
package purge

import (
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"prew"
)

// repeatedAfter is when a purge is repeated. A fetch from S3 mostly takes milliseconds, one
// that stalls ends after 8 s, and a gateway answers within 35 s (nginx/s3.conf, gateway.conf).
var repeatedAfter = []time.Duration{time.Second, 5 * time.Second, 40 * time.Second}

// slack is how much earlier than a purge a file may seem to have been stored that was stored
// after it: file systems take a clock that is behind by a tick, and some count in seconds.
const slack = 2 * time.Second

// mostNamed is up to how many files are looked for by their names. Each takes a microsecond or
// two where it is not there, so beyond this a walk is as fast.
const mostNamed = 100_000

// Cache is the cache of an nginx.
type Cache struct {
	Dir     string       // of proxy_cache_path, with levels=1:2
	Presets prew.Presets // those that nginx knows
}

// Purger deletes files of a cache.
type Purger struct {
	cache  Cache
	served []string // names of presets and variants
	base64 bool     // there are aliases in base64
	counts counts

	deleting sync.WaitGroup // what deletes marked files

	walking sync.Mutex                 // held by the one walk, for keys too
	keys    [folders]map[digest]string // that were read, by folder
	mu      sync.Mutex
	next    *walk // the walk that has not begun yet
}

// New returns a Purger for a cache, which need not be there yet.
func New(cache Cache) *Purger {
	p := &Purger{cache: cache, counts: newCounts()}
	for _, preset := range cache.Presets.Names() {
		p.served = append(append(p.served, preset), cache.Presets.Variants(preset)...)
	}
	p.base64 = slices.ContainsFunc(cache.Presets.Aliases(), func(a prew.Alias) bool { return a.Base64 })
	return p
}

// sweep is one pass of a purge.
type sweep struct {
	scope   prew.Scope
	presets map[string]bool
	photos  map[string]bool
	since   time.Time // what was stored before has been looked at; zero: nothing has
	files   atomic.Int64
}

func newSweep(scope prew.Scope, since time.Time) *sweep {
	s := &sweep{scope: scope, presets: map[string]bool{}, photos: map[string]bool{}, since: since}
	for _, name := range scope.Presets {
		s.presets[name] = true
	}
	for _, key := range scope.Photos {
		s.photos[key] = true
	}
	return s
}

// about is Match of the scope, which must not be empty, in the same time however many photos
// it has.
func (s *sweep) about(ref prew.Ref) bool {
	switch {
	case len(s.presets) > 0 && !s.presets[ref.Preset]:
		return false
	case len(s.photos) == 0 && len(s.scope.Prefixes) == 0:
		return true
	}
	return s.photos[ref.Key] || slices.ContainsFunc(s.scope.Prefixes, func(prefix string) bool { return strings.HasPrefix(ref.Key, prefix) })
}

// pass marks what a sweep is about, and has it deleted: photos that are named under each preset, which are files
// by known names, and everything else by a walk over all files.
func (p *Purger) pass(s *sweep) error {
	names := s.scope.Presets
	if len(names) == 0 {
		names = p.served
	}
	var err error
	known := len(s.photos) > 0 && len(s.photos)*(len(names)+1) <= mostNamed
	if known {
		err = p.markNamed(s, names)
	}
	if !known || len(s.scope.Prefixes) > 0 || p.base64 {
		err = errors.Join(err, p.join(s))
	}
	return err
}

// markNamed marks the previews of the named photos under the given presets and, where the
// scope names no presets, the photos themselves.
func (p *Purger) markNamed(s *sweep, presets []string) error {
	var errs []error
	var marked []string
	for key := range s.photos {
		paths := make([]string, 0, len(presets)+1)
		for _, preset := range presets {
			paths = append(paths, previewPath+preset+"/"+key)
		}
		if len(s.presets) == 0 {
			paths = append(paths, photoPath+key)
		}
		for _, path := range paths {
			file := fileOf(p.cache.Dir, path)
			switch err := markFile(unix.AT_FDCWD, file); {
			case err == nil:
				s.files.Add(1)
				marked = append(marked, file)
			case err != unix.ENOENT:
				errs = append(errs, &os.PathError{Op: "purge", Path: file, Err: err})
			}
		}
	}
	p.deleting.Go(func() { deleteMarked(marked) })
	return errors.Join(errs...)
}

// The first segments of decoded paths, which are what nginx keeps answers under
// (proxy_cache_key in cache.conf).
const (
	previewPath = "/" + prew.PreviewRoot + "/"
	photoPath   = "/" + prew.SourceRoot + "/"
)

// about reports whether a sweep is about what the cache keeps under a key. A photo itself goes
// with all of its previews, and not with those of some presets. An alias in base64 is kept as
// "base64 <address> <formats>" (alias.conf) and decoded here. A key that nobody can read any
// more, perhaps as its alias was taken away, might be anything, so every sweep is about it.
func (p *Purger) about(s *sweep, key string) bool {
	if path, ok := strings.CutPrefix(key, previewPath); ok {
		preset, photo, _ := strings.Cut(path, "/")
		return s.about(prew.Ref{Preset: preset, Key: photo})
	}
	if photo, ok := strings.CutPrefix(key, photoPath); ok {
		return len(s.presets) == 0 && s.about(prew.Ref{Key: photo})
	}
	address, ok := strings.CutPrefix(key, "base64 ")
	if !ok {
		return true
	}
	address, _, _ = strings.Cut(address, " ")
	path, aliased := p.cache.Presets.Address(address)
	ref, err := prew.ParsePath(path)
	if !aliased || err != nil {
		return true
	}
	// The gateway has chosen one of these by what the client accepted.
	if s.about(ref) {
		return true
	}
	return slices.ContainsFunc(p.cache.Presets.Formats(ref.Preset), func(format prew.Format) bool {
		return s.about(prew.Ref{Preset: ref.Preset + "." + string(format), Key: ref.Key})
	})
}
