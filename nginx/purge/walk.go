package purge

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// walk is a pass over all files of the cache for every sweep that has joined it.
type walk struct {
	sweeps []*sweep
	done   chan struct{}
	err    error
}

// join has the files of the cache compared with a sweep, and returns when all are. There is
// one walk at a time: whoever comes while one is under way shares the next, so that a thousand
// purges at once take two walks.
func (p *Purger) join(s *sweep) error {
	p.mu.Lock()
	w := p.next
	first := w == nil
	if first {
		w = &walk{done: make(chan struct{})}
		p.next = w
	}
	w.sweeps = append(w.sweeps, s)
	p.mu.Unlock()
	if !first {
		<-w.done
		return w.err
	}
	p.walking.Lock()
	defer p.walking.Unlock()
	p.mu.Lock()
	p.next = nil
	p.mu.Unlock()
	defer close(w.done)
	w.err = p.walk(w.sweeps)
	return w.err
}

// folders is how many folders the cache has: levels=1:2, of hexadecimal digits.
const folders = 16 * 256

func (p *Purger) folder(i int) string {
	return filepath.Join(p.cache.Dir, fmt.Sprintf("%x/%02x", i>>8, i&0xff))
}

// walk compares each file of the cache with the sweeps, marks it for the first that is about
// it, and has the marked ones deleted.
func (p *Purger) walk(sweeps []*sweep) error {
	since := sweeps[0].since
	for _, s := range sweeps[1:] {
		if s.since.Before(since) {
			since = s.since
		}
	}
	var next atomic.Int64
	var all sync.WaitGroup
	var mu sync.Mutex
	var marked []string
	var failed error
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < folders; i = int(next.Add(1)) - 1 {
				more, err := p.walkFolder(i, sweeps, since)
				mu.Lock()
				marked = append(marked, more...)
				if err != nil {
					failed = err // one is enough: a disk that fails does so for each file
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	p.deleting.Go(func() { deleteMarked(marked) })
	return failed
}

const (
	// learnEvery is the time between two looks for keys that are not known yet.
	learnEvery = 10 * time.Minute
	// restFactor is how many times longer a look rests than it works: it takes a fiftieth of a
	// processor at most.
	restFactor = 49
)

// learn reads the keys of the cache's files again and again, until ctx is done, so that a purge
// need not: on a disk whose files the kernel does not hold in memory that takes most of its time.
func (p *Purger) learn(ctx context.Context) {
	for {
		worked := time.Duration(0)
		for i := range folders {
			p.walking.Lock()
			began := time.Now()
			_, _ = p.walkFolder(i, nil, time.Time{}) // a purge would say what is wrong
			worked += time.Since(began)
			p.walking.Unlock()
			if worked < time.Millisecond { // timers are no finer
				continue
			}
			if !wait(ctx, restFactor*worked) {
				return
			}
			worked = 0
		}
		if !wait(ctx, learnEvery) {
			return
		}
	}
}

// wait reports whether ctx is not done before the time is over.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// walkFolder does the work of walk for one folder, which need not be there, and returns the
// marked files. Whoever calls it holds p.walking.
func (p *Purger) walkFolder(i int, sweeps []*sweep, since time.Time) (marked []string, failed error) {
	folder := p.folder(i)
	defer func() {
		if reason := recover(); reason != nil { // nobody would start the process again
			failed = fmt.Errorf("%s: panic: %v", folder, reason)
		}
	}()
	dir, err := os.Open(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if !since.IsZero() {
		info, err := dir.Stat()
		if err != nil {
			return nil, err
		}
		if info.ModTime().Before(since) { // nothing was stored in it
			return nil, nil
		}
	}
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	at := int(dir.Fd())
	known := p.keys[i]
	if known == nil || len(known) > len(names) { // as many as there are files are enough
		known = make(map[digest]string, len(names))
		p.keys[i] = known
	}
	var buffer [longestHeader]byte
	for _, name := range names {
		sum, ok := digestOf(name)
		if !ok { // what nginx is still writing has a number behind its name
			continue
		}
		if !since.IsZero() && !changed(at, name, since) {
			continue
		}
		key, decided := known[sum]
		isMarked := false
		if !decided {
			key, decided, isMarked, err = readKey(at, name, sum, buffer[:])
		}
		if s := p.first(sweeps, key, decided); err == nil && !isMarked && s != nil {
			if err = markFile(at, name); err == nil {
				s.files.Add(1)
				isMarked = true
			}
		}
		switch {
		case err == unix.ENOENT: // nginx has removed it
			err = nil
		case err != nil:
			failed = &os.PathError{Op: "purge", Path: folder + "/" + name, Err: err}
			err = nil
		case isMarked:
			marked = append(marked, folder+"/"+name)
		case decided:
			known[sum] = key
		}
	}
	return marked, failed
}

// first returns the first of the sweeps that is about a file, nil for none. Every one is about
// a file without a key.
func (p *Purger) first(sweeps []*sweep, key string, decided bool) *sweep {
	for _, s := range sweeps {
		if !decided || p.about(s, key) {
			return s
		}
	}
	return nil
}

// digest is the MD5 of a key, which is the name of its file. So the key of a name that was read
// once holds for every file that will have this name.
type digest [md5.Size]byte

// digestOf returns the digest that is the name of a file, and false for other names.
func digestOf(name string) (sum digest, ok bool) {
	if len(name) != 2*len(sum) {
		return sum, false
	}
	_, err := hex.Decode(sum[:], []byte(name))
	return sum, err == nil
}

// changed reports whether a file was written or renamed since a time.
func changed(dir int, name string, since time.Time) bool {
	var stat unix.Stat_t
	if err := unix.Fstatat(dir, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return true // what opens it will see why
	}
	return !time.Unix(stat.Mtim.Unix()).Before(since) || !time.Unix(stat.Ctim.Unix()).Before(since)
}

// Of a file that nginx keeps, the key stands behind a header of fields of fixed sizes
// (ngx_http_file_cache_header_t, which differs from version to version).
const (
	// usualHeader has room for that header, 336 bytes in nginx 1.22, and for most keys.
	usualHeader = 512
	// longestHeader has room for every key: nginx has one buffer for header, key and what the
	// upstream sent before the body (proxy_buffer_size in upstream.conf).
	longestHeader = 16 << 10
)

var beforeKey = []byte("\nKEY: ") // ngx_http_file_cache_key

// readKey reads the key that a file of the cache is kept under. decided is false where there is
// none whose digest is the file's name. isMarked is true where a process marked the file, and
// ended before it deleted it.
func readKey(dir int, name string, sum digest, buffer []byte) (key string, decided, isMarked bool, err error) {
	fd, err := open(dir, name)
	if err != nil {
		return "", false, false, err
	}
	defer unix.Close(fd)
	for _, size := range []int{usualHeader, longestHeader} {
		n, err := unix.Pread(fd, buffer[:size], 0)
		if err != nil {
			return "", false, false, err
		}
		if _, after, found := bytes.Cut(buffer[:n], beforeKey); found {
			if text, _, whole := bytes.Cut(after, []byte("\n")); whole {
				decided = md5.Sum(text) == sum
				return string(text), decided, decided && [len(noVersion)]byte(buffer) == noVersion, nil
			}
		}
		if n < size {
			break
		}
	}
	return "", false, false, nil
}

// fileOf is the file of the cache that is kept under a key.
func fileOf(dir, key string) string {
	sum := md5.Sum([]byte(key))
	name := hex.EncodeToString(sum[:])
	return filepath.Join(dir, name[31:], name[29:31], name) // levels=1:2
}

// open opens a file of the cache, or returns the bare errno.
func open(dir int, name string) (fd int, err error) {
	for {
		fd, err = unix.Openat(dir, name, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// noVersion stands in place of the version of the format, which is the first word of a file:
// no version is 0.
var noVersion [8]byte

// markFile makes a file of the cache invalid for whoever has it open, or returns the bare errno.
func markFile(dir int, name string) error {
	fd, err := open(dir, name)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Pwrite(fd, noVersion[:], 0)
	return err
}

// deleteMarked deletes files that were marked, unless nginx has stored something new in their
// place since then.
func deleteMarked(paths []string) {
	var failed []error
	for _, path := range paths {
		if err := deleteIfMarked(path); err != nil && err != unix.ENOENT {
			failed = append(failed, &os.PathError{Op: "delete", Path: path, Err: err})
		}
	}
	if len(failed) > 0 {
		slog.Error("purged files stay on the disk, until nginx removes them", "files", len(failed), "error", failed[0].Error())
	}
}

func deleteIfMarked(path string) error {
	fd, err := open(unix.AT_FDCWD, path)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var version [len(noVersion)]byte
	if _, err := unix.Pread(fd, version[:], 0); err != nil || version != noVersion {
		return err
	}
	return unix.Unlinkat(unix.AT_FDCWD, path, 0)
}
