package purge

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
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

const hexDigits = "0123456789abcdef"

// walk compares each file of the cache with the sweeps, marks it for the first that is about
// it, and has the marked ones deleted.
func (p *Purger) walk(sweeps []*sweep) error {
	since := sweeps[0].since
	for _, s := range sweeps[1:] {
		if s.since.Before(since) {
			since = s.since
		}
	}
	folders := make(chan string)
	var all sync.WaitGroup
	var mu sync.Mutex
	var marked []string
	var failed error
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for folder := range folders {
				more, err := p.walkFolder(folder, sweeps, since)
				mu.Lock()
				marked = append(marked, more...)
				if err != nil {
					failed = err // one is enough: a disk that fails does so for each file
				}
				mu.Unlock()
			}
		})
	}
	for _, a := range hexDigits {
		for _, b := range hexDigits {
			for _, c := range hexDigits {
				folders <- filepath.Join(p.cache.Dir, string(a), string(b)+string(c)) // levels=1:2
			}
		}
	}
	close(folders)
	all.Wait()
	p.deleting.Go(func() { deleteMarked(marked) })
	return failed
}

// walkFolder does it for one folder, which need not be there, and returns the marked files.
func (p *Purger) walkFolder(folder string, sweeps []*sweep, since time.Time) (marked []string, failed error) {
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
	var buffer [longestHeader]byte
	for _, name := range names {
		if len(name) != 2*md5.Size { // what nginx is still writing has a number behind it
			continue
		}
		if !since.IsZero() && !changed(at, name, since) {
			continue
		}
		switch isMarked, err := p.walkFile(at, name, buffer[:], sweeps); {
		case err != nil:
			failed = &os.PathError{Op: "purge", Path: folder + "/" + name, Err: err}
		case isMarked:
			marked = append(marked, folder+"/"+name)
		}
	}
	return marked, failed
}

// changed reports whether a file was written or renamed since a time.
func changed(dir int, name string, since time.Time) bool {
	var stat unix.Stat_t
	if err := unix.Fstatat(dir, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return true // what opens it will see why
	}
	return !time.Unix(stat.Mtim.Unix()).Before(since) || !time.Unix(stat.Ctim.Unix()).Before(since)
}

// walkFile does it for one file, and reports whether it is marked.
func (p *Purger) walkFile(dir int, name string, buffer []byte, sweeps []*sweep) (marked bool, err error) {
	fd, err := open(dir, name)
	if err == unix.ENOENT {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	key, ok, err := readKey(fd, name, buffer)
	if err != nil {
		return false, err
	}
	if ok && [8]byte(buffer[:8]) == noVersion { // a process that ended before it was deleted
		return true, nil
	}
	for _, s := range sweeps {
		if ok && !p.about(s, key) {
			continue
		}
		if err := mark(fd); err != nil {
			return false, err
		}
		s.files.Add(1)
		return true, nil
	}
	return false, nil
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

// readKey reads the key that a file of the cache is kept under. ok is false where there is none
// whose MD5 is the file's name.
func readKey(fd int, name string, buffer []byte) (key string, ok bool, err error) {
	for _, size := range []int{usualHeader, longestHeader} {
		n, err := unix.Pread(fd, buffer[:size], 0)
		if err != nil {
			return "", false, err
		}
		if _, after, found := bytes.Cut(buffer[:n], beforeKey); found {
			if text, _, whole := bytes.Cut(after, []byte("\n")); whole {
				sum := md5.Sum(text)
				var spelt [2 * md5.Size]byte
				hex.Encode(spelt[:], sum[:])
				return string(text), string(spelt[:]) == name, nil
			}
		}
		if n < size {
			break
		}
	}
	return "", false, nil
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

// mark makes an open file of the cache invalid for whoever has it open.
func mark(fd int) error {
	_, err := unix.Pwrite(fd, noVersion[:], 0)
	return err
}

// markFile does so for a file by its path, or returns the bare errno.
func markFile(path string) error {
	fd, err := open(unix.AT_FDCWD, path)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return mark(fd)
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
